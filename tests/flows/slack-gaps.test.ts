/** What happens while nobody listens: connections that are lost, dead or silent, and what is read back then. */
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Gap } from "../../src/chat.ts";
import type { Database } from "../../src/db/pool.ts";
import type { Incoming } from "../../src/events.ts";
import { troubleOf } from "../../src/gateway.ts";
import { createIntake } from "../../src/handle.ts";
import { openQueue, type Queue } from "../../src/jobs/queue.ts";
import { createMetrics } from "../../src/metrics.ts";
import { createRoutes } from "../../src/operator/server.ts";
import { openTestDatabase } from "../support/database.ts";
import { type Bench, type BenchOptions, openBench } from "../support/slack-bench.ts";

const QUICK = { backoffMinMs: 1, noteEveryMs: 5, historyPaceMs: 0 };
const DAY_MS = 86_400_000;

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
    state.gap = { sinceMs: Date.now(), threads: [thread("C1", old.ts)] };
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
    state.gap = { sinceMs: Date.now(), threads: [] };
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
        return { sinceMs: Date.now(), threads: [] };
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
    state.gap = { sinceMs: Date.now(), threads: [thread("C1", "1600000000.000001")] };
    bench.slack.fail("conversations.history", { error: "missing_scope" });
    await bench.slack.say({ channel: "D1", user: "U1", text: "one?", unheard: true });
    await bench.slack.cut();
    await until(() => bench.logged().includes("has been read back"));
    expect(said(bench)).toEqual(["one?"]);
    expect(bench.logged()).toContain('"refused":2');
  });

  test("live events come first, and closing waits for nothing that is still to be read", async () => {
    const { state, notes, inbox } = gaps();
    state.gap = { sinceMs: Date.now(), threads: [] };
    const bench = await opened({ inbox, times: { historyPaceMs: 600_000 } });
    expect(await bench.ask("D1", "now?")).toMatchObject({ text: "now?" });
    await bench.adapter.close();
    expect(notes).toEqual([]);
  });
});
