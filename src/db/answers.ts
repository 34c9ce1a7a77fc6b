import type { Pool, PoolClient } from "pg";
import type { Mention } from "../events.ts";
import type { PlaceIds } from "./places.ts";

export interface Answer {
  id: number;
  state: "answering" | "done" | "failed";
  /** Counts how often it was asked for. */
  version: number;
  /** All models had failed, so that it is given a second time by itself. */
  retried: boolean;
  /** Ids of the messages that earlier tries posted, oldest first. */
  posted: string[];
}

/** A question of this thread that was answered before, and everything that the answer stood on. */
export interface PastAnswer {
  question: string;
  text: string;
  contentIds: number[];
}

export interface AnswerSource {
  number: number;
  shareId: number;
  contentId: number;
  position: number;
  quote: string;
}

/** Finds or makes the answer to an event: the same event has one answer, whatever is delivered twice. */
export async function ensureAnswer(db: Pool, ids: PlaceIds, asked: Mention): Promise<Answer> {
  const { rows } = await db.query<Answer>(
    `insert into answer (workspace_id, event_key, channel_id, thread_id, question_id, asker_id, question, files,
                         private)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (workspace_id, event_key) do update
       set private = answer.private or excluded.private
     returning id, state, posted, version, retried`,
    [
      ids.workspaceId,
      asked.key,
      ids.channelId,
      asked.place.threadId ?? asked.messageId,
      asked.messageId,
      asked.userId,
      asked.text,
      asked.fileIds,
      asked.onlyFor !== undefined,
    ],
  );
  const [answer] = rows;
  if (!answer) throw new Error("an upsert of an answer returned no row");
  return answer;
}

/** Was it said in this thread today that a budget is used up? */
export async function isBudgetTold(
  db: Pool,
  { workspaceId, channelId }: PlaceIds,
  threadId: string,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from answer
      where workspace_id = $1 and channel_id = $2 and thread_id = $3 and says_budget and not private
        and answered_at >= date_trunc('day', now(), 'UTC') limit 1`,
    [workspaceId, channelId, threadId],
  );
  return rowCount === 1;
}

export async function addPosted(
  db: Pool,
  workspaceId: number,
  answerId: number,
  messageId: string,
): Promise<void> {
  await db.query(
    `update answer set posted = posted || $3
      where workspace_id = $1 and id = $2 and not posted @> array[$3]`,
    [workspaceId, answerId, messageId],
  );
}

/** Which of these messages of ours no answer in the channel knows of. */
export async function unknownMessages(
  db: Pool,
  { workspaceId, channelId }: PlaceIds,
  messageIds: string[],
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select m.id from unnest($3::text[]) as m(id)
      where not exists (select from answer
                         where workspace_id = $1 and channel_id = $2 and posted @> array[m.id])`,
    [workspaceId, channelId, messageIds],
  );
  return rows.map((row) => row.id);
}

/**
 * Earlier answers of a thread that may be used again, oldest first: only those whose every source is still
 * shared in today's scope.
 */
export async function pastAnswers(
  db: Pool,
  ids: PlaceIds,
  threadId: string,
  wanted: { channelIds: number[]; limit: number },
): Promise<PastAnswer[]> {
  const { rows } = await db.query<PastAnswer>(
    `select a.question, a.text,
            coalesce(array_agg(distinct s.content_id::float8) filter (where s.content_id is not null), '{}')
              as "contentIds"
       from answer a
       left join answer_source s on s.workspace_id = a.workspace_id and s.answer_id = a.id
      where a.workspace_id = $1 and a.channel_id = $2 and a.thread_id = $3
        and a.state = 'done' and not a.private and a.text <> ''
        and not exists (
          select from answer_source gone
           where gone.workspace_id = a.workspace_id and gone.answer_id = a.id
             and not exists (
               select from share h
                where h.workspace_id = gone.workspace_id and h.id = gone.share_id
                  and h.channel_id = any($4)))
      group by a.id, a.question, a.text, a.asked_at
      order by a.asked_at desc limit $5`,
    [ids.workspaceId, ids.channelId, threadId, wanted.channelIds, wanted.limit],
  );
  return rows.reverse();
}

export interface Finished {
  state: "done" | "failed";
  text: string;
  model: string | null;
  attempts: { costMicrousd: number }[];
  retrieved: unknown;
  saysBudget: boolean;
  /** It will be given a second time by itself. */
  retries: boolean;
}

/**
 * Writes down a finished answer.
 * @returns false when it was asked for anew meanwhile, or is gone: then nothing of this one counts
 */
