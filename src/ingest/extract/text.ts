/** Plain text and Markdown. */
import { closeSync, openSync, readSync } from "node:fs";
import iconv from "iconv-lite";
import { FileRejected } from "../../errors.ts";
import { type Chunk, chunkText, type Source } from "../chunk.ts";
import { charsetOf, SAMPLE_BYTES } from "./charset.ts";
import type { FileKind } from "./kinds.ts";
import type { Extracted, Reader } from "./reader.ts";

const PIECE_BYTES = 262_144;
const CHUNKS_PER_BATCH = 50;

export function textReader(fileKind: Extract<FileKind, "text" | "markdown">): Reader {
  return async function* read(path): AsyncGenerator<Extracted> {
    const charset = charsetOfFile(path);
    yield { kind: "opened", fileKind, pages: null };
    const syntax = fileKind === "markdown" ? "markdown" : "plain";
    const source: Source = { syntax, lines: "counted", outline: [] };
    let chunks: Chunk[] = [];
    for (const chunk of chunkText(decoded(path, charset), source)) {
      chunks.push(chunk);
      if (chunks.length === CHUNKS_PER_BATCH) {
        yield { kind: "chunks", pagesDone: 0, chunks };
        chunks = [];
      }
    }
    yield { kind: "chunks", pagesDone: 0, chunks };
  };
}

/** A long file can be plain ASCII for a megabyte before its first accented letter. */
function charsetOfFile(path: string): string {
  let charset = charsetOf(sampleFrom(path, 0));
  const invalidAt = charset === "utf-8" ? invalidAfterAscii(path) : null;
  if (invalidAt !== null) charset = charsetOf(sampleFrom(path, invalidAt));
  if (charset === null) {
    throw new FileRejected(
      "unsupported",
      "I can't tell how the letters of this text are encoded; save it as UTF-8 and share it again.",
    );
  }
  return charset;
}

function sampleFrom(path: string, start: number): Uint8Array {
  for (const piece of bytesOf(path, start, SAMPLE_BYTES)) return piece;
  return new Uint8Array();
}

/** @returns where pure ASCII is followed by something that is not UTF-8, roughly; null where it never is */
function invalidAfterAscii(path: string): number | null {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let at = 0;
  try {
    for (const piece of bytesOf(path, 0, SAMPLE_BYTES)) {
      const stream = piece.length === SAMPLE_BYTES;
      if (decoder.decode(piece, { stream }).length !== piece.length) return null;
      at += piece.length;
    }
  } catch (error) {
    if (error instanceof TypeError) return at;
    throw error;
  }
  return null;
}

function* decoded(path: string, charset: string): Generator<string> {
  const decoder =
    charset === "utf-8" ? utf8Decoder() : iconv.getDecoder(charset, { stripBOM: true });
  for (const piece of bytesOf(path, 0, PIECE_BYTES)) yield decoder.write(piece);
  yield decoder.end() ?? "";
}

function utf8Decoder(): { write(piece: Buffer): string; end(): string } {
  const decoder = new TextDecoder("utf-8");
  return { write: (piece) => decoder.decode(piece, { stream: true }), end: () => decoder.decode() };
}

/** Blocking reads, on purpose: this runs in a process of its own, which does nothing else meanwhile. */
function* bytesOf(path: string, start: number, pieceBytes: number): Generator<Buffer> {
  const file = openSync(path, "r");
  try {
    for (let at = start; ; ) {
      const piece = Buffer.allocUnsafe(pieceBytes);
      const length = readSync(file, piece, 0, pieceBytes, at);
      if (length === 0) return;
      yield piece.subarray(0, length);
      at += length;
    }
  } finally {
    closeSync(file);
  }
}
