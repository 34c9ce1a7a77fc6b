import type { Pool } from "pg";
import type { Citation, ReplyPart } from "../../../src/chat.ts";
import { ServiceError } from "../../../src/errors.ts";
import { NOTICES } from "../hub.ts";
import { filesThere } from "./files.ts";
import { wroteAfter } from "./questions.ts";

/** Who Docent is in the chat's own tables. */
export const DOCENT = "docent";

export interface OpenReply {
  id: string;
  /** Who writes it now: whoever opened it before may not go on. */
  writer: number;
  /** Did an earlier try say something already? */
  begun: boolean;
  /** Was it complete before it was opened again? */
  finished: boolean;
}

/**
 * Makes the message that holds the reply, or opens it again: from then on it is not finished, and earlier
 * writers are shut out. Null when the question is gone.
 */
export async function openReply(db: Pool, questionId: string): Promise<OpenReply | null> {
  const { rows } = await db.query<OpenReply>(
    `with before as (
       select id, finished_at from web_message where reply_to = $1
     ), opened as (
       insert into web_message as reply (channel, thread, user_id, reply_to)
       select channel, coalesce(thread, id), $2, id from web_message where id = $1 and not deleted
       on conflict (reply_to) do update set writer = reply.writer + 1, finished_at = null
       returning id, channel, writer
     ), told as (
       select pg_notify($3, json_build_object('channel', channel, 'kind', 'message', 'id', $1::text)::text)
         from opened
     )
     select opened.id::text, opened.writer,
            exists (select from before where finished_at is not null) as finished,
            exists (select from web_reply_part p where p.message_id = opened.id) as begun
       from opened, told`,
    [questionId, DOCENT, NOTICES],
  );
  return rows[0] ?? null;
}

/**
 * Writes parts after those that are there. A restart among them takes the place of everything before.
 * @returns false when the reply is gone, with its question
 * @throws {ServiceError} when somebody else has begun to write the same reply
 */
export async function appendParts(
  db: Pool,
  { id, writer }: OpenReply,
  parts: ReplyPart[],
): Promise<boolean> {
  const { rows } = await db.query<{ mine: boolean }>(
    `with reply as (
       select id, channel, reply_to, writer = $2 as mine from web_message where id = $1 for share
     ), there as (
       select coalesce(max(position), -1) as last from web_reply_part where message_id = $1
     ), old as (
       delete from web_reply_part p using reply where p.message_id = reply.id and mine and $4
     ), written as (
       insert into web_reply_part (message_id, position, part)
       select reply.id, last + ordinality, value
         from reply, there, jsonb_array_elements($3::jsonb) with ordinality where mine
     ), told as (
       select pg_notify($5, json_build_object('channel', channel, 'kind', 'part', 'id', reply_to::text)::text)
         from reply where mine
     )
     select mine from reply left join told on true`,
    [id, writer, JSON.stringify(parts), parts.some(isRestart), NOTICES],
  );
  return isThere(rows[0]);
}

/** @throws {ServiceError} when somebody else has begun to write the same reply */
export async function finishReply(db: Pool, { id, writer }: OpenReply): Promise<void> {
  const { rows } = await db.query<{ mine: boolean }>(
    `with reply as (
       select id, channel, reply_to, writer = $2 as mine from web_message where id = $1 for update
     ), done as (
       update web_message m set finished_at = now() from reply where m.id = reply.id and mine
     ), told as (
       select pg_notify($3, json_build_object('channel', channel, 'kind', 'message', 'id', reply_to::text)::text)
         from reply where mine
     )
     select mine from reply left join told on true`,
    [id, writer, NOTICES],
  );
  isThere(rows[0]);
}

function isThere(row: { mine: boolean } | undefined): boolean {
  if (row && !row.mine) throw new ServiceError("web", "Another process writes this reply.");
  return row !== undefined;
}

/** Takes a reply away with all that it said, unless somebody wrote after its question. */
export async function retractReply(db: Pool, replyId: string): Promise<void> {
  await db.query(
    `with gone as (
       delete from web_message r
        where r.id = $1 and r.reply_to is not null and not ${wroteAfter("r.reply_to", "r.thread")}
       returning channel, reply_to
     )
     select pg_notify($2, json_build_object('channel', channel, 'kind', 'message', 'id', reply_to::text)::text)
       from gone`,
    [replyId, NOTICES],
  );
}

export interface NewParts {
  parts: { position: number; part: ReplyPart }[];
  finished: boolean;
}

/** The parts of the reply to a question from a position on, and whether that is all of it. */
export async function partsFrom(db: Pool, questionId: string, from: number): Promise<NewParts> {
  const { rows } = await db.query<{ finished: boolean; parts: NewParts["parts"] }>(
    `select r.finished_at is not null as finished,
            coalesce((select jsonb_agg(jsonb_build_object('position', p.position, 'part', p.part)
                                       order by p.position)
                        from web_reply_part p where p.message_id = r.id and p.position >= $2),
                     '[]') as parts
       from web_message r where r.reply_to = $1`,
    [questionId, from],
  );
  const { parts, finished } = rows[0] ?? { parts: [], finished: false };
  const shown = await hidingGone(
    db,
    parts.map(({ part }) => part),
  );
  return { finished, parts: parts.map(({ position, part }) => ({ position, part: shown(part) })) };
}

/** What the parts come to: no more than one run of text, without what a restart took back. */
export function fold(parts: ReplyPart[]): ReplyPart[] {
  return parts.reduce<ReplyPart[]>(addPart, []);
}

/** Adds a part to those that wait to be written or shown, joining what can be joined. */
export function addPart(parts: ReplyPart[], part: ReplyPart): ReplyPart[] {
  const last = parts.at(-1);
  if (part.kind === "restart") return [part];
  if (part.kind === "text" && last?.kind === "text") {
    return [...parts.slice(0, -1), { kind: "text", text: last.text + part.text }];
  }
  if (part.kind === "status" && last?.kind === "status") return [...parts.slice(0, -1), part];
  return [...parts, part];
}

function isRestart(part: ReplyPart): boolean {
  return part.kind === "restart";
}

/** A cited file that was deleted takes its name, quote and link out of past answers. */
export async function hidingGone(
  db: Pool,
  parts: ReplyPart[],
): Promise<(part: ReplyPart) => ReplyPart> {
  const cited = parts.flatMap((part) => (part.kind === "citations" ? part.citations : []));
  const ids = cited.map((citation) => citation.file.fileId);
  const there = ids.length > 0 ? await filesThere(db, ids) : new Map<string, string>();
  const shown = (citation: Citation): Citation =>
    there.has(citation.file.fileId) ? citation : { ...citation, ...GONE };
  return (part) =>
    part.kind === "citations" ? { ...part, citations: part.citations.map(shown) } : part;
}

const GONE = { fileName: "", where: "", quote: "", permalink: null, locator: {}, gone: true };
