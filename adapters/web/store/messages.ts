import type { Pool } from "pg";
import type { ReplyPart } from "../../../src/chat.ts";
import { fold, hidingGone } from "./replies.ts";

const THREADS_LISTED_MAX = 30;
const MESSAGES_LISTED_MAX = 1_000;

/** A message as people see it. */
export interface ShownMessage {
  id: string;
  /** Null for the first message of a thread. */
  thread: string | null;
  user: string;
  text: string;
  at: string;
  /** Of a reply: the question that it answers. */
  replyTo: string | null;
  /** The file that this message shared. */
  fileId: string | null;
  /** Files that came with a question. */
  files: string[];
  editedAt: string | null;
  /** Taken back by its asker; only a word in its place is left. */
  deleted: boolean;
  /** Of a reply: what it says so far, and from which position on the rest comes. */
  reply: { parts: ReplyPart[]; next: number; finished: boolean } | null;
}

interface MessageRow {
  id: string;
  thread: string | null;
  user_id: string;
  text: string;
  created_at: Date;
  reply_to: string | null;
  finished_at: Date | null;
  file_id: string | null;
  file_ids: string[];
  edited_at: Date | null;
  deleted: boolean;
  parts: ReplyPart[] | null;
  last: number | null;
}

/** The thread that a message belongs to; null when there is no such message in this channel. */
export async function threadOf(db: Pool, channel: string, message: string): Promise<string | null> {
  const { rows } = await db.query<{ thread: string }>(
    `select coalesce(thread, id)::text as thread from web_message m
      where id = $1 and channel = $2 and ${NOT_ARRIVING}`,
    [message, channel],
  );
  return rows[0]?.thread ?? null;
}

/** The channel of a question, or of the reply to it; and the question's id. */
export async function questionOf(
  db: Pool,
  message: string,
): Promise<{ id: string; channel: string } | null> {
  const { rows } = await db.query<{ id: string; channel: string }>(
    "select coalesce(reply_to, id)::text as id, channel from web_message where id = $1",
    [message],
  );
  return rows[0] ?? null;
}

const NOT_ARRIVING = `not exists (
  select from web_file f where f.message_id = m.id and f.state->>'kind' = 'arriving')`;

// A file that came with a question is shown there, unless somebody wrote below the file itself.
const NOT_ATTACHED = `(
  not exists (
    select from web_file f join web_message q on q.file_ids @> array[f.id]
     where f.message_id = m.id and q.channel = m.channel and q.file_ids <> '{}')
  or exists (select from web_message below where below.thread = m.id))`;

export interface Page {
  messages: ShownMessage[];
  /** Are there older threads? */
  more: boolean;
}

/** The latest threads of a channel, whole, oldest message first; or those before a message. */
export async function latestThreads(
  db: Pool,
  channel: string,
  before: string | null,
): Promise<Page> {
  const { rows } = await db.query<{ id: string }>(
    `select id::text from web_message m
      where channel = $1 and thread is null and ($2::bigint is null or id < $2)
        and ${NOT_ARRIVING} and ${NOT_ATTACHED}
      order by m.id desc limit $3`,
    [channel, before, THREADS_LISTED_MAX + 1],
  );
  const threads = rows.slice(0, THREADS_LISTED_MAX).map((row) => row.id);
  const messages = await messagesOf(db, channel, threads);
  return { messages, more: rows.length > THREADS_LISTED_MAX };
}

/** All messages of these threads, oldest first. */
export async function messagesOf(
  db: Pool,
  channel: string,
  threads: string[],
): Promise<ShownMessage[]> {
  const { rows } = await db.query<MessageRow>(
    `select m.id::text, m.thread::text, m.user_id, m.text, m.created_at, m.reply_to::text,
            m.finished_at, f.id as file_id, m.file_ids, m.edited_at, m.deleted, p.parts, p.last
       from web_message m
       left join web_file f on f.message_id = m.id
       left join lateral (
         select jsonb_agg(part order by position) as parts, max(position) as last
           from web_reply_part where message_id = m.id
       ) p on m.reply_to is not null
      where m.channel = $1 and (m.id = any($2) or m.thread = any($2))
      order by m.id limit $3`,
    [channel, threads, MESSAGES_LISTED_MAX],
  );
  const shown = await hidingGone(
    db,
    rows.flatMap((row) => row.parts ?? []),
  );
  return rows.map((row) => toMessage(row, shown));
}

function toMessage(row: MessageRow, shown: (part: ReplyPart) => ReplyPart): ShownMessage {
  return {
    id: row.id,
    thread: row.thread,
    user: row.user_id,
    text: row.text,
    at: row.created_at.toISOString(),
    replyTo: row.reply_to,
    fileId: row.file_id,
    files: row.file_ids,
    editedAt: row.edited_at?.toISOString() ?? null,
    deleted: row.deleted,
    reply: row.reply_to === null ? null : toReply(row, shown),
  };
}

function toReply(row: MessageRow, shown: (part: ReplyPart) => ReplyPart): ShownMessage["reply"] {
  return {
    parts: fold(row.parts ?? []).map(shown),
    next: (row.last ?? -1) + 1,
    finished: row.finished_at !== null,
  };
}

/** Who wrote in a thread, its first message included; Docent's replies are nobody's. */
export async function voicesIn(
  db: Pool,
  channel: string,
  thread: string | null,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select distinct user_id as id from web_message
      where channel = $1 and (id = $2::bigint or thread = $2::bigint)
        and reply_to is null and not deleted`,
    [channel, thread],
  );
  return rows.map((row) => row.id);
}
