import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { CommandDeps } from "../../src/commands/deps.ts";
import { runCommand } from "../../src/commands/run.ts";
import type { Database } from "../../src/db/pool.ts";
import type { Place } from "../../src/events.ts";
import { fingerprintOf } from "../../src/models/key.ts";
import { readModelHours } from "../../src/operator/status/hours.ts";
import { OPERATOR, readStatus, type StatusDeps } from "../../src/operator/status/status.ts";
import type { StatusViewer } from "../../src/surface.ts";
import { PLAIN } from "../support/core.ts";
import { openTestDatabase } from "../support/database.ts";
import { createMemoryChat, memoryPlace } from "../support/memory.ts";

const KEY = "sk-or-a-key-of-some-length";
const FIRST = "test/first";
const SECOND = "test/second";
const USD = 1_000_000;
const BUDGETS = { dayMicrousd: USD, monthMicrousd: 20 * USD, dearDayMicrousd: USD / 4 };
const OURS = { platform: "memory", workspaceId: "W1" };

let database: Database;

beforeAll(async () => {
  database = await openTestDatabase();
});

beforeEach(async () => {
  for (const table of ["workspace", "model_health", "model_attempt", "model_key"]) {
    await database.pool.query(`delete from ${table}`);
  }
});

afterAll(() => database.close());

function deps(more: Partial<StatusDeps> = {}): StatusDeps {
  return {
    db: database.pool,
    queue: { depth: async () => ({ waiting: 2, running: 1, dead: 0 }) },
    engine: database.engine,
    embedder: null,
    models: [FIRST, SECOND],
    apiKey: KEY,
    budgets: BUDGETS,
    ...more,
  };
}

function viewer(more: Partial<StatusViewer> = {}): StatusViewer {
  return { workspace: OURS, wide: true, admin: false, ...more };
}

/** A workspace with files of which one is still read, and with what it has spent today. */
async function workspace(platformId: string, files: number, usd: number): Promise<void> {
  await database.pool.query(
    `with w as (
       insert into workspace (platform, platform_id) values ('memory', $1) returning id
     ), c as (
       insert into channel (workspace_id, platform_id) select id, 'general' from w returning *
     ), t as (
       insert into content (workspace_id, sha256, bytes, state, chunks)
       select w.id, decode(md5($1 || n), 'hex'), 1,
              case n when 1 then 'reading' else 'searchable' end, 1
         from w, generate_series(1, $2::int) n returning *
     ), s as (
       insert into share (workspace_id, channel_id, content_id, file_id, message_id, sharer_id, name, shared_at)
       select w.id, c.id, t.id, 'F' || t.id, 'M', 'ada', 'plan.md', now() from w, c, t
     ), k as (
       insert into cost (workspace_id, purpose, model, microusd)
       select id, 'answer', 'test/first', $3::bigint from w
     )
     insert into spend (workspace_id, day, microusd)
     select id, (now() at time zone 'UTC')::date, $3 from w`,
    [platformId, files, usd * USD],
  );
}

async function attempt(
  model: string,
  { ms = 1_000, failed = false, probe = false, hoursAgo = 0 },
): Promise<void> {
  await database.pool.query(
    `insert into model_attempt (at, model, outcome, reason, probe, first_token_ms, total_ms, tokens_in, tokens_out)
     values (now() - $1 * interval '1 hour', $2, $3, $4, $5, $6, $7, 100, 10)`,
    [
      ...[hoursAgo, model, failed ? "failed" : "answered", failed ? "unavailable" : "", probe],
      ...[failed ? null : ms / 2, ms],
    ],
  );
}

async function health(model: string, state: string, reason: string | null, restS: number | null) {
  await database.pool.query(
    `insert into model_health (model, state, reason, cooling_until)
     values ($1, $2, $3, now() + $4 * interval '1 second')`,
    [model, state, reason, restS],
  );
}

async function key(state: string): Promise<void> {
  await database.pool.query(
    "insert into model_key (fingerprint, state, remaining_microusd) values ($1, $2, 5000000)",
    [fingerprintOf(KEY), state],
  );
}

