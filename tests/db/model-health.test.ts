import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Database } from "../../src/db/pool.ts";
import type { Attempt } from "../../src/models/attempt.ts";
import { ModelFailed } from "../../src/models/failure.ts";
import { claimDue, createHealth, type ModelFacts, recordAttempt } from "../../src/models/health.ts";
import { openTestDatabase } from "../support/database.ts";

const MODELS = ["z/new", "a/model"];
const SECOND_MS = 1_000;

let database: Database;

beforeAll(async () => {
  database = await openTestDatabase();
});

afterAll(() => database.close());

beforeEach(async () => {
  for (const table of ["model_health", "model_attempt", "model_key"]) {
    await database.pool.query(`delete from ${table}`);
  }
});

const healthOf = () => createHealth({ db: database.pool, models: MODELS, fingerprint: "f00d" });

function attempt(reason: Attempt["reason"]): Attempt {
  const outcome = reason === "" ? "answered" : "failed";
  const numbers = { firstTokenMs: 7, totalMs: 9, tokensIn: 3, tokensOut: 2, costMicrousd: 4 };
  return { model: "a/model", outcome, reason, ...numbers };
}

function record(reason: Attempt["reason"], retryAfterMs?: number): Promise<void> {
  const failure = reason === "" ? null : new ModelFailed(reason, { retryAfterMs });
  return healthOf().record(attempt(reason), failure);
}

async function facts(): Promise<ModelFacts> {
  const { models } = await healthOf().read();
  if (!models[1]) throw new Error("no facts");
  return models[1];
}

/** How long the model rests from now on; rounded, since some of it is over by the time it is read. */
async function pauseMs(): Promise<number> {
  const { passedOverUntil } = await facts();
  const leftMs = (passedOverUntil?.getTime() ?? 0) - Date.now();
  return Math.round(leftMs / (5 * SECOND_MS)) * 5 * SECOND_MS;
}

/** As if the pause had just ended. */
async function endPause(): Promise<void> {
  await database.pool.query(
    "update model_health set cooling_until = now() where cooling_until > now()",
  );
}

test("a model that was never asked is unknown, in the chain's order", async () => {
  await record("");
  const { models, key } = await healthOf().read();
  expect(models.map(({ model, state }) => [model, state])).toEqual([
    ["z/new", "unknown"],
    ["a/model", "ready"],
  ]);
  expect(key.state).toBe("valid");
});

test("each failure in a row after a pause makes the next pause twice as long, up to a quarter of an hour", async () => {
  const pauses: number[] = [];
  for (let i = 0; i < 9; i++) {
    await record("stalled");
    pauses.push((await pauseMs()) / SECOND_MS);
    await endPause();
  }
  expect(pauses).toEqual([15, 30, 60, 120, 240, 480, 900, 900, 900]);
  expect(await facts()).toMatchObject({ state: "cooling", reason: "stalled", failures: 9 });
});

test("questions that ran into the same trouble at the same time count as one failure", async () => {
  await Promise.all(Array.from({ length: 8 }, () => record("unavailable")));
  expect((await facts()).failures).toBe(1);
  expect(await pauseMs()).toBe(15 * SECOND_MS);
});

test("a pause that the service asked for is kept, whatever ours would be", async () => {
  await record("rate_limited", 100 * SECOND_MS);
  expect(await pauseMs()).toBe(100 * SECOND_MS);
});

test("a real answer clears the failures; trying it out makes it ready, but a next failure still counts on", async () => {
  await record("stalled");
  await endPause();
  await recordAttempt(database.pool, attempt(""), { probe: true });
  expect(await facts()).toMatchObject({ state: "ready", reason: null, failures: 1 });
  await record("stalled");
  expect(await pauseMs()).toBe(30 * SECOND_MS);
  await record("");
  expect(await facts()).toMatchObject({ state: "ready", failures: 0, passedOverUntil: null });
});

test("what was the question's fault is no failure of the model", async () => {
  await record("");
  for (const reason of ["refused", "filtered", "too_long"] as const) await record(reason);
  expect(await facts()).toMatchObject({ state: "ready", failures: 0, reason: null });
});

test.each([
  ["bad_request", 300],
  ["empty", 15],
  ["reasoning_only", 15],
] as const)(
  "%s, which may be the question's fault, is borne twice before it rests",
  async (reason, pauseS) => {
    await record("");
    await record(reason);
    await record(reason);
    expect(await facts()).toMatchObject({ state: "ready", passedOverUntil: null });
    await record(reason);
    expect(await facts()).toMatchObject({ state: "cooling", reason });
    expect(await pauseMs()).toBe(pauseS * SECOND_MS);
  },
);

test.each(["retired", "no_provider"] as const)(
  "a model that is %s is looked at again in an hour",
  async (reason) => {
    await record(reason);
    expect(await facts()).toMatchObject({ state: reason, reason });
    expect(await pauseMs()).toBe(3600 * SECOND_MS);
  },
);

test("since when it is so is kept until it changes", async () => {
  await record("retired");
  const { since } = await facts();
  await endPause();
  await record("retired");
  expect((await facts()).since).toEqual(since);
  await record("");
  expect((await facts()).since).not.toEqual(since);
});

test("what is wrong with the key is not held against the model", async () => {
  await record("");
  await record("key_invalid");
  expect((await healthOf().read()).key).toMatchObject({ state: "invalid" });
  expect((await healthOf().read()).key.restingUntil?.getTime()).toBeGreaterThan(Date.now());
  expect(await facts()).toMatchObject({ state: "ready" });
  await record("credit_out");
  expect((await healthOf().read()).key).toMatchObject({ state: "credit_out" });
  await record("");
  expect((await healthOf().read()).key).toMatchObject({ state: "valid", restingUntil: null });
});

test("a model whose rest is over is tried out by one process alone", async () => {
  await record("stalled");
  expect(await claimDue(database.pool, MODELS)).toEqual([]);
  await endPause();
  const claims = await Promise.all([1, 2, 3].map(() => claimDue(database.pool, MODELS)));
  expect(claims.flat()).toEqual(["a/model"]);
});

test("every attempt is kept with its times, tokens and cost", async () => {
  await record("");
  await record("unavailable");
  const { rows } = await database.pool.query(
    "select outcome, reason, first_token_ms, total_ms, tokens_in, tokens_out, microusd, probe from model_attempt order by id",
  );
  const numbers = { first_token_ms: 7, total_ms: 9, tokens_in: 3, tokens_out: 2, microusd: 4 };
  expect(rows).toEqual([
    { outcome: "answered", reason: "", ...numbers, probe: false },
    { outcome: "failed", reason: "unavailable", ...numbers, probe: false },
  ]);
});
