import { expect, test } from "vitest";
import type { ModelFacts } from "../../src/models/health.ts";
import type { KeyFacts } from "../../src/models/key.ts";
import type { Spending } from "../../src/money/spending.ts";
import { detailsOf } from "../../src/operator/status/details.ts";
import { lineOf, type StatusFacts } from "../../src/operator/status/line.ts";
import { modelStatuses } from "../../src/operator/status/models.ts";
import { isShareUsedUp, moneyStatus, usedUpUntil } from "../../src/operator/status/money.ts";
import { narrow } from "../../src/operator/status/words.ts";
import type { ModelStatus, MoneyStatus } from "../../src/surface.ts";
import { factsOf } from "../support/models.ts";

const NOW_MS = Date.now();
const TODAY = new Date(NOW_MS).toISOString().slice(0, 10);
const AT_1432_MS = Date.parse(`${TODAY}T14:32:00Z`);
const LATER = new Date(NOW_MS + 60 * 60_000);
const MINI = "openai/gpt-4o-mini";
const BIG = "openai/gpt-4o";

const DAY = { firstTokenMs: null, tokensIn: 10, tokensOut: 5 };
const DAYS = new Map([
  [MINI, { ...DAY, tries: 300, answered: 299, totalMs: { p50: 1_830, p95: 4_000 } }],
  [BIG, { ...DAY, tries: 4, answered: 1, totalMs: { p50: 780, p95: 900 } }],
]);

const READY = factsOf(MINI, { state: "ready" });
const SECOND = factsOf(BIG, { state: "ready" });
const RESTING: Partial<ModelFacts> = {
  state: "cooling",
  reason: "rate_limited",
  passedOverUntil: LATER,
};
const RETIRED: Partial<ModelFacts> = {
  state: "retired",
  reason: "retired",
  passedOverUntil: LATER,
};
const NO_PROVIDER: Partial<ModelFacts> = {
  state: "no_provider",
  reason: "no_provider",
  passedOverUntil: LATER,
};

function modelsOf(models: ModelFacts[], key: "none" | "blocked" | "works" = "works") {
  const asking = { key, wide: true, nowMs: NOW_MS, isShareUsedUp: () => false };
  return modelStatuses(models, DAYS, asking).map(at1432);
}

/** Written out in a test, a time must be the same on every day. */
function at1432(model: ModelStatus): ModelStatus {
  return { ...model, restingUntilMs: model.restingUntilMs === null ? null : AT_1432_MS };
}

function facts(more: Partial<StatusFacts> = {}): StatusFacts {
  return {
    version: "1.2.3",
    engine: "postgres",
    embedder: { state: "ready", note: "" },
    models: modelsOf([READY, SECOND]),
    files: { searchable: 12, reading: 0, failed: 0, withoutVectors: 0 },
    queue: { waiting: 0, running: 0, dead: 0 },
    money: null,
    key: "valid",
    usedUpUntilMs: null,
    viewer: { wide: true, admin: false },
    nowMs: Date.parse(`${TODAY}T12:00:00Z`),
    ...more,
  };
}

const ADMIN = { wide: true, admin: true };
const GUEST = { wide: false, admin: false };
const MIDNIGHT_MS = Date.parse(`${TODAY}T00:00:00Z`) + 24 * 60 * 60_000;
const NEXT_MONTH_MS = Date.parse("2034-02-01T00:00:00Z");
const IN_JANUARY_MS = Date.parse("2034-01-14T12:00:00Z");
const READING = { searchable: 12, reading: 3, failed: 1, withoutVectors: 0 };

