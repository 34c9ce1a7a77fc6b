/** JSON, and several values after each other (JSON Lines): as indented text with its keys. */
import { chunkIndented } from "../chunk.ts";
import { batches } from "./batches.ts";
import { charsetOfFile, decoded } from "./decode.ts";
import { jsonLines } from "./json-lines.ts";
import { jsonTokens } from "./json-tokens.ts";
import type { Extracted } from "./reader.ts";

export async function* readJson(path: string): AsyncGenerator<Extracted> {
  const charset = charsetOfFile(path);
  yield { kind: "opened", fileKind: "json", pages: null };
  yield* batches(chunkIndented(jsonLines(jsonTokens(decoded(path, charset)))));
}
