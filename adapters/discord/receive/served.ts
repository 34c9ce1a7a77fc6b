import type { Inbox } from "../../../src/chat.ts";
import type { Log } from "../../../src/log.ts";
import { createMemory } from "../../shared/memory.ts";

const KEPT_MS = 60_000;
const GUILDS_MAX = 5_000;

/** Is this guild served? One that is not is left alone. */
export type Serves = (guildId: string) => Promise<boolean>;

/** Remembers the answer for a minute, and tells the operator once of each guild that is left alone. */
export function createServes(inbox: Pick<Inbox, "serves">, log: Log): Serves {
  const answers = createMemory<boolean>({ keptMs: KEPT_MS, entriesMax: GUILDS_MAX });
  const told = createMemory<void>({ keptMs: Number.POSITIVE_INFINITY, entriesMax: GUILDS_MAX });
  return async (guildId) => {
    const place = { platform: "discord", workspaceId: guildId };
    const isServed = await answers.get(guildId, () => inbox.serves(place));
    if (!isServed) {
      await told.get(guildId, async () =>
        log.info(
          { guildId },
          `a Discord server is left alone; to serve it: npm run docent -- allow guild ${guildId}`,
        ),
      );
    }
    return isServed;
  };
}
