import { BedrockRuntimeClient, InvokeModelCommand } from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import * as v from "valibot";
import { ConfigError, ServiceError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Embedder, EmbedderState, Embedding } from "./embedder.ts";
import { type Advice, type Clock, createLimiter, systemClock } from "./limiter.ts";
import { novaFailure } from "./nova-errors.ts";

const MODEL = "amazon.nova-2-multimodal-embeddings-v1:0";
const DIMENSION = 1024;
// One purpose for both sides would not fail, it would only rank worse. The query's says what the index holds: text.
const PURPOSES = { index: "GENERIC_INDEX", query: "TEXT_RETRIEVAL" } as const;
const TOKEN_COUNT_HEADER = "x-amzn-bedrock-input-token-count";
// Float32 rounding over 1,024 numbers stays far below this.
const LENGTH_TOLERANCE = 0.01;
// For estimating, where the service does not count.
const BYTES_PER_TOKEN = 4;

const DEFAULT_LIMITS = {
  connectTimeoutMs: 5_000,
  requestTimeoutMs: 30_000,
  /** A question is not kept waiting for its vector: the words alone can answer it. */
  queryTimeoutMs: 5_000,
  attemptsMax: 6,
  /** How long a wrong setting is believed before the service is asked again. */
  recheckMs: 60_000,
};

const THROTTLED = 429;
const AWAY = "Bedrock does not answer; files get their vectors when it does.";

export interface NovaOptions {
  /** Of its own, whatever AWS_REGION says: the model lives in us-east-1. */
  region: string;
  endpoint?: string | null;
  requestsPerMinuteMax?: number | null;
  concurrencyMax: number;
  log: Log;
  limits?: Partial<typeof DEFAULT_LIMITS>;
  clock?: Clock;
}

const Answer = v.object({
  embeddings: v.tupleWithRest(
    [
      v.object({
        embedding: v.array(v.number()),
        truncatedCharLength: v.optional(v.number()),
      }),
    ],
    v.unknown(),
  ),
});

const Headers = v.object({ headers: v.record(v.string(), v.string()) });

interface Nova extends NovaOptions {
  limits: typeof DEFAULT_LIMITS;
  clock: Clock;
  client: BedrockRuntimeClient;
  /** The setting that is wrong, and when the service last said so. */
  wrong: { error: ConfigError; atMs: number } | null;
  /** The last call got no answer worth the name. */
  away: boolean;
}

/** Amazon Nova Multimodal Embeddings on Bedrock, with the AWS SDK's own search for credentials. */
export function createNova(options: NovaOptions): Embedder {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const clock = options.clock ?? systemClock;
  const nova: Nova = {
    ...options,
    limits,
    clock,
    client: connect(options, limits),
    wrong: null,
    away: false,
  };
  const limiter = createLimiter({
    concurrencyMax: options.concurrencyMax,
    requestsPerMinuteMax: options.requestsPerMinuteMax ?? null,
    attemptsMax: limits.attemptsMax,
    judge,
    clock,
  });
  return {
    id: `${MODEL}/${PURPOSES.index}/${DIMENSION}`,
    dimension: DIMENSION,
    state: () => stateOf(nova),
    async embed(text, purpose, signal) {
      const urgent = purpose === "query";
      const deadline = new AbortController();
      const timer = urgent && setTimeout(() => deadline.abort(late()), limits.queryTimeoutMs);
      const until = AbortSignal.any([signal, deadline.signal]);
      try {
        return await limiter.run(() => embed(nova, text, purpose, until), {
          urgent,
          signal: until,
        });
      } finally {
        if (timer) clearTimeout(timer);
      }
    },
  };
}

function late(): ServiceError {
  return new ServiceError("bedrock", "Bedrock did not answer in time.");
}

function judge(error: unknown): Advice {
  if (!(error instanceof ServiceError) || !error.retryable) return "give_up";
  return error.status === 429 ? "slow_down" : "again";
}

function connect(options: NovaOptions, limits: typeof DEFAULT_LIMITS): BedrockRuntimeClient {
  const settings = {
    region: options.region,
    // The SDK's own three attempts are used up within half a second, which is no help against a quota by the minute.
    maxAttempts: 1,
    // The default speaks HTTP/2 alone, which most proxies do not.
    requestHandler: new NodeHttpHandler({
      connectionTimeout: limits.connectTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      throwOnRequestTimeout: true,
    }),
    // Read by the credential providers: renewed credentials in ~/.aws are seen without a restart.
    ignoreCache: true,
  };
  return new BedrockRuntimeClient(
    options.endpoint ? { ...settings, endpoint: options.endpoint } : settings,
  );
}

