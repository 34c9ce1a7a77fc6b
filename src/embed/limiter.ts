import { setTimeout as wait } from "node:timers/promises";

// The quotas are unknown and no header tells them, so the pace is found by trying.
const SHARE_MIN = 1 / 64;
const SHARE_GROWTH = 1 / 64;
const PAUSE_MS_MIN = 2_000;
const PAUSE_MS_MAX = 60_000;
const BACKOFF_MS_MIN = 1_000;

export interface Clock {
  nowMs(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** From 0 up to 1. */
  random(): number;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await wait(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  },
  random: Math.random,
};

/** What a failed call means: slow down for everybody, try this one again, or give it up. */
export type Advice = "slow_down" | "again" | "give_up";

export interface LimiterOptions {
  concurrencyMax: number;
  /** Null: as many as the concurrency lets through. */
  requestsPerMinuteMax: number | null;
  attemptsMax: number;
  judge(error: unknown): Advice;
  clock: Clock;
}

export interface Turn {
  /** Goes before everything that is not urgent. */
  urgent: boolean;
  signal: AbortSignal;
}

/** Shared by all calls to one service: what one of them learns about the pace holds for the others. */
export interface Limiter {
  /** Rejects with the last error, or with the signal's reason. */
  run<T>(call: () => Promise<T>, turn: Turn): Promise<T>;
}

interface Waiting {
  urgent: boolean;
  enter(): void;
}

interface Pace extends LimiterOptions {
  line: Waiting[];
  running: number;
  /** How much of the allowed pace is used: halved by throttling, regained bit by bit. */
  share: number;
  slowedAtMs: number;
  pausedUntilMs: number;
  /** Throttlings since the last success. */
  pauses: number;
  nextStartMs: number;
}

export function createLimiter(options: LimiterOptions): Limiter {
  const pace: Pace = {
    ...options,
    line: [],
    running: 0,
    share: 1,
    slowedAtMs: Number.NEGATIVE_INFINITY,
    pausedUntilMs: 0,
    pauses: 0,
    nextStartMs: 0,
  };
  return { run: (call, turn) => run(pace, call, turn) };
}

async function run<T>(pace: Pace, call: () => Promise<T>, turn: Turn): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptOnce(pace, call, turn);
    } catch (error) {
      turn.signal.throwIfAborted();
      const advice = pace.judge(error);
      if (advice === "give_up" || attempt >= pace.attemptsMax) throw error;
      // After a slow_down the pause that all share is the wait.
      if (advice === "again") await pace.clock.sleep(backoffMs(pace, attempt), turn.signal);
    }
  }
}

async function attemptOnce<T>(pace: Pace, call: () => Promise<T>, turn: Turn): Promise<T> {
  await enter(pace, turn);
  try {
    await waitForStart(pace, turn.signal);
    const startedAtMs = pace.clock.nowMs();
    const result = await call().catch((error: unknown) => {
      if (pace.judge(error) === "slow_down") slowDown(pace, startedAtMs);
      throw error;
    });
    speedUp(pace, startedAtMs);
    return result;
  } finally {
    pace.running -= 1;
    admit(pace);
  }
}

function enter(pace: Pace, turn: Turn): Promise<void> {
  turn.signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const leave = () => {
    pace.line.splice(pace.line.indexOf(waiting), 1);
    reject(turn.signal.reason);
  };
  const waiting: Waiting = {
    urgent: turn.urgent,
    enter: () => {
      turn.signal.removeEventListener("abort", leave);
      resolve();
    },
  };
  turn.signal.addEventListener("abort", leave, { once: true });
  const firstOrdinary = pace.line.findIndex((other) => !other.urgent);
  const place = turn.urgent && firstOrdinary >= 0 ? firstOrdinary : pace.line.length;
  pace.line.splice(place, 0, waiting);
  admit(pace);
  return promise;
}

function admit(pace: Pace): void {
  const concurrency = Math.max(1, Math.floor(pace.concurrencyMax * pace.share));
  while (pace.running < concurrency) {
    const next = pace.line.shift();
    if (!next) return;
    pace.running += 1;
    next.enter();
  }
}

async function waitForStart(pace: Pace, signal: AbortSignal): Promise<void> {
  for (;;) {
    const waitMs = Math.max(pace.pausedUntilMs, pace.nextStartMs) - pace.clock.nowMs();
    if (waitMs <= 0) break;
    await pace.clock.sleep(waitMs, signal);
  }
  if (pace.requestsPerMinuteMax === null) return;
  pace.nextStartMs = pace.clock.nowMs() + 60_000 / (pace.requestsPerMinuteMax * pace.share);
}

// Calls that were under way when the last throttling came say nothing new about the pace chosen then.
function slowDown(pace: Pace, startedAtMs: number): void {
  if (startedAtMs <= pace.slowedAtMs) return;
  const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** pace.pauses);
  pace.pauses += 1;
  pace.share = Math.max(SHARE_MIN, pace.share / 2);
  pace.slowedAtMs = pace.clock.nowMs();
  pace.pausedUntilMs = pace.slowedAtMs + jittered(pace, pauseMs);
}

function speedUp(pace: Pace, startedAtMs: number): void {
  if (startedAtMs <= pace.slowedAtMs) return;
  pace.pauses = 0;
  pace.share = Math.min(1, pace.share + SHARE_GROWTH);
}

function backoffMs(pace: Pace, attempt: number): number {
  return jittered(pace, Math.min(PAUSE_MS_MAX, BACKOFF_MS_MIN * 2 ** (attempt - 1)));
}

// From half to all of it, so that processes sharing a quota do not come back at the same moment.
function jittered(pace: Pace, ms: number): number {
  return ms * (0.5 + pace.clock.random() / 2);
}