test.each<[string, Partial<StatusFacts>, string]>([
  ["all is well", {}, "✅ Working · answers in about 2 s · 12 files searchable"],
  ["files wait", { files: READING }, "✅ Working · answers in about 2 s · 3 files waiting"],
  [
    "one file waits, another has no vectors",
    { files: { ...READING, reading: 1, withoutVectors: 2 } },
    "✅ Working · answers in about 2 s · 1 file waiting · 2 by words alone",
  ],
  ["a guest asks", { files: READING, viewer: GUEST }, "✅ Working · answers in about 2 s"],
  ["nothing was asked yet", { models: modelsOf([factsOf("a/new")]), viewer: GUEST }, "✅ Working"],
  [
    "the first model rests",
    { models: modelsOf([factsOf(MINI, RESTING), SECOND]), viewer: GUEST },
    "⚠️ Answering with a reserve: gpt-4o (gpt-4o-mini is resting until 14:32 UTC) · answers in about 0.8 s",
  ],
  [
    "the first model is retired",
    { models: modelsOf([factsOf(MINI, RETIRED), factsOf("a/new")]), viewer: GUEST },
    "⚠️ Answering with a reserve: new (gpt-4o-mini is retired)",
  ],
  [
    "all rest or are retired",
    { models: modelsOf([factsOf(BIG, RETIRED), factsOf(MINI, RESTING)]), viewer: GUEST },
    "⚠️ No model answers right now · trying again at 14:32 UTC",
  ],
  [
    "a rest is just over",
    {
      models: modelsOf([factsOf(MINI, { ...RESTING, passedOverUntil: new Date(NOW_MS - 1_000) })]),
      viewer: GUEST,
    },
    "⚠️ No model answers right now · trying again now",
  ],
  [
    "all are retired",
    { models: modelsOf([factsOf(MINI, RETIRED)]), viewer: GUEST },
    "⚠️ No model answers right now · others are needed in OPENROUTER_MODELS",
  ],
  [
    "there is no key",
    { key: "none", models: modelsOf([READY], "none"), viewer: GUEST },
    "⚠️ Working without a model: set OPENROUTER_API_KEY for written answers",
  ],
  [
    "the key is not valid, for a member",
    { key: "invalid", models: modelsOf([READY], "blocked"), viewer: GUEST },
    "⚠️ No model answers right now · whoever runs me needs to look at the key",
  ],
  [
    "the credit is used up, for an admin",
    { key: "credit_out", models: modelsOf([READY], "blocked"), viewer: { ...ADMIN, wide: false } },
    "⚠️ No model answers: the key's credit or limit is used up · see openrouter.ai/settings/credits",
  ],
  [
    "the day's budget is used up, for an admin",
    { usedUpUntilMs: MIDNIGHT_MS, viewer: { ...ADMIN, wide: false } },
    "⚠️ Working by words alone · today's budget is used up until 00:00 UTC",
  ],
  [
    "the month's budget is used up, for an admin",
    { usedUpUntilMs: NEXT_MONTH_MS, nowMs: IN_JANUARY_MS, viewer: { ...ADMIN, wide: false } },
    "⚠️ Working by words alone · this month's budget is used up until 1 Feb 00:00 UTC",
  ],
  [
    "a budget is used up, for a member",
    { usedUpUntilMs: MIDNIGHT_MS, viewer: GUEST },
    "⚠️ Working by words alone until 00:00 UTC",
  ],
  [
    "the embedder is away",
    { embedder: { state: "failing", note: "It is tried again." }, viewer: GUEST },
    "✅ Working · answers in about 2 s · the embedder is away: words alone",
  ],
])("the line when %s", (_when, more, line) => {
  expect(lineOf(facts(more))).toBe(line);
});

const MONEY: MoneyStatus = {
  key: { state: "valid", note: "", leftUsd: 5.125 },
  budgets: [
    {
      ...{ workspace: "Acme", dayUsd: 0.12, dayUsdMax: 1, monthUsd: 3.4, monthUsdMax: 20 },
      renewsAtMs: MIDNIGHT_MS,
    },
  ],
  models: [{ id: MINI, usd: 0.1 }],
};

test("the details name each model, what is wrong and what to do, then the rest, then money", () => {
  const models = modelsOf([
    READY,
    factsOf(BIG, { state: "ready", expiresOn: "2027-01-14" }),
    factsOf("anthropic/claude-3.5-sonnet", RETIRED),
    factsOf("google/gemini-2.0-flash-exp", NO_PROVIDER),
    factsOf("meta-llama/llama-3.1-70b-instruct", RESTING),
    factsOf("a/rejecting", { ...RESTING, reason: "bad_request" }),
    factsOf("a/new"),
  ]);
  const told = detailsOf(facts({ models, files: READING, money: MONEY, viewer: ADMIN }));
  expect(told).toEqual([
    "✅ Working · answers in about 2 s",
    "1 gpt-4o-mini: ready · 1.8 s · 99 %",
    "2 gpt-4o: ready · 0.8 s · 25 %",
    "  off on 14 Jan 2027 → choose another",
    "3 claude-3.5-sonnet: retired",
    "  → remove it from OPENROUTER_MODELS",
    "4 gemini-2.0-flash-exp: no provider",
    "  under your privacy setting",
    "  → allow more providers with",
    "  OPENROUTER_DATA, or remove it",
    "5 llama-3.1-70b-instruct: resting until",
    "  14:32 UTC (too many requests)",
    "6 rejecting: resting until 14:32 UTC",
    "  (does not accept our requests)",
    "  → put another in its place in",
    "  OPENROUTER_MODELS",
    "7 new: not asked yet",
    "Finding by meaning: ready",
    "Files: 12 searchable · 3 waiting",
    "  · 1 not readable",
    "Jobs: 0 waiting · 0 running",
    "Key: valid · $5.13 left",
    "$0.12 of $1.00 today",
    "  · $3.40 of $20.00 this month",
    "gpt-4o-mini: $0.10 in 24 hours",
  ]);
});

test("models of the same name keep their vendors", () => {
  const told = detailsOf(facts({ models: modelsOf([factsOf("a/same"), factsOf("b/same")]) }));
  expect(told.slice(1, 3)).toEqual(["1 a/same: not asked yet", "2 b/same: not asked yet"]);
});

