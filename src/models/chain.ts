import { ConfigError, ServiceError } from "../errors.ts";
import type { Log } from "../log.ts";
import { BudgetReached, type Ledger, type Payer } from "../money/ledger.ts";
import {
  type Attempt,
  type ChatClient,
  skipped,
  type Tried,
  tryModel,
  worstCase,
} from "./attempt.ts";
import { type FailureKind, ModelFailed, verdict } from "./failure.ts";
import type { ModelFacts } from "./health.ts";
import type { KeyFacts } from "./key.ts";
import { type ChatRequest, fitting } from "./request.ts";

/** Text comes in deltas; `restart` takes back all of it so far: `model` begins anew, for `reason`. */
export type ChainPart =
  | { kind: "text"; text: string }
  | { kind: "restart"; model: string; reason: string }
  | { kind: "done"; model: string };

/** On whose behalf the models are asked. */
export interface Asker {
  payer: Payer;
  /** Ask also those that are resting: it is the last try of a question that no model answered. */
  insist?: boolean;
  /** Filled as it goes: who was asked or passed over, and what became of it. */
  attempts?: Attempt[];
}

export interface Chain {
  /**
   * Answers with the first model that can. Text may have come before it throws.
   * @throws {AllModelsFailed} when none could, or not in time
   * @throws {BudgetReached} when no model was asked, because there is no money left for it
   * @throws {ConfigError} when the key is not valid
   * @throws {ServiceError} not retryable, when the key's credit is used up
   */
  stream(request: ChatRequest, asker: Asker, signal: AbortSignal): AsyncIterable<ChainPart>;
}

/** What all processes together know of the key and the models. */
export interface Health {
  /** The models in the chain's order. */
  read(): Promise<{ key: Pick<KeyFacts, "state" | "restingUntil">; models: ModelFacts[] }>;
  /** Takes note of a model that was asked. */
  record(attempt: Attempt, failure: ModelFailed | null): Promise<void>;
}

export interface ChainOptions {
  client: ChatClient;
  health: Health;
  ledger: Ledger;
  log: Log;
  /** For the whole answer, all models together. */
  limits: { answerTimeoutMs: number };
}

/** Every model of the chain failed or was passed over. */
export class AllModelsFailed extends ServiceError {
  override name = "AllModelsFailed";
  readonly attempts: Attempt[];
  /** When one of them is worth asking again; null where time does not help. */
  readonly retryAt: Date | null;

  constructor(attempts: Attempt[], retryAt: Date | null) {
    const tries = attempts.map(({ model, reason }) => `${model} ${textOf(reason)}`);
    const retryable = retryAt !== null;
    super("openrouter", `No model could answer: ${tries.join("; ")}.`, { retryable });
    this.attempts = attempts;
    this.retryAt = retryAt;
  }
}

// A model so much dearer than the first one has a daily share of its own.
const DEAR_FACTOR = 5;
// There is one more try only: an outage of some seconds should be over by then.
const RETRY_MS_MIN = 30_000;
// Whoever should have tried a model out by then is away: a question may find out.
const OVERDUE_MS = 2 * 60_000;

export function createChain(options: ChainOptions): Chain {
  return { stream: (request, asker, signal) => walk(options, request, asker, signal) };
}

/** One walk along the chain. */
interface Walk {
  request: ChatRequest;
  asker: Asker;
  models: ModelFacts[];
  attempts: Attempt[];
  /** What ends behind the answer. */
  pending: Promise<void>[];
  overBudget: BudgetReached | null;
}

async function* walk(
  options: ChainOptions,
  request: ChatRequest,
  asker: Asker,
  signal: AbortSignal,
): AsyncGenerator<ChainPart> {
  const deadline = new AbortController();
  const late = () => deadline.abort(new ModelFailed("answer_late"));
  const timer = setTimeout(late, options.limits.answerTimeoutMs);
  const until = AbortSignal.any([signal, deadline.signal]);
  const pending: Promise<void>[] = [];
  try {
    const { key, models } = await options.health.read();
    assertKey(key);
    const { attempts = [] } = asker;
    const on: Walk = { request, asker, models, attempts, pending, overBudget: null };
    const answered = yield* askInTurn(options, on, { signal, until });
    signal.throwIfAborted();
    if (answered === null) throw await noAnswer(options, on);
    yield { kind: "done", model: answered };
  } finally {
    clearTimeout(timer);
    await Promise.all(pending);
  }
}

/** @returns the model that answered; null when none did */
async function* askInTurn(
  options: ChainOptions,
  on: Walk,
  { signal, until }: { signal: AbortSignal; until: AbortSignal },
): AsyncGenerator<ChainPart, string | null> {
  // Text of a model that broke off is still shown, until another one begins.
  let broken: FailureKind | null = null;
  for (const facts of on.models) {
    const { model } = facts;
    // Out of time: the next one could not show what it can.
    if (until.aborted) return null;
    const why = whyPassedOver(facts, on.asker);
    if (why) {
      on.attempts.push(skipped(model, why));
      continue;
    }
    if (broken) yield { kind: "restart", model, reason: `The model ${verdict(broken).text}.` };
    const { attempt: tried, failure } = yield* askOne(options, on, facts, until);
    signal.throwIfAborted();
    if (failure === null) return model;
    if (isTheEnd(failure, on)) return null;
    broken = tried.firstTokenMs !== null && failure instanceof ModelFailed ? failure.kind : null;
  }
  return null;
}

