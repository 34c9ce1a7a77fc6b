import type { Pool, PoolClient } from "pg";
import type { Adapter } from "./chat.ts";
import type { Notifications } from "./db/notify.ts";
import type { Incoming, Place } from "./events.ts";

/** Who can read a channel has changed; the payload says which. Every process remembers for itself. */
const ACCESS_NOTICE = "docent_access";

type Somewhere = Pick<Place, "platform"> & Partial<Pick<Place, "workspaceId" | "channelId">>;

/** Tells all processes to forget who can read this channel, or anything of this workspace. */
export async function tellAccess(db: Pool | PoolClient, where: Somewhere): Promise<void> {
  const { platform, workspaceId, channelId } = where;
  const payload = JSON.stringify({ platform, workspaceId, channelId });
  await db.query("select pg_notify($1, $2)", [ACCESS_NOTICE, payload]);
}

/** Does this event change who can read its channel? */
export function changesAccess({ kind }: Incoming): boolean {
  return kind === "access_changed" || kind === "joined" || kind === "channel_gone";
}

/** Has the adapters of this process forget what they are told of. @returns how to stop */
export async function hearOfAccess(
  notifications: Notifications,
  adapters: readonly Adapter[],
): Promise<() => void> {
  return await notifications.listen(ACCESS_NOTICE, (payload) => {
    // Some notices may have been missed: then nothing that is remembered counts.
    const where = payload === "" ? null : (JSON.parse(payload) as Somewhere);
    for (const adapter of adapters) {
      if (where === null || where.platform === adapter.platform) adapter.forget(where ?? {});
    }
  });
}
