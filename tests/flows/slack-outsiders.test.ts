/** Who is a guest in Slack: listed by jobs, told of by events, and looked up by every process for its answers. */
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createSlack } from "../../adapters/slack/slack.ts";
import { hearOfAccess } from "../../src/access.ts";
import type { Adapter } from "../../src/chat.ts";
import type { Database } from "../../src/db/pool.ts";
import { leaveWorkspace } from "../../src/gone.ts";
import { createIntake } from "../../src/intake.ts";
import { JobPostponed, openQueue, type Queue, type QueueName } from "../../src/jobs/queue.ts";
import type { Job } from "../../src/jobs/worker.ts";
import { continueListing, type OutsidersDue, peopleOf } from "../../src/outsiders.ts";
import { fastClock } from "../support/clock.ts";
import { openTestDatabase } from "../support/database.ts";
import { noCommands } from "../support/inbox.ts";
import { type LoopbackSlack, startSlack } from "../support/slack.ts";
import { APP_TOKEN, BOT, BOT_TOKEN } from "../support/slack-world.ts";
import { until } from "../support/until.ts";

const log = pino({ level: "silent" });
const T1 = { platform: "slack", workspaceId: "T1" };
const HOUR_MS = 3_600_000;
const { signal } = new AbortController();

let database: Database;
let queue: Queue;
let slack: LoopbackSlack;
/** It listens; the other one only answers. */
let gateway: Adapter;
let other: Adapter;
let deaf: () => void;

beforeAll(async () => {
  database = await openTestDatabase();
  const { pool: db, engine } = database;
  queue = await openQueue({ db, engine, log });
});
afterAll(async () => {
  await queue.close();
  await database.close();
});

beforeEach(async () => {
  for (const table of ["workspace", "event", "chore", "queue.job"])
    await sql(`delete from ${table}`);
  slack = await startSlack({ realTime: true });
  [gateway, other] = [adapter(), adapter()];
  deaf = await hearOfAccess(database.notifications, [gateway, other]);
});
afterEach(async () => {
  deaf();
  await gateway.close();
  await slack.close();
});

function adapter(): Adapter {
  const people = peopleOf(database.pool, "slack");
  const keys = { botToken: BOT_TOKEN, appToken: APP_TOKEN, apiUrl: slack.apiUrl };
  return createSlack({ ...keys, people, times: { clock: fastClock() }, log }).adapter;
}

function intake() {
  return { ...noCommands, ...createIntake({ db: database.pool, queue }) };
}

async function listen(): Promise<void> {
  await gateway.listen(intake());
  // That the workspace is listened to begins it.
  await until(async () => (await waiting()) > 0);
}

async function sql(text: string, values: unknown[] = []): Promise<void> {
  await database.pool.query(text, values);
}

async function waiting(): Promise<number> {
  const jobs = "select from queue.job where name = 'people' and state in ('created', 'retry')";
  return (await database.pool.query(jobs)).rowCount ?? 0;
}

async function fetched<T extends object>(name: QueueName): Promise<Job<T> | null> {
  const [job] = await queue.boss.fetch<T>(name, { includeMetadata: true });
  return job ? { ...job, last: job.retryCount >= job.retryLimit } : null;
}

/** One step by a worker that knows nothing but the database. @returns whether there was one to do */
async function step(): Promise<boolean> {
  const job = await fetched<OutsidersDue>("people");
  if (job) await work(job);
  return job !== null;
}

function work(job: Job<OutsidersDue>): Promise<void> {
  return continueListing({ db: database.pool, queue, adapterOf: () => other, log }, job, signal);
}

async function listed(): Promise<void> {
  while (await step());
}

async function outsiders(channelId: string, of = other): Promise<boolean | null> {
  return (await of.readers({ ...T1, channelId, threadId: null })).outsiders;
}

async function rows(): Promise<object[]> {
  const all = `select user_id as "userId", kind, channels from outsider order by user_id`;
  return (await database.pool.query(all)).rows;
}

function calls(method: string): number {
  return slack.world.calls.filter((call) => call.method === method).length;
}

