/** A block that is too big for one chunk, cut where it hurts least: items, sentences, lines, words. */
import type { Block } from "./blocks.ts";
import { fitEnd, sizeOf } from "./size.ts";

/** A repeated header or opening line takes at most this share of a part. */
const HEAD_SHARE = 1 / 3;
const CELL_CHARS_MIN = 3;
const SENTENCES = new Intl.Segmenter(undefined, { granularity: "sentence" });

/** Part of a block as it stands in a chunk. */
export interface Part {
  text: string;
  size: number;
  lines: [number, number];
}

/** A chunk in the making. */
export interface Draft extends Part {
  headings: string[];
}

interface Span {
  start: number;
  end: number;
}

/** @returns the ends of the consecutive pieces of `text`, the last one being its length */
type Boundaries = (text: string) => number[];

const LEVELS: Record<Block["kind"], Boundaries[]> = {
  heading: [words],
  table: [lines, words],
  fence: [lines, words],
  list: [items, sentences, lines, words],
  paragraph: [sentences, lines, words],
};

/** @returns parts no bigger than `budget`, in order; a table's header and a fence's line on each */
export function* partsOf(block: Block, budget: number): Generator<Part> {
  const wrap = wrapper(block, budget * HEAD_SHARE);
  const room = budget - wrap.size;
  const whole = { start: 0, end: block.text.length };
  const fits = sizeOf(block.text) <= room;
  const pieces = fits ? [whole] : cut(block.text, whole, room, LEVELS[block.kind]);
  let line = block.textLine;
  let counted = 0;
  for (const { start, end } of pieces) {
    line += newlines(block.text, counted, start);
    counted = start;
    const inner = tidy(block.text.slice(start, end));
    if (inner === "" && block.text !== "") continue;
    const text = wrap.around(inner);
    const first = start === 0 ? block.lines[0] : line;
    // A line end that closes the piece belongs to it, and is no line of its own.
    const last = line + newlines(block.text.slice(start, end).trimEnd(), 0, end - start);
    const isLast = end === block.text.length;
    yield { text, size: sizeOf(text), lines: [first, isLast ? block.lines[1] : last] };
  }
}

interface Wrapper {
  size: number;
  around(inner: string): string;
}

function wrapper(block: Block, budget: number): Wrapper {
  if (block.kind === "fence") {
    const head = block.head.trim().slice(0, fitEnd(block.head.trim(), 0, budget / 2));
    const tail = /^[`~]+/.exec(head)?.[0] ?? "```";
    const around = (inner: string) => `${head}\n${inner}\n${tail}`;
    return { size: sizeOf(head) + tail.length + 2, around };
  }
  if (block.head === "") return { size: 0, around: (inner) => inner };
  const head = sizeOf(block.head) > budget ? narrowed(block.head, budget) : block.head;
  const around = (inner: string) => (inner === "" ? head : `${head}\n${inner}`);
  return { size: sizeOf(head) + 1, around };
}

/** A header too wide to repeat: its cells are shortened, and as many as fit are kept. */
function narrowed(head: string, budget: number): string {
  const cells = (head.split("\n")[0] ?? "")
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|");
  const perCell = Math.max(CELL_CHARS_MIN, Math.floor(budget / cells.length) - 6);
  const kept: string[] = [];
  let size = 2;
  for (const cell of cells) {
    const words = cell.trim();
    const short = words.slice(0, fitEnd(words, 0, perCell));
    // The rule below the header takes four for every cell.
    size += sizeOf(short) + 5;
    if (size > budget) break;
    kept.push(short);
  }
  return `|${kept.join("|")}|\n|${kept.map(() => "---").join("|")}|`;
}

/** Fills parts with consecutive pieces; a piece that is too big itself is cut at the next level. */
function* cut(text: string, span: Span, budget: number, levels: Boundaries[]): Generator<Span> {
  const [boundaries, ...finer] = levels;
  if (boundaries === undefined) {
    yield* cutHard(text, span, budget);
    return;
  }
  let part: Span = { start: span.start, end: span.start };
  let size = 0;
  for (const end of boundaries(text.slice(span.start, span.end))) {
    const piece = { start: part.end, end: span.start + end };
    const pieceSize = sizeOf(text.slice(piece.start, piece.end));
    if (size + pieceSize > budget && part.end > part.start) {
      yield part;
      part = { start: piece.start, end: piece.start };
      size = 0;
    }
    if (pieceSize > budget) {
      yield* cut(text, piece, budget, finer);
      part = { start: piece.end, end: piece.end };
    } else {
      part = { start: part.start, end: piece.end };
      size += pieceSize;
    }
  }
  if (part.end > part.start) yield part;
}

function* cutHard(text: string, span: Span, budget: number): Generator<Span> {
  for (let start = span.start; start < span.end; ) {
    const end = Math.min(span.end, fitEnd(text, start, budget));
    yield { start, end };
    start = end;
  }
}

function items(text: string): number[] {
  return endsBefore(text, /\n(?=\s{0,3}(?:[-*+•‣▪]|\d{1,9}[.)])[ \t])/g);
}

function lines(text: string): number[] {
  return endsBefore(text, /\n/g);
}

function words(text: string): number[] {
  return endsBefore(text, /\s/g);
}

/** A line that begins like a record of a log begins a sentence; any other line end is only a wrap. */
function sentences(text: string): number[] {
  const unwrapped = text.replace(/\n(?![\d[<{(])/g, " ");
  const ends: number[] = [];
  for (const { index, segment } of SENTENCES.segment(unwrapped)) ends.push(index + segment.length);
  return ends;
}

function endsBefore(text: string, separator: RegExp): number[] {
  const ends: number[] = [];
  for (const match of text.matchAll(separator)) ends.push(match.index + match[0].length);
  if (ends.at(-1) !== text.length) ends.push(text.length);
  return ends;
}

function newlines(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", start); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) {
    count++;
  }
  return count;
}

/** Without empty lines at either end, and without spaces at the end; an indent stays. */
function tidy(text: string): string {
  return text.trimEnd().replace(/^(?:[ \t]*\n)+/, "");
}
