import { setTimeout as sleep } from "node:timers/promises";

/** Time, which a test can have at once. */
export interface Clock {
  nowMs(): number;
  /** @throws the signal's reason */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { signal });
  },
};
