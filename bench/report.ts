/** What a bench found, for people and for programs. */
export interface Report {
  kind: string;
  engine: string;
  cores: number;
  /** How many processes wanted a core when it began, this one aside: much more than none makes figures doubtful. */
  load: number;
  seconds: number;
  tables: Table[];
}

export interface Table {
  title: string;
  /** Names of the figures, in the order of each row's. */
  columns: string[];
  rows: Row[];
}

export interface Row {
  name: string;
  /** Null where there is nothing to tell. */
  figures: (Figure | null)[];
}

export interface Figure {
  value: number;
  /** A share is 0 to 1. */
  unit: "ms" | "share";
  /** The target; left out where the value is only told. */
  atMost?: number;
}

const TENTHS = new Intl.NumberFormat("en", {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  useGrouping: false,
  // Nobody can do anything with a -0.0.
  signDisplay: "negative",
});

export function ms(value: number, atMost?: number): Figure {
  return { value, unit: "ms", ...(atMost !== undefined && { atMost }) };
}

export function targetsMet({ tables }: Report): boolean {
  const figures = tables.flatMap(({ rows }) => rows.flatMap((row) => row.figures));
  return figures.every((figure) => figure === null || isMet(figure));
}

function isMet({ value, atMost }: Figure): boolean {
  return atMost === undefined || value <= atMost;
}

export function asText({ kind, engine, cores, load, seconds, tables }: Report): string {
  const machine = `${cores} cores with a load of ${load.toFixed(1)} when it began`;
  return [
    `${kind}: ${engine} engine, ${machine}, ${seconds} s`,
    "",
    ...tables.flatMap((table) => [table.title, ...rowsOf(table), ""]),
  ].join("\n");
}

function rowsOf({ columns, rows }: Table): string[] {
  const cells = [
    ["", ...columns],
    ...rows.map(({ name, figures }) => [name, ...figures.map(cell)]),
  ];
  const widths = ["", ...columns].map((_name, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  return cells.map((row) =>
    row
      .map((text, column) => pad(text, widths[column] ?? 0, column))
      .join("   ")
      .trimEnd(),
  );
}

function pad(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}

function cell(figure: Figure | null): string {
  if (figure === null) return "";
  const { value, unit, atMost } = figure;
  if (atMost === undefined) return amount(value, unit);
  return `${amount(value, unit)} (≤ ${amount(atMost, unit)}) ${isMet(figure) ? "✓" : "✗"}`;
}

function amount(value: number, unit: Figure["unit"]): string {
  return unit === "share" ? `${TENTHS.format(value * 100)} %` : `${TENTHS.format(value)} ms`;
}