test("until all are listed nobody knows who reads a channel, and then every process does", async () => {
  await listen();
  expect([await outsiders("C1"), await outsiders("C3")]).toEqual([null, null]);
  await listed();
  await until(async () => (await outsiders("C1")) === true);
  expect([await outsiders("C3"), await outsiders("C3", gateway)]).toEqual([false, false]);
  expect(await rows()).toEqual([{ userId: "UGUEST", kind: "guest", channels: ["C1"] }]);
  expect(await waiting()).toBe(0);
});

test("somebody who becomes a guest is one at once, in every process", async () => {
  await listen();
  await listed();
  await until(async () => (await outsiders("C3")) === false);
  const change = await slack.alter("U1", { guest: true });
  await until(() => change.acks === 1);
  await until(async () => (await outsiders("C3")) === true);
  expect(await rows()).toContainEqual({ userId: "U1", kind: "guest", channels: null });
  await listed();
  expect(await rows()).toContainEqual({
    userId: "U1",
    kind: "guest",
    channels: ["C1", "C2", "C3", "C4", "D1"],
  });
  await slack.alter("U1", { guest: false });
  await until(async () => (await outsiders("C3")) === false);
});

test("a guest of whom nobody told is one from their first channel on, and has that channel", async () => {
  await listen();
  await listed();
  slack.world.users.set("U2", { id: "U2", guest: true });
  slack.fail("users.info", { error: "internal_error" });
  await slack.join("C3", "U2");
  await until(async () => (await outsiders("C3")) === true);
  await listed();
  expect(await rows()).toContainEqual({ userId: "U2", kind: "guest", channels: ["C3"] });
  await slack.join("C1", "U2");
  await until(async () =>
    JSON.stringify(await rows()).includes('"U2","kind":"guest","channels":["C3","C1"]'),
  );
});

test("somebody who may be a guest, and is none, is one until Slack has said so", async () => {
  await listen();
  await listed();
  slack.fail("users.info", { error: "internal_error" });
  await slack.join("C3", "U1");
  await until(async () => (await outsiders("C3")) === true);
  await listed();
  other.forget({});
  expect(await outsiders("C3")).toBe(false);
});

test("a process that ends in the middle leaves the rest to the next one", async () => {
  for (let count = 0; count < 5; count += 1) {
    slack.world.users.set(`UX${count}`, { id: `UX${count}`, guest: count % 2 === 0 });
  }
  await listen();
  await step();
  await step();
  // Killed: what it was doing is given back, or has been done.
  const killed = await fetched<OutsidersDue>("people");
  if (!killed) throw new Error("nothing is left to do");
  await queue.postpone("people", killed, 0);
  expect(await outsiders("C3")).toBe(null);
  const before = calls("users.list");
  await listed();
  expect(calls("users.list") - before).toBe(2);
  expect(await rows()).toHaveLength(4);
  other.forget({});
  expect(await outsiders("C3")).toBe(false);
});

test("Slack's wish to slow down puts it off, and it goes on where it was", async () => {
  await listen();
  await step();
  const slower = { status: 429, retryAfterS: 7_200 };
  slack.fail("users.list", slower);
  const job = await fetched<OutsidersDue>("people");
  if (!job) throw new Error("nothing is left to do");
  const postponed = await work(job).catch((error: unknown) => error);
  expect(postponed).toBeInstanceOf(JobPostponed);
  expect(postponed).toMatchObject({ waitMs: 7_200_000 });
  await queue.postpone("people", job, 0);
  // A process whose client was not told to wait.
  other = adapter();
  await listed();
  const cursors = slack.world.calls.flatMap(({ method, args }) =>
    method === "users.list" ? [args.cursor ?? "0"] : [],
  );
  expect(cursors).toEqual(["0", "2", "2"]);
  expect(await outsiders("C3")).toBe(false);
});

