/** The elements of a web page, one after the other, written as Markdown. */
import { createMarkdownWriter, type MarkdownWriter } from "./markdown-writer.ts";

const words = (text: string): Set<string> => new Set(text.split(/\s+/));
/** Nothing in them is meant to be read. */
const UNSEEN = words(`script style template noscript svg canvas object iframe audio video select
  datalist annotation annotation-xml`);
const BLOCKS =
  words(`address article aside blockquote body br caption center dd details dialog div dl
  dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol
  option p pre section summary table tbody td tfoot th thead title tr ul`);
const HEADING = /^h([1-6])$/;
/** More text than that without any block becomes a paragraph of its own. */
const TEXT_CHARS_MAX = 32_768;
const SPAN_MAX = 50;
/** A longer row goes on as another row. */
const CELLS_MAX = 200;

interface Table {
  cells: string[];
  /** It holds another table: then it is there for the looks of the page. */
  isLayout: boolean;
  isInCell: boolean;
  /** How many columns and rows the open cell takes. */
  columns: number;
  rows: number;
  /** By column: how many of the next rows a cell from above reaches into. */
  reaching: number[];
}

interface List {
  isOrdered: boolean;
  count: number;
}

export interface Page {
  readonly writer: MarkdownWriter;
  readonly asksPassword: boolean;
  open(name: string, attributes: Record<string, string>): void;
  close(name: string): void;
  text(text: string): void;
  end(): void;
}

/** What is known of the place in the page that was reached. */
interface State {
  writer: MarkdownWriter;
  text: string;
  unseen: number;
  preformatted: number;
  /** 0 outside of headings. */
  headingLevel: number;
  lists: List[];
  /** The mark of an item whose text has not come yet. */
  mark: string | null;
  tables: Table[];
  asksPassword: boolean;
}

export function createPage(): Page {
  const writer = createMarkdownWriter();
  const state: State = {
    writer,
    text: "",
    unseen: 0,
    preformatted: 0,
    headingLevel: 0,
    lists: [],
    mark: null,
    tables: [],
    asksPassword: false,
  };
  return {
    writer,
    get asksPassword() {
      return state.asksPassword;
    },
    open: (name, attributes) => open(state, name, attributes),
    close: (name) => close(state, name),
    text(text) {
      if (state.unseen > 0) return;
      state.text += state.preformatted > 0 ? text : text.replace(/\s+/g, " ");
      if (state.text.length > TEXT_CHARS_MAX && cellOf(state) === null) flush(state);
    },
    end: () => flush(state),
  };
}

function open(state: State, name: string, attributes: Record<string, string>): void {
  if (UNSEEN.has(name)) state.unseen++;
  if (state.unseen > 0) return;
  if (BLOCKS.has(name)) boundary(state, name);
  if (name === "input" && attributes.type?.toLowerCase() === "password") {
    state.asksPassword = true;
  }
  switch (name) {
    case "pre":
      state.preformatted++;
      break;
    case "title":
      state.headingLevel = 1;
      break;
    case "ul":
    case "ol":
      state.lists.push({ isOrdered: name === "ol", count: 0 });
      break;
    case "li":
      state.mark = nextMark(state.lists.at(-1));
      break;
    case "table":
      openTable(state);
      break;
    case "td":
    case "th":
      openCell(state, attributes);
      break;
    default:
      state.headingLevel = Number(HEADING.exec(name)?.[1] ?? state.headingLevel);
  }
}

function close(state: State, name: string): void {
  if (state.unseen > 0) {
    if (UNSEEN.has(name)) state.unseen--;
    return;
  }
  if (BLOCKS.has(name) && name !== "br") boundary(state, name);
  switch (name) {
    case "pre":
      state.preformatted = Math.max(0, state.preformatted - 1);
      break;
    case "ul":
    case "ol":
      state.lists.pop();
      break;
    case "li":
      state.mark = null;
      break;
    case "td":
    case "th":
      closeCell(state);
      break;
    case "tr":
      closeRow(state);
      break;
    case "table":
      state.tables.pop();
      state.writer.endTable();
      break;
    default:
      if (name === "title" || HEADING.test(name)) state.headingLevel = 0;
  }
}

function nextMark(list: List | undefined): string {
  if (list?.isOrdered !== true) return "-";
  list.count++;
  return `${list.count}.`;
}

/** The cell that text belongs to; null outside of tables, and in those that only make a layout. */
function cellOf(state: State): Table | null {
  const table = state.tables.at(-1);
  return table?.isInCell === true && !table.isLayout ? table : null;
}

/** In a cell a block is only a space from the next. */
function boundary(state: State, name: string): void {
  if (cellOf(state) !== null) state.text += " ";
  else if (name === "br") state.text += "\n";
  else flush(state);
}

/** Writes the text so far as what it is. */
function flush(state: State): void {
  const { writer, headingLevel, mark } = state;
  const isCode = state.preformatted > 0;
  const text = isCode ? state.text : state.text.replace(/ *\n */g, "\n").replace(/ {2,}/g, " ");
  state.text = "";
  if (text.trim() === "") return;
  if (headingLevel > 0) writer.heading(headingLevel, text);
  else if (isCode) writer.code(text);
  else if (mark !== null) writer.item(Math.max(0, state.lists.length - 1), mark, text);
  else writer.paragraph(text);
  state.mark = null;
}

function openTable(state: State): void {
  const outer = cellOf(state);
  if (outer !== null) {
    for (const cell of outer.cells) state.writer.paragraph(cell);
    outer.cells = [];
    outer.isLayout = true;
    state.writer.endTable();
    flush(state);
  }
  state.tables.push({
    cells: [],
    isLayout: false,
    isInCell: false,
    columns: 1,
    rows: 1,
    reaching: [],
  });
}

function openCell(state: State, attributes: Record<string, string>): void {
  const table = state.tables.at(-1);
  if (table === undefined || table.isLayout) return;
  if (table.isInCell) closeCell(state);
  table.isInCell = true;
  table.columns = spanOf(attributes.colspan);
  table.rows = spanOf(attributes.rowspan);
}

function spanOf(attribute: string | undefined): number {
  const span = Number(attribute);
  return span > 1 ? Math.min(span, SPAN_MAX) : 1;
}

function closeCell(state: State): void {
  const table = cellOf(state);
  if (table === null) return;
  fillReached(table);
  for (let column = 0; column < table.columns; column++) {
    table.reaching[table.cells.length] = table.rows - 1;
    table.cells.push(column === 0 ? state.text : "");
  }
  state.text = "";
  table.isInCell = false;
  if (table.cells.length >= CELLS_MAX) endRow(state, table);
}

/** Where a cell from above stands, this row has none of its own. */
function fillReached(table: Table): void {
  for (;;) {
    const rows = table.reaching[table.cells.length] ?? 0;
    if (rows <= 0 || table.cells.length >= CELLS_MAX) return;
    table.reaching[table.cells.length] = rows - 1;
    table.cells.push("");
  }
}

function closeRow(state: State): void {
  const table = state.tables.at(-1);
  if (table === undefined || table.isLayout) return;
  if (table.isInCell) closeCell(state);
  fillReached(table);
  endRow(state, table);
}

function endRow(state: State, table: Table): void {
  state.writer.row(table.cells);
  table.cells = [];
}
