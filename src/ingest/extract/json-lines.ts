/**
 * JSON as text for reading: a line for a value with its key, indented; short lists on one line. It is
 * written as the words come, never as a tree, so that no depth and no size can exhaust anything.
 */
import { FileRejected } from "../../errors.ts";
import { type Line, linesOf } from "../chunking/lines.ts";
import type { JsonToken } from "./json-tokens.ts";

/** Nobody writes deeper for people to read. */
const DEPTH_MAX = 200;
/** Items of a list stand on one line up to that length together, and alone from the second on. */
const LIST_CHARS_MAX = 300;
const ITEM_CHARS_MAX = 80;
const INDENT = "  ";
/** Most values: nothing in them needs cleaning or cutting. */
const PLAIN = /^[^\p{C}]{0,500}$/u;

interface Frame {
  isArray: boolean;
  pad: string;
  /** In place of the pad, on the first line inside of a list's item. */
  firstPad: string | null;
  /** "key:" of this object or list, while it has no line of its own. */
  head: string | null;
  key: string | null;
  /** Short items that wait for each other. */
  items: string[];
  itemChars: number;
}

export function* jsonLines(tokens: Iterable<JsonToken>): Generator<Line> {
  const root = frame(false, "", null, null);
  const frames = [root];
  let line = 1;
  for (const token of tokens) {
    line = token.line;
    const current = frames.at(-1) ?? root;
    switch (token.kind) {
      case "{":
      case "[":
        if (frames.length > DEPTH_MAX) throw tooDeep();
        yield* listed(current, token.line);
        frames.push(child(current, token.kind === "["));
        break;
      case "}":
      case "]":
        yield* closed(current, token.line);
        if (frames.length > 1) frames.pop();
        // An empty line between two values at the top tells them apart.
        if (frames.length === 1) yield { text: "", number: token.line };
        break;
      case "value":
        yield* valued(current, token, frames.length === 1);
        break;
      case ":":
        break;
      case ",":
        yield* keyEnd(current, token.line);
        break;
      default:
        token.kind satisfies never;
    }
  }
  for (const open of frames) yield* closed(open, line);
}

function frame(isArray: boolean, pad: string, firstPad: string | null, head: string | null): Frame {
  return { isArray, pad, firstPad, head, key: null, items: [], itemChars: 0 };
}

function child(parent: Frame, isArray: boolean): Frame {
  const { key, pad } = parent;
  parent.key = null;
  if (key !== null) return frame(isArray, pad + INDENT, null, `${takePad(parent)}${key}:`);
  // The outermost object needs no indent: its keys are the outermost.
  if (!parent.isArray) return frame(isArray, pad, null, null);
  return frame(isArray, pad + INDENT, `${takePad(parent)}- `, null);
}

function takePad(from: Frame): string {
  const pad = from.firstPad ?? from.pad;
  from.firstPad = null;
  return pad;
}

function* valued(current: Frame, token: JsonToken, isTop: boolean): Generator<Line> {
  const { text } = token;
  if (current.isArray) {
    yield* item(current, text, token.line);
  } else if (isTop) {
    yield* written("", text, token.line);
  } else if (current.key === null) {
    yield* headed(current, token.line);
    current.key = text;
  } else {
    const start = `${takePad(current)}${current.key}: `;
    current.key = null;
    yield* written(start, text, token.line);
  }
}

function* item(list: Frame, text: string, line: number): Generator<Line> {
  const isShort = text.length <= ITEM_CHARS_MAX && !text.includes("\n");
  if (!isShort || list.itemChars + text.length > LIST_CHARS_MAX) yield* listed(list, line);
  if (!isShort) {
    yield* headed(list, line);
    yield* written(takePad(list), text, line);
    return;
  }
  list.items.push(text);
  list.itemChars += text.length + 2;
}

/** Writes the items that wait, if any. */
function* listed(list: Frame, line: number): Generator<Line> {
  const text = list.items.join(", ");
  list.items = [];
  list.itemChars = 0;
  if (text === "") {
    if (list.isArray) yield* headed(list, line);
    return;
  }
  const start = list.head === null ? takePad(list) : `${list.head} `;
  list.head = null;
  yield* written(start, text, line);
}

function* headed(current: Frame, line: number): Generator<Line> {
  if (current.head === null) return;
  const { head } = current;
  current.head = null;
  yield* written("", head, line);
}

/** A key that no value follows; in what is not quite JSON that may be all of a line. */
function* keyEnd(current: Frame, line: number): Generator<Line> {
  if (current.key === null) return;
  const text = current.key;
  current.key = null;
  yield* written(takePad(current), text, line);
}

function* closed(current: Frame, line: number): Generator<Line> {
  yield* keyEnd(current, line);
  yield* listed(current, line);
  yield* headed(current, line);
}

function* written(start: string, text: string, number: number): Generator<Line> {
  if (PLAIN.test(text)) {
    yield { text: (start + text).trimEnd(), number };
    return;
  }
  const indent = " ".repeat(start.length - start.trimStart().length) + INDENT;
  let lead = start;
  for (const line of linesOf([text])) {
    yield { text: lead + line.text, number };
    lead = indent;
  }
}

function tooDeep(): FileRejected {
  return new FileRejected(
    "malformed",
    `This JSON is nested more than ${DEPTH_MAX} levels deep, too deep to make sense of; share a flatter version.`,
  );
}
