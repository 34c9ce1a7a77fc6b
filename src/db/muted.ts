import type { Pool } from "pg";
import type { PlaceIds } from "./places.ts";

/** Threads in which Docent stays quiet until it is mentioned. */
export async function setMuted(
  db: Pool,
  { workspaceId, channelId }: PlaceIds,
  threadId: string,
  { muted, by }: { muted: boolean; by: string },
): Promise<void> {
  const thread = [workspaceId, channelId, threadId];
  if (!muted) {
    await db.query(
      "delete from muted_thread where workspace_id = $1 and channel_id = $2 and thread_id = $3",
      thread,
    );
    return;
  }
  await db.query(
    `insert into muted_thread (workspace_id, channel_id, thread_id, muted_by)
     values ($1, $2, $3, $4) on conflict do nothing`,
    [...thread, by],
  );
}
