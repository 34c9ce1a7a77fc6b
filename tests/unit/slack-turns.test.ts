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

describe("what Slack counts by the minute", () => {
  const info = { method: "conversations.info", signal } as const;
  const nothing = async () => undefined;

  test.each([
    ["conversations.info", 50],
    ["conversations.members", 100],
    ["users.list", 20],
  ] as const)(
    "%s is called at once as often as usual, and never too often",
    async (method, max) => {
      const { clock, turns } = open();
      const madeAtMs: number[] = [];
      const call = async () => void madeAtMs.push(clock.nowMs());
      for (let count = 0; count < max; count += 1) await turns.take({ method, signal }, call);
      expect(madeAtMs.filter((atMs) => atMs === 0)).toHaveLength(max / 2);
      expect(madeAtMs.at(-1)).toBeGreaterThan(55_000);
      expect(madeAtMs.at(-1)).toBeLessThanOrEqual(60_000);
    },
  );

  test("a method that Slack slows down holds up no other, nor does a channel", async () => {
    const { clock, turns } = open();
    const madeAtMs = new Map<string, number>();
    const limits = [limited(20)];
    const call = (name: string) => async () => {
      if (name === "info") limits.pop()?.();
      madeAtMs.set(name, clock.nowMs());
    };
    await Promise.all([
      turns.take(info, call("info")),
      turns.take({ method: "users.info" }, call("users")),
      turns.take(post("C1"), call("post")),
    ]);
    expect(Object.fromEntries(madeAtMs)).toEqual({ info: 20_000, users: 0, post: 0 });
  });

  test("what nobody waits for leaves half of it to those who do, and goes after them", async () => {
    const { clock, turns } = open();
    const made: string[] = [];
    const take = (background: boolean, name: string) =>
      turns.take({ ...info, background }, async () => void made.push(`${name} ${clock.nowMs()}`));
    const behind = Array.from({ length: 14 }, () => take(true, "behind"));
    await clock.sleep(0, signal);
    expect(made).toEqual(Array.from({ length: 13 }, () => "behind 0"));
    await Promise.all(Array.from({ length: 13 }, () => take(false, "asked")));
    await Promise.all(behind);
    expect(made.slice(13, 26).filter((one) => one.startsWith("asked"))).toHaveLength(13);
    expect(made.at(-1)).toMatch(/^behind [23]\d{4}$/);
  });

  test("is refused at once where the turn is too far away, and may be tried later", async () => {
    const { clock, turns } = open();
    const all = Array.from({ length: 60 }, () => turns.take(info, nothing));
    const done = await Promise.allSettled(all);
    const refused = done.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(refused).toHaveLength(60 - 25 - 25);
    expect(refused[0]).toBeInstanceOf(WebAPIRateLimitedError);
    expect(refused[0].retryAfter).toBe(63);
    await clock.sleep(60_000, signal);
    await turns.take(info, nothing);
  });

  test("what nobody waits for gives way for two minutes, and is then tried later", async () => {
    const { clock, turns } = open();
    let isBusy = true;
    const crowd = async () => {
      while (isBusy) await turns.take(info, nothing);
    };
    const crowds = [crowd(), crowd()];
    await clock.sleep(60_000, signal);
    const late = turns.take({ ...info, background: true }, nothing);
    await expect(late).rejects.toBeInstanceOf(WebAPIRateLimitedError);
    isBusy = false;
    await Promise.all(crowds);
    expect(clock.nowMs()).toBeLessThan(200_000);
  });

  test("a status that would come late is not told", async () => {
    const { clock, turns } = open();
    const tell = () => turns.take({ method: "assistant.threads.setStatus", signal }, nothing);
    await Promise.all(Array.from({ length: 50 }, tell));
    await expect(tell()).rejects.toBeInstanceOf(WebAPIRateLimitedError);
    expect(clock.sleptMs).toEqual([]);
  });
});
