import { split } from "../../shared/split.ts";
import { type Block, blocksOf, type Fence, type Lines, type Table } from "./blocks.ts";
import { inCode, inline } from "./clean.ts";

/** Of one message. */
export const MESSAGE_CHARS_MAX = 2_000;
/** A wider table does not fit on a phone. */
const TABLE_CHARS_MAX = 60;
const COLUMN_GAP = " | ";

/** A part of what is to be said: Markdown of others, or lines of our own that are harmless already. */
export interface Passage {
  own: boolean;
  markdown: string;
}

/** Text that comes in parts is one text: a fence may go from one to the other. */
export function addText(passages: Passage[], markdown: string): void {
  const last = passages.at(-1);
  if (last && !last.own) last.markdown += markdown;
  else passages.push({ own: false, markdown });
}

/** Lines that belong together. Torn apart, each part has `open` before it and `close` after it. */
interface Unit {
  open: string;
  lines: string[];
  close: string;
  gap: boolean;
}

/**
 * The text as messages of Discord's, harmless and each well formed for itself. Text that is added changes the last
 * ones alone.
 * @param guildId links to messages of this guild stay links, also where they are not ours
 */
export function piecesOf(
  passages: readonly Passage[],
  charsMax = MESSAGE_CHARS_MAX,
  guildId?: string,
): string[] {
  const units = passages.flatMap(({ own, markdown }) => {
    const [first, ...rest] = own ? ownUnits(markdown) : unitsIn(markdown, guildId);
    return first ? [{ ...first, gap: true }, ...rest] : [];
  });
  const packing: Packing = { charsMax, pieces: [], piece: "" };
  for (const unit of units) add(packing, unit);
  flush(packing);
  return packing.pieces;
}

function unitsIn(markdown: string, guildId: string | undefined): Unit[] {
  return blocksOf(markdown).flatMap((block) => unitsOf(block, guildId));
}

function ownUnits(markdown: string): Unit[] {
  const paragraphs = markdown.split(/\n{2,}/).filter((text) => text.trim() !== "");
  return paragraphs.map((text) => proseUnit(text.split("\n"), true));
}

function proseUnit(lines: string[], gap: boolean): Unit {
  return { open: "", lines, close: "", gap };
}

function unitsOf(block: Block, guildId: string | undefined): Unit[] {
  switch (block.kind) {
    case "fence":
      return fenceUnits(block);
    case "table":
      return tableUnits(block, guildId);
    case "lines":
      return [prose(block, guildId)];
    default:
      return block satisfies never;
  }
}

function prose({ lines, gap }: Lines, guildId: string | undefined): Unit {
  const said = lines.map((line) => inline(asDiscordHasIt(line), guildId));
  return proseUnit(said, gap);
}

