import type { Pool, PoolClient } from "pg";
import type { Place } from "../events.ts";
import { DEAD } from "../jobs/queue.ts";
import type { PlaceIds } from "./places.ts";

/** Hides a channel, with all of its files. */
export async function hideChannel(
  db: PoolClient,
  { workspaceId, channelId }: PlaceIds,
): Promise<void> {
  await db.query(
    "update channel set gone_at = coalesce(gone_at, now()) where workspace_id = $1 and id = $2",
    [workspaceId, channelId],
  );
}

/** Shows a channel again that was gone, with what it still has. */
export async function showChannel(db: PoolClient, place: Place): Promise<void> {
  await db.query(
    `update channel c set gone_at = null from workspace w
      where w.platform = $1 and w.platform_id = $2
        and c.workspace_id = w.id and c.platform_id = $3 and c.gone_at is not null`,
    [place.platform, place.workspaceId, place.channelId],
  );
}

/**
 * Deletes everything of a workspace, and its jobs.
 * @param keptJobId the job that does it, which has to end as any other
 */
export async function deleteWorkspace(
  db: PoolClient,
  { platform, workspaceId }: Pick<Place, "platform" | "workspaceId">,
  keptJobId: string,
): Promise<void> {
  await db.query(
    `delete from queue.job j
      where j.id <> $3
        and ((j.data -> 'place' ->> 'platform' = $1 and j.data -> 'place' ->> 'workspaceId' = $2)
          or (j.data ->> 'kind' = 'vectors_wanted'
              and j.data ->> 'workspaceId' = (select id::text from workspace
                                               where platform = $1 and platform_id = $2)))`,
    [platform, workspaceId, keptJobId],
  );
  await db.query("delete from workspace where platform = $1 and platform_id = $2", [
    platform,
    workspaceId,
  ]);
  // Should it come back, its older files are news again.
  await db.query("delete from event where starts_with(key, $1)", [`${platform}:${workspaceId}:`]);
}

/** A channel that was off or gone for too long; a thread that is a channel goes with the one it hangs on. */
const EXPIRED = `
  exists (select from channel e
           where e.workspace_id = c.workspace_id and e.id in (c.id, c.parent_id)
             and (e.gone_at < now() - $1 * interval '1 day'
               or (e.mode = 'off' and e.mode_set_at < now() - $1 * interval '1 day')))`;

export interface ExpiredShare extends PlaceIds {
  fileId: string;
}

/** Files of channels that were off or gone for so long, and writes down that these channels are emptied. */
export async function expiredShares(
  db: Pool,
  keptDays: number,
  limit: number,
): Promise<ExpiredShare[]> {
  const { rows } = await db.query<ExpiredShare>(
    `with emptied as (
       update channel c set emptied_at = now() where ${EXPIRED}
          and exists (select from share s
                       where s.workspace_id = c.workspace_id and s.channel_id = c.id)
       returning c.workspace_id, c.id
     )
     select s.workspace_id as "workspaceId", s.channel_id as "channelId", s.file_id as "fileId"
       from emptied e
       join share s on s.workspace_id = e.workspace_id and s.channel_id = e.id
      limit $2`,
    [keptDays, limit],
  );
  return rows;
}

/** Takes the words out of questions, answers and ratings that are so old, and out of jobs that were set aside. */
export async function forgetWords(db: Pool, keptDays: number, limit: number): Promise<void> {
  await db.query(
    `with old as (
       update answer a set question = '', text = null, rating_reason = null
         from (select workspace_id, id from answer
                where asked_at < now() - $1 * interval '1 day'
                  and (question <> '' or text is not null or rating_reason is not null) limit $2) o
        where a.workspace_id = o.workspace_id and a.id = o.id
       returning a.workspace_id, a.id
     )
     update answer_source s set quote = '' from old
      where s.workspace_id = old.workspace_id and s.answer_id = old.id`,
    [keptDays, limit],
  );
  await db.query(
    `delete from queue.job where name = $2 and data ? 'text'
        and created_on < now() - $1 * interval '1 day'`,
    [keptDays, DEAD],
  );
}
