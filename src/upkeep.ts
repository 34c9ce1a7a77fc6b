import type { Pool } from "pg";
import { maintain } from "./db/maintain.ts";
import { inTransaction } from "./db/transaction.ts";
import type { Embedder } from "./embed/embedder.ts";
import { emptyExpired, forgetOldWords } from "./gone.ts";
import { type VectorsWanted, workspacesToFill } from "./ingest/fill.ts";
import type { Queue } from "./jobs/queue.ts";
import type { Log } from "./log.ts";
import { settleForgotten } from "./money/ledger.ts";

export interface Upkeep {
  close(): Promise<void>;
}

const UPKEEP_MS = 60_000;
const FORGET_MS = 10 * 60_000;
const EVENTS_KEPT_DAYS = 30;

/** What has to be done from time to time, whether or not anybody asks. */
export function startUpkeep(deps: {
  db: Pool;
  queue: Queue;
  engine: "embedded" | "postgres";
  embedder: Embedder | null;
  /** The embedded database's nightly dump; null on Postgres, which others back up. */
  dump: ((now: Date, signal: AbortSignal) => Promise<void>) | null;
  log: Log;
}): Upkeep {
  let forgotAtMs = Date.now();
  const stop = new AbortController();
  const tick = async (): Promise<void> => {
    if (deps.embedder) await askForVectors(deps);
    // The embedded engine has no autovacuum of its own.
    if (deps.engine === "embedded") await maintain(deps.db);
    await deps.dump?.(new Date(), stop.signal);
    if (Date.now() - forgotAtMs < FORGET_MS) return;
    forgotAtMs = Date.now();
    await forgetEvents(deps.db);
    await settleForgotten(deps.db);
    await emptyExpired(deps.db);
    await forgetOldWords(deps.db);
  };
  let running = Promise.resolve();
  const run = (): void => {
    running = running.then(tick).catch((error: unknown) => {
      if (!stop.signal.aborted) deps.log.error({ err: error }, "upkeep failed");
    });
  };
  run();
  const timer = setInterval(run, UPKEEP_MS);
  return {
    close: async () => {
      clearInterval(timer);
      stop.abort();
      await running;
    },
  };
}

async function askForVectors({ db, queue }: { db: Pool; queue: Queue }): Promise<void> {
  for (const workspaceId of await workspacesToFill(db)) {
    const work: VectorsWanted = { kind: "vectors_wanted", workspaceId };
    await inTransaction(db, (client) => queue.send(client, "vectors", work, String(workspaceId)));
  }
}

/** Keys of old events; no platform delivers an event again after so long. */
async function forgetEvents(db: Pool): Promise<void> {
  await db.query("delete from event where received_at < now() - $1 * interval '1 day'", [
    EVENTS_KEPT_DAYS,
  ]);
}
