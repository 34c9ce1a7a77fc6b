/**
 * Lines grouped into the blocks that a reader sees. One pass, no nesting, no backtracking: a hostile
 * document costs as much as an ordinary one of its length.
 */
import { LINE_CHARS_MAX, type Line } from "./lines.ts";

/**
 * A longer block goes on as another block of the same kind, so that memory stays bounded. It ends with
 * every line that was cut, since within a block each line counts as one of the file.
 */
const BLOCK_CHARS_MAX = LINE_CHARS_MAX - 1;
const TITLE_CHARS_MAX = 120;

const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const LIST_ITEM = /^\s*(?:[-*+•‣▪]|\d{1,9}[.)])[ \t]/;
const TABLE_ROW = /^ {0,3}\|/;
const TABLE_RULE = /^ {0,3}\|?(?:[ \t]*:?-{1,}:?[ \t]*\|)+[ \t]*:?-*:?[ \t]*$/;
const UNDERLINE_LEVELS: Record<string, number> = { "=": 1, "-": 2 };
const UNDERLINE = /^([=\-~^"'*+])\1{2,}$/;

export type Syntax = "markdown" | "plain";

export interface Block {
  kind: "heading" | "fence" | "table" | "list" | "paragraph";
  /** Without `head`; for a fence without its closing line too. */
  text: string;
  /** The opening line of a fence, the header and rule of a table: repeated on every part. Else empty. */
  head: string;
  /** 1 to 6 for a heading, 0 for the rest. */
  level: number;
  /** First and last line, `head` and the closing line of a fence included. */
  lines: [number, number];
  /** The line on which `text` begins. */
  textLine: number;
}

interface Open {
  kind: Block["kind"];
  texts: string[];
  chars: number;
  head: string;
  lines: [number, number];
  textLine: number;
}

/** @param syntax plain text has paragraphs and underlined headings, nothing else */
export function* blocksOf(lines: Iterable<Line>, syntax: Syntax): Generator<Block> {
  let open: Open | null = null;
  for (const line of lines) {
    const step: Step = open?.kind === "fence" ? insideFence(line, open) : next(line, open, syntax);
    if (step.done !== null) yield* finished(step.done);
    open = step.open;
    if (open !== null && open.chars > BLOCK_CHARS_MAX) {
      yield* finished(open);
      open = { ...opened(open.kind, line), texts: [], chars: 0, head: open.head };
    }
  }
  if (open !== null) yield* finished(open);
}

/** What a line does: which block ends with it (or before it), and which one is open after it. */
interface Step {
  done: Open | null;
  open: Open | null;
}

function next(line: Line, open: Open | null, syntax: Syntax): Step {
  if (line.text.trim() === "") return { done: open, open: null };
  if (open !== null && underlines(line, open)) return { done: underlined(open, line), open: null };
  const kind = syntax === "markdown" ? kindOf(line.text) : "paragraph";
  // A heading is a block of one line: it is done at the next line, whatever that is.
  if (kind === "heading") return { done: open, open: opened("heading", line) };
  if (kind === "fence") {
    return { done: open, open: { ...opened("fence", line), texts: [], head: line.text } };
  }
  if (open !== null && continues(kind, open)) {
    add(line, open);
    return { done: null, open };
  }
  return { done: open, open: opened(kind, line) };
}

function kindOf(text: string): Block["kind"] {
  if (HEADING.test(text)) return "heading";
  if (FENCE.test(text)) return "fence";
  if (TABLE_ROW.test(text)) return "table";
  return LIST_ITEM.test(text) ? "list" : "paragraph";
}

/** A paragraph's line also goes on with a list, as the rest of an item. */
function continues(kind: Block["kind"], open: Open): boolean {
  return kind === open.kind || (kind === "paragraph" && open.kind === "list");
}

function insideFence(line: Line, open: Open): Step {
  const marker = FENCE.exec(open.head)?.[1] ?? "```";
  const text = line.text.trim();
  const closes = text.length >= marker.length && text === marker.charAt(0).repeat(text.length);
  if (closes) {
    open.lines[1] = line.number;
    return { done: open, open: null };
  }
  add(line, open);
  return { done: null, open };
}

/** A line of = or - under a single line makes that line a heading. */
function underlines(line: Line, open: Open): boolean {
  if (open.kind !== "paragraph" || open.texts.length !== 1) return false;
  const length = open.texts[0]?.trim().length ?? 0;
  return length <= TITLE_CHARS_MAX && UNDERLINE.test(line.text.trim());
}

function underlined(open: Open, line: Line): Open {
  const mark = line.text.trim().charAt(0);
  const level = UNDERLINE_LEVELS[mark] ?? 3;
  const title = open.texts[0]?.trim() ?? "";
  return {
    ...open,
    kind: "heading",
    texts: [`${"#".repeat(level)} ${title}`],
    lines: [open.lines[0], line.number],
  };
}

function opened(kind: Block["kind"], line: Line): Open {
  const lines: [number, number] = [line.number, line.number];
  const textLine = line.number;
  return { kind, texts: [line.text], chars: line.text.length, head: "", lines, textLine };
}

function add(line: Line, open: Open): void {
  const isRule = open.kind === "table" && open.texts.length === 1 && open.head === "";
  if (isRule && TABLE_RULE.test(line.text)) {
    open.head = `${open.texts[0]}\n${line.text}`;
    open.texts = [];
  } else {
    if (open.texts.length === 0) open.textLine = line.number;
    // So it is after a block that grew too long: this line begins its continuation.
    if (open.chars === 0) open.lines[0] = line.number;
    open.texts.push(line.text);
  }
  open.chars += line.text.length + 1;
  open.lines[1] = line.number;
}

function* finished(open: Open): Generator<Block> {
  const { kind, head, lines, textLine } = open;
  const text = open.texts.join("\n");
  if (text.trim() === "" && (head === "" || kind === "fence")) return;
  const level = kind === "heading" ? (HEADING.exec(text)?.[1]?.length ?? 1) : 0;
  yield { kind, text, head, level, lines, textLine };
}

/** @returns the words of a heading, for a path of headings */
export function titleOf(heading: Block): string {
  const title = (HEADING.exec(heading.text)?.[2] ?? "").replace(/[ \t]+#+$/, "");
  const words = title.replace(/[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}/g, "").replace(/\s+/g, " ");
  return words.trim().slice(0, TITLE_CHARS_MAX).toWellFormed();
}
