/** What the chain adds to the time to the first token, against the client's bare call. */
import OpenAI from "openai";
import { type Figure, ms, type Table } from "../report.ts";
import { median, percentile } from "../statistics.ts";
import { askBare, askChain } from "./ask.ts";
import type { Place } from "./place.ts";
import { startService } from "./service.ts";

const PAIRS = 60;
const WARM_UP_PAIRS = 10;
const SHARE_MAX = 0.05;
const FIRST_TOKEN_TIMEOUT_MS = 20_000;
const MODEL = "bench/live";

/** @param firstTokenMs 0: a model that answers at once, against which no share makes sense */
export async function measureOverhead(
  place: Place,
  firstTokenMs: number,
  signal: AbortSignal,
): Promise<Table> {
  await using stack = new AsyncDisposableStack();
  const answer = { kind: "answer", text: "Two." } as const;
  const baseUrl = await startService(stack, { firstTokenMs, replies: [[MODEL, answer]] });
  const openai = new OpenAI({ baseURL: baseUrl, apiKey: "bench" });
  const models = [MODEL];
  const chain = place.open(stack, { baseUrl, models, firstTokenTimeoutMs: FIRST_TOKEN_TIMEOUT_MS });
  const bare: number[] = [];
  const chained: number[] = [];
  for (let pair = -WARM_UP_PAIRS; pair < PAIRS; pair += 1) {
    const bareMs = await askBare({ openai, model: MODEL }, signal);
    const chainedMs = await askChain({ chain, asker: place.asker, model: MODEL }, signal);
    if (pair < 0) continue;
    bare.push(bareMs);
    chained.push(chainedMs);
  }
  return tableOf(firstTokenMs, bare, chained);
}

function tableOf(firstTokenMs: number, bare: number[], chained: number[]): Table {
  const addedMs = (share: number) => percentile(chained, share) - percentile(bare, share);
  const share = { value: addedMs(0.5) / median(bare), unit: "share", atMost: SHARE_MAX } as const;
  const both = (values: number[]): Figure[] => [0.5, 0.95].map((at) => ms(percentile(values, at)));
  return {
    title:
      firstTokenMs === 0
        ? "Time to the first token of a model that answers at once"
        : `Time to the first token of a model that takes ${firstTokenMs} ms for it`,
    columns: ["p50", "p95"],
    rows: [
      { name: "bare call of the openai client", figures: both(bare) },
      { name: "through the chain", figures: both(chained) },
      { name: "added", figures: [ms(addedMs(0.5)), ms(addedMs(0.95))] },
      ...(firstTokenMs === 0 ? [] : [{ name: "added, as a share", figures: [share, null] }]),
    ],
  };
}
