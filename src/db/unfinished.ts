import type { Pool, PoolClient } from "pg";
import type { MessageChanged, Place } from "../events.ts";

/** A question that waits in the queue, or is being answered. */
export interface Unfinished {
  /** Of its event. */
  key: string;
  askerId: string;
  /** Nobody has begun with it, or it was put back. */
  waiting: boolean;
}

const WAITING = "name = 'question' and state in ('created', 'retry')";
const IN_CHANNEL = `data -> 'place' ->> 'platform' = $1 and data -> 'place' ->> 'workspaceId' = $2
   and data -> 'place' ->> 'channelId' = $3`;

/**
 * Those of a channel; what is asked in private only for its asker.
 * @param of null: any thread, any question
 */
export async function unfinishedQuestions(
  db: Pool | PoolClient,
  { platform, workspaceId, channelId }: Place,
  of: { threadId: string | null; questionId: string | null; userId: string },
): Promise<Unfinished[]> {
  const { rows } = await db.query<Unfinished>(
    `select data ->> 'key' as key, data ->> 'userId' as "askerId", state <> 'active' as waiting
       from queue.job
      where name = 'question' and state in ('created', 'retry', 'active') and ${IN_CHANNEL}
        and ($4::text is null
          or coalesce(data -> 'place' ->> 'threadId', data ->> 'messageId') = $4)
        and ($5::text is null or data ->> 'messageId' = $5)
        and (data ->> 'userId' = $6 or not data ? 'onlyFor')`,
    [platform, workspaceId, channelId, of.threadId, of.questionId, of.userId],
  );
  return rows;
}

/**
 * Takes questions out of the queue that still wait there, and ends what was begun of them.
 * @param keys of their events
 * @returns how many did wait
 */
export async function dropWaiting(
  db: PoolClient,
  { platform, workspaceId }: Place,
  keys: string[],
): Promise<number> {
  const { rowCount } = await db.query(
    `with dropped as (
       delete from queue.job where ${WAITING} and data ->> 'key' = any($3)
       returning data ->> 'key' as key
     ), ended as (
       update answer a set state = 'done', text = '', answered_at = now()
         from dropped d, workspace w
        where w.platform = $1 and w.platform_id = $2
          and a.workspace_id = w.id and a.event_key = d.key and a.state = 'answering'
     )
     select key from dropped`,
    [platform, workspaceId, keys],
  );
  return rowCount ?? 0;
}

/** Takes a question out of the queue whose message was deleted, if it still waits there. */
export async function forgetWaiting(
  db: PoolClient,
  { platform, workspaceId, channelId }: Place,
  messageId: string,
): Promise<void> {
  await db.query(
    `delete from queue.job
      where ${WAITING} and ${IN_CHANNEL} and data ->> 'messageId' = $4 and not data ? 'onlyFor'`,
    [platform, workspaceId, channelId, messageId],
  );
}

/** Gives a question that still waits in the queue its new words. @returns whether it did wait */
export async function editWaiting(
  db: PoolClient,
  { place, messageId, userId, text }: MessageChanged,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `with edited as (
       update queue.job set data = jsonb_set(data, '{text}', to_jsonb($6::text))
        where ${WAITING} and ${IN_CHANNEL}
          and data ->> 'messageId' = $4 and data ->> 'userId' = $5 and not data ? 'onlyFor'
       returning data ->> 'key' as key
     ), asked as (
       update answer a set question = $6 from edited e, workspace w
        where w.platform = $1 and w.platform_id = $2
          and a.workspace_id = w.id and a.event_key = e.key
     )
     select from edited`,
    [place.platform, place.workspaceId, place.channelId, messageId, userId, text],
  );
  return rowCount !== 0;
}

/** Our own ids of those of these answers that are being given. @param keys of their questions' events */
export async function answering(
  db: PoolClient,
  { platform, workspaceId }: Place,
  keys: string[],
): Promise<{ workspaceId: number; id: number }[]> {
  const { rows } = await db.query<{ workspaceId: number; id: number }>(
    `select a.workspace_id as "workspaceId", a.id
       from workspace w join answer a on a.workspace_id = w.id
      where w.platform = $1 and w.platform_id = $2 and a.event_key = any($3)
        and a.state = 'answering'`,
    [platform, workspaceId, keys],
  );
  return rows;
}
