/**
 * Every failure, at every place of the stream and of the chain: what is asked next, what stands there at the end, what
 * is in the books, and what another process then tells of it.
 */
import { setImmediate as turn } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test, vi } from "vitest";
import type { Database } from "../../src/db/pool.ts";
import { ConfigError, ServiceError } from "../../src/errors.ts";
import type { Attempt } from "../../src/models/attempt.ts";
import {
  AllModelsFailed,
  type Chain,
  type ChainPart,
  createChain,
} from "../../src/models/chain.ts";
import { createClient } from "../../src/models/client.ts";
import { createHealth, readHealth } from "../../src/models/health.ts";
import { fingerprintOf } from "../../src/models/key.ts";
import { createOpenRouter } from "../../src/models/openrouter.ts";
import { createLedger } from "../../src/money/ledger.ts";
import { OPERATOR, readStatus } from "../../src/operator/status/status.ts";
import type { ModelStatus, Status } from "../../src/surface.ts";
import { openTestDatabase } from "../support/database.ts";
import {
  ANSWER_MS,
  AWAY,
  FAULTS,
  type Fault,
  GOOD_ANSWER,
  nameOf,
  PLACES,
  SILENCE_MS,
  type Walk,
  walkAlong,
} from "../support/model-faults.ts";
import { type OpenRouterLoopback, startOpenRouter } from "../support/openrouter.ts";
import { inTls, NO_SUCH_HOST } from "../support/openrouter-unreachable.ts";
import { urlOf } from "../support/postgres-template.ts";
import { type Program, startProgram } from "../support/program.ts";

const MODELS = ["a/first", "b/second", "c/third"];
const API_KEY = "sk-or-test-key";
const PLENTY = 1_000_000_000;
const BUDGETS = { dayMicrousd: PLENTY, monthMicrousd: PLENTY, dearDayMicrousd: PLENTY };
const TOLD = { models: MODELS, apiKey: API_KEY, budgets: BUDGETS };
// How far the clocks of two machines may be apart.
const SKEW_MS = 4_000;

const QUESTION = '<source id="1">\nIt is 12 %. More.\n</source>\n\nWhat is it?';
const REQUEST = {
  messages: [{ role: "user" as const, content: QUESTION }],
  tokensMax: 100,
  smaller: () => ({ messages: [{ role: "user" as const, content: QUESTION }], tokensMax: 50 }),
};

let database: Database;
let openrouter: OpenRouterLoopback;
let chain: Chain;
let statusProcess: Program | null = null;
let workspaceId: number;
const errorLines: string[] = [];
const strays: unknown[] = [];
const onStray = (error: unknown) => void strays.push(error);

beforeAll(async () => {
  process.on("unhandledRejection", onStray).on("uncaughtException", onStray);
  database = await openTestDatabase();
  openrouter = await startOpenRouter();
  chain = chainAt(openrouter.url);
  const { rows } = await database.pool.query<{ id: number; name: string }>(
    `insert into workspace (platform, platform_id) values ('memory', 'W1')
     returning id, current_database() as name`,
  );
  const [workspace = { id: 0, name: "" }] = rows;
  workspaceId = workspace.id;
  if (database.engine === "postgres") {
    const url = urlOf(inject("postgres").serverUrl, workspace.name);
    statusProcess = startProgram("status-process.ts", url);
  }
});

afterAll(async () => {
  process.off("unhandledRejection", onStray).off("uncaughtException", onStray);
  await statusProcess?.kill();
  await openrouter.close();
  await database.close();
});

beforeEach(async () => {
  for (const table of ["model_health", "model_attempt", "model_key", "cost", "spend"]) {
    await database.pool.query(`delete from ${table}`);
  }
  // What they take is known, so that half an answer costs something too.
  await database.pool.query(
    `insert into model_health (model, state, input_microusd_per_mtoken, output_microusd_per_mtoken)
     select model, 'unknown', 150000, 600000 from unnest($1::text[]) model`,
    [MODELS],
  );
  openrouter.requests.length = 0;
  strays.length = 0;
  errorLines.length = 0;
  // Limits run out when a case says so. The database's own are longer than all that pass in one case.
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "performance"],
    shouldClearNativeTimers: true,
  });
});

afterEach(() => {
  vi.useRealTimers();
  for (const model of MODELS) openrouter.script(model);
});

function chainAt(baseUrl: string): Chain {
  const { pool: db } = database;
  const log = pino({ level: "error" }, { write: (line: string) => void errorLines.push(line) });
  return createChain({
    client: createOpenRouter({
      client: createClient({ apiKey: API_KEY, baseUrl }),
      dataCollection: "deny",
      limits: { firstTokenTimeoutMs: SILENCE_MS, idleTimeoutMs: SILENCE_MS },
    }),
    health: createHealth({ db, models: MODELS, fingerprint: fingerprintOf(API_KEY) }),
    ledger: createLedger({ db, budgets: BUDGETS, log }),
    log,
    limits: { answerTimeoutMs: ANSWER_MS },
  });
}

