import { WebAPIRateLimitedError } from "@slack/web-api";
import { describe, expect, test } from "vitest";
import { createTurns } from "../../adapters/slack/turns.ts";
import { fastClock } from "../support/clock.ts";

const { signal } = new AbortController();
const post = (channelId: string) => ({ method: "post", channelId, signal }) as const;
const limited = (retryAfterS: number) => () => {
  throw new WebAPIRateLimitedError(retryAfterS);
};

function open() {
  const clock = fastClock();
  return { clock, turns: createTurns(clock) };
}

test("posts to one channel come one by one, and do not hold up another channel", async () => {
  const { clock, turns } = open();
  const madeAtMs: Record<string, number[]> = { C1: [], C2: [] };
  const made = (id: string) =>
    turns.take(post(id), async () => void madeAtMs[id]?.push(clock.nowMs()));
  await Promise.all([made("C1"), made("C1"), made("C1"), made("C2")]);
  expect(madeAtMs).toEqual({ C1: [0, 1_100, 2_200], C2: [0] });
});

test("no more streams begin in a minute than Slack takes, and nobody waits for one", async () => {
  const { clock, turns } = open();
  let begun = 0;
  const begin = () => turns.tryTake("startStream", async () => (begun += 1));
  while (clock.nowMs() < 60_000) {
    await begin();
    await clock.sleep(500, signal);
  }
  expect(begun).toBeGreaterThan(15);
  expect(begun).toBeLessThanOrEqual(20);
});

describe("when Slack asks to slow down", () => {
  test("the call is made again after that, and those who wait come later", async () => {
    const { clock, turns } = open();
    const madeAtMs: number[] = [];
    const answers = [limited(30)];
    const call = async () => {
      madeAtMs.push(clock.nowMs());
      answers.shift()?.();
    };
    await Promise.all([turns.take(post("C1"), call), turns.take(post("C1"), call)]);
    expect(madeAtMs[0]).toBe(0);
    expect(madeAtMs.slice(1).every((atMs) => atMs >= 30_000)).toBe(true);
    expect(madeAtMs).toHaveLength(3);
  });

  test("it is not asked for ever", async () => {
    const { turns } = open();
    let calls = 0;
    const refused = turns.take(post("C1"), async () => {
      calls += 1;
      limited(1)();
    });
    await expect(refused).rejects.toBeInstanceOf(WebAPIRateLimitedError);
    expect(calls).toBe(5);
  });

  test("nor waited for longer than anybody would", async () => {
    const { clock, turns } = open();
    const refused = turns.take(post("C1"), async () => limited(3_600)());
    await expect(refused).rejects.toBeInstanceOf(WebAPIRateLimitedError);
    expect(clock.sleptMs).toEqual([]);
  });

  test("no stream begins before that", async () => {
    const { clock, turns } = open();
    expect(await turns.tryTake("startStream", async () => limited(30)())).toBeNull();
    expect(await turns.tryTake("startStream", async () => "a stream")).toBeNull();
    await clock.sleep(30_000, signal);
    expect(await turns.tryTake("startStream", async () => "a stream")).toBe("a stream");
  });
});

test("whoever gives up waits no longer", async () => {
  const { turns } = open();
  const over = AbortSignal.abort(new Error("closing"));
  await turns.take(post("C1"), async () => undefined);
  const waiting = turns.take({ ...post("C1"), signal: over }, async () => undefined);
  await expect(waiting).rejects.toThrow("closing");
});

test("other failures are not tried again", async () => {
  const { turns } = open();
  let calls = 0;
  const failed = turns.take(post("C1"), async () => {
    calls += 1;
    throw new Error("no");
  });
  await expect(failed).rejects.toThrow("no");
  expect(calls).toBe(1);
});
