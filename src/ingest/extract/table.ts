/** Rows of cells as blocks for the chunker: each of them has its header, and knows its rows. */
import type { Block } from "../chunking/blocks.ts";
import { sizeOf } from "../chunking/size.ts";

/** A header that would take more of every chunk stands with each cell instead. */
const HEADER_SHARE_MAX = 1 / 3;
/** So far down a header is looked for, below the title that some programs write first. */
const TITLE_ROWS_MAX = 20;
const UNEVEN = /\s\s|[^\S ]/;

interface Row {
  cells: string[];
  /** Counted from 1. */
  number: number;
}

/** How the rows of a table are written. */
interface Style {
  head: string;
  write(cells: string[]): string;
}

/** @param blockSize no block is bigger, but one of a single row */
export function* tableBlocks(found: Iterable<string[]>, blockSize: number): Generator<Block> {
  const rows = numbered(found);
  const start = take(rows, TITLE_ROWS_MAX);
  const headerAt = start.findIndex((row) => row.cells.filter((cell) => cell !== "").length > 1);
  const above = start.slice(0, Math.max(0, headerAt));
  for (const row of above) yield blockOf("paragraph", "", [row.cells.join(" ").trim()], [row, row]);
  const [header, ...below] = start.slice(above.length);
  if (header === undefined) return;
  const style = styleOf(header.cells, blockSize);
  let count = 0;
  for (const block of packed(chained(below, rows), style, blockSize)) {
    count++;
    yield block;
  }
  if (count === 0) yield blockOf("paragraph", "", [header.cells.join(" | ")], [header, header]);
}

/** Blank rows count, but are not shown. */
function* numbered(found: Iterable<string[]>): Generator<Row> {
  let number = 0;
  for (const raw of found) {
    number++;
    const cells = raw.map(cellOf);
    if (cells.some((cell) => cell !== "")) yield { cells, number };
  }
}

function cellOf(raw: string): string {
  const cell = raw.trim();
  return UNEVEN.test(cell) ? cell.replace(/\s+/g, " ") : cell;
}

function take(rows: Generator<Row>, count: number): Row[] {
  const taken: Row[] = [];
  while (taken.length < count) {
    const next = rows.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

function* chained(first: Row[], rest: Iterable<Row>): Generator<Row> {
  yield* first;
  yield* rest;
}

function styleOf(header: string[], blockSize: number): Style {
  const head = `${tableRow(header)}\n|${header.map(() => "---").join("|")}|`;
  if (sizeOf(head) <= blockSize * HEADER_SHARE_MAX) return { head, write: tableRow };
  return { head: "", write: (cells) => keyedRow(header, cells) };
}

export function tableRow(cells: string[]): string {
  const escaped = cells.map((cell) => (cell.includes("|") ? cell.replaceAll("|", "\\|") : cell));
  return `| ${escaped.join(" | ")} |`;
}

function keyedRow(header: string[], cells: string[]): string {
  const named = cells.map((cell, at) => (header[at] ? `${header[at]}: ${cell}` : cell));
  return named.filter((_, at) => cells[at] !== "").join("; ");
}

/** As many rows in each block as fit, so that no block has to be cut between rows. */
function* packed(rows: Iterable<Row>, style: Style, blockSize: number): Generator<Block> {
  const room = blockSize - sizeOf(style.head) - 1;
  let texts: string[] = [];
  let size = 0;
  let span: [Row, Row] | null = null;
  for (const row of rows) {
    const text = style.write(row.cells);
    const rowSize = sizeOf(text) + 1;
    if (span !== null && size + rowSize > room) {
      yield blockOf("table", style.head, texts, span);
      texts = [];
      size = 0;
      span = null;
    }
    texts.push(text);
    size += rowSize;
    span = [span?.[0] ?? row, row];
  }
  if (span !== null) yield blockOf("table", style.head, texts, span);
}

function blockOf(
  kind: Block["kind"],
  head: string,
  texts: string[],
  [first, last]: [Row, Row],
): Block {
  const lines: [number, number] = [first.number, last.number];
  return { kind, text: texts.join("\n"), head, level: 0, lines, textLine: first.number };
}
