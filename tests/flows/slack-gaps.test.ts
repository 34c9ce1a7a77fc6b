/** What happens while nobody listens: connections that are lost, dead or silent, and what is read back then. */
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Gap, Inbox } from "../../src/chat.ts";
import type { Database } from "../../src/db/pool.ts";
import type { Incoming } from "../../src/events.ts";
import { troubleOf } from "../../src/gateway.ts";
import { createIntake } from "../../src/intake.ts";
import { openQueue, type Queue } from "../../src/jobs/queue.ts";
import { createMetrics } from "../../src/metrics.ts";
import { createRoutes } from "../../src/operator/server.ts";
import { fastClock } from "../support/clock.ts";
import { openTestDatabase } from "../support/database.ts";
import { type Bench, type BenchOptions, openBench } from "../support/slack-bench.ts";
import { BOT } from "../support/slack-world.ts";

const QUICK = { backoffMinMs: 1, noteEveryMs: 5, clock: fastClock() };
const DAY_MS = 86_400_000;
const MINUTES_2_MS = 120_000;

const open: Bench[] = [];

async function opened(options: BenchOptions = {}): Promise<Bench> {
  const times = { ...QUICK, ...options.times };
  const bench = await openBench({ ...options, times, loopback: { realTime: true } });
  open.push(bench);
  return bench;
}

afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});

function until<T>(found: () => T | Promise<T>) {
  return vi.waitUntil(found, 10_000);
}

let database: Database;
let queue: Queue;

beforeAll(async () => {
  database = await openTestDatabase();
  const log = pino({ level: "silent" });
  queue = await openQueue({ db: database.pool, engine: database.engine, log });
});

afterAll(async () => {
  await queue.close();
  await database.close();
});

describe("a connection", () => {
  function readyOf({ adapter }: Bench): Promise<Response> {
    const routes = createRoutes({
      db: database.pool,
      metrics: createMetrics(() => queue.depth()),
      closing: () => false,
      trouble: () => troubleOf([adapter]),
      guard: (_c, next) => next(),
      operator: { key: "key", status: () => Promise.reject(new Error("not asked")) },
    });
    return Promise.resolve(routes.request("/readyz"));
  }

  test("that is dead makes the gateway not ready, until there is another one", async () => {
    const bench = await opened({ times: { pongTimeoutMs: 200, troubleAfterMs: 100 } });
    expect((await readyOf(bench)).status).toBe(200);
    bench.slack.greet(false);
    bench.slack.freeze();
    const response = await until(async () => {
      const answer = await readyOf(bench);
      return answer.status === 503 && answer;
    });
    expect(await response.text()).toMatch(/^not ready: no connection to Slack for \d+ s$/);
    bench.slack.greet(true);
    await bench.slack.cut();
    await until(async () => (await readyOf(bench)).status === 200);
    expect(await bench.ask("D1", "still there?")).toMatchObject({ text: "still there?" });
  });

  test("that Slack wants made anew is no trouble, and loses nothing", async () => {
    const bench = await opened();
    await bench.slack.refresh();
    expect(bench.adapter.trouble()).toBe(null);
    expect(await bench.ask("D1", "still there?")).toMatchObject({ text: "still there?" });
  });

  test("by HTTP is for Slack to make", async () => {
    const bench = await opened({ http: true });
    expect(bench.adapter.trouble()).toBe(null);
  });
});

