/**
 * Text whose indentation is its outline, above all source code: cut between definitions, and every
 * chunk knows what it stands inside of. Indentation is all that is looked at; there is no parser.
 */
import type { Line } from "./lines.ts";
import { sizeOf } from "./size.ts";
import { type Draft, partsOf } from "./split.ts";

const TAB_COLUMNS = 4;
/** A chunk is at least so full before a good place to end it is taken. */
const FILL_MIN = 0.4;
const TITLES_MAX = 6;
const TITLE_CHARS_MAX = 80;
const LETTER = /[\p{L}\p{N}]/u;
/** Such a line ends something, or goes on with it. */
const CLOSES = /^\s*(?:[^\p{L}\p{N}\s"'#@/*<_-]|end\b|else\b|elif\b|except\b|catch\b|finally\b)/u;

interface Row {
  text: string;
  number: number;
  indent: number;
  size: number;
  isBlank: boolean;
  afterBlank: boolean;
}

/** A line that what follows it is inside of, so far. */
interface Above {
  indent: number;
  title: string;
}

/** @param budget no draft is bigger */
export function* indentedDrafts(lines: Iterable<Line>, budget: number): Generator<Draft> {
  const above: Above[] = [];
  let held: Row[] = [];
  let size = 0;
  for (const row of rowsOf(lines, budget)) {
    while (held.length > 0 && size + row.size > budget) {
      const end = bestEnd([...held, row], budget);
      yield* draftOf(held.slice(0, end), above);
      held = held.slice(end);
      size = held.reduce((sum, kept) => sum + kept.size, 0);
    }
    held.push(row);
    size += row.size;
  }
  yield* draftOf(held, above);
}

function* rowsOf(lines: Iterable<Line>, budget: number): Generator<Row> {
  let afterBlank = true;
  for (const { text, number } of lines) {
    const isBlank = text.trim() === "";
    const indent = indentOf(text);
    for (const part of fitting(text, number, budget - 1)) {
      yield { text: part, number, indent, size: sizeOf(part) + 1, isBlank, afterBlank };
    }
    afterBlank = isBlank;
  }
}

function fitting(text: string, number: number, budget: number): string[] {
  if (text.length * 3 <= budget || sizeOf(text) <= budget) return [text];
  const lines: [number, number] = [number, number];
  const block = { kind: "table", text, head: "", level: 0, lines, textLine: number } as const;
  return Array.from(partsOf(block, budget), (part) => part.text);
}

function indentOf(text: string): number {
  let columns = 0;
  for (const sign of text) {
    if (sign === "\t") columns += TAB_COLUMNS;
    else if (sign === " ") columns++;
    else break;
  }
  return columns;
}

/** @returns how many rows the next chunk takes: it ends before the row that looks most like a beginning */
function bestEnd(rows: Row[], budget: number): number {
  let best = rows.length - 1;
  let bestScore = Number.POSITIVE_INFINITY;
  let size = 0;
  for (const [at, row] of rows.entries()) {
    const score = beginning(row);
    if (at > 0 && size >= budget * FILL_MIN && score <= bestScore) {
      best = at;
      bestScore = score;
    }
    size += row.size;
  }
  return best;
}

/** The less, the better a beginning: far left, and after an empty line. */
function beginning(row: Row): number {
  if (row.isBlank) return Number.POSITIVE_INFINITY;
  const closes = CLOSES.test(row.text) ? 3 : 0;
  return row.indent * 2 + (row.afterBlank ? 0 : 1) + closes;
}

function* draftOf(rows: Row[], above: Above[]): Generator<Draft> {
  const first = rows.findIndex((row) => !row.isBlank);
  const last = rows.findLastIndex((row) => !row.isBlank);
  const shown = first === -1 ? [] : rows.slice(first, last + 1);
  const [start] = shown;
  const end = shown.at(-1);
  if (start === undefined || end === undefined) return;
  const inside = above.filter(({ indent }) => indent < start.indent);
  const headings = inside.slice(0, TITLES_MAX).map(({ title }) => title);
  const text = shown.map((row) => row.text).join("\n");
  yield { text, size: sizeOf(text), lines: [start.number, end.number], headings };
  for (const row of shown) enter(row, above);
}

function enter(row: Row, above: Above[]): void {
  if (!LETTER.test(row.text)) return;
  while ((above.at(-1)?.indent ?? -1) >= row.indent) above.pop();
  above.push({ indent: row.indent, title: titleOf(row.text) });
}

function titleOf(text: string): string {
  const start = text.trim().slice(0, TITLE_CHARS_MAX).toWellFormed();
  return start.replace(/^(?:- )+/, "").replace(/[\s{([:,=>]+$/, "");
}