/** What comes of a question. */
interface Outcome {
  parts: ChainPart[];
  attempts: Attempt[];
  error: unknown;
}

const nothingYet = (): Outcome => ({ parts: [], attempts: [], error: null });

/** @param outcome filled as it comes */
async function ask(asked: Chain, outcome = nothingYet()): Promise<Outcome> {
  const { signal } = new AbortController();
  const asker = { payer: { workspaceId, userId: "U1" }, attempts: outcome.attempts };
  try {
    for await (const part of asked.stream(REQUEST, asker, signal)) outcome.parts.push(part);
  } catch (error) {
    outcome.error = error;
  }
  return outcome;
}

const modelsAsked = () => openrouter.requests.map(({ body }) => body.model);

function storyOf({ parts }: Outcome): string[] {
  const story = parts.map((part) => (part.kind === "text" ? "text" : `${part.kind} ${part.model}`));
  return story.filter((told, i) => told !== "text" || story[i - 1] !== "text");
}

/** What stands there at the end: a restart takes back what came before. */
function shown({ parts }: Outcome): string {
  return parts.reduce((text, part) => {
    if (part.kind === "restart") return "";
    return part.kind === "text" ? text + part.text : text;
  }, "");
}

/** Lets limits run out, each once all has come that comes before it. */
async function passTime({ asked }: Walk, { parts }: Outcome): Promise<void> {
  for (const [i, { fault }] of asked.entries()) {
    if (fault.limitMs === undefined) continue;
    const hasCome = () =>
      openrouter.requests.length > i && (fault.text === "" || parts.at(-1)?.kind === "text");
    await expect.poll(hasCome, { interval: 2, timeout: 20_000 }).toBe(true);
    await turn();
    vi.advanceTimersByTime(fault.limitMs);
  }
}

async function statusElsewhere(): Promise<Status> {
  if (statusProcess) {
    statusProcess.tell(JSON.stringify(TOLD));
    return JSON.parse((await statusProcess.line()) ?? "");
  }
  const queue = { depth: async () => ({ waiting: 0, running: 0, dead: 0 }) };
  const { pool: db, engine } = database;
  return readStatus({ db, engine, queue, embedder: null, ...TOLD }, OPERATOR);
}

function assertOutcome(outcome: Outcome, { end }: Walk, status: Status): void {
  const { error } = outcome;
  if (end.next === "answered") {
    expect(error).toBeNull();
    expect(shown(outcome)).toBe(end.text);
  } else if (end.key === "invalid") {
    expect(error).toBeInstanceOf(ConfigError);
  } else if (end.key === "credit_out") {
    expect(error).toBeInstanceOf(ServiceError);
    expect(error).toMatchObject({ status: 402, retryable: false });
  } else {
    expect(error).toBeInstanceOf(AllModelsFailed);
    const resting = status.models.filter(({ state }) => state === "resting");
    const retryAt = error instanceof AllModelsFailed ? error.retryAt : null;
    expect(retryAt !== null).toBe(resting.length > 0);
    const firstMs = Math.min(...resting.map(({ restingUntilMs }) => restingUntilMs ?? 0));
    // Rest is told from the database's clock and this one's, a moment apart.
    if (retryAt) expect(retryAt.getTime()).toBeGreaterThan(firstMs - 2_000);
  }
}

function assertAttempts({ attempts }: Outcome, { asked }: Walk): void {
  const outcomes = asked.map(({ model, fault: { reason } }) => ({ model, reason }));
  expect(attempts.map(({ model, reason }) => ({ model, reason }))).toEqual(outcomes);
}

/** Nothing is left set aside, and what was spent is what the calls cost. */
async function assertBooks({ asked }: Walk): Promise<void> {
  const { rows } = await database.pool.query<{
    model: string;
    settled: boolean;
    microusd: number;
    spent: number;
  }>(
    `select model, settled, microusd, (select sum(microusd)::bigint from spend) as spent
       from cost order by id`,
  );
  expect(rows.map(({ model }) => model)).toEqual(asked.map(({ model }) => model));
  expect(rows.every(({ settled }) => settled)).toBe(true);
  expect(rows[0]?.spent).toBe(rows.reduce((sum, { microusd }) => sum + microusd, 0));
  // Half an answer is paid for.
  const written = rows.filter((_, i) => asked[i]?.fault.text !== "");
  expect(written.every(({ microusd }) => microusd > 0)).toBe(true);
}

function assertStatus(status: Status, { asked, end }: Walk, fromMs: number): void {
  for (const model of status.models) {
    const tries = asked.filter((one) => one.model === model.id).map(({ fault }) => fault);
    const answered = tries.filter(({ next }) => next === "answered").length;
    expect(model.day).toMatchObject({ tries: tries.length, answered });
    assertModel(model, tries[0], fromMs);
  }
  const next = end.key ? undefined : usable(status)[0];
  expect(status.models.filter((model) => model.next)).toEqual(next ? [next] : []);
  expect(status.line).toMatch(lineStart(status, end));
  expect(status.money?.key.state).toBe(end.key ?? (end.next === "answered" ? "valid" : "unknown"));
}

