import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../src/db/pool.ts";
import type { Attempt } from "../../src/models/chain.ts";
import { readHealth, recordAttempt } from "../../src/models/health.ts";
import { openTestDatabase } from "../support/database.ts";

let database: Database;

beforeAll(async () => {
  database = await openTestDatabase();
});

afterAll(() => database.close());

function record(model: string, reason: Attempt["reason"]): Promise<void> {
  const outcome = reason === "" ? "answered" : "failed";
  const numbers = { firstTokenMs: null, totalMs: 5, tokensIn: 0, tokensOut: 0, costMicrousd: 0 };
  return recordAttempt(database.pool, { model, outcome, reason, ...numbers });
}

test("the status tells of each model whether it answers, fails or is retired, in the chain's order", async () => {
  await record("a/answers", "unavailable");
  await record("a/answers", "");
  await record("b/fails", "");
  await record("b/fails", "stalled");
  await record("b/fails", "unavailable");
  await record("c/retired", "retired");
  const models = ["z/new", "c/retired", "b/fails", "a/answers"];
  expect(await readHealth(database.pool, models)).toEqual([
    { id: "z/new", state: "unknown", note: "not asked yet" },
    { id: "c/retired", state: "retired", note: "is retired, or its name is wrong" },
    { id: "b/fails", state: "failing", note: "is not available (2 times in a row)" },
    { id: "a/answers", state: "ready", note: "answers" },
  ]);
});

test("a retired model that answers again is ready, and since when is kept", async () => {
  const sinceOf = async () => {
    const sql = "select since, last_success_at from model_health where model = 'd/back'";
    return (await database.pool.query(sql)).rows[0];
  };
  await record("d/back", "no_provider");
  const retired = await sinceOf();
  await record("d/back", "rate_limited");
  expect(await sinceOf()).toEqual(retired);
  await record("d/back", "");
  const ready = await sinceOf();
  expect(ready.since.getTime()).toBeGreaterThan(retired.since.getTime());
  expect(ready.last_success_at).toEqual(ready.since);
});
