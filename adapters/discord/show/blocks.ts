/** What stands in a Markdown text, as far as it must not be torn apart. */
export type Block = Fence | Table | Lines;

interface InOrder {
  /** A blank line stands before it. */
  gap: boolean;
}

export interface Fence extends InOrder {
  kind: "fence";
  language: string;
  lines: string[];
}

/** The first row is the header. */
export interface Table extends InOrder {
  kind: "table";
  rows: string[][];
}

/** A paragraph, a heading, or one item of a list. */
export interface Lines extends InOrder {
  kind: "lines";
  lines: string[];
}

interface Read {
  block: Omit<Fence, "gap"> | Omit<Table, "gap"> | Omit<Lines, "gap">;
  /** How many lines of the text it takes. */
  taken: number;
}

const FENCE = /^((?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*)(`{3,}|~{3,})(.*)$/;
const FENCE_END = /^[ \t>]*(`{3,}|~{3,})[ \t]*$/;
/** As Discord takes it. */
const LANGUAGE = /^\s*([a-z0-9_+\-.#]{1,20})/i;
const TABLE_RULE = /^\|?[ \t]*:?-+:?(?:[ \t]*\|[ \t]*:?-+:?)*[ \t]*\|?$/;
const ITEM = /^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]/;

export function blocksOf(markdown: string): Block[] {
  const lines = markdown.split(/\r\n?|\n/);
  const blocks: Block[] = [];
  let gap = false;
  let at = 0;
  while (at < lines.length) {
    if (isBlank(lines[at])) {
      gap = true;
      at += 1;
      continue;
    }
    const { block, taken } = fenceAt(lines, at) ?? tableAt(lines, at) ?? linesAt(lines, at);
    blocks.push({ ...block, gap });
    gap = false;
    at += taken;
  }
  return blocks;
}

function isBlank(line = ""): boolean {
  return line.trim() === "";
}

/** A fence that is not closed goes to the end of the text, which may be still to come. */
function fenceAt(lines: string[], at: number): Read | null {
  const [, before = "", opener = "", told = ""] = FENCE.exec(lines[at] ?? "") ?? [];
  // Backticks after backticks are a span of code.
  if (opener === "" || (opener.startsWith("`") && told.includes("`"))) return null;
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => FENCE_END.exec(line)?.[1]?.startsWith(opener));
  const inside = end < 0 ? rest : rest.slice(0, end);
  const indent = new RegExp(`^[ \\t${before.includes(">") ? ">" : ""}]{0,${before.length}}`);
  const code = inside.map((line) => line.replace(indent, ""));
  const language = LANGUAGE.exec(told)?.[1] ?? "";
  return {
    block: { kind: "fence", language, lines: code },
    taken: inside.length + 1 + +(end >= 0),
  };
}

function tableAt(lines: string[], at: number): Read | null {
  const [header = "", rule = ""] = lines.slice(at, at + 2);
  if (!(header.includes("|") && rule.includes("|") && TABLE_RULE.test(rule.trim()))) return null;
  const columns = cellsOf(header).length;
  if (cellsOf(rule).length !== columns) return null;
  const below = lines.slice(at + 2);
  const end = below.findIndex((line) => !line.includes("|"));
  const body = end < 0 ? below : below.slice(0, end);
  const rows = [header, ...body].map((line) => {
    const cells = cellsOf(line);
    return Array.from({ length: columns }, (_, column) => cells[column] ?? "");
  });
  return { block: { kind: "table", rows }, taken: body.length + 2 };
}

function cellsOf(row: string): string[] {
  const inner = row
    .trim()
    .replace(/^\|/, "")
    .replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) =>
    cell
      .replaceAll("\\|", "|")
      .replaceAll(/<br\s*\/?>/gi, " ")
      .trim(),
  );
}

function linesAt(lines: string[], at: number): Read {
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line, index) => isBlank(line) || begins(lines, at + 1 + index));
  const taken = end < 0 ? rest.length + 1 : end + 1;
  return { block: { kind: "lines", lines: lines.slice(at, at + taken) }, taken };
}

function begins(lines: string[], at: number): boolean {
  if (ITEM.test(lines[at] ?? "")) return true;
  return fenceAt(lines, at) !== null || tableAt(lines, at) !== null;
}