function assertModel(model: ModelStatus, fault: Fault | undefined, fromMs: number): void {
  const { leaves = "unknown", restS = 0 } = fault ?? {};
  expect(model.state).toBe(leaves);
  const isWell = leaves === "ready" || leaves === "unknown";
  const { note, restingUntilMs } = model;
  const isTold = { why: note !== "", until: restingUntilMs !== null };
  expect(isTold).toEqual({ why: !isWell, until: !isWell });
  expect(model.fix !== null).toBe(leaves === "retired" || leaves === "no_provider");
  if (restingUntilMs === null) return;
  expect(restingUntilMs).toBeGreaterThan(fromMs + restS * 1000 - SKEW_MS);
  expect(restingUntilMs).toBeLessThan(Date.now() + restS * 1000 + SKEW_MS);
}

function usable({ models }: Status): ModelStatus[] {
  return models.filter(({ state }) => state === "ready" || state === "unknown");
}

function lineStart(status: Status, end: Fault): RegExp {
  if (end.key === "invalid") return /^⚠️ No model answers: the key is not valid/;
  if (end.key === "credit_out") return /^⚠️ No model answers: the key's credit or limit is used up/;
  const [next] = usable(status);
  if (next?.id === MODELS[0]) return /^✅ Working/;
  if (next) return new RegExp(`^⚠️ Answering with a reserve: ${next.id.slice(2)} \\(first `);
  const rests = status.models.some(({ state }) => state === "resting");
  return rests
    ? /^⚠️ No model answers right now · trying again at/
    : /^⚠️ No model answers right now · others are needed in OPENROUTER_MODELS/;
}

/** A second question at once goes to the first model that is usable, and to no other. */
async function assertNextQuestion(walk: Walk, before: Status): Promise<void> {
  openrouter.requests.length = 0;
  for (const model of MODELS) openrouter.script(model);
  const outcome = await ask(chain);
  const [next] = walk.end.key ? [] : usable(before);
  expect(modelsAsked()).toEqual(next ? [next.id] : []);
  if (!next) return assertOutcome(outcome, walk, before);
  expect(outcome.error).toBeNull();
  expect(shown(outcome)).toBe(GOOD_ANSWER);
}

/** @param isThere false: no model is reached */
async function assertCase(faults: Fault[], asked: Chain, isThere = true): Promise<void> {
  const fromMs = Date.now();
  const walk = walkAlong(MODELS, faults);
  const outcome = nothingYet();
  await Promise.all([ask(asked, outcome), isThere && passTime(walk, outcome)]);
  // Those that hung were hung up on.
  await Promise.all(openrouter.requests.map(({ ended }) => ended));
  expect(storyOf(outcome)).toEqual(walk.story);
  expect(modelsAsked()).toEqual(isThere ? walk.asked.map(({ model }) => model) : []);
  assertAttempts(outcome, walk);
  const status = await statusElsewhere();
  assertOutcome(outcome, walk, status);
  await assertBooks(walk);
  assertStatus(status, walk, fromMs);
  await assertNextQuestion(walk, status);
  await turn();
  expect({ strays, errorLines }).toEqual({ strays: [], errorLines: [] });
}

const CASES = FAULTS.flatMap((one) =>
  Object.entries(PLACES).map(([place, faultsOf]) => ({
    ...{ fault: nameOf(one), place, faults: faultsOf(one) },
  })),
);

test.each(CASES)(
  "$fault $place: the right model next, one whole answer, the truth",
  async (one) => {
    for (const [i, { reply, tries }] of one.faults.entries()) {
      openrouter.script(MODELS[i] ?? "", ...Array.from({ length: tries }, () => reply));
    }
    await assertCase(one.faults, chain);
  },
);

test.each<[string, () => string | Promise<string>]>([
  ["no such host", () => NO_SUCH_HOST],
  ["no TLS", () => inTls(openrouter)],
  [
    "nobody listening",
    async () => {
      const gone = await startOpenRouter();
      await gone.close();
      return gone.url;
    },
  ],
])("with %s every model fails at once, nothing is spent, and it is told so", async (_, urlOf) => {
  await assertCase([AWAY, AWAY, AWAY], chainAt(await urlOf()), false);
});

test("two questions that run into a dead model at the same time count as one failure", async () => {
  openrouter.script("a/first", "no_headers", "no_headers");
  const answering = Promise.all([ask(chain), ask(chain)]);
  await expect.poll(() => openrouter.requests.length, { interval: 2 }).toBe(2);
  vi.advanceTimersByTime(SILENCE_MS);
  for (const outcome of await answering) expect(shown(outcome)).toBe(GOOD_ANSWER);
  expect(modelsAsked().slice(2)).toEqual(["b/second", "b/second"]);
  const [first] = await readHealth(database.pool, MODELS);
  expect(first).toMatchObject({ state: "cooling", reason: "first_token_late", failures: 1 });
});
