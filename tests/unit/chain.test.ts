import { pino } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ConfigError, ServiceError } from "../../src/errors.ts";
import type { Attempt } from "../../src/models/attempt.ts";
import {
  AllModelsFailed,
  type Chain,
  type ChainPart,
  createChain,
} from "../../src/models/chain.ts";
import { type ClientOptions, createClient } from "../../src/models/client.ts";
import type { FailureKind } from "../../src/models/failure.ts";
import type { ModelFacts } from "../../src/models/health.ts";
import { createOpenRouter, type OpenRouterOptions } from "../../src/models/openrouter.ts";
import type { ChatRequest } from "../../src/models/request.ts";
import {
  factsOf,
  type MemoryHealth,
  type MemoryLedger,
  memoryHealth,
  memoryLedger,
  PAYER,
} from "../support/models.ts";
import {
  type ModelReply,
  type OpenRouterLoopback,
  startOpenRouter,
} from "../support/openrouter.ts";

const SECRET = "sk-or-v1-0123456789abcdef";
const QUESTION = "What is the private discount?";
const REQUEST = {
  messages: [
    { role: "system" as const, content: "Answer." },
    {
      role: "user" as const,
      content: `<source id="1">\nIt is 12 %. More.\n</source>\n\n${QUESTION}`,
    },
  ],
  tokensMax: 1500,
};
const MODELS = ["a/first", "b/second"];
const SIGNAL = new AbortController().signal;
const GOOD: ModelReply = { kind: "answer", text: "It is 12 %. [1]" };

let openrouter: OpenRouterLoopback;
let health: MemoryHealth;
let ledger: MemoryLedger;
let lines: string[];
/** All that came of the answer so far. */
let parts: ChainPart[];
let attempts: Attempt[];

