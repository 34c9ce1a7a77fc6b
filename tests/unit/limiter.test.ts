import { expect, test } from "vitest";
import { type Advice, createLimiter, type LimiterOptions } from "../../src/embed/limiter.ts";
import { fastClock } from "../support/clock.ts";

const SIGNAL = new AbortController().signal;
const ORDINARY = { urgent: false, signal: SIGNAL };

class Failed extends Error {
  readonly advice: Advice;
  constructor(advice: Advice) {
    super(advice);
    this.advice = advice;
  }
}

function limiterWith(options: Partial<LimiterOptions> = {}) {
  const clock = fastClock();
  const judge = (error: unknown) => (error instanceof Failed ? error.advice : "give_up");
  const settings = { concurrencyMax: 8, requestsPerMinuteMax: null, attemptsMax: 3, judge, clock };
  return { clock, limiter: createLimiter({ ...settings, ...options }) };
}

/** Runs calls that end when told, and says how many are under way. */
function held() {
  const release: (() => void)[] = [];
  const call = () => new Promise<void>((resolve) => release.push(resolve));
  return { release, call };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

async function failingOnce(limiter: ReturnType<typeof limiterWith>["limiter"], advice: Advice) {
  let calls = 0;
  await limiter.run(async () => {
    calls += 1;
    if (calls === 1) throw new Failed(advice);
  }, ORDINARY);
}

test("no more calls than the concurrency allows are under way", async () => {
  const { limiter } = limiterWith({ concurrencyMax: 2 });
  const { release, call } = held();
  const all = Promise.all([1, 2, 3].map(() => limiter.run(call, ORDINARY)));
  await settled();
  expect(release).toHaveLength(2);
  release[0]?.();
  await expect.poll(() => release.length).toBe(3);
  for (const end of release) end();
  await all;
});

test("throttling halves the concurrency, and success brings it back bit by bit", async () => {
  const { limiter } = limiterWith();
  const underWay = async () => {
    const { release, call } = held();
    const all = Promise.all(Array.from({ length: 8 }, () => limiter.run(call, ORDINARY)));
    await settled();
    const count = release.length;
    for (let i = 0; i < 8; i += 1) {
      await expect.poll(() => release.length).toBeGreaterThan(i);
      release[i]?.();
    }
    await all;
    return count;
  };
  expect(await underWay()).toBe(8);
  await failingOnce(limiter, "slow_down");
  expect(await underWay()).toBe(4);
  for (let i = 0; i < 40; i += 1) await limiter.run(async () => undefined, ORDINARY);
  expect(await underWay()).toBe(8);
});

test("calls that were under way when one was throttled slow the pace down only once", async () => {
  const { limiter, clock } = limiterWith();
  const tries = Array.from({ length: 8 }, () => failingOnce(limiter, "slow_down"));
  await Promise.all(tries);
  expect(Math.max(...clock.sleptMs)).toBe(2000);
});

test("constant throttling pauses everybody from seconds up to a minute, then gives up", async () => {
  const { limiter, clock } = limiterWith({ attemptsMax: 8 });
  const call = async () => {
    throw new Failed("slow_down");
  };
  await expect(limiter.run(call, ORDINARY)).rejects.toThrow("slow_down");
  expect(clock.sleptMs).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
});

test("one failing call backs off alone, and what cannot be helped is not tried again", async () => {
  const { limiter, clock } = limiterWith();
  await failingOnce(limiter, "again");
  expect(clock.sleptMs).toEqual([1000]);
  await expect(failingOnce(limiter, "give_up")).rejects.toThrow("give_up");
});

test("calls keep to the requests per minute, and to half of them after throttling", async () => {
  const { limiter, clock } = limiterWith({ requestsPerMinuteMax: 60 });
  const startsMs: number[] = [];
  const call = async () => {
    startsMs.push(clock.nowMs());
  };
  await Promise.all([1, 2, 3].map(() => limiter.run(call, ORDINARY)));
  expect(startsMs).toEqual([0, 1000, 2000]);
  await failingOnce(limiter, "slow_down");
  startsMs.length = 0;
  await Promise.all([1, 2].map(() => limiter.run(call, ORDINARY)));
  expect((startsMs[1] ?? 0) - (startsMs[0] ?? 0)).toBeGreaterThan(1900);
});

test("a question's call goes before waiting ones", async () => {
  const { limiter } = limiterWith({ concurrencyMax: 1 });
  const order: string[] = [];
  const { release, call } = held();
  const named = (name: string, urgent: boolean) =>
    limiter.run(async () => void order.push(name), { urgent, signal: SIGNAL });
  const all = Promise.all([
    limiter.run(call, ORDINARY),
    named("passage", false),
    named("question", true),
    named("second question", true),
  ]);
  await settled();
  release[0]?.();
  await all;
  expect(order).toEqual(["question", "second question", "passage"]);
});

test("a call that is given up while it waits leaves no gap in the line", async () => {
  const { limiter } = limiterWith({ concurrencyMax: 1 });
  const { release, call } = held();
  const first = limiter.run(call, ORDINARY);
  const gone = new AbortController();
  const second = limiter.run(call, { urgent: false, signal: gone.signal });
  const third = limiter.run(async () => "ran", ORDINARY);
  gone.abort(new Error("no longer wanted"));
  await expect(second).rejects.toThrow("no longer wanted");
  await expect.poll(() => release.length).toBe(1);
  release[0]?.();
  await first;
  expect(await third).toBe("ran");
});
