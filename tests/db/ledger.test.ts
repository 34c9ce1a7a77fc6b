import { Pool } from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/pool.ts";
import { createMetrics } from "../../src/metrics.ts";
import {
  BudgetReached,
  type Call,
  createLedger,
  type Ledger,
  settleForgotten,
} from "../../src/money/ledger.ts";
import { costByModel, spendingOf } from "../../src/money/spending.ts";
import { openTestDatabase } from "../support/database.ts";

const BUDGETS = { dayMicrousd: 1000, monthMicrousd: 5000, dearDayMicrousd: 200 };

let database: Database;
/** Of a second process. */
let otherPool: Pool;
let workspaceId: number;
let warnings: Record<string, unknown>[];

beforeAll(async () => {
  database = await openTestDatabase();
  otherPool = new Pool(database.pool.options);
});

afterAll(async () => {
  await otherPool.end();
  await database.close();
});

beforeEach(async () => {
  await database.pool.query("delete from workspace");
  workspaceId = await addWorkspace("acme");
  warnings = [];
});

async function addWorkspace(name: string, budget: { day?: number; month?: number } = {}) {
  const { rows } = await database.pool.query<{ id: number }>(
    `insert into workspace (platform, platform_id, day_budget_microusd, month_budget_microusd)
     values ('test', $1, $2, $3) returning id`,
    [name, budget.day ?? null, budget.month ?? null],
  );
  return rows[0]?.id ?? 0;
}

function ledger(more: { db?: Pool; budgets?: Partial<typeof BUDGETS> } = {}): Ledger {
  const log = pino({ level: "warn" }, { write: (line) => warnings.push(JSON.parse(line)) });
  return createLedger({
    db: more.db ?? database.pool,
    budgets: { ...BUDGETS, ...more.budgets },
    log,
  });
}

function reserve(from: Ledger, microusdMax: number, more: Partial<Call> = {}) {
  const payer = { workspaceId, userId: "ada" };
  return from.reserve(payer, { purpose: "answer", model: "test/first", microusdMax, ...more });
}

/** The cap under which it does not fit, or null. */
async function refusal(from: Ledger, microusdMax: number, more: Partial<Call> = {}) {
  try {
    await reserve(from, microusdMax, more);
    return null;
  } catch (error) {
    if (error instanceof BudgetReached) return error;
    throw error;
  }
}

async function spent() {
  const { rows } = await database.pool.query(
    "select microusd, reading_microusd as reading, dear_microusd as dear from spend order by day",
  );
  return rows;
}

/** What was spent on an earlier or later day than today. */
async function spendOn(day: string, microusd: number, reading = 0): Promise<void> {
  await database.pool.query(
    `insert into spend (workspace_id, day, microusd, reading_microusd)
     values ($1, ${day}, $2, $3)`,
    [workspaceId, microusd, reading],
  );
}

// The first of a month has no earlier day in it: this is then a later one.
const OTHER_DAY = `(date_trunc('month', now() at time zone 'UTC')::date +
  case when extract(day from now() at time zone 'UTC') = 1 then 1 else 0 end)`;
const LAST_MONTH = "(date_trunc('month', now() at time zone 'UTC')::date - 1)";

function atTheEarliest(unit: "day" | "month"): Date {
  const now = new Date();
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  return new Date(
    unit === "day" ? Date.UTC(year, month, now.getUTCDate() + 1) : Date.UTC(year, month + 1),
  );
}

const taken = (microusd: number) => ({ tokensIn: 30, tokensOut: 7, microusd });

