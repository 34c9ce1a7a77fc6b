import { cellsOf, conditions, type Report, type Table } from "./report.ts";

/**
 * The document with the figures of these reports in the places of their kinds and engines, each between two comments.
 * What has no report stays as it is.
 * @throws where a report has no place
 */
export function pasted(document: string, reports: readonly Report[]): string {
  return reports.reduce(
    (text, report) => filled(text, `${report.kind} ${report.engine}`, asMarkdown(report)),
    document,
  );
}

/** With the picture of the growth in its place, which is there once there is such a picture. */
export function illustrated(document: string): string {
  return filled(
    document,
    "growth plot",
    "![Searching and storing as a workspace grows](growth.svg)\n",
  );
}

function filled(document: string, place: string, content: string): string {
  const begin = `<!-- ${place} -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(`<!-- end of ${place} -->`, from);
  if (from < 0 || to < 0) throw new Error(`the document has no place for: ${place}`);
  return `${document.slice(0, from + begin.length)}\n${content}${document.slice(to)}`;
}

function asMarkdown(report: Report): string {
  const tables = report.tables.map((table) => `**${table.title}**\n\n${tableOf(table)}\n`);
  return [`Measured on the ${conditions(report)}; it took ${report.seconds} s.\n`, ...tables].join(
    "\n",
  );
}

function tableOf(table: Table): string {
  const [head = [], ...rows] = cellsOf(table);
  const rule = head.map((_, column) => (column === 0 ? "---" : "---:"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
