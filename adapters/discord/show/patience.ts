import { RateLimitError } from "discord.js";
import type { Clock } from "../../shared/clock.ts";

const WAIT_MS_MAX = 60_000;
const WAITS_MAX = 5;

/** Waits for Discord's limits: to do an answer again would cost more than the time. */
export async function patiently<T>(
  clock: Clock,
  call: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  for (let waits = 0; ; waits += 1) {
    try {
      return await call();
    } catch (error) {
      const isLimit = error instanceof RateLimitError && error.retryAfter <= WAIT_MS_MAX;
      if (!isLimit || waits === WAITS_MAX) throw error;
      await clock.sleep(error.retryAfter, signal);
    }
  }
}