describe("after a gap", () => {
  /** A gap that is told from now on, and what is noted. */
  function gaps() {
    const notes: number[] = [];
    const state: { gap: Gap | null } = { gap: null };
    const inbox = {
      gap: async () => state.gap,
      caughtUp: async (_workspace: object, untilMs: number) => void notes.push(untilMs),
    };
    return { state, notes, inbox };
  }

  function since(agoMs = 0, threads: Gap["threads"] = [], channels: string[] = []): Gap {
    return { sinceMs: Date.now() - agoMs, threads, channels };
  }

  function thread(channelId: string, threadId: string) {
    return { platform: "slack", workspaceId: "T1", channelId, threadId };
  }

  const said = (bench: Bench) =>
    bench.stored.flatMap((event) =>
      event.kind === "mention" || event.kind === "said" ? [event.text] : [],
    );

  test.each([
    ["over the socket", false],
    ["by HTTP, at the start", true],
  ])("nothing is read where nothing was heard before, %s", async (_way, http) => {
    const { notes, inbox } = gaps();
    const { slack } = await opened({ http, inbox });
    await until(() => notes.length >= 2);
    expect(notes).toEqual(notes.toSorted((a, b) => a - b));
    expect(slack.world.calls.some(({ method }) => method === "conversations.history")).toBe(false);
  });

  test("what was said and shared meanwhile is handed in, oldest first, as if it had come", async () => {
    const { state, inbox } = gaps();
    const bench = await opened({ inbox });
    const sayUnheard = { user: "U1", unheard: true };
    bench.slack.pass(-DAY_MS);
    const old = await bench.slack.say({ ...sayUnheard, channel: "C1", text: "an old thread" });
    await bench.ask("D1", "heard long ago");
    bench.slack.pass(DAY_MS);
    state.gap = since(MINUTES_2_MS, [thread("C1", old.ts)]);
    const files = [{ name: "plan.txt", content: Buffer.from("ducks") }];
    await bench.slack.say({ ...sayUnheard, channel: "C1", text: "<@UBOT> one?", files });
    const { ts } = await bench.slack.say({ ...sayUnheard, channel: "C1", text: "not for Docent" });
    await bench.slack.say({ ...sayUnheard, channel: "C1", text: "<@UBOT> two?", threadTs: ts });
    await bench.slack.say({ ...sayUnheard, channel: "C1", text: "three?", threadTs: old.ts });
    await bench.slack.say({ ...sayUnheard, channel: "C1", text: "<@UBOT> I am one", bot: true });
    await bench.slack.say({ ...sayUnheard, channel: "D1", text: "four?" });
    bench.stored.splice(0);
    await bench.slack.cut();
    await until(() => bench.logged().includes("has been read back"));
    expect(said(bench)).toEqual(["one?", "two?", "three?", "four?"]);
    expect(bench.stored[0]).toMatchObject({ kind: "file_shared", name: "plan.txt" });
    expect(bench.logged()).toContain('"refused":0,"cut":0');
  });

  test("it is the same event as the one that comes after all", async () => {
    const { state, inbox } = gaps();
    const intake = createIntake({ db: database.pool, queue });
    const bench = await opened({ inbox, storing: (event: Incoming) => intake.accept(event) });
    const { ts } = await bench.slack.say({ channel: "C1", user: "U1", text: "<@UBOT> ducks?" });
    await until(() => bench.stored.length === 2);
    state.gap = since();
    await bench.slack.cut();
    await until(() => bench.stored.length === 3);
    const { rows } = await database.pool.query("select key from event where key like $1", [
      `%${ts}%`,
    ]);
    expect(rows).toHaveLength(1);
  });

  test("it is noted only once all is read, and Slack's wish to slow down is heeded", async () => {
    const happened: string[] = [];
    const inbox = {
      gap: async () => {
        happened.push("asked");
        return since();
      },
      caughtUp: async () => void happened.push("noted"),
    };
    const storing = async () => void happened.push("stored");
    const bench = await opened({ inbox, storing });
    await until(() => happened.includes("noted"));
    bench.slack.fail("conversations.history", { status: 429, retryAfterS: 1 }, { status: 503 });
    await bench.slack.say({ channel: "D1", user: "U1", text: "one?", unheard: true });
    await bench.slack.cut();
    await until(() => happened.includes("stored") && happened.at(-1) === "noted");
    const again = happened.slice(happened.lastIndexOf("asked"));
    expect(again.slice(0, 3)).toEqual(["asked", "stored", "noted"]);
    expect(bench.logged()).not.toContain("could not be read back");
  });

  test("what Slack does not give is left out, and the rest is read", async () => {
    const { state, inbox } = gaps();
    const bench = await opened({ inbox });
    state.gap = since(MINUTES_2_MS, [thread("C1", "1600000000.000001")]);
    bench.slack.fail("conversations.history", { error: "missing_scope" });
    await bench.slack.say({ channel: "D1", user: "U1", text: "one?", unheard: true });
    await bench.slack.cut();
    await until(() => bench.logged().includes("has been read back"));
    expect(said(bench)).toEqual(["one?"]);
    expect(bench.logged()).toContain('"refused":2');
  });

  test("of a moment alone the threads are not read one by one", async () => {
    const { state, inbox } = gaps();
    const bench = await opened({ inbox });
    const { ts } = await bench.slack.say({ channel: "C1", user: "U1", text: "a thread" });
    state.gap = since(0, [thread("C2", ts)]);
    await bench.slack.cut();
    await until(() => bench.logged().includes("has been read back"));
    const methods = bench.slack.world.calls.map(({ method }) => method);
    expect(methods).toContain("conversations.history");
    expect(methods).not.toContain("conversations.replies");
  });

  test("a database that was away while live events came has them read back", async () => {
    const { state, notes, inbox } = gaps();
    let away = false;
    const caughtUp: Inbox["caughtUp"] = async (workspace, untilMs) => {
      if (away) throw new Error("the database is away");
      await inbox.caughtUp(workspace, untilMs);
    };
    const bench = await opened({ inbox: { ...inbox, caughtUp } });
    await until(() => notes.length > 0);
    state.gap = since();
    away = true;
    await bench.slack.say({ channel: "D1", user: "U1", text: "one?", unheard: true });
    await until(() => bench.logged().includes("could not be read back"));
    away = false;
    await until(() => said(bench).includes("one?"));
  });

  test("what came and could not be stored is read back, though Slack never sends it again", async () => {
    const { state, notes, inbox } = gaps();
    let away = true;
    const storing = async () => {
      if (away) throw new Error("the database is away");
    };
    const bench = await opened({ inbox, storing });
    await until(() => notes.length > 0);
    state.gap = since();
    await bench.slack.say({ channel: "D1", user: "U1", text: "one?" });
    await until(() => bench.logged().includes("could not be stored"));
    away = false;
    await until(() => said(bench).includes("one?"));
  });

  describe("in its channels", () => {
    const gone = (bench: Bench) => bench.stored.filter(({ kind }) => kind === "channel_gone");

    async function broughtBack(gap: Gap, happened: (bench: Bench) => void): Promise<Bench> {
      const { state, inbox } = gaps();
      const bench = await opened({ inbox });
      happened(bench);
      state.gap = gap;
      await bench.slack.cut();
      await until(() => /has been read back|could not be read back/.test(bench.logged()));
      return bench;
    }

    test("that Docent was removed from, or that were archived or deleted, are gone", async () => {
      const gap = since(0, [], ["C1", "C2", "C3", "C7", "D7"]);
      const bench = await broughtBack(gap, ({ slack: { world } }) => {
        Object.assign(world.channels.get("C2") ?? {}, { archived: true });
        Object.assign(world.channels.get("C3") ?? {}, { members: ["U1"] });
      });
      expect(gone(bench).map(({ place }) => place.channelId)).toEqual(["C2", "C3", "C7"]);
      expect(gone(bench)[0]?.key).toBe(`slack:T1:C2:unheard:${gap.sinceMs}`);
    });

    test("nothing counts as gone where the list of them is not whole", async () => {
      const gap = since(0, [], ["C7"]);
      const many = await broughtBack(gap, ({ slack: { world } }) => {
        for (let count = 0; count < 20; count += 1) {
          const channel = { id: `CX${count}`, kind: "public" as const, members: [BOT.userId] };
          world.channels.set(channel.id, { ...channel, external: false });
        }
      });
      const none = await broughtBack(gap, ({ slack }) => {
        const refusals = Array.from({ length: 1_000 }, () => ({ error: "missing_scope" }));
        slack.fail("users.conversations", ...refusals);
      });
      expect(many.logged()).toContain('"cut":1');
      expect(none.logged()).toContain("could not be read back");
      expect([...gone(many), ...gone(none)]).toEqual([]);
    });
  });

  describe("by HTTP, of which nobody knows", () => {
    test("Slack's word that it could not reach us has the rest read back", async () => {
      const { state, notes, inbox } = gaps();
      const bench = await opened({ http: true, inbox });
      await until(() => notes.length > 0);
      state.gap = since();
      const { envelopes } = await bench.slack.say({ channel: "D1", user: "U1", text: "one?" });
      await bench.slack.say({ channel: "D1", user: "U1", text: "two?", unheard: true });
      await bench.slack.redeliver(envelopes[0]);
      await until(() => said(bench).includes("two?"));
    });

    test("it is read back now and then whatever Slack says", async () => {
      const { state, notes, inbox } = gaps();
      const bench = await opened({ http: true, inbox, times: { readBackEveryMs: 20 } });
      await until(() => notes.length > 0);
      state.gap = since();
      await bench.slack.say({ channel: "D1", user: "U1", text: "one?", unheard: true });
      await until(() => said(bench).includes("one?"));
    });

    test("of the threads only those are read in which a channel's history tells of something new", async () => {
      const threads = Promise.withResolvers<Gap["threads"]>();
      const inbox = { gap: async () => since(0, await threads.promise) };
      const bench = await opened({ http: true, inbox });
      const say = { channel: "C1", user: "U1", unheard: true };
      bench.slack.pass(-2 * DAY_MS);
      const [quiet, lively] = [
        await bench.slack.say({ ...say, text: "a thread" }),
        await bench.slack.say({ ...say, text: "another" }),
      ];
      await bench.slack.say({ ...say, text: "long ago", threadTs: quiet.ts });
      bench.slack.pass(2 * DAY_MS);
      await bench.slack.say({ ...say, text: "one?", threadTs: lively.ts });
      threads.resolve([thread("C1", quiet.ts), thread("C1", lively.ts)]);
      await until(() => said(bench).includes("one?"));
      const calls = bench.slack.world.calls.filter(
        ({ method }) => method === "conversations.replies",
      );
      expect(calls.map(({ args }) => args.ts)).toEqual([lively.ts]);
      expect(bench.stored).toContainEqual(
        expect.objectContaining({ text: "one?", saidAtMs: expect.any(Number) }),
      );
    });

    test("a process that starts reads the last hour, whatever was noted", async () => {
      const said30MinutesAgo = Promise.withResolvers<void>();
      const gap = async () => {
        await said30MinutesAgo.promise;
        return since();
      };
      const bench = await opened({ http: true, inbox: { gap } });
      bench.slack.pass(-1_800_000);
      await bench.slack.say({ channel: "D1", user: "U1", text: "one?", unheard: true });
      said30MinutesAgo.resolve();
      await until(() => said(bench).includes("one?"));
    });
  });

  test("live events come first, and closing waits for nothing that is still to be read", async () => {
    const { state, notes, inbox } = gaps();
    state.gap = since();
    const clock = { nowMs: () => 0, sleep: () => new Promise<void>(() => undefined) };
    const bench = await opened({ inbox, times: { clock } });
    expect(await bench.ask("D1", "now?")).toMatchObject({ text: "now?" });
    await bench.adapter.close();
    expect(notes).toEqual([]);
  });
});