describe("a reservation", () => {
  test("of fifty at the same time in two processes exactly as many fit as there is money for", async () => {
    const [one, two] = [ledger(), ledger({ db: otherPool })];
    const tries = Array.from({ length: 50 }, (_, index) => refusal(index % 2 ? one : two, 100));
    const refusals = (await Promise.all(tries)).filter((found) => found !== null);
    expect(refusals.map(({ cap }) => cap)).toEqual(Array(40).fill("day"));
    expect(await spent()).toEqual([{ microusd: 1000, reading: 0, dear: 0 }]);
    const { rows } = await database.pool.query("select count(*) from cost where not settled");
    expect(rows).toEqual([{ count: 10 }]);
  });

  test("gives back what was not needed, once, and frees it for the next call", async () => {
    const books = ledger();
    const reservation = await reserve(books, 150, { purpose: "context", dear: true });
    expect(await spent()).toEqual([{ microusd: 150, reading: 150, dear: 150 }]);
    await Promise.all([reservation.settle(taken(60)), reservation.settle(taken(60))]);
    await reservation.settle(taken(999));
    expect(await spent()).toEqual([{ microusd: 60, reading: 60, dear: 60 }]);
    const { rows } = await database.pool.query(
      "select purpose, user_id, tokens_in, tokens_out, microusd, settled from cost",
    );
    expect(rows).toEqual([
      {
        purpose: "context",
        user_id: "ada",
        tokens_in: 30,
        tokens_out: 7,
        microusd: 60,
        settled: true,
      },
    ]);
    expect(await refusal(books, 940)).toBeNull();
    expect((await refusal(books, 1))?.cap).toBe("day");
  });

  test("may turn out to have been too small: what was spent is written down all the same", async () => {
    const reservation = await reserve(ledger(), 100);
    await reservation.settle(taken(1300));
    expect(await spent()).toEqual([{ microusd: 1300, reading: 0, dear: 0 }]);
    expect((await refusal(ledger(), 1))?.cap).toBe("day");
    expect(await refusal(ledger(), 0)).toBeNull();
  });

  test("is corrected on the day on which it was made", async () => {
    const reservation = await reserve(ledger(), 100);
    await database.pool.query(
      "update cost set at = at - interval '1 day'; update spend set day = day - 1",
    );
    await reserve(ledger(), 50);
    await reservation.settle(taken(30));
    expect((await spent()).map(({ microusd }) => microusd)).toEqual([30, 50]);
  });

  test("that a crash left behind is settled at what was set aside, after an hour", async () => {
    const [late] = [await reserve(ledger(), 100), await reserve(ledger(), 200)];
    const age = "update cost set at = at - interval '61 minutes' where microusd = 100";
    await database.pool.query(age);
    await settleForgotten(database.pool);
    const { rows } = await database.pool.query("select microusd, settled from cost order by id");
    expect(rows).toEqual([
      { microusd: 100, settled: true },
      { microusd: 200, settled: false },
    ]);
    await late?.settle(taken(1));
    expect(await spent()).toEqual([{ microusd: 300, reading: 0, dear: 0 }]);
  });
});

describe("a cap", () => {
  test("of the month counts its other days, not last month's, and renews with the next month", async () => {
    await spendOn(LAST_MONTH, 9000);
    expect(await refusal(ledger(), 100)).toBeNull();
    await spendOn(OTHER_DAY, 4851);
    expect(await refusal(ledger(), 50)).toMatchObject({
      cap: "month",
      renewsAt: atTheEarliest("month"),
      retryable: false,
    });
  });

  test("of the day renews with the next day, by UTC", async () => {
    const found = await refusal(ledger(), 1001);
    expect(found).toMatchObject({ cap: "day", renewsAt: atTheEarliest("day") });
  });

  test("of reading is half of the day's and half of the month's budget; questions have the rest", async () => {
    expect(await refusal(ledger(), 500, { purpose: "index" })).toBeNull();
    expect(await refusal(ledger(), 1, { purpose: "context" })).toMatchObject({
      cap: "reading",
      renewsAt: atTheEarliest("day"),
    });
    expect(await refusal(ledger(), 1, { purpose: "query" })).toBeNull();
    await database.pool.query("delete from spend");
    await spendOn(OTHER_DAY, 2400, 2400);
    expect(await refusal(ledger(), 101, { purpose: "index" })).toMatchObject({
      cap: "reading",
      renewsAt: atTheEarliest("month"),
    });
    expect(await refusal(ledger(), 100, { purpose: "index" })).toBeNull();
  });

  test("of dear models leaves the others their money", async () => {
    expect(await refusal(ledger(), 200, { dear: true })).toBeNull();
    expect((await refusal(ledger(), 1, { dear: true }))?.cap).toBe("dear");
    expect(await refusal(ledger(), 800)).toBeNull();
    expect((await refusal(ledger(), 1, { dear: true }))?.cap).toBe("day");
  });

  test("of a workspace's own goes before that of the settings", async () => {
    workspaceId = await addWorkspace("rich", { day: 3000 });
    expect(await refusal(ledger(), 3000)).toBeNull();
    workspaceId = await addWorkspace("poor", { month: 10 });
    expect((await refusal(ledger(), 11))?.cap).toBe("month");
  });

  test("of nothing lets nothing through but what is free", async () => {
    const books = ledger({ budgets: { dayMicrousd: 0 } });
    expect(await refusal(books, 0)).toBeNull();
    expect(warnings).toEqual([]);
    expect((await refusal(books, 1))?.cap).toBe("none");
  });
});

