/** Draws the CommonMark that models write: by building elements, never from HTML, and without links. */
import { el } from "./dom.js";

/** @typedef {(numbers: string) => Node} Cite draws what stands in the text as [1] or [1, 2] */

const FENCE = /^\s*(`{3,}|~{3,})/;
const HEADING = /^#{1,6}\s+(.*?)\s*#*$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const QUOTE = /^\s*>\s?/;
const ROW = /^\s*\|.*\|\s*$/;
const RULER = /^\s*\|(\s*:?-+:?\s*\|)+\s*$/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const INLINE =
  /\\([\\`*_{}[\]()#+\-.!>~|])|(`+)(.+?)\2(?!`)|\*\*(.+?)\*\*|__(.+?)__|\*([^*\s](?:[^*]*[^*\s])?)\*|(?<!\w)_([^_\s](?:[^_]*[^_\s])?)_(?!\w)|!?\[([^\]]*)\]\([^)\s]*\)|\[(\d+(?:\s*,\s*\d+)*)\]|( {2,}\n)/s;

/**
 * @param {string} text
 * @param {Cite} cite
 * @returns {HTMLElement[]}
 */
export function markdown(text, cite) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  /** @type {HTMLElement[]} */
  const blocks = [];
  while (lines.length > 0) {
    if (lines[0]?.trim() === "") lines.shift();
    else blocks.push(block(lines, cite));
  }
  return blocks;
}

/**
 * Takes one block off the front of `lines`.
 * @param {string[]} lines
 * @param {Cite} cite
 * @returns {HTMLElement}
 */
function block(lines, cite) {
  const first = lines[0] ?? "";
  if (FENCE.test(first)) return code(lines);
  if (RULE.test(first)) {
    lines.shift();
    return el("hr");
  }
  const heading = HEADING.exec(first);
  if (heading) {
    lines.shift();
    return el("p", { class: "heading" }, el("strong", {}, ...inline(heading[1] ?? "", cite)));
  }
  if (QUOTE.test(first)) {
    const quoted = take(lines, (line) => QUOTE.test(line)).map((line) => line.replace(QUOTE, ""));
    return el("blockquote", {}, ...markdown(quoted.join("\n"), cite));
  }
  if (ITEM.test(first)) return list(lines, cite);
  if (ROW.test(first) && RULER.test(lines[1] ?? "")) return table(lines, cite);
  const paragraph = [lines.shift() ?? "", ...take(lines, (line) => !startsBlock(line))];
  // Two blanks at the end of a line are a break.
  const text = paragraph.map((line) => line.trimStart()).join("\n");
  return el("p", {}, ...inline(text.trimEnd(), cite));
}

/** @param {string} line */
function startsBlock(line) {
  return (
    line.trim() === "" || [FENCE, RULE, HEADING, QUOTE, ITEM].some((start) => start.test(line))
  );
}

/**
 * @param {string[]} lines
 * @param {(line: string) => boolean} wanted
 */
function take(lines, wanted) {
  const end = lines.findIndex((line) => !wanted(line));
  return lines.splice(0, end === -1 ? lines.length : end);
}

/**
 * @param {string[]} lines
 * @param {Cite} cite
 */
function table(lines, cite) {
  const [head, , ...rows] = take(lines, (line) => ROW.test(line));
  /** @param {"th" | "td"} kind @param {string} line */
  const row = (kind, line) =>
    el("tr", {}, ...cells(line).map((cell) => el(kind, {}, ...inline(cell, cite))));
  const body = el("tbody", {}, ...rows.map((line) => row("td", line)));
  // Wider than the screen, it scrolls by itself, and so must be reached by keyboard.
  const frame = { class: "table", tabindex: "0", role: "region", "aria-label": "Table" };
  return el("div", frame, el("table", {}, el("thead", {}, row("th", head ?? "")), body));
}

/** @param {string} line */
function cells(line) {
  return line
    .trim()
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** @param {string[]} lines */
function code(lines) {
  const fence = FENCE.exec(lines.shift() ?? "")?.[1] ?? "```";
  const body = take(lines, (line) => !line.trim().startsWith(fence));
  lines.shift();
  return el("pre", {}, el("code", {}, body.join("\n")));
}

/**
 * @param {string[]} lines
 * @param {Cite} cite
 */
function list(lines, cite) {
  const [, indent = "", sign = ""] = ITEM.exec(lines[0] ?? "") ?? [];
  const start = Number.parseInt(sign, 10);
  const ordered = !Number.isNaN(start);
  const box = ordered ? el("ol", { start: start === 1 ? null : start }) : el("ul");
  const depth = indent.length + 2;
  while (continues(lines[0], indent.length, ordered)) {
    const own = [ITEM.exec(lines.shift() ?? "")?.[3] ?? ""];
    for (const line of take(lines, (next) => isBelow(next, depth))) {
      own.push(line.slice(Math.min(depth, margin(line))));
    }
    box.append(el("li", {}, ...tight(markdown(own.join("\n"), cite))));
    // A blank line between two items is no end.
    if (lines[0]?.trim() === "" && ITEM.test(lines[1] ?? "")) lines.shift();
  }
  return box;
}

/**
 * Is this line the next item of a list?
 * @param {string | undefined} line
 * @param {number} indent
 * @param {boolean} ordered
 */
function continues(line, indent, ordered) {
  const item = ITEM.exec(line ?? "");
  if (!item) return false;
  return (item[1] ?? "").length >= indent && /\d/.test(item[2] ?? "") === ordered;
}

/**
 * Does a line belong to the item above it? Items are, at their own depth; text without a sign goes on.
 * @param {string} line
 * @param {number} depth
 */
function isBelow(line, depth) {
  if (line.trim() === "") return false;
  return margin(line) >= depth || !startsBlock(line);
}

/** @param {string} line */
function margin(line) {
  return line.length - line.trimStart().length;
}

/**
 * An item of one paragraph needs none.
 * @param {HTMLElement[]} blocks
 * @returns {Node[]}
 */
function tight(blocks) {
  const [first, ...rest] = blocks;
  return first?.tagName === "P" ? [...first.childNodes, ...rest] : blocks;
}

/**
 * @param {string} text
 * @param {Cite} cite
 * @returns {(Node | string)[]}
 */
function inline(text, cite) {
  /** @type {(Node | string)[]} */
  const nodes = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    nodes.push(rest.slice(0, found.index), span(found, cite));
    rest = rest.slice(found.index + found[0].length);
  }
  return [...nodes, rest];
}

/**
 * @param {RegExpExecArray} found
 * @param {Cite} cite
 * @returns {Node | string}
 */
function span(found, cite) {
  const [, escaped, , codeText, strong, strong2, em, em2, linkText, numbers, end] = found;
  if (end !== undefined) return el("br");
  if (escaped !== undefined) return escaped;
  if (codeText !== undefined) return el("code", {}, codeText.trim());
  const bold = strong ?? strong2;
  if (bold !== undefined) return el("strong", {}, ...inline(bold, cite));
  const slanted = em ?? em2;
  if (slanted !== undefined) return el("em", {}, ...inline(slanted, cite));
  if (linkText !== undefined) return el("span", {}, ...inline(linkText, cite));
  return cite(numbers ?? "");
}
