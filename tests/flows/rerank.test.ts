import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Database } from "../../src/db/pool.ts";
import { createClient } from "../../src/models/client.ts";
import { createReranker, type Reranker } from "../../src/models/rerank.ts";
import { createLedger } from "../../src/money/ledger.ts";
import { openTestDatabase } from "../support/database.ts";
import { type OpenRouterLoopback, startOpenRouter } from "../support/openrouter.ts";

const MODEL = "cohere/rerank-5-pro";
const PASSAGES = ["The kitchen opens at eight.", "Dogs are welcome.", "Lamps are dear."];
const signal = new AbortController().signal;
const log = pino({ level: "silent" });

let database: Database;
let openrouter: OpenRouterLoopback;
let workspaceId = 0;

beforeAll(async () => {
  database = await openTestDatabase();
  openrouter = await startOpenRouter();
});
beforeEach(async () => {
  openrouter.always(MODEL, null);
  openrouter.reranks.length = 0;
  const { rows } = await database.pool.query<{ id: number }>(
    `insert into workspace (platform, platform_id) values ('test', gen_random_uuid()) returning id`,
  );
  workspaceId = rows[0]?.id ?? 0;
});
afterAll(async () => {
  await openrouter.close();
  await database.close();
});

function reranker(dayMicrousd = 1_000_000, timeoutMs = 3_000): Reranker {
  const { pool: db } = database;
  const budgets = { dayMicrousd, monthMicrousd: 20_000_000, dearDayMicrousd: 0 };
  const ledger = createLedger({ db, budgets, log });
  const client = createClient({ apiKey: "test-key", baseUrl: openrouter.url });
  return createReranker({ client, ledger, log, model: MODEL, dataCollection: "deny", timeoutMs });
}

async function spent(): Promise<number> {
  const { rows } = await database.pool.query<{ microusd: number }>(
    "select coalesce(sum(microusd), 0)::float8 as microusd from cost where workspace_id = $1 and settled",
    [workspaceId],
  );
  return rows[0]?.microusd ?? 0;
}

const ask = (one: Reranker) =>
  one.scores("Dogs?", PASSAGES, { workspaceId, userId: "ada" }, signal);

test("a model scores each passage, sees no provider that trains on it, and is paid what it took", async () => {
  expect(await ask(reranker())).toEqual([1 / 3, 2 / 3, 1]);
  expect(openrouter.reranks).toEqual([
    { model: MODEL, query: "Dogs?", documents: PASSAGES, provider: { data_collection: "deny" } },
  ]);
  expect(await spent()).toBe(2_000);
});

test.each(["unavailable", "no_endpoints", "html", "empty", "json_error"] as const)(
  "the order found stands where the service answers with %s",
  async (shape) => {
    openrouter.always(MODEL, shape);
    expect(await ask(reranker())).toBeNull();
  },
);

test("the order found stands where the service turns it down, for nothing, or does not answer in time", async () => {
  openrouter.always(MODEL, "unavailable");
  expect(await ask(reranker())).toBeNull();
  expect(await spent()).toBe(0);
  openrouter.always(MODEL, "no_headers");
  expect(await ask(reranker(1_000_000, 50))).toBeNull();
  expect(await spent()).toBe(10_000);
});

test("nothing is asked once the budget is used up, nor for a single passage", async () => {
  expect(await ask(reranker(100))).toBeNull();
  const payer = { workspaceId, userId: null };
  expect(await reranker().scores("Dogs?", ["Dogs."], payer, signal)).toBeNull();
  expect(openrouter.reranks).toEqual([]);
});
