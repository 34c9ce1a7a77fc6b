import type { Pool, PoolClient } from "pg";
import type { Place } from "../events.ts";
import type { PlaceIds } from "./places.ts";

/** One that was wanted, in a channel whose files are read by themselves. */
export interface Backfill {
  wantedBy: string;
  /** Where to go on; null before the first page. */
  cursor: string | null;
  /** Put into the queue so far. */
  files: number;
  /** Files that came in before this were deleted since. */
  emptiedAt: Date | null;
}

/** Writes down who brought Docent into a channel. */
export async function saveInviter(db: Pool, ids: PlaceIds, userId: string): Promise<void> {
  await db.query(
    `insert into backfill (workspace_id, channel_id, invited_by) values ($1, $2, $3)
     on conflict (workspace_id, channel_id) do update set invited_by = excluded.invited_by`,
    [ids.workspaceId, ids.channelId, userId],
  );
}

export async function inviterOf(db: Pool, ids: PlaceIds): Promise<string | null> {
  const { rows } = await db.query<{ invitedBy: string | null }>(
    `select invited_by as "invitedBy" from backfill where workspace_id = $1 and channel_id = $2`,
    [ids.workspaceId, ids.channelId],
  );
  return rows[0]?.invitedBy ?? null;
}

/** @returns false when one is under way */
export async function beginBackfill(
  db: PoolClient,
  ids: PlaceIds,
  wantedBy: string,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into backfill as b (workspace_id, channel_id, wanted_by, wanted_at)
     values ($1, $2, $3, now())
     on conflict (workspace_id, channel_id) do update
       set wanted_by = excluded.wanted_by, wanted_at = now(), cursor = null, files = 0,
           finished_at = null
     where b.wanted_at is null or b.finished_at is not null`,
    [ids.workspaceId, ids.channelId, wantedBy],
  );
  return rowCount === 1;
}

/** The one that is under way; null when there is none, or the channel's files are no longer read by themselves. */
export async function currentBackfill(db: Pool, ids: PlaceIds): Promise<Backfill | null> {
  const { rows } = await db.query<Backfill>(
    `select b.wanted_by as "wantedBy", b.cursor, b.files, c.emptied_at as "emptiedAt"
       from backfill b
       join channel c on c.workspace_id = b.workspace_id and c.id = b.channel_id
      where b.workspace_id = $1 and b.channel_id = $2 and b.wanted_at is not null
        and b.finished_at is null and c.mode = 'auto' and c.gone_at is null`,
    [ids.workspaceId, ids.channelId],
  );
  return rows[0] ?? null;
}

/** How many of its files are not read yet, up to `limit`. */
export async function filesOnTheirWay(db: Pool, place: Place, limit: number): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count
       from (select from queue.job
              where name = 'file' and state in ('created', 'retry', 'active')
                and data ->> 'kind' = 'backfill_file'
                and data -> 'place' ->> 'platform' = $1
                and data -> 'place' ->> 'workspaceId' = $2
                and data -> 'place' ->> 'channelId' = $3
              limit $4) as waiting`,
    [place.platform, place.workspaceId, place.channelId, limit],
  );
  return rows[0]?.count ?? 0;
}

/** @returns false when it was taken in before; what has been deleted with its channel since then was not */
export async function isNew(db: PoolClient, key: string, emptiedAt: Date | null): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into event (key) values ($1)
     on conflict (key) do update set received_at = now() where event.received_at < $2`,
    [key, emptiedAt],
  );
  return rowCount === 1;
}

export async function advanceBackfill(
  db: PoolClient,
  ids: PlaceIds,
  { cursor, files }: { cursor: string | null; files: number },
): Promise<void> {
  await db.query(
    `update backfill set cursor = $3, files = files + $4 where workspace_id = $1 and channel_id = $2`,
    [ids.workspaceId, ids.channelId, cursor, files],
  );
}

export async function endBackfill(db: PoolClient, ids: PlaceIds): Promise<void> {
  await db.query(
    `update backfill set finished_at = now()
      where workspace_id = $1 and channel_id = $2 and finished_at is null`,
    [ids.workspaceId, ids.channelId],
  );
}
