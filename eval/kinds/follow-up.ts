import { readdir } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import type { Hit } from "../../src/search/retrieve.ts";
import { articlesOf, partsIn } from "../articles.ts";
import { atOnce } from "../at-once.ts";
import { type Library, openLibrary } from "../library.ts";
import { fileOf, scored } from "../ranking.ts";
import { type Measure, type Report, since } from "../report.ts";
import { CORPUS, jsonLines, type Row, readRows } from "../sets.ts";
import { FOLLOW_UP } from "../targets.ts";
import type { SetKind, SetToRun } from "./kind.ts";

/** Second questions in a thread, which mean something only after the first. */
export const followUp: SetKind = { files: ["cases.jsonl"], run };

const QUESTIONS_AT_ONCE = 2;
const FIRST = 5;

const Case = v.object({
  id: v.string(),
  /** What was asked before it. */
  thread: v.array(v.string()),
  question: v.string(),
  /** The same as one who has not read the thread would have to ask it. */
  standalone: v.string(),
  /** The paragraph that answers it, of a ranking set beside this one, and the article that it is from. */
  relevant: v.string(),
  article: v.string(),
});
type Case = v.InferOutput<typeof Case>;

async function run({ folder, name, engine }: SetToRun, signal: AbortSignal): Promise<Report[]> {
  const startedMs = performance.now();
  const cases = await jsonLines(join(folder, name, "cases.jsonl"), Case);
  const articles = articlesOf(await rowsFor(folder, cases));
  await using stack = new AsyncDisposableStack();
  const library = await openLibrary(stack, { engine, files: articles.map(fileOf) }, signal);
  const idsOf = (hit: Hit): string[] =>
    library.filesWith(hit).flatMap((file) => {
      const article = articles[file];
      return article ? partsIn(article, hit.text) : [];
    });
  const recall = async (ask: (one: Case) => ReturnType<Library["search"]>): Promise<number> => {
    const found = await atOnce(QUESTIONS_AT_ONCE, cases, async (one) => {
      const paragraphs = scored((await ask(one)).hits, idsOf).slice(0, FIRST);
      return paragraphs.some(({ id }) => id === one.relevant);
    });
    return found.filter(Boolean).length / Math.max(found.length, 1);
  };
  const after = await recall((one) => askAfter(library, one));
  const alone = await recall(({ question }) => library.search(question));
  const whole = await recall(({ standalone }) => library.search(standalone));
  const measures: Measure[] = [
    { name: `R@${FIRST}`, value: after, unit: "score", ...FOLLOW_UP },
    { name: `R@${FIRST} without the thread`, value: alone, unit: "score" },
    { name: `R@${FIRST} asked as a whole`, value: whole, unit: "score" },
  ];
  return [
    { set: name, engine, cases: cases.length, seconds: since(startedMs), measures, failures: [] },
  ];
}

/** As an answer searches whose thread holds one before it: that one cited the file of its best passage. */
async function askAfter(library: Library, { thread, question }: Case) {
  const previousQuestion = thread.at(-1) ?? "";
  const before = await library.search(previousQuestion);
  const boostContentIds = before.hits.slice(0, 1).map(({ contentId }) => contentId);
  return library.search(question, { previousQuestion, boostContentIds });
}

/** The corpus beside the set that its cases speak of. */
async function rowsFor(folder: string, cases: readonly Case[]): Promise<Row[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const there = await readdir(join(folder, name));
    if (!there.includes(CORPUS)) continue;
    const rows = await readRows(join(folder, name));
    const titles = new Map(rows.map(({ _id, title }) => [_id, title]));
    if (cases.every(({ relevant, article }) => titles.get(relevant) === article)) return rows;
  }
  throw new Error("no set beside it holds the paragraphs that its cases speak of");
}
