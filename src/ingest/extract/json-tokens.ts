/** The words of a JSON text. Nothing is refused: what is no JSON comes out as words, too. */

import { FileRejected } from "../../errors.ts";

/** A longer string is no value of a data file but a document, or another file that was packed into it. */
const STRING_CHARS_MAX = 2_000_000;
/** A packed file says nothing that could be searched; words have spaces, or other letters than these. */
const PACKED = /^[\w+/\r\n-]{1024}/;
const PACKED_SHOWN = "(a file packed into this one)";

export interface JsonToken {
  kind: "{" | "}" | "[" | "]" | ":" | "," | "value";
  /** A string without its quotes and escapes, or a number or word as it stands. */
  text: string;
  /** Counted from 1. */
  line: number;
}

/** A run of ordinary characters may be cut anywhere, so pieces of a text need no joining. */
const FRAGMENT = /[{}[\]:,"\\\n]|[^{}[\]:,"\\\n]+/g;

interface Scan {
  line: number;
  /** The string that is open, with its escapes; null outside of one. */
  string: string | null;
  isEscaped: boolean;
  stringLine: number;
  word: string;
}

/** @param pieces the text, in pieces of any length */
export function* jsonTokens(pieces: Iterable<string>): Generator<JsonToken> {
  const scan: Scan = { line: 1, string: null, isEscaped: false, stringLine: 1, word: "" };
  for (const piece of pieces) {
    for (const [fragment] of piece.matchAll(FRAGMENT)) {
      if (scan.string === null) yield* outside(fragment, scan);
      else yield* inString(fragment, scan.string, scan);
      if (fragment === "\n") scan.line++;
    }
  }
  if (scan.string !== null) yield* inString('"', scan.string, { ...scan, isEscaped: false });
  yield* wordEnd(scan);
}

function* inString(fragment: string, string: string, scan: Scan): Generator<JsonToken> {
  if (fragment === '"' && !scan.isEscaped) {
    scan.string = null;
    yield { kind: "value", text: shown(string), line: scan.stringLine };
    return;
  }
  scan.isEscaped = fragment === "\\" && !scan.isEscaped;
  if (string.length < STRING_CHARS_MAX) scan.string = string + fragment;
  else if (!PACKED.test(string)) throw tooLong();
}

function* outside(fragment: string, scan: Scan): Generator<JsonToken> {
  switch (fragment) {
    case "{":
    case "}":
    case "[":
    case "]":
    case ":":
    case ",":
      yield* wordEnd(scan);
      yield { kind: fragment, text: "", line: scan.line };
      return;
    case '"':
      yield* wordEnd(scan);
      scan.string = "";
      scan.stringLine = scan.line;
      return;
    case "\n":
      yield* wordEnd(scan);
      return;
    default:
      scan.word += fragment;
  }
}

function* wordEnd(scan: Scan): Generator<JsonToken> {
  const text = scan.word.trim();
  scan.word = "";
  if (text !== "") yield { kind: "value", text, line: scan.line };
}

function shown(string: string): string {
  return PACKED.test(string) ? PACKED_SHOWN : unescaped(string);
}

function unescaped(string: string): string {
  if (!string.includes("\\")) return string;
  try {
    return String(JSON.parse(`"${string}"`));
  } catch (error) {
    // Not quite JSON: then it is shown as it stands.
    if (error instanceof SyntaxError) return string;
    throw error;
  }
}

function tooLong(): FileRejected {
  const most = STRING_CHARS_MAX.toLocaleString("en");
  return new FileRejected(
    "too_large",
    `One text in this JSON is longer than ${most} letters, the most I read as one; share that text as a .txt file.`,
  );
}
