/** Limits that a test asks for: so many requests to a route in a window, for each channel. */
import type { Quota } from "./faults.ts";

export interface Spent {
  remaining: number;
  /** Until the window is over. */
  resetAfterS: number;
  isOver: boolean;
}

const MS = 1_000;

/** Counts one request. @param major the channel, guild or token that the bucket is of */
export function spend(quota: Quota, major: string, nowMs: number): Spent {
  const known = quota.windows.get(major);
  const isOpen = known !== undefined && nowMs - known.startMs < quota.windowMs;
  const window = isOpen ? known : { startMs: nowMs, used: 0 };
  quota.windows.set(major, window);
  window.used += 1;
  const isOver = window.used > quota.max;
  if (isOver) quota.refused += 1;
  return {
    remaining: Math.max(0, quota.max - window.used),
    resetAfterS: (window.startMs + quota.windowMs - nowMs) / MS,
    isOver,
  };
}
