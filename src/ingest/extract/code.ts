/** Source code, and settings that are written like it. */
import { chunkIndented } from "../chunk.ts";
import { linesOf } from "../chunking/lines.ts";
import { batches } from "./batches.ts";
import { charsetOfFile, decoded } from "./decode.ts";
import type { Extracted } from "./reader.ts";

export async function* readCode(path: string): AsyncGenerator<Extracted> {
  const charset = charsetOfFile(path);
  yield { kind: "opened", fileKind: "code", pages: null };
  yield* batches(chunkIndented(linesOf(decoded(path, charset))));
}
