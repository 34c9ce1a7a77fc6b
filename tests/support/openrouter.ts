import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { type Loopback, listen, readBody } from "./loopback.ts";
import { type CatalogueScript, newCatalogue, sendCatalogue } from "./openrouter-catalogue.ts";

/** What a model does with one request: answers, or fails in one of the ways seen at OpenRouter. */
export type ModelReply =
  | { kind: "answer"; text: string }
  | FailureShape
  | BrokenAnswer
  | { kind: "rate_limited"; retryAfterS: number };

/** An answer that comes so far, and then breaks. */
export interface BrokenAnswer {
  kind: "broken";
  after: StreamPosition;
  by: Break;
}

/** `nothing`: not even headers. Each of the others has what stands before it as well. */
export type StreamPosition = "nothing" | "comments" | "role" | "thought" | "text" | "finish";

/** `end` is a good end for the socket, but not for the answer. */
export type Break = "stall" | "end" | "reset" | "error" | "garbage";

export type FailureShape =
  | "no_headers"
  | "comments_then_stall"
  | "role_then_stall"
  | "content_then_stall"
  | "content_then_cut"
  | "content_then_reset"
  | "finish_then_stall"
  | "finish_then_no_usage"
  | "slow_drip"
  | "utf8_cut"
  | "error_first"
  | "error_midway"
  | "error_finish"
  | "json_error"
  | "html"
  | "empty"
  | "invalid_model"
  | "invalid_request"
  | "too_long"
  | "unauthorized"
  | "no_credit"
  | "credit_in_flight"
  | "forbidden"
  | "no_endpoints"
  | "no_endpoints_by_policy"
  | "rate_limited"
  | "unavailable"
  | "reasoning_only"
  | "filtered";

export interface ChatBody {
  model: string;
  messages: { role: string; content: string }[];
  max_tokens?: number;
  stream?: boolean;
  provider?: { data_collection?: string; zdr?: boolean };
}

export interface RerankBody {
  model: string;
  query: string;
  documents: string[];
  provider?: ChatBody["provider"];
}

export interface ChatRequestSeen {
  headers: IncomingHttpHeaders;
  body: ChatBody;
  /** By `performance.now()`. */
  receivedAtMs: number;
  /** Resolves once the asker hung up or the answer was finished. */
  ended: Promise<void>;
}

export interface OpenRouterLoopback extends Loopback {
  requests: ChatRequestSeen[];
  reranks: RerankBody[];
  /** What this model does with its next requests, in order; after that it answers as usual. */
  script(model: string, ...replies: ModelReply[]): void;
  /** What this model does with every request that has no script; null: it answers as usual. */
  always(model: string, reply: ModelReply | null): void;
  /** What it tells of its models and of the key, apart from chat. */
  catalogue: CatalogueScript;
}

export interface OpenRouterSettings {
  port?: number;
  /** Before the first word, and between two words. For trying it by hand. */
  paceMs?: number;
}

const DRIP_MS = 5;
// Tests may replace timers by their own, but the service goes on at its own pace.
const clock = { setInterval, clearInterval };

interface Exchange {
  response: ServerResponse;
  body: ChatBody;
  paceMs: number;
}

/** Speaks OpenRouter's chat completions as server-sent events. `url` is the base URL, with /api/v1. */
export async function startOpenRouter(
  settings: OpenRouterSettings = {},
): Promise<OpenRouterLoopback> {
  const requests: ChatRequestSeen[] = [];
  const reranks: RerankBody[] = [];
  const scripts = new Map<string, ModelReply[]>();
  const standing = new Map<string, ModelReply>();
  const catalogue = newCatalogue();
  const server = await listen(async (request, response) => {
    if (request.method === "GET") return sendCatalogue(catalogue, request, response);
    if (request.url === "/api/v1/rerank") {
      const rerank = JSON.parse(await readBody(request)) as RerankBody;
      reranks.push(rerank);
      const reply = standing.get(rerank.model);
      const asChat = { model: rerank.model, messages: [] };
      return reply
        ? send({ response, body: asChat, paceMs: 0 }, reply)
        : sendRanking(rerank, response);
    }
    const body = await readChat(request);
    const receivedAtMs = performance.now();
    if (body === null) return sendError(response, 404, "Not Found");
    const ended = new Promise<void>((resolve) => response.once("close", resolve));
    requests.push({ headers: request.headers, body, receivedAtMs, ended });
    const reply = request.headers.authorization?.startsWith("Bearer ")
      ? (scripts.get(body.model)?.shift() ?? standing.get(body.model) ?? usual(body))
      : "unauthorized";
    await send({ response, body, paceMs: settings.paceMs ?? 0 }, reply);
  }, settings.port);
  return {
    url: `${server.url}/api/v1`,
    close: server.close,
    requests,
    reranks,
    catalogue,
    script: (model, ...replies) => scripts.set(model, replies),
    always: (model, reply) => {
      if (reply === null) standing.delete(model);
      else standing.set(model, reply);
    },
  };
}

