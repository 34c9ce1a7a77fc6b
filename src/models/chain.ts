import { ConfigError, ServiceError } from "../errors.ts";
import type { Log } from "../log.ts";
import { type FailureKind, ModelFailed, NO_USAGE, type Usage, verdict } from "./failure.ts";

export interface ChatRequest {
  messages: { role: "system" | "user" | "assistant"; content: string }[];
  /** How long the answer may become. Always sent: the service reserves its price beforehand. */
  tokensMax: number;
}

/** A model's answer as it comes. `end` comes once, last, and only after text. */
export type ModelPart = { kind: "text"; text: string } | { kind: "end"; usage: Usage };

/** Asks one model. @throws {ModelFailed}, or the signal's reason */
export interface ChatClient {
  streamChat(model: string, request: ChatRequest, signal: AbortSignal): AsyncIterable<ModelPart>;
}

/** One model's try. `reason` is empty for one that answered. */
export interface Attempt extends Usage {
  model: string;
  outcome: "answered" | "failed";
  reason: FailureKind | "";
  firstTokenMs: number | null;
  totalMs: number;
}

/** Text comes in deltas; `restart` takes back all of it so far: `model` begins anew, for `reason`. */
export type ChainPart =
  | { kind: "text"; text: string }
  | { kind: "restart"; model: string; reason: string }
  | { kind: "done"; model: string; attempts: Attempt[] };

export interface Chain {
  /**
   * Answers with the first model that can. Text may have come before it throws.
   * @throws {AllModelsFailed} when none could, or not in time
   * @throws {ConfigError} when the key is not valid
   * @throws {ServiceError} not retryable, when the key's credit is used up
   */
  stream(request: ChatRequest, signal: AbortSignal): AsyncIterable<ChainPart>;
}

export interface ChainOptions {
  /** Asked in this order. */
  models: readonly string[];
  client: ChatClient;
  log: Log;
  /** For the whole answer, all models together. */
  limits: { answerTimeoutMs: number };
  /** Told of every attempt that was not stopped from outside. What it throws is logged and changes nothing. */
  onAttempt(attempt: Attempt): Promise<void>;
}

/** Every model of the chain failed. `retryAfterMs` is the shortest wait that one of them asked for. */
export class AllModelsFailed extends ServiceError {
  override name = "AllModelsFailed";
  readonly attempts: Attempt[];

  constructor(attempts: Attempt[], failures: readonly ModelFailed[]) {
    const tries = failures.map(
      (failure, i) => `${attempts[i]?.model} ${verdict(failure.kind).text}`,
    );
    const waitsMs = failures.flatMap((failure) => failure.retryAfterMs ?? []);
    super("openrouter", `No model could answer: ${tries.join("; ")}.`, {
      retryable: failures.some((failure) => failure.retryable),
      ...(waitsMs.length > 0 ? { retryAfterMs: Math.min(...waitsMs) } : {}),
    });
    this.attempts = attempts;
  }
}

export function createChain(options: ChainOptions): Chain {
  return { stream: (request, signal) => walk(options, request, signal) };
}

async function* walk(
  options: ChainOptions,
  request: ChatRequest,
  signal: AbortSignal,
): AsyncGenerator<ChainPart> {
  const deadline = new AbortController();
  const timer = setTimeout(
    () => deadline.abort(new ModelFailed("answer_late")),
    options.limits.answerTimeoutMs,
  );
  const until = AbortSignal.any([signal, deadline.signal]);
  const attempts: Attempt[] = [];
  const failures: ModelFailed[] = [];
  const told: Promise<void>[] = [];
  try {
    for (const [i, model] of options.models.entries()) {
      const result = yield* askModel(options.client, model, request, until);
      signal.throwIfAborted();
      attempts.push(result.attempt);
      told.push(tell(options, result.attempt));
      if (result.failure === null) {
        yield { kind: "done", model, attempts };
        return;
      }
      failures.push(result.failure);
      if (verdict(result.failure.kind).next === "stop") break;
      const next = options.models[i + 1];
      if (next !== undefined && result.attempt.firstTokenMs !== null) {
        yield { kind: "restart", model: next, reason: restartReason(result.failure) };
      }
    }
    throw finalError(attempts, failures);
  } finally {
    clearTimeout(timer);
    await Promise.all(told);
  }
}

interface Result {
  attempt: Attempt;
  failure: ModelFailed | null;
}

async function* askModel(
  client: ChatClient,
  model: string,
  request: ChatRequest,
  signal: AbortSignal,
): AsyncGenerator<ChainPart, Result> {
  const startedAtMs = performance.now();
  let firstTokenMs: number | null = null;
  const ended = (usage: Usage, failure: ModelFailed | null): Result => ({
    attempt: {
      model,
      outcome: failure ? "failed" : "answered",
      reason: failure?.kind ?? "",
      firstTokenMs,
      totalMs: Math.round(performance.now() - startedAtMs),
      ...usage,
    },
    failure,
  });
  let usage = NO_USAGE;
  try {
    for await (const part of client.streamChat(model, request, signal)) {
      if (part.kind === "text") {
        firstTokenMs ??= Math.round(performance.now() - startedAtMs);
        yield part;
      } else {
        usage = part.usage;
      }
    }
  } catch (error) {
    // Anything else is a bug or the signal's reason, and no other model would help.
    if (!(error instanceof ModelFailed)) throw error;
    return ended(error.usage, error);
  }
  return ended(usage, null);
}

function restartReason({ kind }: ModelFailed): string {
  return `The model ${verdict(kind).text}.`;
}

async function tell({ onAttempt, log }: ChainOptions, attempt: Attempt): Promise<void> {
  if (attempt.outcome === "failed") log.warn({ attempt }, "a model failed");
  await onAttempt(attempt).catch((err: unknown) =>
    log.error({ err }, "an attempt was not recorded"),
  );
}

function finalError(attempts: Attempt[], failures: readonly ModelFailed[]): Error {
  switch (failures.at(-1)?.kind) {
    case "key_invalid":
      return new ConfigError(
        "OPENROUTER_API_KEY is not valid: OpenRouter does not know it. Make a new key at openrouter.ai/keys.",
      );
    case "credit_out":
      return new ServiceError(
        "openrouter",
        "OpenRouter's credit is used up, or this key's limit is: see openrouter.ai/settings/credits and /keys.",
        { status: 402, retryable: false },
      );
    default:
      return new AllModelsFailed(attempts, failures);
  }
}
