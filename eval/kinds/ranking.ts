import { join } from "node:path";
import { articlesOf, partsIn } from "../articles.ts";
import { openLibrary } from "../library.ts";
import { metricsOf } from "../metrics.ts";
import { fileOf, rank, rankingOf, rightFileFirst, unreadOf, writeRun } from "../ranking.ts";
import { type Report, since } from "../report.ts";
import { arePages, RANKING_FILES, readRankingSet } from "../sets.ts";
import { isFused, rankingMeasures } from "../targets.ts";
import { foreign, hasForeign } from "./foreign.ts";
import { fusion } from "./fusion.ts";
import type { SetKind, SetToRun } from "./kind.ts";

/** Documents, questions, and which documents each question should find. Every document is a file, but pages are put together again. */
export const ranking: SetKind = { files: RANKING_FILES, run };

async function run({ folder, name, engine, out }: SetToRun, signal: AbortSignal) {
  const startedMs = performance.now();
  const set = await readRankingSet(join(folder, name));
  // Nobody can share an empty file.
  const rows = set.rows.filter(({ text }) => text.trim() !== "");
  await using stack = new AsyncDisposableStack();
  const articles = arePages(rows) ? articlesOf(rows) : null;
  const files = (articles ?? rows).map(fileOf);
  const library = await openLibrary(stack, { engine, files }, signal);
  const found = await rank(library, set.questions, (hit) =>
    library.filesWith(hit).flatMap((file) => {
      const article = articles?.[file];
      return article ? partsIn(article, hit.text) : (rows[file]?._id ?? []);
    }),
  );
  await writeRun(out, name, found);
  const ids = rankingOf(found);
  const metrics = metricsOf(
    set.questions.map(({ _id }) => _id),
    ids,
    set.judgements,
  );
  const report: Report = {
    ...{ set: name, engine, cases: set.questions.length, seconds: since(startedMs) },
    measures: [...rankingMeasures(name, metrics), ...rightFileFirst(name, set, ids)],
    failures: unreadOf(library, articles?.map(({ title }) => title) ?? rows.map(({ _id }) => _id)),
  };
  const beside: Report[] = [];
  const of = { name, engine };
  if (isFused(name)) {
    beside.push(await fusion(of, { library, set, rows }, metrics.ndcg10, signal));
  }
  if (hasForeign(rows)) beside.push(await foreign(of, { ...set, rows }, signal));
  return [report, ...beside];
}
