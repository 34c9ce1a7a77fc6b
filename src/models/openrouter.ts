import type OpenAI from "openai";
import * as v from "valibot";
import type { ChatClient, ModelPart } from "./attempt.ts";
import { type FailureKind, ModelFailed, NO_USAGE, type Usage } from "./failure.ts";
import { failureInside, failureOf } from "./openrouter-errors.ts";
import type { ChatMessage, ChatRequest } from "./request.ts";

// The usage comes right behind the end of the text, and is not worth waiting long for.
const USAGE_TIMEOUT_MS = 2_000;

/** Which providers may see what is sent, as OpenRouter is told. */
export const POLICIES = {
  deny: { data_collection: "deny" },
  allow: { data_collection: "allow" },
  zdr: { data_collection: "deny", zdr: true },
} as const;

export interface OpenRouterLimits {
  /** From sending the request to the first sign of the model itself; connecting and waiting for headers count. */
  firstTokenTimeoutMs: number;
  /** Between two signs of the model. The service's own "processing" lines are none. */
  idleTimeoutMs: number;
}

export interface OpenRouterOptions {
  client: OpenAI;
  /** deny: providers that keep no prompts for training; zdr: that keep nothing at all. */
  dataCollection: keyof typeof POLICIES;
  limits: OpenRouterLimits;
}

// What a service says is not believed beyond what one answer can take.
const TOKENS_MAX = 100_000_000;
const COST_USD_MAX = 1_000;

const tokens = v.fallback(
  v.pipe(v.number(), v.minValue(0), v.maxValue(TOKENS_MAX), v.transform(Math.round)),
  0,
);

const Chunk = v.object({
  choices: v.nullish(
    v.array(
      v.object({
        delta: v.nullish(
          v.object({
            content: v.nullish(v.string()),
            reasoning: v.nullish(v.string()),
          }),
        ),
        finish_reason: v.nullish(v.string()),
        error: v.nullish(v.unknown()),
      }),
    ),
  ),
  usage: v.nullish(
    v.object({
      prompt_tokens: tokens,
      completion_tokens: tokens,
      cost: v.fallback(
        v.nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(COST_USD_MAX)), null),
        null,
      ),
    }),
  ),
});

/** What is known of an answer so far. */
interface Answer {
  chunks: number;
  hasText: boolean;
  hasReasoning: boolean;
  finish: string | null;
  usage: Usage;
  /** How long the next sign of the model may take; only time spent waiting for it counts. */
  patienceMs: number;
  late: FailureKind;
}

/** Models at OpenRouter, through the client that speaks to it. */
export function createOpenRouter(options: OpenRouterOptions): ChatClient {
  const { client: openai, limits } = options;
  return {
    streamChat: (model, request, signal) =>
      stream({ openai, limits }, bodyOf(options, model, request), signal),
  };
}

type Body = OpenAI.Chat.ChatCompletionCreateParamsStreaming & {
  provider: (typeof POLICIES)[keyof typeof POLICIES];
  session_id?: string;
};

function bodyOf(options: OpenRouterOptions, model: string, request: ChatRequest): Body {
  return {
    model,
    messages: request.messages.map(messageOf),
    max_tokens: request.tokensMax,
    stream: true,
    provider: POLICIES[options.dataCollection],
    ...(request.session && { session_id: request.session }),
  };
}

function messageOf({ role, content, pictures = [] }: ChatMessage) {
  if (role !== "user" || pictures.length === 0) return { role, content };
  const images = pictures.map(({ mediaType, base64 }) => ({
    type: "image_url" as const,
    image_url: { url: `data:${mediaType};base64,${base64}` },
  }));
  return { role, content: [{ type: "text" as const, text: content }, ...images] };
}

async function* stream(
  { openai, limits }: { openai: OpenAI; limits: OpenRouterLimits },
  body: Body,
  signal: AbortSignal,
): AsyncGenerator<ModelPart> {
  const answer: Answer = {
    chunks: 0,
    hasText: false,
    hasReasoning: false,
    finish: null,
    usage: NO_USAGE,
    patienceMs: limits.firstTokenTimeoutMs,
    late: "first_token_late",
  };
  // Ends the request whenever we stop listening: by a limit, or because the reader went away.
  const hangUp = new AbortController();
  const ends = AbortSignal.any([signal, hangUp.signal]);
  try {
    signal.throwIfAborted();
    const chunks = await patiently(answer, open(openai, body, ends), signal);
    for (;;) {
      const text = await nextText(answer, chunks, signal, limits.idleTimeoutMs);
      if (text === null) break;
      if (text !== "") yield { kind: "text", text };
    }
    yield { kind: "end", usage: answer.usage };
  } finally {
    hangUp.abort();
  }
}

