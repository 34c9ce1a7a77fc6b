import type { PoolClient } from "pg";
import { removeShare } from "./contents.ts";
import type { PlaceIds } from "./places.ts";

/** Removes the files that a message shared here, but for those that it still has. */
export async function removeSharesOf(
  db: PoolClient,
  ids: PlaceIds,
  messageId: string,
  kept: readonly string[] = [],
): Promise<void> {
  await removeAll(db, ids, "message_id = $3 and file_id <> all ($4::text[])", [messageId, kept]);
}

/** Removes what was shared in a thread; its first message may stand in the channel. */
export async function removeSharesIn(
  db: PoolClient,
  ids: PlaceIds,
  threadId: string,
): Promise<void> {
  await removeAll(db, ids, "thread_id = $3 and message_id <> $3", [threadId]);
}

async function removeAll(
  db: PoolClient,
  ids: PlaceIds,
  condition: string,
  values: readonly unknown[],
): Promise<void> {
  // All of them are locked before any content is: see `lockShare`.
  const { rows } = await db.query<{ fileId: string }>(
    `select file_id as "fileId" from share
      where workspace_id = $1 and channel_id = $2 and ${condition} order by id for update`,
    [ids.workspaceId, ids.channelId, ...values],
  );
  for (const { fileId } of rows) await removeShare(db, ids, fileId);
}
