import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Database } from "../../src/db/pool.ts";
import { createCatalogue } from "../../src/models/catalogue.ts";
import { checkCatalogue } from "../../src/models/check-catalogue.ts";
import { claimChore, postponeChore } from "../../src/models/chore.ts";
import { createClient } from "../../src/models/client.ts";
import type { FailureKind } from "../../src/models/failure.ts";
import { type ModelFacts, readHealth, recordAttempt } from "../../src/models/health.ts";
import { fingerprintOf, type KeyFacts, markKey, readKey } from "../../src/models/key.ts";
import { createOpenRouter } from "../../src/models/openrouter.ts";
import { checkKey, probeDue, recheckKey, type Watched } from "../../src/models/probe.ts";
import { forgetAttempts, startWatch } from "../../src/models/watch.ts";
import { openTestDatabase } from "../support/database.ts";
import { type OpenRouterLoopback, startOpenRouter } from "../support/openrouter.ts";
import { NO_SUCH_HOST } from "../support/openrouter-unreachable.ts";
import { until } from "../support/until.ts";

const API_KEY = "sk-or-test-key";
const MODEL = "a/model";
const { signal } = new AbortController();

let database: Database;
let openrouter: OpenRouterLoopback;
let lines: string[];

beforeAll(async () => {
  database = await openTestDatabase();
});

afterAll(() => database.close());

beforeEach(async () => {
  await database.pool.query("truncate model_health, model_attempt, model_key, chore");
  openrouter = await startOpenRouter();
  lines = [];
});

afterEach(() => openrouter.close());

function watching(more: { models?: string[]; baseUrl?: string } = {}): Watched {
  const client = createClient({ apiKey: API_KEY, baseUrl: more.baseUrl ?? openrouter.url });
  const limits = { firstTokenTimeoutMs: 20_000, idleTimeoutMs: 20_000 };
  return {
    db: database.pool,
    models: more.models ?? [MODEL],
    client: createOpenRouter({ client, dataCollection: "deny", limits }),
    catalogue: createCatalogue({ client }),
    fingerprint: fingerprintOf(API_KEY),
    log: pino({ level: "warn" }, { write: (line: string) => void lines.push(line) }),
  };
}

function record(reason: FailureKind | "", model = MODEL): Promise<void> {
  const outcome = reason === "" ? "answered" : "failed";
  const numbers = { firstTokenMs: null, totalMs: 5, tokensIn: 0, tokensOut: 0, costMicrousd: 0 };
  return recordAttempt(database.pool, { model, outcome, reason, ...numbers }, { probe: false });
}

/** As if all that happened so far had happened so long ago. */
async function pass(hours: number): Promise<void> {
  for (const [table, ...columns] of [
    ["model_health", "cooling_until", "probing_until", "last_success_at"],
    ["model_key", "resting_until"],
    ["chore", "done_at"],
    ["model_attempt", "at"],
  ]) {
    const set = columns.map((column) => `${column} = ${column} - ${hours} * interval '1 hour'`);
    await database.pool.query(`update ${table} set ${set.join(", ")}`);
  }
}

async function health(model = MODEL): Promise<ModelFacts | undefined> {
  return (await readHealth(database.pool, [model]))[0];
}

/** For how long from now on it is left alone. */
function restS(facts: ModelFacts | KeyFacts | undefined): number {
  const end = facts && ("model" in facts ? facts.passedOverUntil : facts.restingUntil);
  return end ? Math.round((end.getTime() - Date.now()) / 1000) : 0;
}

function key(): Promise<KeyFacts> {
  return readKey(database.pool, fingerprintOf(API_KEY));
}

const asked = () => openrouter.requests.map(({ body }) => body.model);

test("a model that is not listed is retired before a question is put to it, and tried out at once", async () => {
  openrouter.catalogue.models = ["another/one"];
  await checkCatalogue(watching(), signal);
  const facts = await health();
  expect(facts).toMatchObject({ state: "retired", reason: "retired" });
  expect(restS(facts)).toBeLessThanOrEqual(0);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("remove it from OPENROUTER_MODELS");
  // Another look at the list does not put that off.
  await checkCatalogue(watching(), signal);
  await probeDue(watching(), signal);
  expect(asked()).toEqual([MODEL]);
  expect(await health()).toMatchObject({ state: "ready", reason: null });
  expect(lines).toHaveLength(1);
});

test("a model that has answered within the hour is not retired, whatever the list says", async () => {
  openrouter.catalogue.models = ["another/one"];
  await record("");
  await checkCatalogue(watching(), signal);
  expect(await health()).toMatchObject({ state: "ready" });
  await pass(2);
  await checkCatalogue(watching(), signal);
  expect(await health()).toMatchObject({ state: "retired" });
});