async function readChat(request: IncomingMessage): Promise<ChatBody | null> {
  const text = await readBody(request);
  const isChat = request.method === "POST" && request.url === "/api/v1/chat/completions";
  return isChat ? (JSON.parse(text) as ChatBody) : null;
}

/** The last document is the best one, for a fifth of a cent. */
function sendRanking({ documents }: RerankBody, response: ServerResponse): void {
  const results = documents.map((text, index) => ({
    ...{ index, relevance_score: (index + 1) / documents.length, document: { text } },
  }));
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ results: results.reverse(), usage: { cost: 0.002 } }));
}

/** A decent model's answer: the first sentence of passage 1 of the prompt, cited. */
function usual(body: ChatBody): ModelReply {
  const prompt = body.messages.at(-1)?.content ?? "";
  const passage = /<source id="1"[^>]*>\s*([\s\S]*?)<\/source>/.exec(prompt)?.[1];
  if (!passage) return { kind: "answer", text: "I could not find that in the files." };
  const plain = passage
    .replace(/^#+ .*$/gm, " ")
    .replace(/\s+/g, " ")
    .trim();
  const sentence = /^.*?[.!?](?=\s|$)/.exec(plain)?.[0] ?? plain.slice(0, 300);
  return { kind: "answer", text: `${sentence} [1]` };
}

async function send(exchange: Exchange, reply: ModelReply): Promise<void> {
  if (typeof reply === "string") return SHAPES[reply](exchange);
  if (reply.kind === "answer") return sendAnswer(exchange, reply.text);
  if (reply.kind === "broken") return sendBroken(exchange, reply);
  exchange.response.setHeader("retry-after", String(reply.retryAfterS));
  sendError(exchange.response, 429, "Rate limit exceeded", {
    limit_source: "upstream_provider_shared_pool",
  });
}

async function sendAnswer(exchange: Exchange, text: string): Promise<void> {
  begin(exchange);
  for (const word of text.match(/\S+\s*/g) ?? []) {
    if (exchange.paceMs > 0) await wait(exchange.paceMs);
    write(exchange, { delta: { content: word } });
  }
  finish(exchange, "stop", text);
}

function begin({ response }: Exchange): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(": OPENROUTER PROCESSING\n\n");
}

function chunk(model: string, choice: object, more: object = {}): string {
  const choices = [{ index: 0, delta: { content: "" }, finish_reason: null, ...choice }];
  const whole = { id: "gen-1", object: "chat.completion.chunk", model, choices, ...more };
  return `data: ${JSON.stringify(whole)}\n\n`;
}

function write({ response, body }: Exchange, choice: object, more: object = {}): void {
  response.write(chunk(body.model, choice, more));
}

// The finish reason comes twice, the second time with what it cost.
function finish(exchange: Exchange, reason: string, text: string): void {
  const tokensIn = Math.ceil(JSON.stringify(exchange.body.messages).length / 4);
  const tokensOut = Math.ceil(text.length / 4);
  const usage = {
    prompt_tokens: tokensIn,
    completion_tokens: tokensOut,
    total_tokens: tokensIn + tokensOut,
    cost: (tokensIn * 0.15 + tokensOut * 0.6) / 1e6,
  };
  write(exchange, { finish_reason: reason });
  write(exchange, { finish_reason: reason }, { usage });
  exchange.response.end("data: [DONE]\n\n");
}

function sendError(
  response: ServerResponse,
  status: number,
  message: string,
  metadata?: object,
): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: { code: status, message, metadata }, user_id: "user_1" }));
}

const UPSTREAM_ERROR = {
  code: 502,
  message: "Provider disconnected",
  metadata: { error_type: "provider_unavailable" },
};

const failing =
  (status: number, message: (model: string) => string, metadata?: object) =>
  ({ response, body }: Exchange): void =>
    sendError(response, status, message(body.model), metadata);

const beginning =
  (...choices: object[]) =>
  (exchange: Exchange): void => {
    begin(exchange);
    for (const choice of choices) write(exchange, choice);
  };

