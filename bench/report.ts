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

export interface Figure extends Target {
  value: number;
  /** A share is 0 to 1; `times` says how often one goes into another. */
  unit: Unit;
}

export type Unit = "ms" | "s" | "share" | "MiB" | "count" | "per second" | "times";

/** Left out where the value is only told. */
export interface Target {
  atMost?: number;
  atLeast?: number;
}

// Nobody can do anything with a -0.0.
const TENTHS = new Intl.NumberFormat("en", {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  useGrouping: false,
  signDisplay: "negative",
});
const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0, signDisplay: "negative" });

const UNITS: Record<Unit, { format: Intl.NumberFormat; factor: number; sign: string }> = {
  ms: { format: TENTHS, factor: 1, sign: " ms" },
  s: { format: TENTHS, factor: 1, sign: " s" },
  share: { format: TENTHS, factor: 100, sign: " %" },
  MiB: { format: WHOLE, factor: 1, sign: " MiB" },
  count: { format: WHOLE, factor: 1, sign: "" },
  "per second": { format: WHOLE, factor: 1, sign: " /s" },
  times: { format: TENTHS, factor: 1, sign: " ×" },
};

export function figure(unit: Unit, value: number, target: Target = {}): Figure {
  return { value, unit, ...target };
}

export function ms(value: number, atMost?: number): Figure {
  return figure("ms", value, atMost === undefined ? {} : { atMost });
}

export function targetsMet({ tables }: Report): boolean {
  const figures = tables.flatMap(({ rows }) => rows.flatMap((row) => row.figures));
  return figures.every((one) => one === null || isMet(one));
}

function isMet({ value, atMost, atLeast }: Figure): boolean {
  return (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast);
}

export function asText(report: Report): string {
  return [
    `${report.kind}: ${conditions(report)}, ${report.seconds} s`,
    "",
    ...report.tables.flatMap((table) => [table.title, ...rowsOf(table), ""]),
  ].join("\n");
}

export function conditions({ engine, cores, load }: Report): string {
  return `${engine} engine, ${cores} cores with a load of ${load.toFixed(1)} when it began`;
}

function rowsOf(table: Table): string[] {
  const cells = cellsOf(table);
  const widths = ["", ...table.columns].map((_name, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  return cells.map((row) =>
    row
      .map((text, column) => pad(text, widths[column] ?? 0, column))
      .join("   ")
      .trimEnd(),
  );
}

/** As words, the head first; the first column holds the rows' names. */
export function cellsOf({ columns, rows }: Table): string[][] {
  return [["", ...columns], ...rows.map(({ name, figures }) => [name, ...figures.map(cell)])];
}

function pad(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}

function cell(figure: Figure | null): string {
  if (figure === null) return "";
  const { value, unit, atMost, atLeast } = figure;
  const targets = [
    ...(atMost === undefined ? [] : [`≤ ${amount(atMost, unit)}`]),
    ...(atLeast === undefined ? [] : [`≥ ${amount(atLeast, unit)}`]),
  ];
  if (targets.length === 0) return amount(value, unit);
  return `${amount(value, unit)} (${targets.join(", ")}) ${isMet(figure) ? "✓" : "✗"}`;
}

function amount(value: number, unit: Unit): string {
  const { format, factor, sign } = UNITS[unit];
  return `${format.format(value * factor)}${sign}`;
}