test("where nothing has happened yet, the status says so", async () => {
  const status = await readStatus(deps(), viewer({ admin: true }));
  expect(status.line).toBe("✅ Working · 0 files searchable");
  expect(status.models).toMatchObject([
    { id: FIRST, state: "unknown", next: true, day: { tries: 0, totalMs: null } },
    { id: SECOND, state: "unknown", next: false },
  ]);
  expect(status.money).toEqual({
    ...{ key: { state: "unknown", note: "", leftUsd: null }, budgets: [], models: [] },
  });
  expect(await readModelHours(database.pool)).toEqual([]);
});

test("a workspace that is not known yet is not taken for all of them", async () => {
  await workspace("W2", 4, 0.5);
  const status = await readStatus(deps(), viewer({ admin: true }));
  expect(status.files.searchable).toBe(0);
  expect(status.money).toMatchObject({ budgets: [], models: [] });
});

test("a guest is told no counts, a member no money, an admin that of the own workspace alone", async () => {
  await workspace("W1", 3, 0.25);
  await workspace("W2", 7, 0.5);
  await key("valid");
  await health(FIRST, "ready", null, null);
  for (const failed of [false, false, true]) await attempt(FIRST, { failed });

  const guest = await readStatus(deps(), viewer({ wide: false }));
  expect(guest.files).toEqual({ searchable: 0, reading: 0, failed: 0, withoutVectors: 0 });
  expect(guest.queue).toEqual({ waiting: 0, running: 0, dead: 0 });
  expect(guest.models[0]?.day).toMatchObject({ tries: 1, answered: 2 / 3, tokensIn: 0 });
  expect(guest.details).toContain("1 first: ready · 1.0 s · 67 %");
  expect(guest.line).toBe("✅ Working · answers in about 1 s");
  expect(guest.details.join("\n")).not.toMatch(/Files:|Jobs:/);
  expect(guest.money).toBeNull();

  const member = await readStatus(deps(), viewer());
  expect(member.files).toMatchObject({ searchable: 2, reading: 1, withoutVectors: 2 });
  expect(member.queue).toEqual({ waiting: 0, running: 0, dead: 0 });
  expect(member.models[0]?.day).toMatchObject({ tries: 3, answered: 2, tokensIn: 300 });
  expect(member.money).toBeNull();
  expect(member.details.join("\n")).not.toMatch(/\$|key/i);

  const admin = await readStatus(deps(), viewer({ admin: true }));
  expect(admin.money).toMatchObject({
    key: { state: "valid", leftUsd: 5 },
    budgets: [{ workspace: "W1", dayUsd: 0.25, dayUsdMax: 1, monthUsd: 0.25, monthUsdMax: 20 }],
    models: [{ id: FIRST, usd: 0.25 }],
  });
  expect(admin.details).toContain("Key: valid · $5.00 left");
  expect(admin.queue).toEqual({ waiting: 2, running: 1, dead: 0 });

  const operator = await readStatus(deps(), OPERATOR);
  expect(operator.files).toMatchObject({ searchable: 8, reading: 2 });
  expect(operator.money).toMatchObject({
    budgets: [{ workspace: "W1" }, { workspace: "W2" }],
    models: [{ id: FIRST, usd: 0.75 }],
  });
});

test("the models tell of the last 24 hours of people's questions", async () => {
  for (const ms of [1_000, 2_000, 3_000]) await attempt(FIRST, { ms });
  await attempt(FIRST, { ms: 60_000, failed: true });
  await attempt(FIRST, { ms: 90_000, probe: true });
  await attempt(FIRST, { ms: 90_000, hoursAgo: 25 });
  await attempt("test/of-yesterday", {});
  await attempt(SECOND, { failed: true });
  const { models } = await readStatus(deps(), viewer());
  expect(models.map(({ day }) => day)).toEqual([
    {
      ...{ tries: 4, answered: 3, tokensIn: 400, tokensOut: 40 },
      firstTokenMs: { p50: 1_000, p95: 1_450 },
      totalMs: { p50: 2_000, p95: 2_900 },
    },
    {
      ...{ tries: 1, answered: 0, tokensIn: 100, tokensOut: 10 },
      ...{ firstTokenMs: null, totalMs: null },
    },
  ]);
});