describe("the operator", () => {
  test("is told at 50, 80 and 100 percent, once over all processes", async () => {
    const books = [ledger(), ledger({ db: otherPool })];
    const told = () => warnings.splice(0).map(({ period, percent }) => [period, percent]);
    const [one] = books;
    if (!one) throw new Error("there are two");
    const first = await reserve(one, 490);
    expect(told()).toEqual([]);
    await first.settle(taken(510));
    expect(told()).toEqual([["day", 50]]);
    await Promise.all(books.map((each) => reserve(each, 150)));
    expect(told()).toEqual([["day", 80]]);
    await Promise.all(books.map((each) => refusal(each, 500)));
    await refusal(one, 1000);
    expect(told()).toEqual([["day", 100]]);
  });

  test("is told in dollars, with the time from which there is money again", async () => {
    const books = ledger({ budgets: { dayMicrousd: 8_000_000, monthMicrousd: 2_000_000 } });
    await reserve(books, 1_700_000);
    expect(warnings).toMatchObject([
      {
        ...{ workspace: workspaceId, period: "month", percent: 80, spentUsd: 1.7, budgetUsd: 2 },
        renewsAt: atTheEarliest("month").toISOString(),
      },
    ]);
  });

  test("sees what each workspace has spent, and on what", async () => {
    const metrics = createMetrics(async () => ({}));
    const log = pino({ level: "silent" });
    const books = createLedger({ db: database.pool, budgets: BUDGETS, log, metrics });
    await (await reserve(books, 100)).settle(taken(40));
    await (await reserve(books, 100, { model: "test/second" })).settle(taken(70));
    await reserve(books, 10);
    await spendOn(OTHER_DAY, 4880);
    const other = await addWorkspace("beta", { day: 7 });
    const [mine, theirs] = await spendingOf(database.pool, null, BUDGETS);
    expect(mine).toMatchObject({
      ...{ workspaceId, workspace: "acme", dayMicrousd: 120, dayMicrousdMax: 1000 },
      ...{ monthMicrousd: 5000, monthMicrousdMax: 5000, monthRenewsAt: atTheEarliest("month") },
    });
    expect(theirs).toMatchObject({ dayMicrousd: 0, dayMicrousdMax: 7 });
    expect(theirs?.dayRenewsAt).toEqual(atTheEarliest("day"));
    expect(await spendingOf(database.pool, other, BUDGETS)).toEqual([theirs]);
    expect(await costByModel(database.pool, workspaceId, 24)).toEqual([
      { model: "test/second", microusd: 70 },
      { model: "test/first", microusd: 40 },
    ]);
    expect(await costByModel(database.pool, other, 24)).toEqual([]);
    const [counted] = (await metrics.costUsd.get()).values;
    expect(counted?.labels).toEqual({ purpose: "answer" });
    expect(counted?.value).toBeCloseTo(0.00011, 9);
  });
});