test.each([
  ["is empty", []],
  ["is not there", 404],
  ["is unreadable", "html"],
] as const)("no model is retired by a list that %s", async (_, contents) => {
  if (typeof contents === "object") openrouter.catalogue.models = [];
  else openrouter.catalogue.failure = contents;
  await checkCatalogue(watching(), signal).catch(() => undefined);
  expect(await health()).toMatchObject({ state: "unknown" });
});

test("a retired model that is served again is tried out at once", async () => {
  await record("retired");
  openrouter.catalogue.models = [MODEL];
  openrouter.catalogue.endpoints.set(MODEL, []);
  await checkCatalogue(watching(), signal);
  await probeDue(watching(), signal);
  expect(asked()).toEqual([]);
  openrouter.catalogue.endpoints.set(MODEL, [{ uptime_last_1d: 98 }]);
  await checkCatalogue(watching(), signal);
  await probeDue(watching(), signal);
  expect(asked()).toEqual([MODEL]);
  expect(await health()).toMatchObject({ state: "ready", uptimeDay: 98 });
});

test("what the catalogue says of a model is kept, and its end is told of once a day", async () => {
  const soon = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
  openrouter.catalogue.models = [
    {
      id: MODEL,
      context_length: 128_000,
      architecture: { input_modalities: ["text", "image"] },
      pricing: { prompt: "0.00000015", completion: "0.0000006" },
      expiration_date: soon,
    },
    { id: "b/later", expiration_date: "2099-01-01" },
  ];
  const watched = watching({ models: [`${MODEL}:nitro`, "b/later"] });
  await checkCatalogue(watched, signal);
  await checkCatalogue(watched, signal);
  expect(await health(`${MODEL}:nitro`)).toMatchObject({
    state: "unknown",
    contextTokens: 128_000,
    seesImages: true,
    price: { inputMicrousd: 150_000, outputMicrousd: 600_000 },
    expiresOn: soon,
    uptimeDay: 99.5,
  });
  expect(await health("b/later")).toMatchObject({ expiresOn: "2099-01-01", price: null });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ model: `${MODEL}:nitro`, expiresOn: soon });
  await pass(25);
  await checkCatalogue(watched, signal);
  expect(lines).toHaveLength(2);
});

test("a model whose pause is over is tried out by one process, and only a question clears its failures", async () => {
  await record("unavailable");
  await probeDue(watching(), signal);
  expect(asked()).toEqual([]);
  await pass(1);
  await Promise.all([probeDue(watching(), signal), probeDue(watching(), signal)]);
  expect(asked()).toEqual([MODEL]);
  expect(openrouter.requests[0]?.body.max_tokens).toBe(64);
  expect(await health()).toMatchObject({ state: "ready", reason: null, failures: 1 });
  const sql = "select outcome, reason, microusd > 0 as paid from model_attempt where probe";
  const { rows } = await database.pool.query(sql);
  expect(rows).toEqual([{ outcome: "answered", reason: "", paid: true }]);
  expect(await key()).toMatchObject({ state: "valid" });
});

test.each([
  ["thinks too long for so small an answer", "reasoning_only"],
  ["finds fault with what is in it", "filtered"],
  ["refuses it", "forbidden"],
] as const)("a model that %s is alive", async (_, reply) => {
  await record("stalled");
  await pass(1);
  openrouter.always(MODEL, reply);
  await probeDue(watching(), signal);
  expect(await health()).toMatchObject({ state: "ready", reason: null });
});

test("a model that is tried out too early rests for as long as the service asks", async () => {
  await record("rate_limited");
  await pass(1);
  openrouter.script(MODEL, { kind: "rate_limited", retryAfterS: 1_800 });
  await probeDue(watching(), signal);
  const facts = await health();
  expect(facts).toMatchObject({ state: "cooling", reason: "rate_limited" });
  expect(restS(facts)).toBeGreaterThan(1_700);
});

test.each([
  ["unauthorized", "invalid"],
  ["no_credit", "credit_out"],
  ["credit_in_flight", "unknown"],
] as const)("%s says nothing of the model that was tried out", async (reply, state) => {
  await record("unavailable");
  await pass(1);
  const before = await health();
  openrouter.always(MODEL, reply);
  await probeDue(watching(), signal);
  // When its rest is over is told by two clocks, a moment apart.
  expect(await health()).toEqual({ ...before, passedOverUntil: expect.any(Date) });
  expect(await key()).toMatchObject({ state });
  // While the key is known to be no good, it is of no use to try again.
  await pass(1);
  await probeDue(watching(), signal);
  expect(asked()).toHaveLength(state === "unknown" ? 2 : 1);
});

