import type { Log } from "../log.ts";
import { BudgetReached, type Ledger, type Payer, type Reservation } from "../money/ledger.ts";
import { type FailureKind, ModelFailed, NO_USAGE, type Usage } from "./failure.ts";
import type { ModelFacts } from "./health.ts";
import { ASSUMED_PRICE, costOf } from "./price.ts";
import { type ChatRequest, forEyes, tokensOf } from "./request.ts";
import { estimateTokens } from "./tokens.ts";

/** A model's answer as it comes. `end` comes once, last, and only after text. */
export type ModelPart = { kind: "text"; text: string } | { kind: "end"; usage: Usage };

/** Asks one model. @throws {ModelFailed}, or the signal's reason */
export interface ChatClient {
  streamChat(model: string, request: ChatRequest, signal: AbortSignal): AsyncIterable<ModelPart>;
}

/** One model's try, or why it was passed over. `reason` is empty for one that answered. */
export interface Attempt {
  model: string;
  outcome: "answered" | "failed" | "skipped";
  reason: FailureKind | "";
  firstTokenMs: number | null;
  totalMs: number;
  tokensIn: number;
  tokensOut: number;
  /** Millionths of a dollar; estimated where the service did not get to say. */
  costMicrousd: number;
}

/** What became of a try; `failure` is null when it answered. */
export interface Tried {
  attempt: Attempt;
  failure: ModelFailed | BudgetReached | null;
}

export interface AttemptDeps {
  client: ChatClient;
  ledger: Ledger;
  log: Log;
  /** Takes what may end behind the answer: nobody waits for it in between. */
  later(work: Promise<void>): void;
}

interface One {
  facts: ModelFacts;
  request: ChatRequest;
  payer: Payer;
  dear: boolean;
}

// These are told before anything was read or written, so nothing was paid for.
const FREE_OF_CHARGE = new Set<FailureKind>([
  "key_invalid",
  "credit_out",
  "credit_busy",
  "retired",
  "no_provider",
  "refused",
  "too_long",
  "bad_request",
  "rate_limited",
  "unreachable",
]);

export function skipped(model: string, reason: FailureKind): Attempt {
  const nothing = { tokensIn: 0, tokensOut: 0, costMicrousd: 0 };
  return { model, outcome: "skipped", reason, firstTokenMs: null, totalMs: 0, ...nothing };
}

/** The most that a request can cost, by the model's price or an assumed one. */
export function worstCase({ price }: ModelFacts, request: ChatRequest): number {
  return costOf(price ?? ASSUMED_PRICE, tokensOf(request), request.tokensMax);
}

/** Asks one model, with its money set aside before and settled after, whatever becomes of it. */
export async function* tryModel(
  deps: AttemptDeps,
  { facts, request: asked, payer, dear }: One,
  signal: AbortSignal,
): AsyncGenerator<{ kind: "text"; text: string }, Tried> {
  const { model } = facts;
  const request = forEyes(asked, facts.seesImages);
  const reservation = await reserve(deps.ledger, payer, { facts, request, dear });
  if (reservation instanceof BudgetReached) {
    const reason = reservation.cap === "dear" ? "too_dear" : "over_budget";
    return { attempt: skipped(model, reason), failure: reservation };
  }
  const startedAtMs = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedAtMs);
  let firstTokenMs: number | null = null;
  let tokensOut = 0;
  let usage: Usage | null = null;
  let failure: ModelFailed | null = null;
  try {
    for await (const part of deps.client.streamChat(model, request, signal)) {
      if (part.kind === "end") usage = part.usage;
      else {
        firstTokenMs ??= elapsedMs();
        tokensOut += estimateTokens(part.text);
        yield part;
      }
    }
  } catch (error) {
    // Anything else is a bug or the signal's reason, and no other model would help.
    if (!(error instanceof ModelFailed)) throw error;
    failure = error;
    usage = error.usage;
  } finally {
    usage = counted(usage, { facts, request, tokensOut, failure });
    const { tokensIn, costMicrousd } = usage;
    const taken = { tokensIn, tokensOut: usage.tokensOut, microusd: costMicrousd ?? 0 };
    deps.later(reservation.settle(taken));
  }
  return {
    attempt: {
      model,
      outcome: failure ? "failed" : "answered",
      reason: failure?.kind ?? "",
      firstTokenMs,
      totalMs: elapsedMs(),
      tokensIn: usage.tokensIn,
      tokensOut: usage.tokensOut,
      costMicrousd: usage.costMicrousd ?? 0,
    },
    failure,
  };
}

async function reserve(
  ledger: Ledger,
  payer: Payer,
  { facts, request, dear }: Omit<One, "payer">,
): Promise<Reservation | BudgetReached> {
  const microusdMax = worstCase(facts, request);
  try {
    return await ledger.reserve(payer, {
      purpose: "answer",
      model: facts.model,
      microusdMax,
      dear,
    });
  } catch (error) {
    if (error instanceof BudgetReached) return error;
    throw error;
  }
}

interface Counting {
  facts: ModelFacts;
  request: ChatRequest;
  /** Of the text that came, estimated. */
  tokensOut: number;
  failure: ModelFailed | null;
}

/** What a try took: as the service said, else by the model's price, else by what went to and fro. */
function counted(said: Usage | null, { facts, request, tokensOut, failure }: Counting): Usage {
  const { price } = facts;
  if (said !== null && said.tokensIn + said.tokensOut > 0) {
    const { tokensIn } = said;
    const byPrice = price ? costOf(price, tokensIn, said.tokensOut) : 0;
    return { ...said, costMicrousd: said.costMicrousd ?? byPrice };
  }
  if (failure && FREE_OF_CHARGE.has(failure.kind)) return NO_USAGE;
  // A 5xx before the first word was not worth anything; broken off later, it was worth what came.
  if (failure?.status !== undefined && tokensOut === 0) return NO_USAGE;
  const tokensIn = tokensOf(request);
  return { tokensIn, tokensOut, costMicrousd: price ? costOf(price, tokensIn, tokensOut) : 0 };
}
