/** Slack's limits of calls: so many in a window, per workspace or per channel; what is over them gets a 429. */

const WINDOW_MS = 60_000;

/** Calls per minute that Slack allows at least, by its tiers. */
const TIER = { two: 20, three: 50, four: 100 };

/** What each method that Docent calls is allowed. Posting is counted by the second, for each channel. */
export const TIERS: Record<string, number> = {
  "chat.startStream": TIER.two,
  "chat.stopStream": TIER.two,
  "chat.appendStream": TIER.four,
  "chat.update": TIER.three,
  "chat.delete": TIER.three,
  "chat.postEphemeral": TIER.four,
  "conversations.history": TIER.three,
  "conversations.info": TIER.three,
  "conversations.list": TIER.two,
  "conversations.members": TIER.four,
  "conversations.replies": TIER.three,
  "files.info": TIER.four,
  "files.list": TIER.three,
  "reactions.add": TIER.three,
  "reactions.remove": TIER.two,
  "users.conversations": TIER.three,
  "users.info": TIER.four,
  "users.list": TIER.two,
  "views.open": TIER.four,
};

export interface QuotaOptions {
  /** A minute where it is left out. */
  windowMs?: number;
  /** Each channel has its own, as chat.postMessage has with one call a second. */
  perChannel?: boolean;
}

export interface Quota extends QuotaOptions {
  max: number;
  /** How many calls got a 429. */
  refused: number;
  windows: Map<string, { startedMs: number; calls: number }>;
}

/**
 * Counts one call in.
 * @returns seconds to wait, as Retry-After has them; 0 when the call may pass
 */
export function waitS(quota: Quota, channel: string | undefined, nowMs: number): number {
  const { windowMs = WINDOW_MS, perChannel = false, windows, max } = quota;
  const key = perChannel ? (channel ?? "") : "";
  const known = windows.get(key);
  const isOpen = known !== undefined && nowMs - known.startedMs < windowMs;
  const window = isOpen ? known : { startedMs: nowMs, calls: 0 };
  windows.set(key, window);
  if (window.calls < max) {
    window.calls += 1;
    return 0;
  }
  quota.refused += 1;
  return Math.max(1, Math.ceil((window.startedMs + windowMs - nowMs) / 1_000));
}
