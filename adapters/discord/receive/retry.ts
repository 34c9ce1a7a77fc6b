import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../../../src/log.ts";
import { reasonOf } from "../client.ts";

const BACKOFF_MIN_MS = 1_000;
const BACKOFF_MAX_MS = 30_000;
/** About an hour; then it is a fault that time does not mend. */
const TRIES_MAX = 120;
/** More than that of all guilds together would cost too much memory: what comes then is read back later. */
const WAITING_MAX = 10_000;

export interface Work {
  guildId: string;
  /** What happened in one lane is done in its order. */
  lane: string;
  /** Stores what happened. It may be done again: twice equals once. */
  run(): Promise<void>;
}

/**
 * Discord says everything once. What can't be stored yet waits here, in memory, and holds up its lane: until it is
 * stored, this guild is not caught up, and should the process end meanwhile, the rest is read back.
 */
export interface Retry {
  hand(work: Work): void;
  /** Since when the oldest that is not stored yet waits, in milliseconds since 1970; Infinity: nothing does. */
  waitingSinceMs(guildId: string): number;
  /** Resolves once all that is under way has ended or was tried once more. */
  close(): Promise<void>;
}

export interface RetryDeps {
  /** Something of this guild was given up. */
  missed(guildId: string): void;
  log: Log;
  /** Shorter in tests. */
  backoffMinMs?: number | undefined;
}

export function createRetry({ missed, log, backoffMinMs = BACKOFF_MIN_MS }: RetryDeps): Retry {
  const closing = new AbortController();
  const lanes = new Map<string, Promise<void>>();
  // In the order in which it came: the first one of a guild is its oldest.
  const waiting = new Map<Work, number>();
  const attempt = async ({ guildId, run }: Work): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await run();
      } catch (error) {
        if (closing.signal.aborted) return missed(guildId);
        if (tries === TRIES_MAX) {
          missed(guildId);
          return log.error({ err: error, guildId }, "something of Discord could not be stored");
        }
        const again = { guildId, tries, reason: reasonOf(error) };
        log.warn(again, "something of Discord could not be stored yet; trying again");
      }
      const mostMs = Math.min(BACKOFF_MAX_MS, backoffMinMs * 2 ** (tries - 1));
      const waitMs = mostMs * (0.5 + Math.random() / 2);
      // Aborted means that we close: there is time for one more try.
      await sleep(waitMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };
  return {
    hand: (work) => {
      const { guildId, lane } = work;
      if (waiting.size >= WAITING_MAX) return missed(guildId);
      waiting.set(work, Date.now());
      const before = lanes.get(lane) ?? Promise.resolve();
      const done = before
        .then(() => attempt(work))
        .finally(() => {
          waiting.delete(work);
          if (lanes.get(lane) === done) lanes.delete(lane);
        });
      lanes.set(lane, done);
    },
    waitingSinceMs: (guildId) => {
      for (const [work, sinceMs] of waiting) if (work.guildId === guildId) return sinceMs;
      return Number.POSITIVE_INFINITY;
    },
    close: async () => {
      closing.abort();
      await Promise.all(lanes.values());
    },
  };
}
