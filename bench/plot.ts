/** The growth of a workspace as a picture: one small chart for each thing that grows. */
import { GROWTH_COLUMNS } from "./growth/measure.ts";
import type { Report } from "./report.ts";

interface Chart {
  title: string;
  column: string;
}

interface Line {
  name: string;
  colour: string;
  points: { x: number; y: number }[];
}

const CHARTS: readonly Chart[] = [
  { title: "search, p50 (ms)", column: GROWTH_COLUMNS.p50 },
  { title: "search, p95 (ms)", column: GROWTH_COLUMNS.p95 },
  { title: "chunks stored a second", column: GROWTH_COLUMNS.inserted },
  { title: "tables and indexes (MiB)", column: GROWTH_COLUMNS.size },
];
// Told apart on white and on black, and by people who see few colours.
const COLOURS: Record<string, string> = { embedded: "#d9730d", postgres: "#3b7dd8" };
const GREY = "#808080";

const WIDTH = 360;
const HEIGHT = 220;
const COLUMNS = 2;
const LEGEND_HEIGHT = 30;
const MARGIN = { top: 34, right: 24, bottom: 34, left: 52 };
const PLOT = {
  width: WIDTH - MARGIN.left - MARGIN.right,
  height: HEIGHT - MARGIN.top - MARGIN.bottom,
};
const TICKS = 4;

/** @param reports of the growth, one for each engine */
export function growthPlot(reports: readonly Report[]): string {
  const rows = Math.ceil(CHARTS.length / COLUMNS);
  const [width, height] = [WIDTH * COLUMNS, HEIGHT * rows + LEGEND_HEIGHT];
  const charts = CHARTS.map((chart, at) => {
    const x = (at % COLUMNS) * WIDTH + MARGIN.left;
    const y = Math.floor(at / COLUMNS) * HEIGHT + LEGEND_HEIGHT + MARGIN.top;
    return `<g transform="translate(${x} ${y})">\n${chartOf(chart, reports)}\n</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="11" fill="${GREY}" role="img" aria-label="What searching and storing cost as a workspace grows">`,
    ...reports.map(({ engine }, at) => legend(engine, MARGIN.left + at * WIDTH * 0.4)),
    ...charts,
    "</svg>\n",
  ].join("\n");
}

function legend(engine: string, x: number): string {
  const colour = COLOURS[engine] ?? GREY;
  const line = `<line x1="${x}" y1="16" x2="${x + 24}" y2="16" stroke="${colour}" stroke-width="2"/>`;
  return `${line}<text x="${x + 32}" y="20">${engine}</text>`;
}

function chartOf({ title, column }: Chart, reports: readonly Report[]): string {
  const lines = reports.map((report) => lineOf(report, column));
  const points = lines.flatMap((line) => line.points);
  const most = {
    x: Math.max(1, ...points.map(({ x }) => x)),
    y: ceiling(points.map(({ y }) => y)),
  };
  const left = (x: number) => round((x / most.x) * PLOT.width);
  const top = (y: number) => round(PLOT.height - (y / most.y) * PLOT.height);
  const marks = Array.from({ length: TICKS + 1 }, (_, at) => (most.y * at) / TICKS);
  const sizes = [...new Set(points.map(({ x }) => x))];
  return [
    `<text x="0" y="-14" font-weight="bold">${title}</text>`,
    ...marks.map((y) => mark(top(y), y)),
    ...sizes.map((x) => size(left(x), x)),
    ...lines.map((line) => drawn(line, left, top)),
  ].join("\n");
}

function lineOf(report: Report, column: string): Line {
  const tables = report.tables.filter(({ columns }) => columns.includes(column));
  const points = tables.flatMap(({ columns, rows }) =>
    rows.map(({ figures }) => {
      const at = (name: string) => figures[columns.indexOf(name)]?.value ?? 0;
      return { x: at(GROWTH_COLUMNS.chunks), y: at(column) };
    }),
  );
  return { name: report.engine, colour: COLOURS[report.engine] ?? GREY, points };
}

function mark(y: number, value: number): string {
  const line = `<line x1="0" y1="${y}" x2="${PLOT.width}" y2="${y}" stroke="${GREY}" stroke-opacity="0.3"/>`;
  return `${line}<text x="-8" y="${y + 4}" text-anchor="end">${value.toLocaleString("en")}</text>`;
}

function size(x: number, chunks: number): string {
  const words = `${(chunks / 1000).toLocaleString("en", { maximumFractionDigits: 0 })}k`;
  return `<text x="${x}" y="${PLOT.height + 18}" text-anchor="middle">${words}</text>`;
}

function drawn(
  { colour, points }: Line,
  left: (x: number) => number,
  top: (y: number) => number,
): string {
  const path = points.map(({ x, y }) => `${left(x)},${top(y)}`).join(" ");
  const dots = points.map(
    ({ x, y }) => `<circle cx="${left(x)}" cy="${top(y)}" r="3" fill="${colour}"/>`,
  );
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join("")}`;
}

/** The next round number that all of them lie below, and a quarter of which is round too. */
function ceiling(values: readonly number[]): number {
  const most = Math.max(1, ...values);
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 4, 6, 8, 10].find((factor) => factor * power >= most) ?? 10;
  return step * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
