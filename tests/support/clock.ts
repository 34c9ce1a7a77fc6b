import type { Clock } from "../../src/embed/limiter.ts";

export interface FastClock extends Clock {
  /** Every wait asked for, in order. */
  sleptMs: number[];
}

/** Time that passes at once: whoever sleeps longest wakes last, and nobody really waits. */
export function fastClock(random = 1): FastClock {
  let nowMs = 0;
  const sleptMs: number[] = [];
  const sleepers: { atMs: number; wake: () => void }[] = [];
  const wakeNext = () => {
    sleepers.sort((a, b) => a.atMs - b.atMs);
    const next = sleepers.shift();
    nowMs = Math.max(nowMs, next?.atMs ?? nowMs);
    next?.wake();
  };
  return {
    sleptMs,
    nowMs: () => nowMs,
    random: () => random,
    sleep: async (ms, signal) => {
      sleptMs.push(ms);
      await new Promise<void>((wake) => {
        sleepers.push({ atMs: nowMs + ms, wake });
        setImmediate(wakeNext);
      });
      signal.throwIfAborted();
    },
  };
}
