import type OpenAI from "openai";
import * as v from "valibot";
import type { Log } from "../log.ts";
import { BudgetReached, type Ledger, type Payer } from "../money/ledger.ts";
import { type OpenRouterOptions, POLICIES } from "./openrouter.ts";
import { failureOf } from "./openrouter-errors.ts";

export interface Reranker {
  /**
   * How well each passage answers the question, by the passages' order: 0 to 1. Null where the model can't be had, in
   * time or at all, or the budget is used up: then the order stays as it was.
   */
  scores(
    question: string,
    passages: readonly string[],
    payer: Payer,
    signal: AbortSignal,
  ): Promise<number[] | null>;
}

export interface RerankerDeps {
  client: OpenAI;
  ledger: Ledger;
  log: Log;
  model: string;
  dataCollection: OpenRouterOptions["dataCollection"];
  timeoutMs?: number;
}

// A good order late is worse than a fair one now.
const TIMEOUT_MS = 3_000;
// Models are paid by the search, at tenths of a cent; this is more than any of them takes.
const MICROUSD_MAX = 10_000;
const COST_USD_MAX = 1;

const Reply = v.object({
  results: v.array(
    v.object({
      index: v.pipe(v.number(), v.integer(), v.minValue(0)),
      relevance_score: v.pipe(v.number(), v.finite()),
    }),
  ),
  usage: v.nullish(
    v.object({
      cost: v.fallback(
        v.nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(COST_USD_MAX))),
        null,
      ),
    }),
  ),
});

/** A model at OpenRouter that reads a question and a passage together, and judges better than either leg does. */
export function createReranker(deps: RerankerDeps): Reranker {
  return {
    async scores(question, passages, payer, signal) {
      if (passages.length < 2) return null;
      try {
        return await paidScores(deps, { question, passages }, payer, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof BudgetReached)) {
          const { kind, status } = failureOf(error);
          deps.log.warn({ model: deps.model, kind, status }, "passages stay in the order found");
        }
        return null;
      }
    },
  };
}

async function paidScores(
  { client, ledger, model, dataCollection, timeoutMs = TIMEOUT_MS }: RerankerDeps,
  { question, passages }: { question: string; passages: readonly string[] },
  payer: Payer,
  signal: AbortSignal,
): Promise<number[]> {
  const call = { purpose: "rerank" as const, model, microusdMax: MICROUSD_MAX };
  const reservation = await ledger.reserve(payer, call);
  let microusd = MICROUSD_MAX;
  try {
    const provider = POLICIES[dataCollection];
    const body = { model, query: question, documents: passages, provider };
    const ends = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const reply = v.safeParse(Reply, await client.post("/rerank", { body, signal: ends }));
    if (!reply.success) throw new SyntaxError("an answer that is no ranking");
    const { results, usage } = reply.output;
    if (typeof usage?.cost === "number") microusd = Math.round(usage.cost * 1e6);
    const scores = new Map(results.map((one) => [one.index, one.relevance_score]));
    return passages.map((_, at) => Math.min(Math.max(scores.get(at) ?? 0, 0), 1));
  } catch (error) {
    // What the service turned down costs nothing.
    if (failureOf(error).status !== undefined) microusd = 0;
    throw error;
  } finally {
    await reservation.settle({ tokensIn: 0, tokensOut: 0, microusd });
  }
}
