/** What OpenRouter tells of its models and of our key; being told is free of charge. */
import { APIError, type OpenAI } from "openai";
import * as v from "valibot";
import { ServiceError } from "../errors.ts";
import type { Price } from "./price.ts";

// For the whole answer: the client's own limit ends with the headers.
const TIMEOUT_MS = 10_000;
const MICROUSD = 1e6;
// Any other year is a mistake.
const YEARS = [2000, 2100] as const;
// From dollars for one token to millionths of a dollar for a million.
const MICROUSD_PER_MTOKEN = 1e12;
// They say how a model is routed; the catalogue knows it without. `:free` is a model of its own.
const ROUTING = /(?::(?:nitro|floor|online))+$/;

/** A model as the catalogue has it; null where it does not say. */
export interface ListedModel {
  contextTokens: number | null;
  seesImages: boolean | null;
  /** Null also for a model whose price depends on where it sends the request. */
  price: Price | null;
  /** YYYY-MM-DD */
  expiresOn: string | null;
}

/** By every name that a model goes by. */
export type Listed = ReadonlyMap<string, ListedModel>;

export interface Endpoints {
  count: number;
  /** Of the best one, in percent; null where nothing is known. */
  uptimeDay: number | null;
}

/** In millionths of a dollar; null without a limit, or where the service does not say. */
export interface KeyReport {
  limitMicrousd: number | null;
  remainingMicrousd: number | null;
  dayMicrousd: number | null;
  monthMicrousd: number | null;
  expiresAt: Date | null;
}

/** Each method @throws {ServiceError} also for what can't be read, or the signal's reason. */
export interface Catalogue {
  /** Empty where the service has none. */
  models(signal: AbortSignal): Promise<Listed>;
  /** Who serves a model; null: the service does not know it. */
  endpoints(model: string, signal: AbortSignal): Promise<Endpoints | null>;
  /** Null: the service tells nothing of keys. */
  key(signal: AbortSignal): Promise<KeyReport | "invalid" | null>;
}

const amount = v.fallback(v.nullish(v.number(), null), null);
const words = v.fallback(v.nullish(v.string(), null), null);

const Models = v.object({
  data: v.array(
    v.object({
      id: v.string(),
      canonical_slug: words,
      alias_target: words,
      context_length: amount,
      architecture: v.fallback(
        v.nullish(v.object({ input_modalities: v.array(v.string()) }), null),
        null,
      ),
      pricing: v.fallback(v.nullish(v.object({ prompt: words, completion: words }), null), null),
      expiration_date: words,
    }),
  ),
});

type RawModel = v.InferOutput<typeof Models>["data"][number];

const EndpointList = v.object({
  data: v.object({ endpoints: v.array(v.object({ uptime_last_1d: amount })) }),
});

const Key = v.object({
  data: v.object({
    limit: amount,
    limit_remaining: amount,
    usage_daily: amount,
    usage_monthly: amount,
    expires_at: words,
  }),
});

/** OpenRouter's catalogue, through the client that speaks to it. */
export function createCatalogue({ client }: { client: OpenAI }): Catalogue {
  return {
    models: async (signal) => {
      const answer = await on({ 404: null }, ask(client, "/models", Models, signal));
      return toListed(answer?.data ?? []);
    },
    endpoints: async (model, signal) => {
      const path = endpointsPath(model);
      const answer = await on({ 404: null }, ask(client, path, EndpointList, signal));
      return answer && toEndpoints(answer.data.endpoints);
    },
    key: async (signal) => {
      const meant = { 401: "invalid", 404: null } as const;
      const answer = await on(meant, ask(client, "/key", Key, signal));
      return answer === null || answer === "invalid" ? answer : toReport(answer.data);
    },
  };
}

/** A model of the catalogue by the name it is configured with; null where it is not listed. */
export function findModel(listed: Listed, model: string): ListedModel | null {
  return listed.get(model) ?? listed.get(model.replace(ROUTING, "")) ?? null;
}

async function ask<T extends v.GenericSchema>(
  client: OpenAI,
  path: string,
  schema: T,
  signal: AbortSignal,
): Promise<v.InferOutput<T>> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  let answer: unknown;
  try {
    answer = await client.get(path, { signal: until });
  } catch (error) {
    signal.throwIfAborted();
    throw failureOf(error, until.aborted);
  }
  const parsed = v.safeParse(schema, answer);
  if (!parsed.success) throw unreadable();
  return parsed.output;
}

