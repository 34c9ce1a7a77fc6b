/** Markdown as it is found in other formats: blocks go in, text for the chunker comes out. */
import { tableRow } from "./table.ts";

const HEADING_LEVEL_MAX = 6;

export interface MarkdownWriter {
  heading(level: number, text: string): void;
  paragraph(text: string): void;
  /** @param level 0 for the outermost list */
  item(level: number, mark: string, text: string): void;
  /** The first row of a table is its header. A row of one cell is a paragraph. */
  row(cells: string[]): void;
  endTable(): void;
  /** Text whose lines and spaces matter. */
  code(text: string): void;
  /** What was written since the last time. */
  take(): string;
}

export function createMarkdownWriter(): MarkdownWriter {
  let text = "";
  let previous: "block" | "item" | "row" = "block";
  const write = (kind: typeof previous, block: string): void => {
    if (kind !== previous || kind === "block") text += "\n";
    previous = kind;
    text += `${block}\n`;
  };
  const paragraph = (words: string): void => {
    if (words.trim() !== "") write("block", words.trim());
  };
  return {
    paragraph,
    heading(level, words) {
      const line = words.replace(/\s+/g, " ").trim();
      if (line !== "") write("block", `${"#".repeat(Math.min(level, HEADING_LEVEL_MAX))} ${line}`);
    },
    item(level, mark, words) {
      if (words.trim() !== "") write("item", `${"  ".repeat(level)}${mark} ${words.trim()}`);
    },
    row(cells) {
      if (cells.every((cell) => cell.trim() === "")) return;
      const [only, second] = cells;
      if (second === undefined) return paragraph(only ?? "");
      const isFirst = previous !== "row";
      const shown = cells.map((cell) => cell.replace(/\s+/g, " ").trim());
      write("row", tableRow(shown));
      if (isFirst) write("row", `|${shown.map(() => "---").join("|")}|`);
    },
    endTable() {
      if (previous === "row") previous = "block";
    },
    code(words) {
      const ticks = (words.match(/`{3,}/g) ?? []).reduce(
        (most, run) => Math.max(most, run.length),
        2,
      );
      const fence = "`".repeat(ticks + 1);
      if (words.trim() !== "")
        write("block", `${fence}\n${words.replace(/^\n|\s+$/g, "")}\n${fence}`);
    },
    take() {
      const taken = text;
      text = "";
      return taken;
    },
  };
}
