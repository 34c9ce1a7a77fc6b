/** Text as it comes, in pieces of any length, made into clean lines of bounded length. */

/** A longer line is cut: the rest follows as further lines of the same number. */
export const LINE_CHARS_MAX = 32_768;
/** It is cut after a space, if there is one so near. */
const SPACE_WITHIN_CHARS = 256;
const PIECE_CHARS = LINE_CHARS_MAX + SPACE_WITHIN_CHARS;
/** An embedded file in a link says nothing that could be searched; a shorter one is somebody's example. */
const DATA_URI = /data:[\w.+-]+\/[\w.+-]+(?:;[\w.=+-]+)*,[^\s"'<>()]{64,}/g;
const DATA_URI_REST = /^[^\s"'<>()]+/;
// NUL can't be stored in Postgres; the other controls are layout of terminals and printers.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/g;
const LINE_END = /\r\n|\r|\n/g;

export interface Line {
  text: string;
  /** Counted from 1. */
  number: number;
}

/** @returns the text without control characters (line ends and tabs stay) and without halves of characters */
export function cleanText(text: string): string {
  return text.toWellFormed().replace(CONTROLS, "");
}

export function* linesOf(pieces: Iterable<string>): Generator<Line> {
  let number = 1;
  let kept = "";
  let insideUri = false;
  for (const { text, ended } of rawLines(pieces)) {
    const cleaned = dropDataUris(text, insideUri);
    insideUri = !ended && cleaned.endsInUri;
    kept += cleanText(cleaned.text);
    if (ended) {
      yield { text: kept.trimEnd(), number: number++ };
      kept = "";
    } else if (kept.length >= LINE_CHARS_MAX) {
      yield { text: kept, number };
      kept = "";
    }
  }
}

/** `ended` is false where a line goes on in the next one. */
function* rawLines(pieces: Iterable<string>): Generator<{ text: string; ended: boolean }> {
  let rest = "";
  for (const piece of pieces) {
    // A carriage return at the end may have its line feed in the next piece.
    const held = piece.endsWith("\r") ? 1 : 0;
    const text = rest + piece.slice(0, piece.length - held);
    let start = 0;
    for (const end of text.matchAll(LINE_END)) {
      yield* cutLine(text.slice(start, end.index), true);
      start = end.index + end[0].length;
    }
    rest = text.slice(start);
    if (rest.length > PIECE_CHARS) rest = yield* cutLine(rest, false);
    if (held === 1) rest += "\r";
  }
  if (rest !== "") yield* cutLine(rest.replace(/\r$/, ""), true);
}

/** @returns what is left of a line that has not ended */
function* cutLine(
  line: string,
  ended: boolean,
): Generator<{ text: string; ended: boolean }, string> {
  let start = 0;
  while (line.length - start > PIECE_CHARS) {
    const end = endNear(line, start + PIECE_CHARS);
    yield { text: line.slice(start, end), ended: false };
    start = end;
  }
  if (!ended) return line.slice(start);
  yield { text: line.slice(start), ended: true };
  return "";
}

function endNear(text: string, end: number): number {
  const space = text.lastIndexOf(" ", end - 1);
  if (space >= end - SPACE_WITHIN_CHARS) return space + 1;
  const code = text.charCodeAt(end);
  return code >= 0xdc00 && code <= 0xdfff ? end - 1 : end;
}

function dropDataUris(text: string, insideUri: boolean): { text: string; endsInUri: boolean } {
  const start = insideUri ? (DATA_URI_REST.exec(text)?.[0].length ?? 0) : 0;
  if (insideUri && start === text.length) return { text: "", endsInUri: true };
  const rest = text.slice(start);
  if (!rest.includes("data:")) return { text: rest, endsInUri: false };
  let endsInUri = false;
  const kept = rest.replace(DATA_URI, (uri, at: number) => {
    endsInUri = at + uri.length === rest.length;
    return "";
  });
  return { text: kept, endsInUri };
}
