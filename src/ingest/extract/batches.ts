import type { Chunk } from "../chunk.ts";
import type { Extracted } from "./reader.ts";

const CHUNKS_PER_BATCH = 50;

/** Chunks of a file without pages, in handy batches as they come. */
export function* batches(found: Iterable<Chunk>): Generator<Extracted> {
  let chunks: Chunk[] = [];
  for (const chunk of found) {
    chunks.push(chunk);
    if (chunks.length === CHUNKS_PER_BATCH) {
      yield { kind: "chunks", pagesDone: 0, chunks };
      chunks = [];
    }
  }
  yield { kind: "chunks", pagesDone: 0, chunks };
}
