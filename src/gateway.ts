import { setTimeout as sleep } from "node:timers/promises";
import { refusalFor } from "./brakes.ts";
import type { Adapter, Inbox } from "./chat.ts";
import { complete } from "./commands/complete.ts";
import { settleServed } from "./db/served.ts";
import { createIntake } from "./intake.ts";
import { commandsOf, type Life, type Parts, rulesOf } from "./parts.ts";

const LISTEN_WAIT_MS = 5_000;

/** Listens to the platforms, and hands in what happens there. */
export async function startGateways(parts: Parts, adapters: Adapter[], life: Life): Promise<void> {
  const { config, log, database, queue } = parts;
  const intake = createIntake({ db: database.pool, queue });
  const rules = { db: database.pool, ...rulesOf(config, adapters) };
  const inbox: Inbox = {
    ...intake,
    command: commandsOf(parts, adapters, intake.accept),
    refusal: (who) => refusalFor(rules, who),
    complete: (typing) => complete(rules, typing),
    serves: (workspace) =>
      settleServed(database.pool, workspace, config.served[workspace.platform] ?? []),
  };
  for (const adapter of adapters) {
    life.opened(() => adapter.close());
    const listening = adapter.listen(inbox);
    // A platform that is away is waited for in the background; one that refuses us soon is told at once.
    const late = sleep(LISTEN_WAIT_MS, "late", { ref: false });
    if ((await Promise.race([listening, late])) !== "late") continue;
    log.warn({ platform: adapter.platform }, "the platform does not answer yet; still trying");
    listening.catch((error: unknown) => {
      log.error({ err: error, platform: adapter.platform }, "cannot listen to the platform");
    });
  }
}

/** What keeps a platform from being heard, in words; null while all of them are. */
export function troubleOf(adapters: Adapter[]): string | null {
  const troubles = adapters.flatMap((adapter) => adapter.trouble() ?? []);
  return troubles.length > 0 ? troubles.join("; ") : null;
}
