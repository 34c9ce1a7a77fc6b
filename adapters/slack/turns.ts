import { setTimeout as sleep } from "node:timers/promises";
import { WebAPIPlatformError, WebAPIRateLimitedError } from "@slack/web-api";

/** Time, which a test can have at once. */
export interface Clock {
  nowMs(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** So many calls at once, and then one each `everyMs`. */
interface Limit {
  burst: number;
  everyMs: number;
}

/**
 * What Slack takes: of a workspace a minute; of posts, of a channel. Starts of streams stay below it whatever happens,
 * since an answer can do without; of the others a few too many are refused, and wait.
 */
const LIMITS = {
  startStream: { burst: 10, everyMs: 6_000 },
  stopStream: { burst: 20, everyMs: 3_000 },
  appendStream: { burst: 40, everyMs: 1_000 },
  post: { burst: 1, everyMs: 1_100 },
  update: { burst: 20, everyMs: 2_000 },
  react: { burst: 20, everyMs: 2_000 },
  lookUp: { burst: 60, everyMs: 1_000 },
} satisfies Record<string, Limit>;

const TRIES_MAX = 5;
const RETRY_AFTER_MS_MAX = 60_000;
const LANES_MAX = 1_000;
const LIMITED = new Set(["ratelimited", "rate_limited"]);

export type Method = keyof typeof LIMITS;

/** Where the calls of one method queue. */
interface Lane extends Limit {
  /** When the last turn given would be over, were there no bursts. */
  dueMs: number;
  /** How often Slack has asked to slow down. */
  pauses: number;
}

/** Calls of Slack's methods at a pace that it takes. */
export interface Turns {
  clock: Clock;
  /**
   * Waits for its turn, and makes the call again when Slack asks to slow down.
   * @throws what the call throws; Slack's own refusal when it lasts
   */
  take<T>(turn: Turn, call: () => Promise<T>): Promise<T>;
  /** Makes the call if that can be done at once. @returns null when it can't, or Slack asks to slow down */
  tryTake<T>(method: Method, call: () => Promise<T>): Promise<T | null>;
}

export interface Turn {
  method: Method;
  /** Of posts. */
  channelId?: string;
  /** Ends the waiting. */
  signal?: AbortSignal | undefined;
}

export const realClock: Clock = {
  nowMs: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};

export function createTurns(clock: Clock = realClock): Turns {
  const lanes = new Map<string, Lane>();
  const laneOf = (method: Method, channelId = "") => {
    const key = `${method} ${channelId}`;
    const lane = lanes.get(key) ?? { ...LIMITS[method], dueMs: 0, pauses: 0 };
    if (lanes.size >= LANES_MAX) dropIdle(lanes, clock.nowMs());
    lanes.set(key, lane);
    return lane;
  };
  return {
    clock,
    take: async ({ method, channelId, signal = new AbortController().signal }, call) => {
      const lane = laneOf(method, channelId);
      for (let tries = 1; ; tries += 1) {
        await turnIn(lane, clock, signal);
        try {
          return await call();
        } catch (error) {
          const waitMs = retryAfterMs(error);
          if (waitMs === null) throw error;
          pause(lane, clock.nowMs() + waitMs);
          if (tries === TRIES_MAX || waitMs > RETRY_AFTER_MS_MAX) throw error;
        }
      }
    },
    tryTake: async (method, call) => {
      const lane = laneOf(method);
      const nowMs = clock.nowMs();
      if (startMs(lane, nowMs) > nowMs) return null;
      reserve(lane, nowMs);
      try {
        return await call();
      } catch (error) {
        const waitMs = retryAfterMs(error);
        if (waitMs === null) throw error;
        pause(lane, clock.nowMs() + waitMs);
        return null;
      }
    },
  };
}

async function turnIn(lane: Lane, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { pauses } = lane;
    const nowMs = clock.nowMs();
    const waitMs = reserve(lane, nowMs) - nowMs;
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    // Slack asked to slow down meanwhile: everybody who waits queues anew behind that.
    if (lane.pauses === pauses) return;
  }
}

/** When the next call may be made. */
function startMs({ burst, everyMs, dueMs }: Lane, nowMs: number): number {
  return Math.max(nowMs, dueMs - (burst - 1) * everyMs);
}

function reserve(lane: Lane, nowMs: number): number {
  const atMs = startMs(lane, nowMs);
  lane.dueMs = Math.max(lane.dueMs, atMs) + lane.everyMs;
  return atMs;
}

/** From then on one call at a time. */
function pause(lane: Lane, untilMs: number): void {
  lane.pauses += 1;
  lane.dueMs = untilMs + (lane.burst - 1) * lane.everyMs;
}

function dropIdle(lanes: Map<string, Lane>, nowMs: number): void {
  for (const [key, { dueMs }] of lanes) if (dueMs < nowMs) lanes.delete(key);
}

/** Null: the call was not refused for being one too many. */
function retryAfterMs(error: unknown): number | null {
  if (error instanceof WebAPIRateLimitedError) return error.retryAfter * 1_000;
  const isLimited = error instanceof WebAPIPlatformError && LIMITED.has(error.data.error);
  return isLimited ? 1_000 : null;
}
