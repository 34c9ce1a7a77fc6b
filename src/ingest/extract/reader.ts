/** What every reader of a kind of file is: this is the seam for further kinds. */
import type { Chunk } from "../chunk.ts";
import type { FileKind } from "./kinds.ts";

/** A file as its parts become known, in order; pages are null for files that have none. */
export type Extracted =
  | { kind: "opened"; fileKind: FileKind; pages: number | null }
  | { kind: "chunks"; pagesDone: number; chunks: Chunk[] };

export interface ReadLimits {
  pagesMax: number;
  chunksMax: number;
  textCharsMax: number;
}

/**
 * Reads a file into chunks: `opened` first, once, then chunks in reading order. It may block: it runs
 * in a process of its own.
 * @throws {FileRejected} for what can't be read; anything else counts as a crash of the reader
 */
export type Reader = (path: string, limits: ReadLimits) => AsyncIterable<Extracted>;
