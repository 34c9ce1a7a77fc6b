import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigError, ServiceError } from "../../src/errors.ts";
import { describeError } from "../../src/log.ts";
import { type Catalogue, createCatalogue, findModel } from "../../src/models/catalogue.ts";
import { createClient } from "../../src/models/client.ts";
import { type OpenRouterLoopback, startOpenRouter } from "../support/openrouter.ts";
import { inTls, NO_SUCH_HOST } from "../support/openrouter-unreachable.ts";

const { signal } = new AbortController();
const NOTHING = { contextTokens: null, seesImages: null, price: null, expiresOn: null };

let openrouter: OpenRouterLoopback;
let catalogue: Catalogue;

beforeEach(async () => {
  openrouter = await startOpenRouter();
  catalogue = catalogueAt(openrouter.url);
});

afterEach(() => openrouter.close());

function catalogueAt(baseUrl: string): Catalogue {
  return createCatalogue({ client: createClient({ apiKey: "sk-or-test-key", baseUrl }) });
}

test.each([
  ["nothing but an id", {}, {}],
  ["a context length", { context_length: 128_000 }, { contextTokens: 128_000 }],
  ["a context length of nothing", { context_length: 0 }, {}],
  ["a context length that no column holds", { context_length: 2 ** 31 }, {}],
  ["sight", { architecture: { input_modalities: ["text", "image"] } }, { seesImages: true }],
  ["no sight", { architecture: { input_modalities: ["text"] } }, { seesImages: false }],
  ["an unreadable architecture", { architecture: { input_modalities: "text" } }, {}],
  [
    "a price",
    { pricing: { prompt: "0.00000015", completion: "0.0000006" } },
    { price: { inputMicrousd: 150_000, outputMicrousd: 600_000 } },
  ],
  [
    "a price of nothing",
    { pricing: { prompt: "0", completion: "0" } },
    { price: { inputMicrousd: 0, outputMicrousd: 0 } },
  ],
  ["a router's price", { pricing: { prompt: "-1", completion: "-1" } }, {}],
  ["half a price", { pricing: { prompt: "0.00000015" } }, {}],
  ["an empty price", { pricing: { prompt: "", completion: "" } }, {}],
  ["a price that is no number", { pricing: { prompt: "free", completion: "free" } }, {}],
  ["an end", { expiration_date: "2027-01-14" }, { expiresOn: "2027-01-14" }],
  ["an end to the second", { expiration_date: "2027-01-14T23:59:59" }, { expiresOn: "2027-01-14" }],
  ["an end some time", { expiration_date: "soon" }, {}],
])("a model is listed with %s", async (_, fields, expected) => {
  openrouter.catalogue.models = [{ id: "a/model", ...fields }];
  const listed = await catalogue.models(signal);
  expect(findModel(listed, "a/model")).toEqual({ ...NOTHING, ...expected });
});

test.each([
  ["a/model", 1],
  ["a/model:nitro", 1],
  ["a/model:floor", 1],
  ["a/model:online", 1],
  ["a/model:free", 2],
  ["a/model:free:online", 2],
  ["a/model-2026-01-01", 1],
  ["~a/model-latest", 3],
  ["a/target", 3],
  ["a/mode", null],
  ["a/model:thinking", null],
])("the catalogue knows %s", async (name, contextTokens) => {
  openrouter.catalogue.models = [
    { id: "a/model", canonical_slug: "a/model-2026-01-01", context_length: 1 },
    { id: "a/model:free", canonical_slug: "a/model", context_length: 2 },
    { id: "~a/model-latest", alias_target: "a/target", context_length: 3 },
  ];
  const found = findModel(await catalogue.models(signal), name);
  expect(found?.contextTokens ?? null).toBe(contextTokens);
});

test("a model's endpoints are counted, with the best one's uptime", async () => {
  const uptimes = [{ uptime_last_1d: 90 }, { uptime_last_1d: 99.5 }, { uptime_last_1d: null }];
  openrouter.catalogue.endpoints.set("a/model", uptimes);
  openrouter.catalogue.endpoints.set("a/new", [{}]);
  openrouter.catalogue.endpoints.set("a/gone:free", []);
  expect(await catalogue.endpoints("a/model:nitro", signal)).toEqual({ count: 3, uptimeDay: 99.5 });
  expect(await catalogue.endpoints("a/new", signal)).toEqual({ count: 1, uptimeDay: null });
  expect(await catalogue.endpoints("a/gone:free", signal)).toEqual({ count: 0, uptimeDay: null });
  expect(await catalogue.endpoints("a/other", signal)).toBeNull();
});

test("the key's limit and what was spent come in millionths of a dollar", async () => {
  openrouter.catalogue.key = {
    limit: 10,
    limit_remaining: 0.25,
    usage_daily: 0.000001,
    usage_monthly: 9.75,
    expires_at: "2027-01-01T00:00:00Z",
  };
  expect(await catalogue.key(signal)).toEqual({
    limitMicrousd: 10_000_000,
    remainingMicrousd: 250_000,
    dayMicrousd: 1,
    monthMicrousd: 9_750_000,
    expiresAt: new Date("2027-01-01T00:00:00Z"),
  });
  openrouter.catalogue.key = { limit: null };
  expect(await catalogue.key(signal)).toMatchObject({ limitMicrousd: null, expiresAt: null });
});

test("a key that is not known is told apart from a service that tells nothing of keys", async () => {
  openrouter.catalogue.key = null;
  expect(await catalogue.key(signal)).toBe("invalid");
  openrouter.catalogue.failure = 404;
  expect(await catalogue.key(signal)).toBeNull();
  expect((await catalogue.models(signal)).size).toBe(0);
});

describe.each([
  ["an error of the service", 503, "OpenRouter answered with status 503."],
  ["a page instead of an answer", "html", "OpenRouter answered with something unreadable."],
] as const)("with %s", (_, failure, message) => {
  test.each(["models", "key"] as const)("%s fail in our own words", async (method) => {
    openrouter.catalogue.failure = failure;
    const error = await catalogue[method](signal).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ServiceError);
    expect(error).toHaveProperty("message", message);
    expect(JSON.stringify(describeError(error, 5))).not.toContain("sk-");
  });
});

test.each([
  ["no such host", async () => NO_SUCH_HOST],
  ["no TLS", async () => inTls(openrouter)],
  ["nobody there", () => openrouter.close().then(() => openrouter.url)],
])("with %s it could not be reached", async (_, urlOf) => {
  const asked = catalogueAt(await urlOf()).models(signal);
  await expect(asked).rejects.toThrow("OpenRouter could not be reached.");
});

test("whoever stops asking gets the own reason", async () => {
  const stop = new AbortController();
  stop.abort(new Error("closing"));
  await expect(catalogue.models(stop.signal)).rejects.toThrow("closing");
  expect(openrouter.catalogue.requests).toEqual([]);
});

test("a key that no header can hold is the operator's to mend, and is not repeated", () => {
  const make = () => createClient({ apiKey: "sk-sécret\n", baseUrl: openrouter.url });
  expect(make).toThrow(ConfigError);
  expect(make).not.toThrow(/cret/);
});
