/** What an evaluation found, for people and for programs. */
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
  /** A count, or a share from 0 to 1. */
  value: number;
  unit: "count" | "share";
  /** Left out where the value is only told. */
  target?: Target;
}

/** What must hold is a promise; what should hold is a goal, which does not fail the run. */
export interface Target {
  kind: "promise" | "goal";
  atMost?: number;
  atLeast?: number;
}

export interface Failure {
  id: string;
  measure: string;
  why: string;
}

export function isMet({ value, target }: Measure): boolean {
  if (!target) return true;
  return value <= (target.atMost ?? value) && value >= (target.atLeast ?? value);
}

export function promisesKept({ measures }: Report): boolean {
  return measures.every((measure) => measure.target?.kind !== "promise" || isMet(measure));
}

/** The report for people: a table of the measures, then every failed case with its reason. */
export function asText(report: Report): string {
  const rows = report.measures.map((measure) => [
    measure.name,
    amount(measure.value, measure.unit),
    targetText(measure),
    markOf(measure),
  ]);
  const head = ["measure", "value", "target", ""];
  const { set, cases, engine, seconds } = report;
  return [
    `${set}: ${cases} cases on the ${engine} engine, ${seconds} s`,
    "",
    ...table([head, ...rows]),
    "",
    ...failureLines(report.failures),
    "",
  ].join("\n");
}

function markOf(measure: Measure): string {
  if (!measure.target) return "";
  return isMet(measure) ? "✓" : "✗";
}

function amount(value: number, unit: Measure["unit"]): string {
  return unit === "share" ? `${(value * 100).toFixed(1)} %` : String(value);
}

function targetText({ target, unit }: Measure): string {
  if (target?.atLeast !== undefined) return `≥ ${amount(target.atLeast, unit)}`;
  if (target?.atMost === 0) return "0";
  return target?.atMost === undefined ? "" : `≤ ${amount(target.atMost, unit)}`;
}

function table(rows: string[][]): string[] {
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map(([name = "", value = "", target = "", mark = ""]) =>
    [
      name.padEnd(widths[0] ?? 0),
      value.padStart(widths[1] ?? 0),
      target.padStart(widths[2] ?? 0),
      mark,
    ]
      .join("  ")
      .trimEnd(),
  );
}

function failureLines(failures: readonly Failure[]): string[] {
  if (failures.length === 0) return ["Every case did as it should."];
  return failures.map(({ id, measure, why }) => `✗ ${id}  ${measure}: ${why}`);
}
