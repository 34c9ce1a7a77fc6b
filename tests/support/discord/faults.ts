/** What can go wrong with Discord's REST API, by script, and the limits that a test asks for. */

/** What the next request to a route gets. `after`: it is done, but its answer is lost. */
export type ApiFault =
  | { status: number; code?: number; message?: string }
  | { retryAfterS: number; scope?: "user" | "global" | "shared" }
  | { cut: "before" | "after"; how?: "reset" | "close" }
  /** Never answered. */
  | { hang: true }
  /** Answered as it should be, but not before this. */
  | { until: Promise<unknown> };

export interface QuotaOptions {
  windowMs?: number;
}

export interface Quota {
  max: number;
  windowMs: number;
  refused: number;
  /** By channel, guild or interaction: when its window began and what was used of it. */
  windows: Map<string, { startMs: number; used: number }>;
}
