/** What the chain does with what is known of the models, the key and the money: a model is asked, or passed over. */
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConfigError } from "../../src/errors.ts";
import type { Attempt } from "../../src/models/attempt.ts";
import { type Asker, type Chain, type ChainPart, createChain } from "../../src/models/chain.ts";
import { createClient } from "../../src/models/client.ts";
import type { ModelFacts } from "../../src/models/health.ts";
import { createOpenRouter } from "../../src/models/openrouter.ts";
import type { ChatRequest } from "../../src/models/request.ts";
import { BudgetReached, type Call } from "../../src/money/ledger.ts";
import {
  factsOf,
  type MemoryHealth,
  memoryHealth,
  memoryLedger,
  PAYER,
} from "../support/models.ts";
import { type OpenRouterLoopback, startOpenRouter } from "../support/openrouter.ts";

const CHEAP = { inputMicrousd: 150_000, outputMicrousd: 600_000 };
const DEAR = { inputMicrousd: 2_500_000, outputMicrousd: 10_000_000 };
const REQUEST: ChatRequest = {
  messages: [{ role: "user", content: `What is it? ${"word ".repeat(200)}` }],
  tokensMax: 100,
};

let openrouter: OpenRouterLoopback;
let health: MemoryHealth;
let ledger = memoryLedger();
let parts: ChainPart[];
let attempts: Attempt[];

beforeEach(async () => {
  openrouter = await startOpenRouter();
  ledger = memoryLedger();
  parts = [];
  attempts = [];
});

afterEach(() => openrouter.close());

function chainOf(...models: ModelFacts[]): Chain {
  health = memoryHealth(models);
  const client = createOpenRouter({
    client: createClient({ apiKey: "sk-or-test-key", baseUrl: openrouter.url }),
    dataCollection: "deny",
    limits: { firstTokenTimeoutMs: 20_000, idleTimeoutMs: 20_000 },
  });
  const log = pino({ level: "silent" });
  return createChain({ health, client, ledger, log, limits: { answerTimeoutMs: 60_000 } });
}

async function ask(chain: Chain, request = REQUEST, more: Partial<Asker> = {}): Promise<unknown> {
  try {
    const { signal } = new AbortController();
    const asker = { payer: PAYER, attempts, ...more };
    for await (const part of chain.stream(request, asker, signal)) {
      parts.push(part);
    }
    return null;
  } catch (error) {
    return error;
  }
}

const soon = (ms: number) => new Date(Date.now() + ms);
const asked = () => openrouter.requests.map(({ body }) => body.model);
const done = () => parts.find((part) => part.kind === "done");

test.each<[string, Partial<ModelFacts>]>([
  ["is resting", { state: "cooling", reason: "stalled", passedOverUntil: soon(60_000) }],
  ["is about to be tried out", { state: "cooling", reason: "stalled", passedOverUntil: soon(-1) }],
  ["is retired", { state: "retired", reason: "retired", passedOverUntil: soon(60_000) }],
  ["has no provider", { state: "no_provider", reason: "no_provider", passedOverUntil: soon(1) }],
])(
  "a model that %s is not asked, and the answer says why another one gave it",
  async (_, facts) => {
    await ask(chainOf(factsOf("a/first", facts), factsOf("b/second")));
    expect(asked()).toEqual(["b/second"]);
    expect(done()).toMatchObject({ model: "b/second" });
    expect(attempts).toMatchObject([
      { model: "a/first", outcome: "skipped", reason: facts.reason },
      { model: "b/second", outcome: "answered" },
    ]);
    expect(health.attempts.map(({ model }) => model)).toEqual(["b/second"]);
  },
);

test("where nobody tried a model out long after its rest, a question does", async () => {
  await ask(chainOf(factsOf("a/first", { state: "cooling", passedOverUntil: soon(-300_000) })));
  expect(asked()).toEqual(["a/first"]);
});

test("while all models rest a question fails at once, with when to ask again; its last try insists", async () => {
  const [first, second] = [soon(120_000), soon(60_000)];
  const resting = { state: "cooling", reason: "unavailable" } as const;
  const chain = chainOf(
    factsOf("a/first", { ...resting, passedOverUntil: first }),
    factsOf("b/second", { ...resting, passedOverUntil: second }),
    factsOf("c/gone", { state: "retired", reason: "retired", passedOverUntil: soon(1) }),
  );
  expect(await ask(chain)).toMatchObject({ name: "AllModelsFailed", retryAt: second });
  expect(asked()).toEqual([]);
  openrouter.script("a/first", "unavailable");
  expect(await ask(chain, REQUEST, { insist: true })).toBeNull();
  expect(asked()).toEqual(["a/first", "b/second"]);
});

test("while the key is known to be bad no model is asked in vain, and after its rest one is", async () => {
  const chain = chainOf(factsOf("a/first"));
  health.key = { state: "invalid", restingUntil: soon(60_000) };
  expect(await ask(chain)).toBeInstanceOf(ConfigError);
  health.key = { state: "credit_out", restingUntil: soon(60_000) };
  expect(await ask(chain)).toMatchObject({ status: 402, retryable: false });
  expect(asked()).toEqual([]);
  health.key = { state: "credit_out", restingUntil: soon(-1) };
  expect(await ask(chain)).toBeNull();
});

