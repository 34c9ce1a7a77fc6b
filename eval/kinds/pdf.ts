import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { openLibrary } from "../library.ts";
import { metricsOf } from "../metrics.ts";
import { rank, rankingOf, rightFileFirst, unreadOf, writeRun } from "../ranking.ts";
import { type Report, since } from "../report.ts";
import { RANKING_FILES, readRankingSet } from "../sets.ts";
import { rankingMeasures } from "../targets.ts";
import type { SetKind, SetToRun } from "./kind.ts";

const PDFS = "pdfs";

/** Real PDFs, and the pages that each question should find. The corpus gives the pages their ids alone. */
export const pdf: SetKind = { files: [PDFS, ...RANKING_FILES], run };

async function run({ folder, name, engine, out }: SetToRun, signal: AbortSignal) {
  const startedMs = performance.now();
  const set = await readRankingSet(join(folder, name));
  const ids = new Map(set.rows.map(({ _id, doc, page }) => [`${doc} ${page}`, _id]));
  const names = (await readdir(join(folder, name, PDFS))).sort();
  const files = await Promise.all(
    names.map(async (file) => ({
      name: file,
      content: await readFile(join(folder, name, PDFS, file)),
    })),
  );
  await using stack = new AsyncDisposableStack();
  const library = await openLibrary(stack, { engine, files }, signal);
  const found = await rank(library, set.questions, (hit) =>
    library.filesWith(hit).flatMap((file) => {
      const doc = basename(names[file] ?? "", ".pdf");
      // A locator counts pages from 1.
      return ids.get(`${doc} ${(hit.locator.page ?? 0) - 1}`) ?? [];
    }),
  );
  await writeRun(out, name, found);
  const ranking = rankingOf(found);
  const asked = set.questions.map(({ _id }) => _id);
  const metrics = metricsOf(asked, ranking, set.judgements);
  const report: Report = {
    ...{ set: name, engine, cases: asked.length, seconds: since(startedMs) },
    measures: [...rankingMeasures(name, metrics), ...rightFileFirst(name, set, ranking)],
    failures: unreadOf(library, names),
  };
  return [report];
}
