import { setTimeout as sleep } from "node:timers/promises";
import { WebAPIPlatformError, WebAPIRateLimitedError } from "@slack/web-api";
import type { Clock } from "../shared/clock.ts";

/** So many calls at once, and then one each `everyMs`. */
interface Limit {
  burst: number;
  everyMs: number;
  /** Whoever would have to wait for longer is refused at once. */
  waitMsMax?: number;
}

/** Of what is read, whose jobs are tried again later: that holds up nobody else. */
const WAIT_MS_MAX = 60_000;
/** Of what is shown, which comes late rather than not at all. */
const SHOW_WAIT_MS_MAX = 600_000;
/** Of work that nobody waits for. */
const BACKGROUND_WAIT_MS_MAX = 120_000;

/** Half of what Slack takes in a minute at once, and the rest of it spread: no minute has more. */
function perMinute(calls: number, waitMsMax = WAIT_MS_MAX): Limit {
  return { burst: calls / 2, everyMs: 120_000 / calls, waitMsMax };
}

/**
 * What Slack takes: of a workspace a minute; of posts, of a channel. Starts of streams stay below it whatever happens,
 * since an answer can do without; of other posts a few too many are refused, and wait. What has Slack's own name is paced
 * by the client itself, by Slack's tiers.
 * @see https://docs.slack.dev/apis/web-api/rate-limits
 */
const LIMITS = {
  startStream: { burst: 10, everyMs: 6_000 },
  stopStream: { burst: 20, everyMs: 3_000 },
  appendStream: { burst: 40, everyMs: 1_000 },
  post: { burst: 1, everyMs: 1_100 },
  update: { burst: 20, everyMs: 2_000 },
  // A status that comes late would stay below the answer.
  "assistant.threads.setStatus": perMinute(100, 0),
  "chat.delete": perMinute(50),
  "chat.postEphemeral": perMinute(100),
  "conversations.history": perMinute(50),
  "conversations.info": perMinute(50),
  "conversations.list": perMinute(20),
  "conversations.members": perMinute(100),
  "conversations.replies": perMinute(50),
  "files.info": perMinute(100),
  "files.list": perMinute(50),
  // Of many files that are read at once each gets its sign.
  "reactions.add": perMinute(50, SHOW_WAIT_MS_MAX),
  "reactions.remove": perMinute(20, SHOW_WAIT_MS_MAX),
  "users.conversations": perMinute(50),
  "users.info": perMinute(100),
  "users.list": perMinute(20),
  // Whoever pressed the button is offered a form within three seconds, or none.
  "views.open": perMinute(100, 1_000),
  "views.publish": perMinute(100),
} satisfies Record<string, Limit>;

const TRIES_MAX = 5;
const RETRY_AFTER_MS_MAX = 60_000;
const LANES_MAX = 1_000;
const LIMITED = new Set(["ratelimited", "rate_limited"]);

export type Method = keyof typeof LIMITS;

/** Is this method of Slack's paced? */
export function isPaced(method: string): method is Method {
  return Object.hasOwn(LIMITS, method);
}

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
   * @throws what the call throws; Slack's own refusal when that lasts, or the turn is too far away
   */
  take<T>(turn: Turn, call: () => Promise<T>): Promise<T>;
  /** Makes the call if that can be done at once. @returns null when it can't, or Slack asks to slow down */
  tryTake<T>(method: Method, call: () => Promise<T>): Promise<T | null>;
}

export interface Turn {
  method: Method;
  /** Of posts. */
  channelId?: string;
  /** Nobody waits for it: half of what may be called at once is left to those who do. */
  background?: boolean;
  /** Ends the waiting. */
  signal?: AbortSignal | undefined;
}

/** Pacing must not jump when somebody sets the clock. */
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
    take: (turn, call) => take({ clock, lane: laneOf(turn.method, turn.channelId) }, turn, call),
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

async function take<T>(
  { clock, lane }: { clock: Clock; lane: Lane },
  { background, signal = new AbortController().signal }: Turn,
  call: () => Promise<T>,
): Promise<T> {
  const turn = background ? gapIn : turnIn;
  for (let tries = 1; ; tries += 1) {
    await turn(lane, clock, signal);
    try {
      return await call();
    } catch (error) {
      const waitMs = retryAfterMs(error);
      if (waitMs === null) throw error;
      pause(lane, clock.nowMs() + waitMs);
      if (tries === TRIES_MAX || waitMs > RETRY_AFTER_MS_MAX) throw error;
    }
  }
}

async function turnIn(lane: Lane, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { pauses } = lane;
    const nowMs = clock.nowMs();
    const waitMs = startMs(lane, nowMs) - nowMs;
    if (waitMs > (lane.waitMsMax ?? SHOW_WAIT_MS_MAX)) throw tooMany(waitMs);
    reserve(lane, nowMs);
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    // Slack asked to slow down meanwhile: everybody who waits queues anew behind that.
    if (lane.pauses === pauses) return;
  }
}

/** Waits without queueing: whoever comes meanwhile goes first. */
async function gapIn(lane: Lane, clock: Clock, signal: AbortSignal): Promise<void> {
  const sinceMs = clock.nowMs();
  const burst = Math.ceil(lane.burst / 2);
  for (;;) {
    const nowMs = clock.nowMs();
    const waitMs = startMs({ ...lane, burst }, nowMs) - nowMs;
    if (waitMs <= 0) {
      reserve(lane, nowMs);
      return;
    }
    if (nowMs + waitMs - sinceMs > BACKGROUND_WAIT_MS_MAX) throw tooMany(waitMs);
    await clock.sleep(waitMs, signal);
  }
}

/** As Slack would say it. */
function tooMany(waitMs: number): WebAPIRateLimitedError {
  return new WebAPIRateLimitedError(Math.ceil(waitMs / 1_000));
}

/** When the next call may be made. */
function startMs({ burst, everyMs, dueMs }: Omit<Lane, "pauses">, nowMs: number): number {
  return Math.max(nowMs, dueMs - (burst - 1) * everyMs);
}

function reserve(lane: Lane, nowMs: number): void {
  lane.dueMs = Math.max(lane.dueMs, startMs(lane, nowMs)) + lane.everyMs;
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
