import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Hit } from "../src/search/retrieve.ts";
import { atOnce } from "./at-once.ts";
import type { Library, LibraryFile } from "./library.ts";
import type { Ranking } from "./metrics.ts";
import type { Failure, Measure } from "./report.ts";
import type { Question, RankingSet, Row } from "./sets.ts";
import { RIGHT_FILE_FIRST } from "./targets.ts";

const NAME_CHARS_MAX = 200;
const QUESTIONS_AT_ONCE = 2;

/** A text as somebody would share it: its title is the file's name. */
export function fileOf({ title, text }: Pick<Row, "title" | "text">): LibraryFile {
  return { name: `${nameOf(title)}.txt`, content: Buffer.from(text) };
}

// Without a title nothing may be told by the name: an id would be found by the numbers in a question.
function nameOf(title: string): string {
  const name = title.replace(/[\p{Cc}/\\:]+/gu, " ").trim();
  return name.slice(0, NAME_CHARS_MAX) || "untitled";
}

export interface Scored {
  id: string;
  score: number;
}

/** What every question finds, best first, each row once, by the best of its passages. */
export async function rank(
  library: Library,
  questions: readonly Question[],
  idsOf: (hit: Hit) => string[],
): Promise<Map<string, Scored[]>> {
  const found = await atOnce(QUESTIONS_AT_ONCE, questions, async ({ text }) =>
    scored((await library.search(text)).hits, idsOf),
  );
  return new Map(questions.map(({ _id }, at) => [_id, found[at] ?? []]));
}

export function scored(hits: readonly Hit[], idsOf: (hit: Hit) => string[]): Scored[] {
  const best = new Map<string, number>();
  for (const hit of hits) {
    for (const id of idsOf(hit)) if (!best.has(id)) best.set(id, hit.score);
  }
  return [...best].map(([id, score]) => ({ id, score }));
}

export function rankingOf(found: ReadonlyMap<string, Scored[]>): Ranking {
  return new Map([...found].map(([question, rows]) => [question, rows.map(({ id }) => id)]));
}

/** One line a result: question, row and score with tabs between them. */
export async function writeRun(
  folder: string,
  set: string,
  found: ReadonlyMap<string, Scored[]>,
): Promise<void> {
  const lines = [...found].flatMap(([question, rows]) =>
    rows.map(({ id, score }) => `${question}\t${id}\t${score.toFixed(6)}\n`),
  );
  await writeFile(join(folder, `${set}.tsv`), lines.join(""));
}

/** For sets whose rows are pages of files: is the first page found one of a file that is asked about? */
export function rightFileFirst(set: string, { rows, judgements }: RankingSet, ranking: Ranking) {
  const docs = new Map(
    rows.flatMap(({ _id, doc, page }) => (page === undefined ? [] : [[_id, doc]])),
  );
  if (docs.size === 0) return [];
  const right = [...ranking].filter(([question, [first = ""]]) => {
    const relevant = [...(judgements.get(question) ?? [])].filter(([, grade]) => grade > 0);
    return relevant.some(([id]) => docs.has(first) && docs.get(id) === docs.get(first));
  });
  const { must, stretch, start } = RIGHT_FILE_FIRST;
  const measure: Measure = {
    ...{ name: "right file first", unit: "share", value: right.length / Math.max(ranking.size, 1) },
    ...(set.startsWith(start) && { must: { atLeast: must }, stretch: { atLeast: stretch } }),
  };
  return [measure];
}

/** What nobody could find, because it could not be read. */
export function unreadOf({ unread }: Library, names: readonly string[]): Failure[] {
  return unread.map(({ file, reason }) => ({
    ...{ id: names[file] ?? "", measure: "read", why: reason },
  }));
}
