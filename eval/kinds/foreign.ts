import { NOT_HERE_COVERAGE } from "../../src/search/weights.ts";
import { articlesOf } from "../articles.ts";
import { atOnce } from "../at-once.ts";
import { openLibrary } from "../library.ts";
import { fileOf } from "../ranking.ts";
import { type Measure, type Report, since } from "../report.ts";
import { arePages, type RankingSet, type Row } from "../sets.ts";
import { FALSE_REFUSALS, FOREIGN_REFUSED } from "../targets.ts";
import type { SetToRun } from "./kind.ts";

const QUESTIONS_AT_ONCE = 2;
/** Rows with one title are paragraphs of one article; so many of them, on average, make a set of articles. */
const ROWS_OF_ARTICLE_MIN = 4;

export function hasForeign(rows: readonly Row[]): boolean {
  const titles = new Set(rows.map(({ title }) => title));
  return !arePages(rows) && titles.size > 1 && rows.length >= ROWS_OF_ARTICLE_MIN * titles.size;
}

/** Every second article is shared, and the questions about the others are foreign to what is there. */
export async function foreign(
  { name, engine }: Pick<SetToRun, "name" | "engine">,
  set: RankingSet,
  signal: AbortSignal,
): Promise<Report> {
  const startedMs = performance.now();
  const articles = articlesOf(set.rows);
  const shared = articles.filter((_, at) => at % 2 === 0);
  const held = new Set(shared.flatMap(({ parts }) => parts.map(({ id }) => id)));
  await using stack = new AsyncDisposableStack();
  const library = await openLibrary(stack, { engine, files: shared.map(fileOf) }, signal);
  const asked = await atOnce(QUESTIONS_AT_ONCE, set.questions, async ({ _id, text }) => {
    const [relevant = ""] = set.judgements.get(_id)?.keys() ?? [];
    return { isHeld: held.has(relevant), coverage: (await library.search(text)).coverage };
  });
  const refused = (isHeld: boolean): number => {
    const all = asked.filter((one) => one.isHeld === isHeld);
    // As an answer decides where nothing else tells what it is about.
    return all.filter(({ coverage }) => coverage < NOT_HERE_COVERAGE).length / all.length;
  };
  const measures: Measure[] = [
    { name: "foreign: refused", value: refused(false), unit: "share", ...FOREIGN_REFUSED },
    { name: "held: refused", value: refused(true), unit: "share", ...FALSE_REFUSALS },
  ];
  const cases = asked.length;
  return {
    ...{ set: `foreign to ${name}`, engine, cases, seconds: since(startedMs) },
    ...{ measures, failures: [] },
  };
}
