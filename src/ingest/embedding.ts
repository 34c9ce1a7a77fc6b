import { costMicrousd, costMicrousdMax, type Embedder } from "../embed/embedder.ts";
import { ConfigError, ServiceError } from "../errors.ts";
import type { Log } from "../log.ts";
import { BudgetReached, type Ledger, type Reservation } from "../money/ledger.ts";
import type { Chunk } from "./chunk.ts";

export interface EmbeddingDeps {
  embedder: Embedder | null;
  ledger: Ledger;
  log: Log;
}

export interface Embedded {
  vectors: { index: number; vector: Float32Array }[];
  /** Indexes of chunks that the embedder will not have. */
  refused: number[];
  /** There is no money for vectors now. */
  budgetReached: boolean;
}

/** The text that stands for a chunk in the index: where it stands, then itself. The file's name is the share's. */
export function embeddedText(chunk: Chunk): string {
  const headings = chunk.locator.headings ?? [];
  return headings.length > 0 ? `${headings.join(" › ")}\n${chunk.text}` : chunk.text;
}

/**
 * Vectors of the chunks, as many as are to be had: while the embedder is away, or the budget used up, the rest is
 * left out and gets its vectors later.
 */
export async function embedChunks(
  deps: EmbeddingDeps,
  workspaceId: number,
  chunks: Chunk[],
  signal: AbortSignal,
): Promise<Embedded> {
  const result: Embedded = { vectors: [], refused: [], budgetReached: false };
  const { embedder, ledger } = deps;
  if (!embedder) return result;
  const texts = chunks.map(embeddedText);
  const reservation = await reserve(ledger, workspaceId, embedder, texts);
  if (!reservation) return { ...result, budgetReached: true };
  let tokens = 0;
  const one = async (text: string, index: number, until: AbortSignal): Promise<void> => {
    const embedding = await embedder.embed(text, "index", until);
    if (embedding.kind === "refused") {
      result.refused.push(index);
      return;
    }
    result.vectors.push({ index, vector: embedding.vector });
    tokens += embedding.tokens;
  };
  try {
    await whileThere(deps.log, texts, one, signal);
    return result;
  } finally {
    await reservation.settle({ tokensIn: tokens, tokensOut: 0, microusd: costMicrousd(tokens) });
  }
}

async function reserve(
  ledger: Ledger,
  workspaceId: number,
  embedder: Embedder,
  texts: string[],
): Promise<Reservation | null> {
  const microusdMax = costMicrousdMax(texts);
  const call = { purpose: "index" as const, model: embedder.id, microusdMax };
  try {
    return await ledger.reserve({ workspaceId, userId: null }, call);
  } catch (error) {
    if (error instanceof BudgetReached) return null;
    throw error;
  }
}

/** Does the same with each text, until the embedder is found to be away. */
async function whileThere(
  log: Log,
  texts: string[],
  one: (text: string, index: number, until: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const away = new AbortController();
  const either = AbortSignal.any([signal, away.signal]);
  const tries = texts.map((text, index) =>
    one(text, index, either).catch((error: unknown) => {
      signal.throwIfAborted();
      if (away.signal.aborted) return;
      if (!(error instanceof ServiceError || error instanceof ConfigError)) throw error;
      log.warn({ err: error }, "the embedder is away: words alone for now");
      away.abort();
    }),
  );
  const settled = await Promise.allSettled(tries);
  for (const outcome of settled) if (outcome.status === "rejected") throw outcome.reason;
}
