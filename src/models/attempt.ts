import {
  BudgetReached,
  type Ledger,
  type Payer,
  type Reservation,
  type Taken,
} from "../money/ledger.ts";
import { type FailureKind, ModelFailed, type Usage } from "./failure.ts";
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

/** One model's try, or why it was passed over. `reason` is empty for one that answered, `stopped` for one that was left. */
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
  /** Told of the try when it is over, also of one that was left in the middle. */
  onEnd(attempt: Attempt): void;
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

// Code and tables take more tokens than a text of their length is estimated to.
const DENSEST = 1.5;

export function skipped(model: string, reason: FailureKind): Attempt {
  const nothing = { tokensIn: 0, tokensOut: 0, costMicrousd: 0 };
  return { model, outcome: "skipped", reason, firstTokenMs: null, totalMs: 0, ...nothing };
}

/** The most that a request can cost, by the model's price or an assumed one. */
export function worstCase({ price }: Pick<ModelFacts, "price">, request: ChatRequest): number {
  const tokensIn = Math.ceil(tokensOf(request) * DENSEST);
  return costOf(price ?? ASSUMED_PRICE, tokensIn, request.tokensMax);
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
    const passedOver = skipped(model, reason);
    deps.onEnd(passedOver);
    return { attempt: passedOver, failure: reservation };
  }
  const startedAtMs = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedAtMs);
  let firstTokenMs: number | null = null;
  let tokensOut = 0;
  let usage: Usage | null = null;
  let failure: ModelFailed | null = null;
  let isOver = false;
  let attempt: Attempt;
  try {
    for await (const part of deps.client.streamChat(model, request, signal)) {
      if (part.kind === "end") usage = part.usage;
      else {
        firstTokenMs ??= elapsedMs();
        tokensOut += estimateTokens(part.text);
        yield part;
      }
    }
    isOver = true;
  } catch (error) {
    // Anything else is a bug or the signal's reason, and no other model would help.
    if (!(error instanceof ModelFailed)) throw error;
    failure = error;
    usage = error.usage;
    isOver = true;
  } finally {
    const taken = counted(usage, { facts, request, tokensOut, failure });
    deps.later(reservation.settle(taken));
    const { microusd: costMicrousd, ...tokens } = taken;
    const reason = failure?.kind ?? (isOver ? "" : "stopped");
    const outcome = reason === "" ? "answered" : "failed";
    const totalMs = elapsedMs();
    attempt = { model, outcome, reason, firstTokenMs, totalMs, ...tokens, costMicrousd };
    deps.onEnd(attempt);
  }
  return { attempt, failure };
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
function counted(said: Usage | null, { facts, request, tokensOut, failure }: Counting): Taken {
  const { price } = facts;
  const saidTokens = (said?.tokensIn ?? 0) + (said?.tokensOut ?? 0);
  if (said !== null && (saidTokens > 0 || said.costMicrousd)) {
    const byPrice = price ? costOf(price, said.tokensIn, said.tokensOut) : 0;
    const { tokensIn, tokensOut: written } = said;
    return { tokensIn, tokensOut: written, microusd: said.costMicrousd ?? byPrice };
  }
  // Refused at the door, or a 5xx before the first word: that was not worth anything.
  const isFree = failure && (FREE_OF_CHARGE.has(failure.kind) || failure.status !== undefined);
  if (isFree && tokensOut === 0) return { tokensIn: 0, tokensOut: 0, microusd: 0 };
  const tokensIn = tokensOf(request);
  return { tokensIn, tokensOut, microusd: costOf(price ?? ASSUMED_PRICE, tokensIn, tokensOut) };
}
