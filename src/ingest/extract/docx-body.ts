/** The text of a Word document, element by element, written as Markdown. */
import type { Note } from "./docx-notes.ts";
import type { Numbering } from "./docx-numbering.ts";
import { type ListPlace, levelOfOutline, type ParagraphStyle, PLAIN_STYLE } from "./docx-styles.ts";
import { createMarkdownWriter, type MarkdownWriter } from "./markdown-writer.ts";
import { attributeOf, type XmlHandler } from "./xml.ts";

/** Not, or no longer, part of the document; or there a second time, for old programs. */
const LEFT_OUT = new Set(
  `del moveFrom Fallback pPrChange rPrChange tblPrChange tcPrChange trPrChange sectPrChange
   numberingChange`.split(/\s+/),
);
const OFF = new Set(["0", "false", "off"]);
const SPAN_MAX = 50;
/** A longer row goes on as another row. */
const CELLS_MAX = 200;

export interface DocxContext {
  styles: Map<string, ParagraphStyle>;
  numbering: Numbering;
  notes: Record<"footnote" | "endnote" | "comment", Map<string, Note>>;
}

interface Paragraph {
  text: string;
  style: ParagraphStyle;
  outline: string;
  listId: string;
  listLevel: string;
  isInRun: boolean;
  isHidden: boolean;
}

interface Table {
  cells: string[];
  cell: string;
  span: number;
  /** It holds another table: then it is there for the looks of the page. */
  isLayout: boolean;
}

interface State {
  context: DocxContext;
  writer: MarkdownWriter;
  mark: (place: ListPlace) => string;
  /** The innermost is the last: a text box stands within the paragraph that it is tied to. */
  paragraphs: Paragraph[];
  tables: Table[];
  /** Notes that are to be written after the paragraph or table that refers to them. */
  due: string[];
  leftOut: number;
  isText: boolean;
  hasTitle: boolean;
}

export interface Body extends XmlHandler {
  readonly writer: MarkdownWriter;
}

export function createBody(context: DocxContext): Body {
  const writer = createMarkdownWriter();
  const state: State = {
    context,
    writer,
    mark: context.numbering.counter(),
    paragraphs: [],
    tables: [],
    due: [],
    leftOut: 0,
    isText: false,
    hasTitle: false,
  };
  return {
    writer,
    open(name, attributes) {
      if (LEFT_OUT.has(name)) state.leftOut++;
      if (state.leftOut === 0) open(state, name, attributes);
    },
    close(name) {
      state.isText = false;
      if (state.leftOut === 0) close(state, name);
      else if (LEFT_OUT.has(name)) state.leftOut--;
    },
    text(text) {
      const paragraph = state.paragraphs.at(-1);
      if (state.isText && paragraph?.isHidden === false) paragraph.text += text;
    },
  };
}

function open(state: State, name: string, attributes: Record<string, string>): void {
  const paragraph = state.paragraphs.at(-1);
  switch (name) {
    case "p":
      state.paragraphs.push(startOfParagraph());
      break;
    case "t":
      state.isText = true;
      break;
    case "tbl":
      openTable(state);
      break;
    case "gridSpan":
      spanCell(state.tables.at(-1), Number(attributeOf(attributes, "val")));
      break;
    case "footnoteReference":
      refer(state, "footnote", attributeOf(attributes, "id"));
      break;
    case "endnoteReference":
      refer(state, "endnote", attributeOf(attributes, "id"));
      break;
    case "commentReference":
      refer(state, "comment", attributeOf(attributes, "id"));
      break;
    default:
      if (paragraph === undefined) return;
      if (paragraph.isInRun) openInRun(paragraph, name, attributes);
      else describe(state, paragraph, name, attributes);
  }
}

function startOfParagraph(): Paragraph {
  return {
    text: "",
    style: PLAIN_STYLE,
    outline: "",
    listId: "",
    listLevel: "",
    isInRun: false,
    isHidden: false,
  };
}

function openInRun(paragraph: Paragraph, name: string, attributes: Record<string, string>): void {
  if (name === "tab" || name === "ptab") paragraph.text += "\t";
  else if (name === "br" || name === "cr") paragraph.text += "\n";
  else if (name === "noBreakHyphen") paragraph.text += "-";
  else if (name === "vanish") paragraph.isHidden = !OFF.has(attributeOf(attributes, "val"));
}

