import { costMicrousd, type Embedder } from "../embed/embedder.ts";
import { ConfigError, ServiceError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Chunk } from "./chunk.ts";

export interface Embedded {
  vectors: { index: number; vector: Float32Array }[];
  /** Indexes of chunks that the embedder will not have. */
  refused: number[];
  tokens: number;
  microusd: number;
}

/** The text that stands for a chunk in the index: where it stands, then itself. The file's name is the share's. */
export function embeddedText(chunk: Chunk): string {
  const headings = chunk.locator.headings ?? [];
  return headings.length > 0 ? `${headings.join(" › ")}\n${chunk.text}` : chunk.text;
}

/**
 * Vectors of the chunks, as many as are to be had: while the embedder is away the rest is left out,
 * and gets its vectors later.
 */
export async function embedChunks(
  deps: { embedder: Embedder | null; log: Log },
  chunks: Chunk[],
  signal: AbortSignal,
): Promise<Embedded> {
  const result: Embedded = { vectors: [], refused: [], tokens: 0, microusd: 0 };
  const { embedder } = deps;
  if (!embedder) return result;
  const away = new AbortController();
  const either = AbortSignal.any([signal, away.signal]);
  const one = async (chunk: Chunk, index: number): Promise<void> => {
    const embedding = await embedder.embed(embeddedText(chunk), "index", either);
    if (embedding.kind === "refused") {
      result.refused.push(index);
      return;
    }
    result.vectors.push({ index, vector: embedding.vector });
    result.tokens += embedding.tokens;
  };
  const tries = chunks.map((chunk, index) =>
    one(chunk, index).catch((error: unknown) => {
      signal.throwIfAborted();
      if (away.signal.aborted) return;
      if (!(error instanceof ServiceError || error instanceof ConfigError)) throw error;
      deps.log.warn({ err: error }, "the embedder is away: words alone for now");
      away.abort();
    }),
  );
  const settled = await Promise.allSettled(tries);
  for (const outcome of settled) if (outcome.status === "rejected") throw outcome.reason;
  result.microusd = costMicrousd(result.tokens);
  return result;
}