async function embed(
  nova: Nova,
  text: string,
  purpose: keyof typeof PURPOSES,
  signal: AbortSignal,
): Promise<Embedding> {
  recheckOrThrow(nova);
  try {
    const embedding = await invoke(nova, text, purpose, signal);
    markRight(nova);
    return embedding;
  } catch (raw) {
    signal.throwIfAborted();
    const failure = raw instanceof ServiceError ? null : novaFailure(raw, nova.region);
    if (failure === null) throw raw;
    if (failure.kind === "refused") return failure;
    if (failure.error instanceof ConfigError) markWrong(nova, failure.error);
    else nova.away = failure.error.status !== THROTTLED;
    throw failure.error;
  }
}

/** Lets one call a minute through while a setting is wrong, so that it heals by itself. */
function recheckOrThrow(nova: Nova): void {
  if (nova.wrong === null) return;
  const nowMs = nova.clock.nowMs();
  if (nowMs - nova.wrong.atMs < nova.limits.recheckMs) throw nova.wrong.error;
  nova.wrong.atMs = nowMs;
  // A client keeps the first credentials it found.
  nova.client.destroy();
  nova.client = connect(nova, nova.limits);
}

function markWrong(nova: Nova, error: ConfigError): void {
  if (nova.wrong?.error.message !== error.message) nova.log.error(error.message);
  nova.wrong = { error, atMs: nova.clock.nowMs() };
}

function markRight(nova: Nova): void {
  if (nova.wrong !== null) nova.log.info("Bedrock answers again.");
  nova.wrong = null;
  nova.away = false;
}

function stateOf(nova: Nova): EmbedderState {
  const trouble = nova.wrong?.error.message ?? (nova.away ? AWAY : null);
  if (trouble === null) return { state: "ready", note: "Files are found by words and by meaning." };
  return { state: "failing", note: `By words alone for now. ${trouble}` };
}

async function invoke(
  nova: Nova,
  text: string,
  purpose: keyof typeof PURPOSES,
  signal: AbortSignal,
): Promise<Embedding> {
  const command = invokeCommand(text, purpose);
  let tokens = Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
  // The count stands in a header alone, and the SDK's output has none.
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      tokens = countedTokens(result.response) ?? tokens;
      return result;
    },
    { step: "deserialize", name: "readTokenCount" },
  );
  const { body } = await nova.client.send(command, { abortSignal: signal });
  const { vector, truncatedAt } = parseAnswer(body.transformToString());
  if (truncatedAt !== undefined) {
    nova.log.warn({ purpose, chars: text.length, truncatedAt }, "a text was cut for embedding");
  }
  return { kind: "vector", vector, tokens };
}

function invokeCommand(text: string, purpose: keyof typeof PURPOSES): InvokeModelCommand {
  return new InvokeModelCommand({
    modelId: MODEL,
    contentType: "application/json",
    accept: "application/json",
    body: JSON.stringify({
      schemaVersion: "nova-multimodal-embed-v1",
      taskType: "SINGLE_EMBEDDING",
      singleEmbeddingParams: {
        embeddingPurpose: PURPOSES[purpose],
        embeddingDimension: DIMENSION,
        text: { truncationMode: "END", value: text },
      },
    }),
  });
}

function countedTokens(response: unknown): number | null {
  const parsed = v.safeParse(Headers, response);
  const count = Number(parsed.success ? parsed.output.headers[TOKEN_COUNT_HEADER] : Number.NaN);
  return Number.isInteger(count) && count >= 0 ? count : null;
}

/** @throws {ServiceError} when it is not one vector of the right dimension and of length 1 */
function parseAnswer(json: string): { vector: Float32Array; truncatedAt: number | undefined } {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Answer), json);
  const first = parsed.success ? parsed.output.embeddings[0] : null;
  const vector = Float32Array.from(first?.embedding ?? []);
  const length = Math.hypot(...vector);
  // A number that is not finite fails here too.
  const isUnit = Math.abs(length - 1) <= LENGTH_TOLERANCE;
  if (first === null || vector.length !== DIMENSION || !isUnit) {
    throw new ServiceError("bedrock", "Bedrock answered with something that is not a vector.");
  }
  return { vector, truncatedAt: first.truncatedCharLength };
}
