import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../../../src/log.ts";
import { reasonOf } from "../client.ts";

/** With more under way, Slack waits for its acknowledgement after all. */
const WORKS_MAX = 1_000;
const GOODBYE_MS = 3_000;

/** What Slack need not wait for. */
export interface Behind {
  /** Aborts when there is no time left to wait for anything. */
  readonly closing: AbortSignal;
  /** Sees to it that this ends; if it fails, `failed` is logged. Resolves when Slack may be answered. */
  leave(work: Promise<void>, failed: string): Promise<void>;
  /** Resolves once all of it has ended, or has had its time. */
  close(): Promise<void>;
}

export function createBehind(log: Log): Behind {
  const closing = new AbortController();
  const running = new Set<Promise<void>>();
  return {
    closing: closing.signal,
    leave: async (work, failed) => {
      const owned = work
        .catch((error: unknown) => log.warn({ reason: reasonOf(error) }, failed))
        .finally(() => running.delete(owned));
      running.add(owned);
      if (running.size > WORKS_MAX) await owned;
    },
    close: async () => {
      closing.abort();
      const goodbye = sleep(GOODBYE_MS, undefined, { ref: false });
      await Promise.race([Promise.all(running), goodbye]);
    },
  };
}