function describe(
  state: State,
  paragraph: Paragraph,
  name: string,
  attributes: Record<string, string>,
): void {
  if (name === "r") {
    paragraph.isInRun = true;
    paragraph.isHidden = false;
    return;
  }
  const value = attributeOf(attributes, "val");
  if (name === "pStyle") paragraph.style = state.context.styles.get(value) ?? PLAIN_STYLE;
  else if (name === "outlineLvl") paragraph.outline = value;
  else if (name === "numId") paragraph.listId = value;
  else if (name === "ilvl") paragraph.listLevel = value;
}

function close(state: State, name: string): void {
  const paragraph = state.paragraphs.at(-1);
  if (name === "r" && paragraph !== undefined) paragraph.isInRun = false;
  else if (name === "p") endParagraph(state);
  else if (name === "tc") endCell(state);
  else if (name === "tr") endRow(state);
  else if (name === "tbl") endTable(state);
}

function endParagraph(state: State): void {
  const paragraph = state.paragraphs.pop();
  if (paragraph === undefined) return;
  const text = paragraph.text.replaceAll("\t", " ").trim();
  const table = state.tables.at(-1);
  if (table !== undefined && !table.isLayout) {
    if (text !== "") table.cell += `${text} `;
    return;
  }
  if (text !== "") writeParagraph(state, paragraph, text);
  // A box stands in the middle of a paragraph, whose notes come after the whole.
  if (state.paragraphs.length === 0) writeDue(state);
}

function writeParagraph(state: State, paragraph: Paragraph, text: string): void {
  const { style } = paragraph;
  const place = placeOf(paragraph);
  const mark = place === null ? "" : state.mark(place);
  const level = levelOfOutline(paragraph.outline) ?? style.headingLevel;
  if (style.isTitle) {
    state.hasTitle = true;
    state.writer.heading(1, text);
  } else if (level !== null) {
    const numbered = mark === "" || mark === "-" ? text : `${mark} ${text}`;
    state.writer.heading(state.hasTitle ? level + 1 : level, numbered);
  } else if (place !== null) {
    state.writer.item(Math.min(place.level, 8), mark, text);
  } else {
    state.writer.paragraph(text);
  }
}

/** The number 0 takes a paragraph out of the list that its style puts it in. */
function placeOf({ style, listId, listLevel }: Paragraph): ListPlace | null {
  if (listId === "0") return null;
  const level = listLevel === "" ? (style.list?.level ?? 0) : Number(listLevel) || 0;
  const id = listId === "" ? style.list?.id : listId;
  return id === undefined || id === "0" ? null : { id, level };
}

function refer(state: State, kind: keyof DocxContext["notes"], id: string): void {
  const note = state.context.notes[kind].get(id);
  const text = note?.text.trim() ?? "";
  if (text === "") return;
  // Once is enough, however often it is referred to.
  state.context.notes[kind].delete(id);
  const label = kind === "comment" ? `Comment by ${note?.author || "a reader"}` : "Note";
  state.due.push(`${label}: ${text}`);
}

function writeDue(state: State): void {
  for (const note of state.due) state.writer.paragraph(note);
  state.due = [];
}

function openTable(state: State): void {
  const outer = state.tables.at(-1);
  if (outer !== undefined && !outer.isLayout) {
    outer.isLayout = true;
    for (const cell of [...outer.cells, outer.cell]) state.writer.paragraph(cell);
    state.writer.endTable();
  }
  state.tables.push({ cells: [], cell: "", span: 1, isLayout: false });
}

function spanCell(table: Table | undefined, span: number): void {
  if (table !== undefined && span > 1) table.span = Math.min(span, SPAN_MAX);
}

function endCell(state: State): void {
  const table = state.tables.at(-1);
  if (table === undefined || table.isLayout) return;
  table.cells.push(table.cell, ...new Array<string>(table.span - 1).fill(""));
  table.cell = "";
  table.span = 1;
  if (table.cells.length >= CELLS_MAX) endRow(state);
}

function endRow(state: State): void {
  const table = state.tables.at(-1);
  if (table === undefined || table.isLayout) return;
  state.writer.row(table.cells);
  table.cells = [];
}

function endTable(state: State): void {
  state.tables.pop();
  state.writer.endTable();
  if (state.tables.at(-1)?.isLayout !== false) writeDue(state);
}