const ROLE = { delta: { role: "assistant", content: "" } };
const THOUGHT = { delta: { content: "", reasoning: "Let me think" } };
const HALF = [ROLE, { delta: { content: "The half " } }];

const BEGINNINGS: Record<StreamPosition, (exchange: Exchange) => void> = {
  nothing: () => undefined,
  comments: beginning(),
  role: beginning(ROLE),
  thought: beginning(ROLE, THOUGHT),
  text: beginning(...HALF),
  finish: beginning(ROLE, { delta: { content: "All of it." } }, { finish_reason: "stop" }),
};

const BREAKS: Record<Break, (exchange: Exchange) => void> = {
  stall: () => undefined,
  end: ({ response }) => response.end(),
  reset: ({ response }) => {
    const reset = () => response.socket?.resetAndDestroy();
    // Once what was written is out, the connection breaks.
    if (response.headersSent) response.write(": \n\n", reset);
    else reset();
  },
  error: (exchange) => {
    write(exchange, { finish_reason: "error" }, { error: UPSTREAM_ERROR });
    exchange.response.end();
  },
  garbage: ({ response }) => response.end('data: {"id": oops\n\n'),
};

function sendBroken(exchange: Exchange, { after, by }: Omit<BrokenAnswer, "kind">): void {
  BEGINNINGS[after](exchange);
  BREAKS[by](exchange);
}

const broken =
  (after: StreamPosition, by: Break) =>
  (exchange: Exchange): void =>
    sendBroken(exchange, { after, by });

const SHAPES: Record<FailureShape, (exchange: Exchange) => void> = {
  no_headers: broken("nothing", "stall"),
  comments_then_stall: broken("comments", "stall"),
  role_then_stall: broken("role", "stall"),
  content_then_stall: broken("text", "stall"),
  content_then_cut: broken("text", "end"),
  content_then_reset: broken("text", "reset"),
  finish_then_stall: broken("finish", "stall"),
  finish_then_no_usage: (exchange) => {
    BEGINNINGS.finish(exchange);
    exchange.response.end("data: [DONE]\n\n");
  },
  slow_drip: (exchange) => {
    begin(exchange);
    const drip = () => write(exchange, { delta: { content: "x" } });
    const timer = clock.setInterval(drip, DRIP_MS);
    exchange.response.once("close", () => clock.clearInterval(timer));
  },
  utf8_cut: (exchange) => {
    beginning(...HALF)(exchange);
    const bytes = Buffer.from(chunk(exchange.body.model, { delta: { content: "\u00fc" } }));
    // Of the letter's two bytes, the first.
    exchange.response.end(bytes.subarray(0, bytes.indexOf("\u00fc") + 1));
  },
  error_first: broken("comments", "error"),
  error_midway: (exchange) => {
    beginning(...HALF)(exchange);
    write(exchange, { finish_reason: "error" }, { error: { ...UPSTREAM_ERROR, code: "502" } });
    exchange.response.end();
  },
  error_finish: (exchange) => {
    beginning(...HALF, { finish_reason: "error" })(exchange);
    exchange.response.end();
  },
  json_error: ({ response }) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: UPSTREAM_ERROR }));
  },
  html: ({ response }) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<!doctype html><title>Just a moment</title>");
  },
  empty: broken("nothing", "end"),
  invalid_model: failing(400, (model) => `${model} is not a valid model ID`),
  invalid_request: failing(400, () => "Provider returned error", { error_type: "invalid_request" }),
  too_long: failing(400, () => "This endpoint's maximum context length is 8192 tokens", {
    error_type: "context_length_exceeded",
  }),
  unauthorized: failing(401, () => "User not found."),
  no_credit: failing(402, () => "Insufficient credits", { limit_source: "openrouter_credits" }),
  credit_in_flight: failing(402, () => "Too much in flight", {
    limit_source: "openrouter_in_flight_budget",
    reason: "in_flight_budget_exhausted",
  }),
  forbidden: failing(403, () => "Input was flagged", { reasons: ["violence"], flagged_input: "…" }),
  no_endpoints: failing(404, (model) => `No endpoints found for ${model}.`),
  no_endpoints_by_policy: failing(404, () => "No endpoints found matching your data policy"),
  rate_limited: failing(429, () => "Rate limit exceeded"),
  unavailable: failing(503, () => "Provider overloaded", { error_type: "provider_overloaded" }),
  reasoning_only: (exchange) => {
    BEGINNINGS.thought(exchange);
    finish(exchange, "length", "Let me think");
  },
  filtered: (exchange) => {
    beginning(...HALF)(exchange);
    finish(exchange, "content_filter", "The half ");
  },
};