test("what Slack refuses for good is tried again in an hour, and is no dead job", async () => {
  await listen();
  const team = slack.world.teams.get("T1");
  if (team) team.scopes = [];
  await listed();
  expect(await outsiders("C3")).toBe(null);
  await intake().caughtUp(T1, Date.now());
  expect(await waiting()).toBe(0);
  await sql("update chore set done_at = done_at - interval '61 minutes'");
  await intake().caughtUp(T1, Date.now());
  expect(await waiting()).toBe(1);
});

test("a workspace of 30,000 is passed in pages, and an answer asks for one channel alone", async () => {
  const { world } = slack;
  world.pageMax.list = 1_000;
  const everybody = Array.from({ length: 30_000 }, (_, at) => `UB${at}`);
  const guests = new Set(everybody.filter((_, at) => at % 300 === 7));
  for (const id of everybody) world.users.set(id, { id, guest: guests.has(id) });
  const channel = (id: string, members: string[]) =>
    world.channels.set(id, { id, kind: "public", members, external: false });
  const members = everybody.filter((id) => !guests.has(id));
  channel("CALL", [BOT.userId, ...members]);
  channel("CGUESTS", [BOT.userId, ...everybody]);
  await listen();
  await step();
  await until(async () => (await database.pool.query("select from outsider")).rowCount);
  expect(await outsiders("CALL")).toBe(null);
  await listed();
  expect(calls("users.list")).toBe(31);
  expect(calls("users.conversations")).toBe(guests.size + 1);
  other.forget({});
  const before = world.calls.length;
  expect([await outsiders("CALL"), await outsiders("CGUESTS")]).toEqual([false, true]);
  expect(await outsiders("C3")).toBe(false);
  const asked = world.calls.slice(before).map(({ method }) => method);
  expect(new Set(asked)).toEqual(new Set(["conversations.info", "conversations.members"]));
  expect(asked).toHaveLength(3 + 5 + 5 + 1);

  const joined = { kind: "joined", key: "j", userId: "U1" } as const;
  await intake().accept({ ...joined, place: { ...T1, channelId: "CALL", threadId: null } });
  other.forget({});
  expect(await outsiders("CALL")).toBe(null);
  await listed();
  other.forget({});
  expect(await outsiders("CALL")).toBe(false);
});

test("it is done again each day, and after a gap, which counts for nothing if it was long", async () => {
  await listen();
  await listed();
  const { caughtUp } = intake();
  const nowMs = Date.now() + 1_000;
  await caughtUp(T1, nowMs);
  await caughtUp(T1, nowMs + 60_000);
  expect(await waiting()).toBe(0);
  await sql("update chore set done_at = done_at - interval '25 hours'");
  await caughtUp(T1, nowMs + 120_000 - 1);
  expect(await waiting()).toBe(1);
  expect(await outsiders("C3")).toBe(false);
  slack.world.users.delete("UGUEST");
  await listed();
  expect(await rows()).toEqual([]);

  await caughtUp(T1, nowMs + HOUR_MS / 2);
  expect(await waiting()).toBe(1);
  other.forget({});
  expect(await outsiders("C3")).toBe(false);
  await caughtUp(T1, nowMs + 2 * HOUR_MS);
  other.forget({});
  expect(await outsiders("C3")).toBe(null);
  await listed();
  other.forget({});
  expect(await outsiders("C3")).toBe(false);
});

test("while nobody listens for an hour, what was known counts no more", async () => {
  await listen();
  await listed();
  await sql("update workspace set heard_until = now() - interval '61 minutes'");
  other.forget({});
  expect(await outsiders("C3")).toBe(null);
});

test("a workspace that removes Docent leaves nobody behind, and is listed at once should it come back", async () => {
  await listen();
  await listed();
  const place = { ...T1, channelId: "", threadId: null };
  const gone = { kind: "workspace_gone", key: "gone", place, userId: "" } as const;
  await intake().accept(gone);
  const job = await fetched<typeof gone>("event");
  if (!job) throw new Error("nothing was stored");
  await leaveWorkspace({ db: database.pool, queue }, job);
  expect(await rows()).toEqual([]);
  await intake().caughtUp(T1, Date.now());
  expect(await waiting()).toBe(1);
});
