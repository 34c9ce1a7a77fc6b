import { setTimeout as sleep } from "node:timers/promises";
import type { Adapter, Inbox } from "./chat.ts";
import { runCommand } from "./commands.ts";
import { createIntake } from "./handle.ts";
import { type Life, type Parts, rulesOf, statusOf } from "./parts.ts";

const LISTEN_WAIT_MS = 5_000;

/** Listens to the platforms, and hands in what happens there. */
export async function startGateways(parts: Parts, adapters: Adapter[], life: Life): Promise<void> {
  const { config, log, database, queue } = parts;
  const db = database.pool;
  const deps = { db, status: statusOf(parts), ...rulesOf(config, adapters) };
  const inbox: Inbox = {
    ...createIntake({ db, queue }),
    command: (command) => runCommand(deps, command),
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
