/** Tables in text: CSV and its relatives, with whatever stands between the cells. */
import { CHUNK_SIZE_TARGET, chunkBlocks } from "../chunk.ts";
import { batches } from "./batches.ts";
import { csvRows } from "./csv-rows.ts";
import { charsetOfFile, decoded } from "./decode.ts";
import type { Extracted } from "./reader.ts";
import { tableBlocks } from "./table.ts";

export async function* readCsv(path: string): AsyncGenerator<Extracted> {
  const charset = charsetOfFile(path);
  yield { kind: "opened", fileKind: "csv", pages: null };
  const blocks = tableBlocks(csvRows(decoded(path, charset)), CHUNK_SIZE_TARGET);
  yield* batches(chunkBlocks(blocks, { counts: "rows", outline: [] }));
}