beforeEach(async () => {
  openrouter = await startOpenRouter();
  ledger = memoryLedger();
  lines = [];
  parts = [];
  attempts = [];
  // Limits run out when a test says so.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});

afterEach(async () => {
  vi.useRealTimers();
  await openrouter.close();
});

function writtenLog() {
  return pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
}

interface Settings extends Partial<OpenRouterOptions & ClientOptions> {
  models?: readonly string[];
  facts?: ModelFacts[];
  answerTimeoutMs?: number;
}

function chainWith({ models = MODELS, facts, answerTimeoutMs = 240_000, ...more }: Settings = {}) {
  health = memoryHealth(facts ?? models.map((model) => factsOf(model)));
  const client = createOpenRouter({
    client: createClient({ apiKey: SECRET, baseUrl: openrouter.url, ...more }),
    dataCollection: "deny",
    limits: { firstTokenTimeoutMs: 20_000, idleTimeoutMs: 20_000 },
    ...more,
  });
  return createChain({ health, client, ledger, log: writtenLog(), limits: { answerTimeoutMs } });
}

async function partsOf(chain: Chain, signal = SIGNAL, request: ChatRequest = REQUEST) {
  const error: unknown = await (async () => {
    for await (const part of chain.stream(request, { payer: PAYER, attempts }, signal))
      parts.push(part);
  })().catch((thrown: unknown) => thrown);
  writtenLog().error({ err: error });
  for (const secret of [SECRET, QUESTION, "user_1"]) expect(lines.join("")).not.toContain(secret);
  return { error };
}

/** What stands in the chat at the end: a restart takes back what came before. */
function shown(): string {
  return parts.reduce((text, part) => {
    if (part.kind === "restart") return "";
    return part.kind === "text" ? text + part.text : text;
  }, "");
}

test("the first model's answer comes in deltas, and only that model is asked", async () => {
  await partsOf(chainWith());
  expect(parts.filter(({ kind }) => kind === "text").length).toBeGreaterThan(1);
  expect(shown()).toBe("It is 12 %. [1]");
  expect(parts.at(-1)).toMatchObject({ kind: "done", model: "a/first" });
  expect(attempts).toEqual(health.attempts);
  expect(openrouter.requests).toHaveLength(1);
  expect(health.attempts).toMatchObject([{ outcome: "answered", reason: "", tokensOut: 4 }]);
  expect(health.attempts[0]?.costMicrousd).toBeGreaterThan(0);
});

test("a request names Docent, bounds the answer, and lets no provider keep it", async () => {
  await partsOf(chainWith());
  await partsOf(chainWith({ dataCollection: "zdr" }));
  const [first, second] = openrouter.requests;
  expect(first?.body).toEqual({
    model: "a/first",
    messages: REQUEST.messages,
    max_tokens: 1500,
    stream: true,
    provider: { data_collection: "deny" },
  });
  expect(first?.headers).toMatchObject({
    authorization: `Bearer ${SECRET}`,
    "x-openrouter-title": "Docent",
    "http-referer": expect.stringMatching(/^http/),
  });
  expect(second?.body.provider).toEqual({ data_collection: "deny", zdr: true });
});

test.each<[ModelReply, FailureKind]>([
  ["error_first", "unavailable"],
  ["json_error", "unavailable"],
  ["html", "unreadable"],
  ["empty", "empty"],
  ["invalid_model", "retired"],
  ["invalid_request", "bad_request"],
  ["credit_in_flight", "credit_busy"],
  ["forbidden", "refused"],
  ["no_endpoints", "retired"],
  ["no_endpoints_by_policy", "no_provider"],
  ["rate_limited", "rate_limited"],
  [{ kind: "rate_limited", retryAfterS: 30 }, "rate_limited"],
  ["unavailable", "unavailable"],
  ["reasoning_only", "reasoning_only"],
  [{ kind: "answer", text: "" }, "empty"],
])(
  "%j before the first word: the next model answers, and nobody sees it",
  async (reply, reason) => {
    openrouter.script("a/first", reply);
    await partsOf(chainWith());
    expect(parts.some(({ kind }) => kind === "restart")).toBe(false);
    expect(shown()).toBe("It is 12 %. [1]");
    expect(parts.at(-1)).toMatchObject({ kind: "done", model: "b/second" });
    expect(health.attempts).toMatchObject([
      { outcome: "failed", reason, firstTokenMs: null },
      { reason: "" },
    ]);
    expect(openrouter.requests).toHaveLength(2);
  },
);

test.each<ModelReply>(["no_headers", "comments_then_stall", "role_then_stall"])(
  "%s: a model that does not begin in time is left, and hung up on",
  async (reply) => {
    openrouter.script("a/first", reply);
    const answering = partsOf(chainWith());
    await expect.poll(() => openrouter.requests.length).toBe(1);
    vi.advanceTimersByTime(20_000);
    await answering;
    expect(shown()).toBe("It is 12 %. [1]");
    expect(health.attempts[0]?.reason).toBe("first_token_late");
    await openrouter.requests[0]?.ended;
  },
);

test.each<[ModelReply, FailureKind]>([
  ["content_then_stall", "stalled"],
  ["content_then_cut", "cut"],
  ["content_then_reset", "cut"],
  ["error_midway", "unavailable"],
  ["error_finish", "unavailable"],
  ["filtered", "filtered"],
])(
  "%s after the first words: the next model begins anew, and no text stays twice",
  async (reply, reason) => {
    openrouter.script("a/first", reply);
    const answering = partsOf(chainWith());
    await expect.poll(() => parts.length).toBeGreaterThan(0);
    if (reply === "content_then_stall") vi.advanceTimersByTime(20_000);
    await answering;
    const kinds = parts.map(({ kind }) => kind);
    expect(kinds.indexOf("restart")).toBe(1);
    expect(kinds.lastIndexOf("restart")).toBe(1);
    expect(parts[1]).toMatchObject({
      model: "b/second",
      reason: expect.stringContaining("The model "),
    });
    expect(shown()).toBe("It is 12 %. [1]");
    expect(health.attempts).toMatchObject([{ outcome: "failed", reason }, { outcome: "answered" }]);
    await openrouter.requests[0]?.ended;
  },
);

test("a whole text whose usage never comes is an answer", async () => {
  openrouter.script("a/first", "finish_then_stall");
  const answering = partsOf(chainWith());
  await expect.poll(() => parts.length).toBe(1);
  const isDone = () => {
    vi.advanceTimersByTime(1_000);
    return parts.at(-1)?.kind === "done";
  };
  await expect.poll(isDone).toBe(true);
  await answering;
  expect(shown()).toBe("All of it.");
  expect(openrouter.requests).toHaveLength(1);
});

test("a key that is not valid stops the chain and tells the operator", async () => {
  openrouter.script("a/first", "unauthorized");
  const { error } = await partsOf(chainWith());
  expect(error).toBeInstanceOf(ConfigError);
  expect(String(error)).toContain("OPENROUTER_API_KEY is not valid");
  expect(health.attempts).toMatchObject([{ reason: "key_invalid" }]);
  expect(openrouter.requests).toHaveLength(1);
});

test("a key with a stray character is refused without quoting it", () => {
  expect(() => chainWith({ apiKey: `${SECRET}\u00a0` })).toThrow(ConfigError);
  expect(() => chainWith({ apiKey: `${SECRET}\n` })).toThrow(/^(?!.*sk-or)/);
});

test("used-up credit stops the chain for good", async () => {
  openrouter.script("a/first", "no_credit");
  const { error } = await partsOf(chainWith());
  expect(error).toBeInstanceOf(ServiceError);
  expect(error).toMatchObject({ status: 402, retryable: false });
  expect(openrouter.requests).toHaveLength(1);
});

test("when every model failed, all attempts are told, and when one of them is up again", async () => {
  openrouter.script("a/first", { kind: "rate_limited", retryAfterS: 60 });
  openrouter.script("b/second", { kind: "rate_limited", retryAfterS: 50 });
  const chain = chainWith();
  const [soon, later] = [new Date(Date.now() + 50_000), new Date(Date.now() + 60_000)];
  health.record = async (attempt) => {
    health.attempts.push(attempt);
    const passedOverUntil = attempt.model === "a/first" ? later : soon;
    const facts = factsOf(attempt.model, { state: "cooling", passedOverUntil });
    health.models = health.models.map((old) => (old.model === attempt.model ? facts : old));
  };
  const { error } = await partsOf(chain);
  expect(parts).toEqual([]);
  expect(error).toBeInstanceOf(AllModelsFailed);
  expect(error).toMatchObject({ attempts: health.attempts, retryAt: soon });
  expect(String(error)).toContain("a/first has too many requests; b/second has");
});

test("models that are all retired are not worth trying again", async () => {
  for (const model of MODELS) openrouter.always(model, "no_endpoints");
  expect((await partsOf(chainWith())).error).toMatchObject({
    name: "AllModelsFailed",
    retryable: false,
  });
});

test("nobody listening at the address is a failure of every model, not a hang", async () => {
  const baseUrl = openrouter.url;
  await openrouter.close();
  const { error } = await partsOf(chainWith({ baseUrl }));
  expect(error).toMatchObject({ name: "AllModelsFailed" });
  expect(health.attempts.map(({ reason }) => reason)).toEqual(["unreachable", "unreachable"]);
  openrouter = await startOpenRouter();
});

test("the whole answer has one limit, for all models together", async () => {
  openrouter.script("a/first", "content_then_stall");
  const answering = partsOf(chainWith({ answerTimeoutMs: 10_000 }));
  await expect.poll(() => parts.length).toBe(1);
  vi.advanceTimersByTime(10_000);
  const { error } = await answering;
  expect(error).toMatchObject({ name: "AllModelsFailed", attempts: [{ reason: "answer_late" }] });
  expect(openrouter.requests).toHaveLength(1);
  await openrouter.requests[0]?.ended;
});

test("an answer that is stopped ends at once, and counts against no model", async () => {
  openrouter.script("a/first", "content_then_stall");
  const stop = new AbortController();
  const stopped = partsOf(chainWith(), stop.signal);
  await expect.poll(() => openrouter.requests.length).toBe(1);
  stop.abort(new Error("stopped by the asker"));
  expect((await stopped).error).toMatchObject({ message: "stopped by the asker" });
  expect(health.attempts).toEqual([]);
  await openrouter.requests[0]?.ended;
});

test("a reader who goes away hangs up on the model", async () => {
  openrouter.script("a/first", "content_then_stall");
  for await (const part of chainWith().stream(REQUEST, { payer: PAYER }, SIGNAL)) {
    expect(part.kind).toBe("text");
    break;
  }
  await openrouter.requests[0]?.ended;
});

test("a reader slower than the limits is no fault of the model", async () => {
  openrouter.script("a/first", GOOD);
  for await (const part of chainWith().stream(REQUEST, { payer: PAYER }, SIGNAL)) {
    if (parts.length === 0) vi.advanceTimersByTime(60_000);
    parts.push(part);
  }
  expect(shown()).toBe("It is 12 %. [1]");
});

test("an attempt that can't be written down does not cost the answer", async () => {
  const chain = chainWith();
  health.record = () => Promise.reject(new Error("no database"));
  const { error } = await partsOf(chain);
  expect(error).toBeUndefined();
  expect(parts.at(-1)).toMatchObject({ kind: "done", model: "a/first" });
});
