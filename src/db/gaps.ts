import type { Pool, PoolClient } from "pg";
import type { Place, SharedFile } from "../events.ts";
import type { PlaceIds } from "./places.ts";

type Workspace = Pick<Place, "platform" | "workspaceId">;

/**
 * Everything that happened before this was handed in, in milliseconds since 1970; null where that was never said.
 */
export async function heardUntilMs(
  db: Pool,
  { platform, workspaceId }: Workspace,
): Promise<number | null> {
  const { rows } = await db.query<{ ms: number | null }>(
    `select round(extract(epoch from heard_until) * 1000)::bigint as ms
       from workspace where platform = $1 and platform_id = $2`,
    [platform, workspaceId],
  );
  return rows[0]?.ms ?? null;
}

/**
 * Only ever forward: of several gateways the one that is behind changes nothing.
 * @returns up to when it was before; null where nothing was changed, or known
 */
export async function setHeardUntil(
  db: PoolClient,
  { platform, workspaceId }: Workspace,
  untilMs: number,
): Promise<number | null> {
  const { rows } = await db.query<{ ms: number | null }>(
    `update workspace w set heard_until = to_timestamp($3::float8 / 1000)
       from (select id, heard_until from workspace
              where platform = $1 and platform_id = $2 for update) before
      where w.id = before.id
        and (before.heard_until is null or before.heard_until < to_timestamp($3::float8 / 1000))
     returning round(extract(epoch from before.heard_until) * 1000)::bigint as ms`,
    [platform, workspaceId, untilMs],
  );
  return rows[0]?.ms ?? null;
}

/** The platform's ids of the channels that are not gone as far as is known. */
export async function channelsKnown(
  db: Pool,
  { platform, workspaceId }: Workspace,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select c.platform_id as id from workspace w join channel c on c.workspace_id = w.id
      where w.platform = $1 and w.platform_id = $2 and c.gone_at is null and c.parent_id is null`,
    [platform, workspaceId],
  );
  return rows.map((row) => row.id);
}

/** The channels of a workspace in which something is shared. */
export async function placesWithFiles(
  db: PoolClient,
  { platform, workspaceId }: Workspace,
): Promise<Place[]> {
  const { rows } = await db.query<Place>(
    `select w.platform, w.platform_id as "workspaceId", c.platform_id as "channelId",
            null as "threadId"
       from workspace w join channel c on c.workspace_id = w.id
      where w.platform = $1 and w.platform_id = $2 and c.gone_at is null
        and exists (select from share s where s.workspace_id = w.id and s.channel_id = c.id)`,
    [platform, workspaceId],
  );
  return rows;
}

/** What was shared in a channel before then. */
export async function sharesBefore(
  db: Pool,
  { workspaceId, channelId }: PlaceIds,
  before: Date,
): Promise<(Omit<SharedFile, "place"> & Pick<Place, "threadId">)[]> {
  const { rows } = await db.query(
    `select file_id as "fileId", message_id as "messageId", sharer_id as "userId",
            thread_id as "threadId"
       from share where workspace_id = $1 and channel_id = $2 and shared_at < $3`,
    [workspaceId, channelId, before],
  );
  return rows;
}

/** Threads with answers or files of the last days, newest first. What is private to somebody is no thread. */
export async function activeThreads(
  db: Pool,
  { platform, workspaceId }: Workspace,
  wanted: { days: number; limit: number },
): Promise<Place[]> {
  const { rows } = await db.query<Place>(
    `with w as (select id from workspace where platform = $1 and platform_id = $2),
     active as (
       select a.workspace_id, a.channel_id, a.thread_id, a.asked_at as at
         from answer a join w on w.id = a.workspace_id where not a.private
       union all
       select s.workspace_id, s.channel_id, coalesce(s.thread_id, s.message_id), s.shared_at
         from share s join w on w.id = s.workspace_id
     )
     select $1 as platform, $2 as "workspaceId", c.platform_id as "channelId",
            t.thread_id as "threadId"
       from active t join channel c on c.workspace_id = t.workspace_id and c.id = t.channel_id
      where c.gone_at is null and t.at > now() - $3 * interval '1 day'
      group by c.platform_id, t.thread_id
      order by max(t.at) desc limit $4`,
    [platform, workspaceId, wanted.days, wanted.limit],
  );
  return rows;
}
