/** What an evaluation of one set found, for people and for programs. */
export interface Report {
  set: string;
  engine: string;
  cases: number;
  seconds: number;
  measures: Measure[];
  /** Each case that did not do as it should, once for each reason. */
  failures: Failure[];
}

export interface Measure {
  name: string;
  /** A count, a share or a score from 0 to 1, or the difference of two scores. */
  value: number;
  unit: "count" | "share" | "score" | "difference";
  /** What has to hold; without it the value is only told. */
  must?: Bound;
  /** What would be good. */
  stretch?: Bound;
}

export type Bound = { atLeast: number } | { atMost: number };

export interface Failure {
  id: string;
  measure: string;
  why: string;
}

export function isWithin(value: number, bound: Bound | undefined): boolean {
  if (!bound) return true;
  return "atLeast" in bound ? value >= bound.atLeast : value <= bound.atMost;
}

export function mustsMet({ measures }: Report): boolean {
  return measures.every(({ value, must }) => isWithin(value, must));
}

/** Seconds since then, for a report. */
export function since(startedMs: number): number {
  return Math.round((performance.now() - startedMs) / 1000);
}

/** The reports for people: one table, then every failed case with its reason. */
export function asText(reports: readonly Report[]): string {
  const head = ["set", "metric", "value", "must", "stretch", "", "s"];
  const rows = reports.flatMap(rowsOf);
  return ["", ...table([head, ...rows]), ...reports.flatMap(failureLines), ""].join("\n");
}

function rowsOf({ set, engine, cases, seconds, measures }: Report): string[][] {
  return measures.map((measure, at) => {
    const { name, value, unit, must, stretch } = measure;
    const cells = [name, amount(value, unit), boundText(must, unit), boundText(stretch, unit)];
    const isFirst = at === 0;
    const first = isFirst ? `${set} (${cases}, ${engine})` : "";
    return [first, ...cells, markOf(measure), isFirst ? String(seconds) : ""];
  });
}

/** ✗ where a must is missed, ✓✓ where the stretch is reached too. */
function markOf({ value, must, stretch }: Measure): string {
  if (!must && !stretch) return "";
  if (!isWithin(value, must)) return "✗";
  return stretch && isWithin(value, stretch) ? "✓✓" : "✓";
}

function amount(value: number, unit: Measure["unit"]): string {
  switch (unit) {
    case "count":
      return String(value);
    case "share":
      return `${(value * 100).toFixed(1)} %`;
    case "score":
      return value.toFixed(3);
    case "difference":
      return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
    default:
      return unit satisfies never;
  }
}

function boundText(bound: Bound | undefined, unit: Measure["unit"]): string {
  if (!bound) return "";
  if ("atLeast" in bound) return `≥ ${amount(bound.atLeast, unit)}`;
  return bound.atMost === 0 ? "0" : `≤ ${amount(bound.atMost, unit)}`;
}

const IS_NUMBER = [false, false, true, true, true, false, true];

function table(rows: string[][]): string[] {
  const widths = IS_NUMBER.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        IS_NUMBER[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}

function failureLines({ set, failures }: Report): string[] {
  if (failures.length === 0) return [];
  return ["", ...failures.map(({ id, measure, why }) => `✗ ${set} ${id}  ${measure}: ${why}`)];
}
