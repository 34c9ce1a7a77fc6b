/** A file's bytes as text, in whatever encoding it has. */
import { closeSync, openSync, readSync } from "node:fs";
import iconv from "iconv-lite";
import { FileRejected } from "../../errors.ts";
import { charsetOf, SAMPLE_BYTES } from "./charset.ts";

const PIECE_BYTES = 262_144;
const ASCII_ONLY = /^\p{ASCII}*$/u;

/**
 * @param declared finds the encoding that the beginning of the file claims for itself; it counts only
 *   where the bytes alone do not prove another one
 * @throws {FileRejected} unsupported, where it can't be told
 */
export function charsetOfFile(path: string, declared?: (start: string) => string | null): string {
  const sample = sampleFrom(path, 0);
  const claimed = declared?.(Buffer.from(sample).toString("latin1")) ?? null;
  let charset = charsetOf(sample);
  if (claimed !== null && iconv.encodingExists(claimed) && isOpen(charset, sample)) return claimed;
  // A long file can be plain ASCII for a megabyte before its first accented letter.
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

/** A guess by statistics, or ASCII, which is valid in nearly every encoding. */
function isOpen(charset: string | null, sample: Uint8Array): boolean {
  if (charset?.startsWith("utf-") === false) return true;
  return charset === "utf-8" && ASCII_ONLY.test(Buffer.from(sample).toString("latin1"));
}

/** The text from its first character on, in pieces of any length. */
export function* decoded(path: string, charset: string): Generator<string> {
  const decoder = decoderOf(charset);
  for (const piece of bytesOf(path, 0, PIECE_BYTES)) yield decoder.write(piece);
  yield decoder.end() ?? "";
}

export function* decodedBytes(bytes: Buffer, charset: string): Generator<string> {
  const decoder = decoderOf(charset);
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    yield decoder.write(bytes.subarray(at, at + PIECE_BYTES));
  }
  yield decoder.end() ?? "";
}

interface Decoder {
  write(piece: Buffer): string;
  end(): string | undefined;
}

function decoderOf(charset: string): Decoder {
  if (charset !== "utf-8") return iconv.getDecoder(charset, { stripBOM: true });
  const decoder = new TextDecoder("utf-8");
  return { write: (piece) => decoder.decode(piece, { stream: true }), end: () => decoder.decode() };
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
