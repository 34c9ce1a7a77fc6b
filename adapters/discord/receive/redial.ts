import { setTimeout as sleep } from "node:timers/promises";

const BACKOFF_MIN_MS = 1_000;
/** Discord takes a thousand new sessions a day. */
const BACKOFF_MAX_MS = 120_000;
/** A connection that lives for less was no success: else two gone wrong would take turns without a pause. */
const HEALTHY_MS = 30_000;

/** Longer and longer between attempts that fail; discord.js itself tries twice a second, for ever. */
export interface Redial {
  /** The connection was lost, or could not be made. */
  lost(shardId: number): void;
  ready(shardId: number): void;
  /** Resolves when it may be made again: at once after a first loss, and never once all is stopped. */
  turn(shardId: number): Promise<void>;
}

interface Line {
  failures: number;
  readyAtMs: number | null;
  dueAtMs: number;
}

export function createRedial(stopped: AbortSignal, backoffMinMs = BACKOFF_MIN_MS): Redial {
  const lines = new Map<number, Line>();
  const lineOf = (shardId: number) => {
    const line = lines.get(shardId) ?? { failures: 0, readyAtMs: null, dueAtMs: 0 };
    lines.set(shardId, line);
    return line;
  };
  return {
    ready: (shardId) => {
      lineOf(shardId).readyAtMs = performance.now();
    },
    lost: (shardId) => {
      const line = lineOf(shardId);
      const nowMs = performance.now();
      const isHealthy = line.readyAtMs !== null && nowMs - line.readyAtMs >= HEALTHY_MS;
      line.failures = isHealthy ? 1 : line.failures + 1;
      line.readyAtMs = null;
      if (line.failures > 1) line.dueAtMs = nowMs + backoffMs(line.failures - 1, backoffMinMs);
    },
    turn: async (shardId) => {
      const waitMs = lineOf(shardId).dueAtMs - performance.now();
      // Aborted means stopped: then nobody is to go on.
      if (waitMs > 0) await sleep(waitMs, undefined, { signal: stopped }).catch(() => undefined);
      if (stopped.aborted) await new Promise<never>(() => undefined);
    },
  };
}

/** Processes that lost Discord together should not come back together. */
export function backoffMs(failures: number, backoffMinMs = BACKOFF_MIN_MS): number {
  const mostMs = Math.min(BACKOFF_MAX_MS, backoffMinMs * 2 ** (failures - 1));
  return mostMs * (0.5 + Math.random() / 2);
}
