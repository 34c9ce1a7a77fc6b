import Papa from "papaparse";
import { FileRejected } from "../../errors.ts";
import { cleanText } from "../chunking/lines.ts";

/** No row of a table for people is longer. */
const ROW_CHARS_MAX = 500_000;
/** So much of the beginning decides what stands between the cells. */
const SAMPLE_CHARS = 65_536;
/** Never in a clean text, hence: no quotes. */
const NO_QUOTE = "\u0000";

/**
 * The rows of a CSV text, blank ones too.
 * @param pieces the text, in pieces of any length
 * @throws {FileRejected} too_large for a row without end
 */
export function* csvRows(pieces: Iterable<string>): Generator<string[]> {
  let delimiter: string | null = null;
  let text = "";
  for (const piece of unixLines(pieces)) {
    text += cleanText(piece);
    if (delimiter === null && text.length < SAMPLE_CHARS) continue;
    delimiter ??= delimiterOf(text);
    text = yield* wholeRows(text, delimiter);
  }
  delimiter ??= delimiterOf(text);
  const { rows, rest } = parse(text, { delimiter, quoteChar: '"' }, true);
  yield* rows;
  const last = parse(rest, { delimiter, quoteChar: '"' }, false);
  yield* last.isOpen ? parse(rest, { delimiter, quoteChar: NO_QUOTE }, false).rows : last.rows;
}

/** @returns the beginning of a row that has not ended yet */
function* wholeRows(text: string, delimiter: string): Generator<string[], string> {
  const { rows, rest } = parse(text, { delimiter, quoteChar: '"' }, true);
  yield* rows;
  if (rest.length <= ROW_CHARS_MAX) return rest;
  // A quote that nothing ends was none: an inch, or a slip. So nothing counts as one up to here.
  const unquoted = parse(rest, { delimiter, quoteChar: NO_QUOTE }, true);
  yield* unquoted.rows;
  if (unquoted.rest.length <= ROW_CHARS_MAX) return unquoted.rest;
  throw new FileRejected(
    "too_large",
    `A row of this table is longer than ${ROW_CHARS_MAX.toLocaleString("en")} letters, more than I can read as one; check the line ends and share it again.`,
  );
}

function parse(
  text: string,
  config: { delimiter: string; quoteChar: string },
  ignoreLastRow: boolean,
): { rows: string[][]; rest: string; isOpen: boolean } {
  const parser = new Papa.Parser({ ...config, newline: "\n" });
  const found: Papa.ParseResult<string[]> = parser.parse(text, 0, ignoreLastRow);
  const isOpen = found.errors.some(({ code }) => code === "MissingQuotes");
  return { rows: found.data, rest: text.slice(found.meta.cursor), isOpen };
}

function delimiterOf(text: string): string {
  const sample = text.slice(0, SAMPLE_CHARS);
  const { meta } = Papa.parse(sample, { preview: 10, newline: "\n", skipEmptyLines: true });
  return meta.delimiter;
}

/** Line ends of all systems, and a mix of them, as \n. */
function* unixLines(pieces: Iterable<string>): Generator<string> {
  let held = "";
  for (const piece of pieces) {
    const text = held + piece;
    // A carriage return at the end may have its line feed in the next piece.
    held = text.endsWith("\r") ? "\r" : "";
    yield text.slice(0, text.length - held.length).replace(/\r\n?/g, "\n");
  }
  if (held !== "") yield "\n";
}