export async function finishAnswer(
  db: PoolClient,
  workspaceId: number,
  answer: Pick<Answer, "id" | "version">,
  result: Finished,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update answer set state = $4, text = $5, model = $6, attempts = $7, retrieved = $8,
            cost_microusd = cost_microusd + $9, says_budget = $10, retried = retried or $11,
            answered_at = now()
      where workspace_id = $1 and id = $2 and version = $3`,
    [
      workspaceId,
      answer.id,
      answer.version,
      result.state,
      result.text,
      result.model,
      JSON.stringify(result.attempts),
      result.retrieved === null ? null : JSON.stringify(result.retrieved),
      result.attempts.reduce((sum, { costMicrousd }) => sum + costMicrousd, 0),
      result.saysBudget,
      result.retries,
    ],
  );
  return rowCount === 1;
}

export async function saveSources(
  db: PoolClient,
  workspaceId: number,
  answerId: number,
  sources: AnswerSource[],
): Promise<void> {
  await db.query(
    `insert into answer_source (workspace_id, answer_id, number, share_id, content_id, position, quote)
     select $1, $2, * from unnest($3::int[], $4::bigint[], $5::bigint[], $6::int[], $7::text[])
     on conflict do nothing`,
    [
      workspaceId,
      answerId,
      sources.map((source) => source.number),
      sources.map((source) => source.shareId),
      sources.map((source) => source.contentId),
      sources.map((source) => source.position),
      sources.map((source) => source.quote),
    ],
  );
}

/** An answer as it stands, with the question as it was asked. */
export interface StandingAnswer extends Answer {
  eventKey: string;
  threadId: string;
  questionId: string;
  askerId: string;
  question: string;
  fileIds: string[];
  askedAt: Date;
}

/** The answer to a question, locked while the transaction lasts; null when the question was none of ours. */
export async function findAnswer(
  db: Pool | PoolClient,
  ids: PlaceIds,
  questionId: string,
): Promise<StandingAnswer | null> {
  const { rows } = await db.query<StandingAnswer>(
    `select id, state, version, retried, posted, event_key as "eventKey", thread_id as "threadId",
            question_id as "questionId", asker_id as "askerId", question, files as "fileIds",
            asked_at as "askedAt"
       from answer
      where workspace_id = $1 and channel_id = $2 and question_id = $3 and not private
      order by id desc limit 1
        for update`,
    [ids.workspaceId, ids.channelId, questionId],
  );
  return rows[0] ?? null;
}

/**
 * Makes an answer one that is being given again; what it stood on goes.
 * @param retried by itself, not for somebody
 * @returns the answer's new version
 */
export async function reopenAnswer(
  db: PoolClient,
  workspaceId: number,
  answerId: number,
  { question, retried }: { question: string; retried: boolean },
): Promise<number> {
  const { rows } = await db.query<{ version: number }>(
    `with sources as (
       delete from answer_source where workspace_id = $1 and answer_id = $2
     )
     update answer set state = 'answering', question = $3, version = version + 1, retried = $4
      where workspace_id = $1 and id = $2 returning version`,
    [workspaceId, answerId, question, retried],
  );
  const [answer] = rows;
  if (!answer) throw new Error("an answer that was found can't be opened again");
  return answer.version;
}

/**
 * Is one of the models up again that had all failed for this question? After a while it no longer matters.
 * @param patienceS so long
 */
export async function isModelUpFor(
  db: Pool,
  ids: PlaceIds,
  questionId: string,
  patienceS: number,
): Promise<boolean> {
  const { rows } = await db.query<{ up: boolean }>(
    `select a.answered_at < now() - $4 * interval '1 second' or exists (
              select from jsonb_array_elements(a.attempts) tried
                left join model_health h on h.model = tried ->> 'model'
               where h.model is null or h.state in ('unknown', 'ready')) as up
       from answer a
      where a.workspace_id = $1 and a.channel_id = $2 and a.question_id = $3 and not a.private
      order by a.id desc limit 1`,
    [ids.workspaceId, ids.channelId, questionId, patienceS],
  );
  return rows[0]?.up ?? true;
}

export async function rateAnswer(
  db: PoolClient,
  workspaceId: number,
  answerId: number,
  rated: { rating: "up" | "down"; reason: string },
): Promise<void> {
  await db.query(
    "update answer set rating = $3, rating_reason = nullif($4, '') where workspace_id = $1 and id = $2",
    [workspaceId, answerId, rated.rating === "up" ? 1 : -1, rated.reason],
  );
}

export async function deleteAnswer(
  db: PoolClient,
  workspaceId: number,
  answerId: number,
): Promise<void> {
  await db.query("delete from answer where workspace_id = $1 and id = $2", [workspaceId, answerId]);
}