/** @throws {ConfigError | ServiceError} where no other model would help, because the key is at fault */
function isTheEnd(failure: ModelFailed | BudgetReached, on: Walk): boolean {
  if (failure instanceof BudgetReached) {
    on.overBudget = failure;
    return false;
  }
  if (failure.kind === "key_invalid") throw new ConfigError(KEY_INVALID);
  if (failure.kind === "credit_out") throw creditOut();
  return verdict(failure.kind).next === "stop";
}

/** Why a model is not asked, going by what is known of it; null: it is asked. */
export function whyPassedOver(
  facts: ModelFacts,
  { insist }: Pick<Asker, "insist">,
): FailureKind | null {
  const { state, reason, passedOverUntil } = facts;
  if (state === "ready" || state === "unknown") return null;
  if (state === "cooling" && insist) return null;
  const overdue = passedOverUntil !== null && Date.now() > passedOverUntil.getTime() + OVERDUE_MS;
  return overdue ? null : (reason ?? "unavailable");
}

/** Asks a model, and a second time with less where it finds the request too long. */
async function* askOne(
  options: ChainOptions,
  on: Walk,
  facts: ModelFacts,
  until: AbortSignal,
): AsyncGenerator<ChainPart, Tried> {
  const fit = fitting(on.request, facts.contextTokens);
  if (fit === null) {
    on.attempts.push(skipped(facts.model, "too_long"));
    return { attempt: skipped(facts.model, "too_long"), failure: new ModelFailed("too_long") };
  }
  const tried = yield* attempt(options, on, { facts, request: fit }, until);
  const isTooLong = tried.failure instanceof ModelFailed && tried.failure.kind === "too_long";
  const smaller = isTooLong && fit === on.request ? on.request.smaller?.() : undefined;
  if (!smaller) return tried;
  return yield* attempt(options, on, { facts, request: smaller }, until);
}

async function* attempt(
  options: ChainOptions,
  on: Walk,
  { facts, request }: { facts: ModelFacts; request: ChatRequest },
  until: AbortSignal,
): AsyncGenerator<ChainPart, Tried> {
  const { client, ledger, log } = options;
  const later = (work: Promise<void>): void => {
    on.pending.push(
      work.catch((err: unknown) => log.error({ err }, "a model's try was not written down")),
    );
  };
  const dear = isDear(on.models, facts, (one) => worstCase(one, request));
  const one = { facts, request, payer: on.asker.payer, dear };
  const onEnd = (ended: Attempt): void => void on.attempts.push(ended);
  const tried = yield* tryModel({ client, ledger, later, onEnd }, one, until);
  if (isTelling(options, tried)) {
    const failure = tried.failure instanceof ModelFailed ? tried.failure : null;
    if (failure) log.warn({ attempt: tried.attempt }, "a model failed");
    later(options.health.record(tried.attempt, failure));
  }
  return tried;
}

/** Does the try say something of its model? Not when it was not asked, or came last when the time was up. */
function isTelling({ limits }: ChainOptions, { attempt: { outcome, reason, totalMs } }: Tried) {
  if (outcome === "skipped") return false;
  return reason !== "answer_late" || totalMs > limits.answerTimeoutMs / 2;
}

/** Is it so much dearer than the first model that it has a share of its own? */
export function isDear(
  models: ModelFacts[],
  facts: ModelFacts,
  costOf: (facts: ModelFacts) => number,
): boolean {
  const first = models.find(({ price }) => price !== null);
  if (!first || first.model === facts.model) return false;
  return costOf(facts) > DEAR_FACTOR * costOf(first);
}

const KEY_INVALID =
  "OPENROUTER_API_KEY is not valid: OpenRouter does not know it. Make a new key at openrouter.ai/keys.";
const CREDIT_OUT =
  "OpenRouter's credit is used up, or this key's limit is: see openrouter.ai/settings/credits and /keys.";

/** While the key is known to be no good, no model is asked in vain. */
function assertKey({ state, restingUntil }: Pick<KeyFacts, "state" | "restingUntil">): void {
  if (restingUntil === null || restingUntil.getTime() < Date.now()) return;
  if (state === "invalid") throw new ConfigError(KEY_INVALID);
  if (state === "credit_out") throw creditOut();
}

function creditOut(): ServiceError {
  return new ServiceError("openrouter", CREDIT_OUT, { status: 402, retryable: false });
}

async function noAnswer({ health }: ChainOptions, on: Walk): Promise<Error> {
  const { overBudget } = on;
  const isAsked = on.attempts.some(({ outcome }) => outcome === "failed");
  // When they rest until is known once the failures are written down.
  await Promise.all(on.pending);
  const { models } = await health.read();
  const ends = models.flatMap(({ state, passedOverUntil }) =>
    state === "cooling" && passedOverUntil ? passedOverUntil.getTime() : [],
  );
  // With the dear ones used up, a cheaper one that rests is worth waiting for.
  if (overBudget && !isAsked && (overBudget.cap !== "dear" || ends.length === 0)) return overBudget;
  const soonest = Math.max(Math.min(...ends), Date.now() + RETRY_MS_MIN);
  return new AllModelsFailed(on.attempts, ends.length > 0 ? new Date(soonest) : null);
}

function textOf(reason: FailureKind | ""): string {
  return reason === "" ? "answered" : verdict(reason).text;
}
