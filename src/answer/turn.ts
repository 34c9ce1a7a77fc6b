import type { Pool } from "pg";
import type { PlaceIds } from "../db/places.ts";
import type { Mention } from "../events.ts";
import { JobPostponed } from "../jobs/queue.ts";

const LOOK_AGAIN_MS = 500;
// An earlier answer that takes longer is in trouble, and this one shall not share it.
const PATIENCE = "interval '1 minute'";

/**
 * Questions of one thread are answered in their order, whoever asks them and whichever process has them.
 * @throws {JobPostponed} while an earlier one is being answered, so that it holds up no other thread
 */
export async function assertTurn(
  db: Pool,
  ids: PlaceIds,
  asked: Mention,
  answerId: number,
): Promise<void> {
  if (asked.onlyFor) return;
  const { rowCount } = await db.query(
    `select from answer
      where workspace_id = $1 and channel_id = $2 and thread_id = $3 and id < $4
        and state = 'answering' and not private and asked_at > now() - ${PATIENCE} limit 1`,
    [ids.workspaceId, ids.channelId, asked.place.threadId ?? asked.messageId, answerId],
  );
  if (rowCount === 1) {
    throw new JobPostponed("an earlier question of the thread is being answered", LOOK_AGAIN_MS);
  }
}