/** @throws {ModelFailed} also for a 200 that is no stream: the client would end such a one without an error */
async function open(
  openai: OpenAI,
  body: Body,
  signal: AbortSignal,
): Promise<AsyncIterator<unknown>> {
  const sent = openai.chat.completions.create(body, { signal });
  const { data, response } = await sent.withResponse();
  const type = response.headers.get("content-type") ?? "";
  if (type.includes("json")) throw failureInside(await errorIn(response));
  if (type.includes("html")) throw new ModelFailed("unreadable");
  return data[Symbol.asyncIterator]();
}

async function errorIn(response: Response): Promise<unknown> {
  const parsed = v.safeParse(v.object({ error: v.unknown() }), await response.json());
  return parsed.success ? parsed.output.error : null;
}

/** The next piece of text, "" for a chunk without, null at the good end. */
async function nextText(
  answer: Answer,
  chunks: AsyncIterator<unknown>,
  signal: AbortSignal,
  idleTimeoutMs: number,
): Promise<string | null> {
  try {
    const next = await patiently(answer, chunks.next(), signal);
    if (!next.done) return takeChunk(answer, next.value, idleTimeoutMs);
  } catch (error) {
    // Behind the end of the text only the usage can be missing.
    if (!signal.aborted && isComplete(answer)) return null;
    throw isLost(error) && answer.chunks > 0 ? new ModelFailed("cut") : error;
  }
  signal.throwIfAborted();
  assertComplete(answer);
  return null;
}

/** A connection that breaks off amid an answer was there before. */
function isLost(error: unknown): boolean {
  return error instanceof ModelFailed && error.kind === "unreachable";
}

function takeChunk(answer: Answer, raw: unknown, idleTimeoutMs: number): string {
  const parsed = v.safeParse(Chunk, raw);
  if (!parsed.success) throw new ModelFailed("unreadable");
  const { choices, usage } = parsed.output;
  const choice = choices?.[0];
  if (choice?.error || choice?.finish_reason === "error") throw failureInside(choice.error);
  answer.chunks += 1;
  answer.finish = choice?.finish_reason ?? answer.finish;
  if (usage) {
    answer.usage = {
      tokensIn: usage.prompt_tokens,
      tokensOut: usage.completion_tokens,
      costMicrousd: usage.cost === null ? null : Math.round(usage.cost * 1e6),
    };
  }
  const { content, reasoning } = choice?.delta ?? {};
  const text = answer.hasText ? (content ?? "") : (content ?? "").trimStart();
  answer.hasText ||= text !== "";
  answer.hasReasoning ||= Boolean(reasoning);
  if (text || reasoning) {
    answer.patienceMs = idleTimeoutMs;
    answer.late = "stalled";
  }
  if (answer.finish !== null) answer.patienceMs = Math.min(answer.patienceMs, USAGE_TIMEOUT_MS);
  return text;
}

function isComplete({ finish, hasText }: Answer): boolean {
  return hasText && finish !== null && finish !== "content_filter";
}

/** A stream that was cut, or stopped for another reason, ends like a good one: this tells them apart. */
function assertComplete(answer: Answer): void {
  if (isComplete(answer)) return;
  throw new ModelFailed(incompleteKind(answer), { usage: answer.usage });
}

function incompleteKind({ chunks, finish, hasReasoning }: Answer): FailureKind {
  if (chunks === 0) return "empty";
  if (finish === null) return "cut";
  if (finish === "content_filter") return "filtered";
  return finish === "length" || hasReasoning ? "reasoning_only" : "empty";
}

/**
 * Waits for the model while the answer's patience lasts. The client's own limit ends with the headers, and a stalled
 * body would hang for ever. Time in which nobody waits (a slow reader) costs no patience.
 * @throws {ModelFailed} when it is late or the client failed, or the signal's reason
 */
async function patiently<T>(answer: Answer, work: Promise<T>, signal: AbortSignal): Promise<T> {
  const startedAtMs = performance.now();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new ModelFailed(answer.late)), answer.patienceMs);
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, stopped]);
  } catch (error) {
    signal.throwIfAborted();
    throw failureOf(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    answer.patienceMs = Math.max(0, answer.patienceMs - (performance.now() - startedAtMs));
  }
}
