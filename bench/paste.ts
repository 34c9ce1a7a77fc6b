/**
 * Writes what `npm run bench -- --json` has said, in one file or several, into docs/benchmarks.md, and draws
 * docs/growth.svg: `node bench/paste.ts FILE…`
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { illustrated, pasted } from "./markdown.ts";
import { growthPlot } from "./plot.ts";
import type { Report } from "./report.ts";

const DOCUMENT = fileURLToPath(new URL("../docs/benchmarks.md", import.meta.url));
const PLOT = fileURLToPath(new URL("../docs/growth.svg", import.meta.url));

const texts = await Promise.all(process.argv.slice(2).map((path) => readFile(path, "utf8")));
// npm says a word before the first report.
const lines = texts.flatMap((text) => text.split("\n")).filter((line) => line.startsWith("{"));
const reports = lines.map((line): Report => JSON.parse(line));
const growth = reports.filter(({ kind }) => kind === "growth");
const document = pasted(await readFile(DOCUMENT, "utf8"), reports);
if (growth.length > 0) await writeFile(PLOT, growthPlot(growth));
await writeFile(DOCUMENT, growth.length > 0 ? illustrated(document) : document);