test("an invalid key rests, stays invalid as long as the service says so, and is valid again when it does not", async () => {
  await markKey(database.pool, fingerprintOf(API_KEY), "invalid");
  const { since } = await key();
  expect(restS(await key())).toBeGreaterThan(50);
  await recheckKey(watching(), signal);
  expect(openrouter.catalogue.requests).toEqual([]);
  openrouter.catalogue.key = null;
  await pass(1);
  await Promise.all([recheckKey(watching(), signal), recheckKey(watching(), signal)]);
  expect(openrouter.catalogue.requests).toEqual(["/key"]);
  expect(await key()).toMatchObject({ state: "invalid", since });
  openrouter.catalogue.key = { limit: 10, limit_remaining: 4, usage_daily: 1, usage_monthly: 6 };
  await pass(1);
  await recheckKey(watching(), signal);
  const facts = await key();
  expect(facts).toMatchObject({ state: "valid", restingUntil: null, remainingMicrousd: 4_000_000 });
  expect(facts.since?.getTime()).toBeGreaterThan(since?.getTime() ?? 0);
  expect(asked()).toEqual([]);
});

test("a key without credit is tried out with the best model, and is valid once that one answers", async () => {
  const watched = watching({ models: ["a/resting", "b/ready"] });
  await record("unavailable", "a/resting");
  await record("", "b/ready");
  await markKey(database.pool, fingerprintOf(API_KEY), "credit_out");
  expect(restS(await key())).toBeGreaterThan(290);
  // The key has no limit of its own, and its limit is not what is used up.
  openrouter.script("b/ready", "no_credit");
  await pass(1);
  await recheckKey(watched, signal);
  expect(await key()).toMatchObject({ state: "credit_out", limitMicrousd: null });
  await pass(1);
  await recheckKey(watched, signal);
  expect(asked()).toEqual(["b/ready", "b/ready"]);
  expect(await key()).toMatchObject({ state: "valid", restingUntil: null });
});

test("what the service tells of the key is kept, and gives it no credit", async () => {
  openrouter.catalogue.key = { limit: 5, usage_monthly: 2, expires_at: "2027-01-01T00:00:00Z" };
  expect(await checkKey(watching(), signal)).toBe("known");
  expect(await key()).toMatchObject({
    state: "valid",
    limitMicrousd: 5_000_000,
    remainingMicrousd: null,
    monthMicrousd: 2_000_000,
    expiresAt: new Date("2027-01-01T00:00:00Z"),
    checkedAt: expect.any(Date),
  });
  await markKey(database.pool, fingerprintOf(API_KEY), "credit_out");
  await checkKey(watching(), signal);
  expect(await key()).toMatchObject({ state: "credit_out", restingUntil: expect.any(Date) });
});

test("without a network it starts, changes nothing, says so, and looks again before the hour is over", async () => {
  await record("");
  const before = await health();
  const watch = startWatch(watching({ baseUrl: NO_SUCH_HOST }));
  await until(() => lines.length >= 2);
  await until(() => claimChore(database.pool, "review of the models", 50 * 60));
  await watch.close();
  expect(await health()).toEqual(before);
  expect(await key()).toMatchObject({ state: "unknown", checkedAt: null });
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line).toContain("OpenRouter could not be reached.");
});

test("at its start it looks at the list and the key, and tells the operator of one that is not valid", async () => {
  openrouter.catalogue.models = [MODEL];
  openrouter.catalogue.key = null;
  const watch = startWatch(watching());
  await until(async () => (await health())?.uptimeDay === 99.5);
  await watch.close();
  expect(await key()).toMatchObject({ state: "invalid" });
  expect(lines.join()).toContain("OPENROUTER_API_KEY is not valid");
  expect(lines.join()).not.toContain("sk-");
});

test("what is due once an hour is done by one process, and again sooner when it did not work", async () => {
  const claim = () => claimChore(database.pool, "test", 3_600);
  const claims = await Promise.all([claim(), claim(), claim()]);
  expect(claims.filter(Boolean)).toHaveLength(1);
  await pass(0.9);
  expect(await claim()).toBe(false);
  await pass(0.2);
  expect(await claim()).toBe(true);
  await postponeChore(database.pool, "test", { everyS: 3_600, inS: 300 });
  expect(await claim()).toBe(false);
  await pass(0.1);
  expect(await claim()).toBe(true);
});

test("attempts are forgotten after 30 days", async () => {
  await record("");
  await pass(31 * 24);
  await record("stalled");
  await forgetAttempts(database.pool);
  const { rows } = await database.pool.query("select reason from model_attempt");
  expect(rows).toEqual([{ reason: "stalled" }]);
});