const LONG: ChatRequest = {
  ...REQUEST,
  smaller: () => ({ messages: [{ role: "user", content: "What is it?" }], tokensMax: 100 }),
};

test("a model that finds the request too long gets the smaller one once, then the next gets it whole", async () => {
  openrouter.script("a/first", "too_long", "too_long");
  await ask(chainOf(factsOf("a/first"), factsOf("b/second")), LONG);
  expect(asked()).toEqual(["a/first", "a/first", "b/second"]);
  const lengths = openrouter.requests.map(({ body }) => JSON.stringify(body.messages).length);
  expect(lengths[1]).toBeLessThan(lengths[0] ?? 0);
  expect(lengths[2]).toBe(lengths[0]);
});

test("a request that can't fit a model's known context goes smaller at once, or to the next model", async () => {
  const models = [
    factsOf("a/tiny", { contextTokens: 50 }),
    factsOf("b/small", { contextTokens: 200 }),
  ];
  await ask(chainOf(...models), LONG);
  expect(asked()).toEqual(["b/small"]);
  expect(openrouter.requests[0]?.body.messages[0]?.content).toBe("What is it?");
  expect(attempts).toMatchObject([{ outcome: "skipped", reason: "too_long" }, {}]);
});

test("the worst case is set aside before a model is asked, and what it took is settled", async () => {
  await ask(chainOf(factsOf("a/first", { price: CHEAP })));
  const [call] = ledger.calls;
  expect(call).toMatchObject({ purpose: "answer", model: "a/first", dear: false });
  expect(call?.taken?.microusd).toBeGreaterThan(0);
  expect(call?.taken?.microusd).toBeLessThan(call?.microusdMax ?? 0);
});

test("a model five times dearer than the first has a share of its own, and is passed over without", async () => {
  ledger = memoryLedger(({ dear }) => dear === true);
  openrouter.script("a/first", "unavailable");
  const models = ["a/first", "b/dear", "c/third"].map((model) =>
    factsOf(model, { price: model === "b/dear" ? DEAR : CHEAP }),
  );
  await ask(chainOf(...models));
  expect(asked()).toEqual(["a/first", "c/third"]);
  expect(attempts).toMatchObject([{}, { outcome: "skipped", reason: "too_dear" }, {}]);
});

test("with no money left for any model none is asked, and it is said so", async () => {
  ledger = memoryLedger(() => true);
  expect(await ask(chainOf(factsOf("a/first"), factsOf("b/second")))).toBeInstanceOf(BudgetReached);
  expect(asked()).toEqual([]);
});

test("an answer that is stopped is paid for as far as it came", async () => {
  openrouter.script("a/first", "content_then_stall");
  const stop = new AbortController();
  const chain = chainOf(factsOf("a/first", { price: CHEAP }));
  await expect(async () => {
    for await (const _ of chain.stream(REQUEST, { payer: PAYER }, stop.signal)) stop.abort();
  }).rejects.toThrow();
  const settled: (Call & { taken: unknown }) | undefined = ledger.calls[0];
  expect(settled?.taken).toMatchObject({ tokensOut: expect.any(Number) });
  expect(ledger.calls[0]?.taken?.microusd).toBeGreaterThan(0);
  expect(health.attempts).toEqual([]);
});

test("what came before a refusal in the middle is paid for", async () => {
  openrouter.script("a/first", { kind: "broken", after: "text", by: "error" });
  await ask(chainOf(factsOf("a/first", { price: CHEAP }), factsOf("b/second")));
  expect(ledger.calls[0]?.taken?.microusd).toBeGreaterThan(0);
});

test("with the dear ones used up, a cheaper model that rests is waited for", async () => {
  ledger = memoryLedger(({ dear }) => dear === true);
  const resting = { state: "cooling", reason: "stalled", passedOverUntil: soon(60_000) } as const;
  const chain = chainOf(
    factsOf("a/first", { price: CHEAP, ...resting }),
    factsOf("b/dear", { price: DEAR }),
  );
  expect(await ask(chain)).toMatchObject({ name: "AllModelsFailed", retryAt: expect.any(Date) });
});

test("a model that was refused at the door costs nothing", async () => {
  openrouter.script("a/first", "rate_limited");
  await ask(chainOf(factsOf("a/first", { price: CHEAP }), factsOf("b/second")));
  expect(ledger.calls[0]?.taken).toEqual({ tokensIn: 0, tokensOut: 0, microusd: 0 });
});

const SEEN: ChatRequest = {
  messages: [
    {
      role: "user",
      content: "What does it show?",
      pictures: [{ mediaType: "image/png", base64: "iVBORw0KGgo=" }],
    },
  ],
  tokensMax: 100,
  session: "thread-1",
};

test("a picture goes to a model that can see, and its text alone to one that can't", async () => {
  openrouter.script("a/blind", "unavailable");
  const models = [
    factsOf("a/blind", { seesImages: false }),
    factsOf("b/sees", { seesImages: true }),
  ];
  await ask(chainOf(...models), SEEN);
  const [blind, sees] = openrouter.requests.map(({ body }) => body);
  expect(blind?.messages).toEqual([{ role: "user", content: "What does it show?" }]);
  expect(sees?.messages[0]?.content).toEqual([
    { type: "text", text: "What does it show?" },
    { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } },
  ]);
  expect(sees).toMatchObject({ session_id: "thread-1" });
});