test("a model that rests is passed over, and says until when and why", async () => {
  await health(FIRST, "cooling", "rate_limited", 600);
  await health(SECOND, "ready", null, null);
  const { models, line } = await readStatus(deps(), viewer());
  const [first, second] = models;
  expect(first).toMatchObject({ state: "resting", note: "too many requests", next: false });
  expect(first?.restingUntilMs).toBeGreaterThan(Date.now());
  expect(first?.sinceMs).toBeLessThanOrEqual(Date.now() + 1_000);
  expect(second).toMatchObject({ state: "ready", next: true, note: "", fix: null });
  expect(line).toMatch(/^⚠️ Answering with a reserve: second \(first is resting until .* UTC\)/);
});

test("a key that is no good is said first, and in plain words only to an admin", async () => {
  await key("invalid");
  await health(FIRST, "ready", null, null);
  const told = async (admin: boolean) => readStatus(deps(), viewer({ admin, wide: false }));
  expect((await told(true)).line).toContain("the key is not valid · make a new one at");
  const { line, details, models } = await told(false);
  expect(line).toBe("⚠️ No model answers right now · whoever runs me needs to look at the key");
  expect(details[0]).toMatch(/^⚠️ No model answers right now/);
  expect(models.some(({ next }) => next)).toBe(false);
  const other = await readStatus(deps({ apiKey: "sk-or-another-key" }), viewer({ wide: false }));
  expect(other.line).toBe("✅ Working");
});

test("a budget that is used up is told as a state, with when it renews", async () => {
  await workspace("W1", 0, 0.9999);
  const told = (admin: boolean) => readStatus(deps(), viewer({ admin, wide: false }));
  const words = "⚠️ Working by words alone";
  expect((await told(false)).line).toBe(`${words} until 00:00 UTC`);
  expect((await told(true)).line).toBe(`${words} · today's budget is used up until 00:00 UTC`);
});

test("without a key there is neither money nor a model", async () => {
  await key("valid");
  const { money, line, models } = await readStatus(deps({ apiKey: null }), OPERATOR);
  expect(money).toBeNull();
  expect(line).toContain("set OPENROUTER_API_KEY");
  expect(models.map(({ state }) => state)).toEqual(["off", "off"]);
});

test("the hours of a model are counted from the clock's full hours, without our own probes", async () => {
  for (const hoursAgo of [0, 0, 5, 30]) await attempt(FIRST, { hoursAgo });
  await attempt(FIRST, { failed: true });
  await attempt(FIRST, { probe: true });
  const hours = await readModelHours(database.pool);
  expect(hours).toEqual([
    { model: FIRST, atMs: expect.any(Number), tries: 1, answered: 1, firstTokenMs: 500 },
    { model: FIRST, atMs: expect.any(Number), tries: 3, answered: 2, firstTokenMs: 500 },
  ]);
  const [older, newer] = hours.map(({ atMs }) => atMs / 3_600_000);
  expect([Number.isInteger(older), (newer ?? 0) - (older ?? 0)]).toEqual([true, 5]);
});

test("anybody may ask for the status in a chat, and is told what is theirs to know", async () => {
  const seen: StatusViewer[] = [];
  const { adapter } = createMemoryChat();
  const commandDeps: CommandDeps = {
    ...PLAIN,
    db: database.pool,
    adapterOf: () => adapter,
    adminUsers: ["cleo"],
    accept: () => Promise.reject(new Error("nothing is handed in")),
    limits: { questionsPerDay: 30 },
    sentTo: { openrouter: null, awsRegion: null },
    status: (wanted) => {
      seen.push(wanted);
      return readStatus(deps(), wanted);
    },
  };
  const asks = (place: Place, userId: string) =>
    runCommand(commandDeps, { kind: "status", place, userId });
  const reply = await asks(memoryPlace("general"), "guest");
  expect(reply).toEqual({ done: true, text: expect.stringMatching(/^✅ Working\n1 first: /) });
  await asks(memoryPlace("leads"), "ben");
  await asks(memoryPlace("general"), "ada");
  await asks(memoryPlace("general"), "cleo");
  expect(seen.map(({ wide, admin }) => [wide, admin])).toEqual([
    [false, false],
    [true, false],
    [true, true],
    [true, true],
  ]);
  expect(seen[0]?.workspace).toMatchObject(OURS);
  const made = await database.pool.query("select 1 from workspace");
  expect(made.rowCount).toBe(0);
});
