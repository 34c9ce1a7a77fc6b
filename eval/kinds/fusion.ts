import { pino } from "pino";
import type { Chunk } from "../../src/ingest/chunk.ts";
import { embeddedText } from "../../src/ingest/embedding.ts";
import { fillVectors } from "../../src/ingest/fill.ts";
import type { Hit } from "../../src/search/retrieve.ts";
import { PLAIN } from "../../tests/support/core.ts";
import { atOnce } from "../at-once.ts";
import type { Library } from "../library.ts";
import { metricsOf } from "../metrics.ts";
import { scored } from "../ranking.ts";
import { type Measure, type Report, since } from "../report.ts";
import type { RankingSet, Row } from "../sets.ts";
import { questionVector, simulatedEmbedder, vectorOf } from "../simulated-vectors.ts";
import { GOOD_VECTORS, WEAK_VECTORS } from "../targets.ts";
import type { SetToRun } from "./kind.ts";

/** In standard deviations: alone they rank with an nDCG@10 of about .7, and of about a half of that. */
const STRENGTHS = [
  { name: "good vectors", strength: 3.9, bounds: GOOD_VECTORS },
  { name: "weak vectors", strength: 2.9, bounds: WEAK_VECTORS },
] as const;
const QUESTIONS_AT_ONCE = 2;

const log = pino({ level: "silent" });

interface Fusing {
  library: Library;
  set: RankingSet;
  /** The library's files, in their order. */
  rows: readonly Row[];
}

/** What vectors add to words where they are good, and what they cost where they are weak. The vectors are simulated. */
export async function fusion(
  { name, engine }: Pick<SetToRun, "name" | "engine">,
  fusing: Fusing,
  words: number,
  signal: AbortSignal,
): Promise<Report> {
  const startedMs = performance.now();
  const { library, set } = fusing;
  const deps = { db: library.db, embedder: simulatedEmbedder, ledger: PLAIN.ledger, log };
  await fillVectors(deps, library.workspaceId, async () => undefined, signal);
  const answers = await answersOf(fusing);
  const measures: Measure[] = [];
  for (const { name, strength, bounds } of STRENGTHS) {
    const alone = await ndcg10(fusing, answers, { strength, words: false });
    const fused = await ndcg10(fusing, answers, { strength, words: true });
    measures.push(
      { name: `${name} alone`, value: alone, unit: "score" },
      { name: `${name} added to words`, value: fused - words, unit: "difference", ...bounds },
    );
  }
  const cases = set.questions.length;
  return {
    ...{ set: `fusion of ${name}`, engine, cases, seconds: since(startedMs) },
    ...{ measures, failures: [] },
  };
}

/** The vector of each row's first passage. */
async function answersOf({ library, rows }: Fusing): Promise<Map<string, Float32Array>> {
  const first = await library.db.query<Chunk & { contentId: number }>(
    `select content_id::float8 as "contentId", text, locator from chunk
      where workspace_id = $1 and position = 0`,
    [library.workspaceId],
  );
  const vectors = first.rows.flatMap(({ contentId, ...chunk }) => {
    const vector = vectorOf(embeddedText(chunk));
    const files = library.filesOf.get(contentId) ?? [];
    return files.map((file): [string, Float32Array] => [rows[file]?._id ?? "", vector]);
  });
  return new Map(vectors);
}

async function ndcg10(
  { library, set, rows }: Fusing,
  answers: ReadonlyMap<string, Float32Array>,
  { strength, words }: { strength: number; words: boolean },
): Promise<number> {
  const found = await atOnce(QUESTIONS_AT_ONCE, set.questions, async ({ _id, text }) => {
    const relevant = [...(set.judgements.get(_id) ?? [])].filter(([, grade]) => grade > 0);
    const right = relevant.flatMap(([id]) => answers.get(id) ?? []);
    const vector = questionVector(text, right, strength);
    // Without words there is only one leg.
    const { hits } = await library.search(words ? text : "", { vector });
    const idsOf = (hit: Hit) => library.filesWith(hit).flatMap((file) => rows[file]?._id ?? []);
    return scored(hits, idsOf).map(({ id }) => id);
  });
  const asked = set.questions.map(({ _id }) => _id);
  const ranking = new Map(asked.map((id, at) => [id, found[at] ?? []]));
  return metricsOf(asked, ranking, set.judgements).ndcg10;
}