/** Discord knows three levels of headings and two marks of lists; `>>>` would make a quote of all that follows. */
function asDiscordHasIt(line: string): string {
  return line
    .replace(/^#{4,6}[ \t]+(.+)$/, (_, title: string) => `**${title.replaceAll("*", "").trim()}**`)
    .replace(/^([ \t]*)[*+](?=[ \t])/, "$1-")
    .replace(/^>>>(?=[ \t])/, ">");
}

function fenceUnits({ language, lines, gap }: Fence): Unit[] {
  if (isBlank(lines)) return [];
  return [codeUnit(`\`\`\`${language}\n`, lines.map(inCode), gap)];
}

function codeUnit(open: string, lines: string[], gap: boolean): Unit {
  return { open, lines, close: "\n```", gap };
}

/** Discord has no tables: as code with aligned columns where that fits on a phone, else as a list. */
function tableUnits({ rows, gap }: Table, guildId: string | undefined): Unit[] {
  const cells = rows.map((row) => row.map((cell) => inCode(cell.replaceAll(/\*\*|`/g, ""))));
  const [header = [], ...body] = cells;
  const widths = header.map((_, column) =>
    Math.max(3, ...cells.map((row) => lengthOf(row[column] ?? ""))),
  );
  const width = widths.reduce((sum, chars) => sum + chars, COLUMN_GAP.length * (widths.length - 1));
  if (width > TABLE_CHARS_MAX) return listed(rows, gap, guildId);
  const aligned = (row: string[]) =>
    row
      .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - lengthOf(cell)))
      .join(COLUMN_GAP)
      .trimEnd();
  const rule = widths.map((chars) => "-".repeat(chars)).join("-|-");
  const [first = rule, ...rest] = body.map(aligned);
  // The header stands above each part.
  return [codeUnit(`\`\`\`\n${aligned(header)}\n${rule}\n`, [first, ...rest], gap)];
}

function lengthOf(text: string): number {
  return [...text].length;
}

function listed([header = [], ...body]: string[][], gap: boolean, guildId?: string): Unit[] {
  return body.flatMap((row, index) => {
    const said = row.flatMap((cell, column) => {
      const name = header[column] ?? "";
      return cell === "" ? [] : [inline(name === "" ? cell : `${name}: ${cell}`, guildId)];
    });
    const lines = said.map((line, at) => (at === 0 ? `- ${line}` : `  ${line}`));
    return lines.length > 0 ? [proseUnit(lines, gap && index === 0)] : [];
  });
}

interface Packing {
  charsMax: number;
  pieces: string[];
  /** What the next piece has so far. */
  piece: string;
}

function add(packing: Packing, unit: Unit): void {
  const { piece, charsMax } = packing;
  const text = textOf(unit);
  const joint = joined(piece, unit);
  if (joint.length <= charsMax) packing.piece = joint;
  else if (text.length <= charsMax && piece.length >= charsMax / 2) {
    flush(packing);
    packing.piece = text;
  } else addByLine(packing, unit);
}

function addByLine(packing: Packing, unit: Unit): void {
  const room = packing.charsMax - unit.open.length - unit.close.length;
  let lines: string[] = [];
  let gap = unit.gap;
  for (const line of unit.lines.flatMap((text) => shortLines(text, room, unit.open !== ""))) {
    const longer = joined(packing.piece, { ...unit, gap, lines: [...lines, line] });
    if (longer.length > packing.charsMax) {
      if (lines.length > 0) packing.piece = joined(packing.piece, { ...unit, gap, lines });
      flush(packing);
      lines = [];
      gap = false;
    }
    lines.push(line);
  }
  packing.piece = joined(packing.piece, { ...unit, gap, lines });
}

function isBlank(lines: readonly string[]): boolean {
  return lines.every((line) => line.trim() === "");
}

function textOf({ open, lines, close }: Unit): string {
  // Without a word in it Discord sees no block of code, and takes what comes after it for one.
  if (isBlank(lines)) return "";
  return open + lines.join("\n") + close;
}

function joined(piece: string, unit: Unit): string {
  if (piece === "") return textOf(unit);
  return piece + (unit.gap ? "\n\n" : "\n") + textOf(unit);
}

function flush(packing: Packing): void {
  const piece = packing.piece.trimEnd();
  if (piece !== "") packing.pieces.push(piece);
  packing.piece = "";
}

/** Words, spans of code and what is escaped stay whole as long as they fit. */
const ATOM = /`[^`]*`\s*|(?:\\.|[^\s`\\])+\s*|\s+|./gsu;
const CHARACTER = /\\.|./gsu;

function shortLines(line: string, charsMax: number, isCode: boolean): string[] {
  if (line.length <= charsMax) return [line];
  if (isCode) return split(line, charsMax);
  const quote = line.startsWith("> ") ? "> " : "";
  const atoms = line.slice(quote.length).match(ATOM) ?? [];
  const room = charsMax - quote.length;
  return filled(
    atoms.flatMap((atom) => shortAtoms(atom, room)),
    room,
  ).map((text) => quote + text);
}

function shortAtoms(atom: string, charsMax: number): string[] {
  if (atom.length <= charsMax) return [atom];
  const isCode = atom.startsWith("`");
  if (!isCode) return filled(atom.match(CHARACTER) ?? [], charsMax);
  const code = atom.trimEnd().slice(1, -1);
  // Two spans side by side would be none.
  return split(code, charsMax - 3).map((part) => `\`${part}\` `);
}

/** Joins what fits. */
function filled(atoms: readonly string[], charsMax: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const atom of atoms) {
    if (line.length + atom.length > charsMax && line !== "") {
      lines.push(line);
      line = "";
    }
    line += atom;
  }
  return line === "" ? lines : [...lines, line];
}