const LONG = `vendor/${"a-model-with-a-name-beyond-all-measure".repeat(3)}`;
const HOSTILE = [READY, SECOND].flatMap(({ model }, i) =>
  [{ state: "ready" } as const, RESTING, RETIRED, NO_PROVIDER, {}].map((more, j) =>
    factsOf(`${LONG}-${model.length}-${j}`, { ...more, ...(i && { expiresOn: "2027-01-14" }) }),
  ),
);
const DEAR: MoneyStatus = {
  key: { state: "credit_out", note: `See ${"x".repeat(90)}.`, leftUsd: 123_456_789 },
  budgets: [...MONEY.budgets, ...MONEY.budgets].map((budget) => ({
    ...{ ...budget, workspace: "W".repeat(100), monthUsd: 1e12, monthUsdMax: 1e12 },
  })),
  models: [{ id: LONG, usd: 0.000_4 }],
};

test.each(["none", "unknown", "valid", "invalid", "credit_out"] as const)(
  "no line of the details is longer than 40 characters, whatever the names; the key being %s",
  (key) => {
    const note = `Something long is to be done about it: ${"y".repeat(120)}`;
    for (const first of HOSTILE) {
      const models = modelsOf([first, ...HOSTILE], key === "none" ? "none" : "works");
      const usedUpUntilMs = key === "valid" ? NEXT_MONTH_MS : null;
      const more = { key, models, usedUpUntilMs, embedder: { state: "failing", note } } as const;
      const told = detailsOf(facts({ ...more, money: DEAR, viewer: ADMIN, files: READING }));
      expect(Math.max(...told.map((line) => line.length))).toBeLessThanOrEqual(40);
      expect(told.join("").replaceAll(/\s/g, "")).toContain(first.model.slice(7));
    }
  },
);

test("a word that fits on no line is cut, and nothing of it is lost", () => {
  const lines = narrow(`see ${"z".repeat(100)} there`);
  expect(lines.map((line) => line.length)).toEqual([3, 40, 40, 32]);
});

test("what answers next is the first that is asked, and none while the key is no good", () => {
  const nexts = (key: "blocked" | "works") =>
    modelsOf([factsOf("a/one", RESTING), SECOND, READY], key).map(({ next }) => next);
  expect(nexts("works")).toEqual([false, true, false]);
  expect(nexts("blocked")).toEqual([false, false, false]);
});

test("without a key all models are off, whatever is known of them", () => {
  const [model] = modelsOf([factsOf(MINI, RETIRED)], "none");
  expect(model).toMatchObject({ state: "off", next: false, restingUntilMs: null });
  expect(model?.fix).toContain("OPENROUTER_API_KEY");
});

const KEY: KeyFacts = {
  ...{ state: "valid", since: null, restingUntil: null, expiresAt: null, checkedAt: null },
  ...{ limitMicrousd: null, remainingMicrousd: null, dayMicrousd: null, monthMicrousd: null },
};

test.each<[Partial<KeyFacts>, string]>([
  [{}, ""],
  [{ state: "unknown" }, ""],
  [{ state: "invalid" }, "Make a new key at openrouter.ai/keys and set OPENROUTER_API_KEY."],
  [{ state: "credit_out" }, "openrouter.ai/settings/credits"],
  [{ expiresAt: new Date("2027-01-14T00:00:00Z") }, "It ends on 14 Jan 2027"],
])("the key %o comes with what is to be done", (more, note) => {
  const { key } = moneyStatus({ ...KEY, ...more }, { budgets: [], models: [] });
  expect(key.note).toContain(note);
  expect(key.note === "").toBe(note === "");
});

const CHEAP = { inputMicrousd: 150_000, outputMicrousd: 600_000 };

function spending(dayUsd: number, more: Partial<Spending> = {}): Spending {
  return {
    ...{ workspaceId: 1, workspace: "W", dayMicrousd: dayUsd * 1e6, dayMicrousdMax: 1e6 },
    ...{ monthMicrousd: 0, monthMicrousdMax: 20e6, dearDayMicrousd: 0, dearDayMicrousdMax: 25e4 },
    ...{ dayRenewsAt: new Date(MIDNIGHT_MS), monthRenewsAt: new Date(NEXT_MONTH_MS) },
    ...more,
  };
}

test.each([
  ["there is money", [spending(0.5)], null],
  ["too little is left for a question", [spending(0.9999)], MIDNIGHT_MS],
  ["one of two workspaces has money", [spending(1), spending(0.5)], null],
  ["the month has too little left", [spending(0, { monthMicrousd: 19_999_500 })], NEXT_MONTH_MS],
])("a budget is used up, or not, when %s", (_when, budgets, until) => {
  expect(usedUpUntil(budgets, { price: CHEAP })).toBe(until);
});

test("a model much dearer than the first is not the next one once its share of the day is used up", () => {
  const price = { inputMicrousd: 2_500_000, outputMicrousd: 10_000_000 };
  const models = [factsOf("a/cheap", { price: CHEAP }), factsOf("b/dear", { price })];
  const isUsedUp = (spent: number, facts: ModelFacts | undefined) =>
    facts && isShareUsedUp([spending(0, { dearDayMicrousd: spent })], models, facts);
  expect(isUsedUp(0, models[1])).toBe(false);
  expect(isUsedUp(24e4, models[1])).toBe(true);
  expect(isUsedUp(24e4, models[0])).toBe(false);
});
