import { costMicrousd, type Embedder } from "../embed/embedder.ts";
import { ConfigError, ServiceError } from "../errors.ts";
import type { Log } from "../log.ts";
import { BudgetReached, type Ledger, type Payer } from "../money/ledger.ts";

export interface QueryVectorDeps {
  embedder: Embedder | null;
  ledger: Ledger;
  log: Log;
}

// Words alone are better than a late answer.
const TIMEOUT_MS = 3_000;

/** The question's vector, or null while there is no embedder to be had, or no money for it. */
export async function queryVector(
  deps: QueryVectorDeps,
  question: string,
  payer: Payer,
  signal: AbortSignal,
): Promise<Float32Array | null> {
  const { embedder } = deps;
  if (!embedder) return null;
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    return await paidVector({ ...deps, embedder }, question, payer, timeout);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BudgetReached) return null;
    const away = error instanceof ServiceError || error instanceof ConfigError || timeout.aborted;
    if (!away) throw error;
    deps.log.warn({ err: error }, "no vector for a question: words alone");
    return null;
  }
}

async function paidVector(
  { embedder, ledger }: QueryVectorDeps & { embedder: Embedder },
  question: string,
  payer: Payer,
  signal: AbortSignal,
): Promise<Float32Array | null> {
  // A token is a byte at least.
  const microusdMax = costMicrousd(Buffer.byteLength(question));
  const call = { purpose: "query" as const, model: embedder.id, microusdMax };
  const reservation = await ledger.reserve(payer, call);
  let tokensIn = 0;
  try {
    const embedding = await embedder.embed(question, "query", signal);
    if (embedding.kind === "refused") return null;
    tokensIn = embedding.tokens;
    return embedding.vector;
  } finally {
    await reservation.settle({ tokensIn, tokensOut: 0, microusd: costMicrousd(tokensIn) });
  }
}