function failureOf(error: unknown, isLate: boolean): ServiceError {
  if (isLate) return new ServiceError("openrouter", "OpenRouter did not answer in time.");
  if (error instanceof SyntaxError) return unreadable();
  if (error instanceof APIError && error.status !== undefined) {
    const { status } = error;
    // Its own words may hold the account's name.
    return new ServiceError("openrouter", `OpenRouter answered with status ${status}.`, { status });
  }
  return new ServiceError("openrouter", "OpenRouter could not be reached.", { cause: error });
}

function unreadable(): ServiceError {
  return new ServiceError("openrouter", "OpenRouter answered with something unreadable.");
}

/** An answer, or what a status says that is no failure. */
async function on<T, M>(meant: Readonly<Record<number, M>>, answer: Promise<T>): Promise<T | M> {
  try {
    return await answer;
  } catch (error) {
    const status = error instanceof ServiceError ? error.status : undefined;
    const meaning = status === undefined ? undefined : meant[status];
    if (meaning === undefined) throw error;
    return meaning;
  }
}

function endpointsPath(model: string): string {
  const path = model.replace(ROUTING, "").split("/").map(encodeURIComponent).join("/");
  return `/models/${path}/endpoints`;
}

function toListed(data: readonly RawModel[]): Listed {
  const others = data.flatMap((raw) =>
    [raw.canonical_slug, raw.alias_target].flatMap((name) => (name ? [[name, raw] as const] : [])),
  );
  // A model's own id counts for more than another one's second name.
  const named = [...others, ...data.map((raw) => [raw.id, raw] as const)];
  return new Map(named.map(([name, raw]) => [name, toModel(raw)]));
}

function toModel(raw: RawModel): ListedModel {
  const { context_length: contextTokens } = raw;
  return {
    contextTokens: contextTokens !== null && isWhole(contextTokens) ? contextTokens : null,
    seesImages: raw.architecture?.input_modalities.includes("image") ?? null,
    price: toPrice(raw.pricing),
    expiresOn: toDate(raw.expiration_date?.slice(0, 10))?.toISOString().slice(0, 10) ?? null,
  };
}

function isWhole(tokens: number): boolean {
  // What the database's column can hold.
  return Number.isInteger(tokens) && tokens > 0 && tokens < 2 ** 31;
}

function toPrice(pricing: RawModel["pricing"]): Price | null {
  const inputMicrousd = perMillion(pricing?.prompt);
  const outputMicrousd = perMillion(pricing?.completion);
  if (inputMicrousd === null || outputMicrousd === null) return null;
  return { inputMicrousd, outputMicrousd };
}

function perMillion(usdPerToken: string | null | undefined): number | null {
  if (!usdPerToken?.trim()) return null;
  const microusd = Math.round(Number(usdPerToken) * MICROUSD_PER_MTOKEN);
  return Number.isSafeInteger(microusd) && microusd >= 0 ? microusd : null;
}

function toDate(text: string | null | undefined): Date | null {
  const date = new Date(text ?? "");
  const year = date.getUTCFullYear();
  return year >= YEARS[0] && year <= YEARS[1] ? date : null;
}

function toEndpoints(endpoints: { uptime_last_1d: number | null }[]): Endpoints {
  const uptimes = endpoints.flatMap(({ uptime_last_1d: uptime }) => uptime ?? []);
  const percents = uptimes.filter((uptime) => uptime >= 0 && uptime <= 100);
  const uptimeDay = percents.length > 0 ? Math.max(...percents) : null;
  return { count: endpoints.length, uptimeDay };
}

function toReport(key: v.InferOutput<typeof Key>["data"]): KeyReport {
  return {
    limitMicrousd: inMicrousd(key.limit),
    remainingMicrousd: inMicrousd(key.limit_remaining),
    dayMicrousd: inMicrousd(key.usage_daily),
    monthMicrousd: inMicrousd(key.usage_monthly),
    expiresAt: toDate(key.expires_at),
  };
}

function inMicrousd(usd: number | null): number | null {
  const microusd = Math.round((usd ?? Number.NaN) * MICROUSD);
  return Number.isSafeInteger(microusd) ? microusd : null;
}
