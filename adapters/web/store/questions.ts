import type { Pool } from "pg";
import { NOTICES } from "../hub.ts";

/** Questions that a process may not have handed in before it ended are looked for so far back. */
const UNHEARD_AGE_HOURS_MAX = 24;

/** What stands in the place of a question that was deleted after somebody wrote below it. */
export const DELETED_TEXT = "(deleted)";

export interface Question {
  id: string;
  channel: string;
  /** The id of the thread's first message; the question's own where it is the first. */
  thread: string;
  userId: string;
  text: string;
  /** Files that came with it. */
  fileIds: string[];
}

/** A question with what happened to it since. */
export interface StoredQuestion extends Question {
  askedAtMs: number;
  editedAtMs: number | null;
  /** When the reply was complete; null while it is being written, and before. */
  answeredAtMs: number | null;
}

interface QuestionRow extends Question {
  asked_at: Date;
  edited_at: Date | null;
  answered_at: Date | null;
}

const COLUMNS = `q.id::text, q.channel, coalesce(q.thread, q.id)::text as thread,
  q.user_id as "userId", q.text, q.file_ids as "fileIds", q.created_at as asked_at, q.edited_at,
  (select r.finished_at from web_message r where r.reply_to = q.id) as answered_at`;
const IS_QUESTION = "q.reply_to is null and q.text <> '' and not q.deleted";

function toQuestion({ asked_at, edited_at, answered_at, ...question }: QuestionRow) {
  return {
    ...question,
    askedAtMs: asked_at.getTime(),
    editedAtMs: edited_at?.getTime() ?? null,
    answeredAtMs: answered_at?.getTime() ?? null,
  };
}

export async function addQuestion(
  db: Pool,
  question: Omit<Question, "id" | "thread"> & { thread: string | null },
): Promise<Question> {
  const { channel, thread, userId, text, fileIds } = question;
  const { rows } = await db.query<{ id: string }>(
    `insert into web_message (channel, thread, user_id, text, file_ids)
     values ($1, $2, $3, $4, $5) returning id::text`,
    [channel, thread, userId, text, fileIds],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error("an insert of a message returned no row");
  return { ...question, id, thread: thread ?? id };
}

export async function dropQuestion(db: Pool, id: string): Promise<void> {
  await db.query("delete from web_message where id = $1", [id]);
}

/** A question that stands in this channel; null for a reply, a file, and what was deleted. */
export async function findQuestion(
  db: Pool,
  channel: string,
  id: string,
): Promise<StoredQuestion | null> {
  const { rows } = await db.query<QuestionRow>(
    `select ${COLUMNS} from web_message q where q.id = $1 and q.channel = $2 and ${IS_QUESTION}`,
    [id, channel],
  );
  return rows[0] ? toQuestion(rows[0]) : null;
}

/** @returns the question as it stands then; null when it was deleted meanwhile */
export async function editQuestion(
  db: Pool,
  id: string,
  text: string,
): Promise<StoredQuestion | null> {
  const { rows } = await db.query<QuestionRow>(
    `update web_message q set text = $2, edited_at = now() where q.id = $1 and ${IS_QUESTION}
     returning ${COLUMNS}`,
    [id, text],
  );
  return rows[0] ? toQuestion(rows[0]) : null;
}

/** Puts the words back that stood there before an edit that nobody could be told of. */
export async function undoEdit(db: Pool, { id, text, editedAtMs }: StoredQuestion): Promise<void> {
  await db.query("update web_message set text = $2, edited_at = $3 where id = $1", [
    id,
    text,
    editedAtMs === null ? null : new Date(editedAtMs),
  ]);
}

/** Takes a question away with its reply; its words alone where somebody wrote after it in the thread. */
export async function removeQuestion(db: Pool, id: string): Promise<void> {
  await db.query(
    `with question as (
       select q.id, q.channel, ${wroteAfter("q.id", "coalesce(q.thread, q.id)")} as stays
         from web_message q where q.id = $1
     ), gone as (
       delete from web_message m using question where m.id = question.id and not stays
     ), emptied as (
       update web_message m set text = $2, deleted = true, edited_at = null, file_ids = '{}'
         from question where m.id = question.id and stays
     )
     select pg_notify($3, json_build_object('channel', channel, 'kind', 'message', 'id', id::text)::text)
       from question`,
    [id, DELETED_TEXT, NOTICES],
  );
}

/** SQL: is there a message in the thread that came after this question and isn't its reply? */
export function wroteAfter(question: string, thread: string): string {
  return `exists (select from web_message later where later.thread = ${thread}
    and later.id > ${question} and later.reply_to is distinct from ${question})`;
}

/** Recent questions that nothing was replied to yet: the core may not have heard of them. Oldest first. */
export async function questionsUnanswered(db: Pool): Promise<StoredQuestion[]> {
  const { rows } = await db.query<QuestionRow>(
    `select ${COLUMNS} from web_message q
      where ${IS_QUESTION} and q.created_at > now() - make_interval(hours => $1)
        and not exists (select from web_message reply where reply.reply_to = q.id)
      order by q.id`,
    [UNHEARD_AGE_HOURS_MAX],
  );
  return rows.map(toQuestion);
}

/** Questions that were edited of late: the core may not have heard of it. */
export async function questionsEdited(db: Pool): Promise<StoredQuestion[]> {
  const { rows } = await db.query<QuestionRow>(
    `select ${COLUMNS} from web_message q
      where ${IS_QUESTION} and q.edited_at > now() - make_interval(hours => $1) order by q.edited_at`,
    [UNHEARD_AGE_HOURS_MAX],
  );
  return rows.map(toQuestion);
}
