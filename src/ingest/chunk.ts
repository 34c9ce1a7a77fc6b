/** Text cut into passages for the index: pure, streaming, in time linear to the text. */
import type { Locator } from "../chat.ts";
import { type Block, blocksOf, type Syntax, titleOf } from "./chunking/blocks.ts";
import { indentedDrafts } from "./chunking/indented.ts";
import { type Line, linesOf } from "./chunking/lines.ts";
import { sizeOf } from "./chunking/size.ts";
import { type Draft, type Part, partsOf } from "./chunking/split.ts";

/** About 1,600 characters of English, 400 tokens in any language: what retrieval measured best with. */
export const CHUNK_SIZE_TARGET = 1600;
/** No chunk is bigger: at most 512 estimated tokens, and under 4,000 by any tokenizer whatever. */
const CHUNK_SIZE_MAX = 2048;
/** From here on a heading begins a new chunk. */
const SECTION_SIZE_MIN = 400;
/** A smaller chunk joins its neighbour on the same page. */
const CHUNK_SIZE_MIN = 200;
/** Between two parts of a chunk stands an empty line. */
const GAP = "\n\n";

export interface Chunk {
  /** As in the source; the headings above it are in the locator alone. */
  text: string;
  locator: Locator;
}

/** A heading above the text being read. */
export interface Heading {
  level: number;
  title: string;
}

/** What is being cut: a whole text, or one page of it. A chunk never reaches over its end. */
export interface Source {
  syntax: Syntax;
  /** What the lines are in the file; null where they are not its own, as in a PDF. */
  counts: "lines" | "rows" | null;
  page?: number;
  pageLabel?: string;
  /** The headings above the first line, outermost first; left as they are after the last line. */
  outline: Heading[];
}

/** @param pieces the text, in pieces of any length */
export function chunkText(pieces: Iterable<string>, source: Source): Generator<Chunk> {
  return chunkBlocks(blocksOf(linesOf(pieces), source.syntax), source);
}

/** @param blocks none of them begins in the middle of a row, where rows are counted */
export function* chunkBlocks(
  blocks: Iterable<Block>,
  source: Omit<Source, "syntax">,
): Generator<Chunk> {
  yield* finished(drafts(blocks, source.outline), source);
}

/** Lines whose indentation is their outline: source code, and data that is written like it. */
export function* chunkIndented(lines: Iterable<Line>): Generator<Chunk> {
  yield* finished(indentedDrafts(lines, CHUNK_SIZE_TARGET), { counts: "lines" });
}

function* finished(
  found: Iterable<Draft>,
  source: Pick<Source, "counts" | "page" | "pageLabel">,
): Generator<Chunk> {
  for (const draft of joinTiny(found)) {
    yield { text: draft.text, locator: locatorOf(draft, source) };
  }
}

function* drafts(blocks: Iterable<Block>, outline: Heading[]): Generator<Draft> {
  let pending: Pending = empty();
  for (const block of blocks) {
    if (block.kind === "heading") {
      if (bodySize(pending) >= SECTION_SIZE_MIN) {
        yield* flushed(pending);
        pending = empty();
      }
      enter(block, outline);
    }
    for (const part of partsOf(block, CHUNK_SIZE_TARGET)) {
      if (pending.size + part.size > CHUNK_SIZE_TARGET) {
        const carried = takeHeadings(pending);
        yield* flushed(pending);
        pending = carried;
      }
      append(pending, part, block.kind === "heading", outline);
    }
  }
  yield* flushed(pending);
}

/** The parts of the next chunk. Headings at its end go over to the chunk after it, if it is full. */
interface Pending {
  parts: Part[];
  size: number;
  headingsAtEnd: number;
  /** Of the parts that are no headings, what they have in common. */
  path: string[] | null;
  outline: string[];
}

function empty(): Pending {
  return { parts: [], size: 0, headingsAtEnd: 0, path: null, outline: [] };
}

function bodySize(pending: Pending): number {
  return pending.headingsAtEnd === pending.parts.length ? 0 : pending.size;
}

function append(pending: Pending, part: Part, isHeading: boolean, outline: Heading[]): void {
  pending.parts.push(part);
  pending.size += part.size + GAP.length;
  pending.headingsAtEnd = isHeading ? pending.headingsAtEnd + 1 : 0;
  pending.outline = outline.map((heading) => heading.title);
  if (!isHeading) pending.path = sharedPath(pending.path ?? pending.outline, pending.outline);
}

/** Two short sections in one chunk stand under the headings that they have in common. */
function sharedPath(one: string[], other: string[]): string[] {
  const parting = one.findIndex((heading, level) => heading !== other[level]);
  return parting < 0 ? one : one.slice(0, parting);
}

function takeHeadings(pending: Pending): Pending {
  const carried = empty();
  if (pending.headingsAtEnd === pending.parts.length) return carried;
  carried.parts = pending.parts.splice(pending.parts.length - pending.headingsAtEnd);
  carried.size = carried.parts.reduce((sum, part) => sum + part.size + GAP.length, 0);
  carried.headingsAtEnd = carried.parts.length;
  carried.outline = pending.outline;
  return carried;
}

function* flushed(pending: Pending): Generator<Draft> {
  const [first] = pending.parts;
  const last = pending.parts.at(-1);
  if (first === undefined || last === undefined) return;
  const text = pending.parts.map((part) => part.text).join(GAP);
  const headings = pending.path ?? pending.outline;
  yield { text, size: sizeOf(text), lines: [first.lines[0], last.lines[1]], headings };
}

function enter(block: Block, outline: Heading[]): void {
  const title = titleOf(block);
  if (title === "") return;
  while ((outline.at(-1)?.level ?? 0) >= block.level) outline.pop();
  outline.push({ level: block.level, title });
}

function* joinTiny(found: Iterable<Draft>): Generator<Draft> {
  let held: Draft | null = null;
  for (const draft of found) {
    if (held !== null && joins(held, draft)) {
      held = {
        text: held.text + GAP + draft.text,
        size: held.size + GAP.length + draft.size,
        lines: [held.lines[0], draft.lines[1]],
        headings: sharedPath(held.headings, draft.headings),
      };
    } else {
      if (held !== null) yield held;
      held = draft;
    }
  }
  if (held !== null) yield held;
}

function joins(held: Draft, draft: Draft): boolean {
  const isTiny = Math.min(held.size, draft.size) < CHUNK_SIZE_MIN;
  return isTiny && held.size + GAP.length + draft.size <= CHUNK_SIZE_MAX;
}

function locatorOf(draft: Draft, source: Pick<Source, "counts" | "page" | "pageLabel">): Locator {
  const locator: Locator = {};
  if (source.page !== undefined) locator.page = source.page;
  if (source.pageLabel !== undefined) locator.pageLabel = source.pageLabel;
  if (source.counts !== null) locator[source.counts] = draft.lines;
  if (draft.headings.length > 0) locator.headings = draft.headings;
  return locator;
}
