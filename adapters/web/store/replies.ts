import type { Pool } from "pg";
import type { Citation, ReplyPart } from "../../../src/chat.ts";
import { ServiceError } from "../../../src/errors.ts";
import { NOTICES } from "../hub.ts";
import { filesThere } from "./files.ts";

/** Who Docent is in the chat's own tables. */
export const DOCENT = "docent";

const UNIQUE_VIOLATION = "23505";
const FOREIGN_KEY_VIOLATION = "23503";

export interface OpenReply {
  id: string;
  finished: boolean;
  /** Position of the last part that an earlier try wrote; -1 when there is none. */
  last: number;
}

/** Makes the message that holds the reply, or finds it on a retry; null when the question is gone. */
export async function openReply(db: Pool, questionId: string): Promise<OpenReply | null> {
  const { rows } = await db.query<{ id: string; finished_at: Date | null; last: number }>(
    `with made as (
       insert into web_message (channel, thread, user_id, reply_to)
       select channel, coalesce(thread, id), $2, id from web_message where id = $1
       on conflict (reply_to) do update set reply_to = excluded.reply_to
       returning id, channel, finished_at
     ), told as (
       select pg_notify($3, json_build_object('channel', channel, 'kind', 'message', 'id', $1::text)::text)
         from made
     )
     select made.id::text, made.finished_at,
            coalesce((select max(position) from web_reply_part p where p.message_id = made.id), -1) as last
       from made, told`,
    [questionId, DOCENT, NOTICES],
  );
  const [row] = rows;
  return row ? { id: row.id, finished: row.finished_at !== null, last: row.last } : null;
}

/**
 * Writes parts from `position` on. A restart among them takes the place of everything before.
 * @returns false when the reply is gone, with its question
 * @throws {ServiceError} when another process writes the same reply
 */
export async function appendParts(
  db: Pool,
  replyId: string,
  position: number,
  parts: ReplyPart[],
): Promise<boolean> {
  const writing = db.query(
    `with reply as (
       select id, channel, reply_to from web_message where id = $1
     ), old as (
       delete from web_reply_part where message_id = $1 and $4
     ), written as (
       insert into web_reply_part (message_id, position, part)
       select reply.id, $2 + ordinality - 1, value
         from reply, jsonb_array_elements($3::jsonb) with ordinality
     )
     select pg_notify($5, json_build_object('channel', channel, 'kind', 'part', 'id', reply_to::text)::text)
       from reply`,
    [replyId, position, JSON.stringify(parts), parts.some(isRestart), NOTICES],
  );
  try {
    return (await writing).rows.length > 0;
  } catch (error) {
    // Deleted between our looking and our writing.
    if (hasCode(error, FOREIGN_KEY_VIOLATION)) return false;
    if (!hasCode(error, UNIQUE_VIOLATION)) throw error;
    throw new ServiceError("web", "Another process writes this reply.", { cause: error });
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

export async function finishReply(db: Pool, replyId: string): Promise<void> {
  await db.query(
    `with done as (
       update web_message set finished_at = now() where id = $1 returning channel, reply_to
     )
     select pg_notify($2, json_build_object('channel', channel, 'kind', 'message', 'id', reply_to::text)::text)
       from done`,
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
