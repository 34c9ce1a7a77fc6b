/** Plain text and Markdown. */
import { chunkText } from "../chunk.ts";
import { batches } from "./batches.ts";
import { charsetOfFile, decoded } from "./decode.ts";
import type { FileKind } from "./kinds.ts";
import type { Extracted, Reader } from "./reader.ts";

export function textReader(fileKind: Extract<FileKind, "text" | "markdown">): Reader {
  return async function* read(path): AsyncGenerator<Extracted> {
    const charset = charsetOfFile(path);
    yield { kind: "opened", fileKind, pages: null };
    const syntax = fileKind === "markdown" ? "markdown" : "plain";
    yield* batches(chunkText(decoded(path, charset), { syntax, counts: "lines", outline: [] }));
  };
}
