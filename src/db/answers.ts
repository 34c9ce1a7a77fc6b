import type { Pool, PoolClient } from "pg";
import type { Mention } from "../chat.ts";
import type { PlaceIds } from "./places.ts";

export interface Answer {
  id: number;
  state: "answering" | "done" | "failed";
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
    `insert into answer (workspace_id, event_key, channel_id, thread_id, question_id, asker_id, question)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (workspace_id, event_key) do update set event_key = excluded.event_key
     returning id, state, posted`,
    [
      ids.workspaceId,
      asked.key,
      ids.channelId,
      asked.place.threadId ?? asked.messageId,
      asked.messageId,
      asked.userId,
      asked.text,
    ],
  );
  const [answer] = rows;
  if (!answer) throw new Error("an upsert of an answer returned no row");
  return answer;
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
    `select id from unnest($3::text[]) as id
      where not exists (select from answer
                         where workspace_id = $1 and channel_id = $2 and posted @> array[id])`,
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
        and a.state = 'done' and not a.private and a.text is not null
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

/** Writes down a finished answer with what it stood on. */
export async function finishAnswer(
  db: PoolClient,
  workspaceId: number,
  answerId: number,
  result: { state: "done" | "failed"; text: string; model: string | null; attempts: unknown[] },
): Promise<void> {
  await db.query(
    `update answer set state = $3, text = $4, model = $5, attempts = $6, answered_at = now()
      where workspace_id = $1 and id = $2`,
    [
      workspaceId,
      answerId,
      result.state,
      result.text,
      result.model,
      JSON.stringify(result.attempts),
    ],
  );
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
