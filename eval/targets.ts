import type { Metrics } from "./metrics.ts";
import type { Measure } from "./report.ts";

/** One number of a ranking, and what is asked of it. */
interface Asked extends Pick<Measure, "name" | "unit"> {
  of(metrics: Metrics): number;
  /** At least so much. */
  must?: number;
  stretch?: number;
}

const NDCG10 = { name: "nDCG@10", unit: "score", of: (found: Metrics) => found.ndcg10 } as const;
const MRR = { name: "MRR@10", unit: "score", of: (found: Metrics) => found.mrr10 } as const;

const recall = (first: number) => ({
  ...{ name: `R@${first}`, unit: "score" as const },
  of: (found: Metrics) => found.recall(first),
});
const hit = (first: number) => ({
  ...{ name: `hit@${first}`, unit: "score" as const },
  of: (found: Metrics) => found.hit(first),
});
const golden = (first: number) => ({
  ...{ name: `golden in top ${first}`, unit: "share" as const },
  of: (found: Metrics) => found.recall(first),
});

/** What is told of every set. */
const PLAIN: Asked[] = [NDCG10, MRR, recall(5), recall(10), recall(100)];

/** What is asked of sets by how their names begin: the data is the same kind, whatever part of it. */
const BY_NAME: [start: string, asked: Asked[]][] = [
  ["scifact", [{ ...NDCG10, must: 0.695, stretch: 0.71 }, MRR, recall(100)]],
  ["xquad-", [{ ...NDCG10, must: 0.94, stretch: 0.955 }, MRR, recall(5)]],
  ["squad", [{ ...NDCG10, must: 0.9, stretch: 0.915 }, MRR, recall(5)]],
  ["iapp-", [{ ...NDCG10, must: 0.96, stretch: 0.975 }, MRR, recall(5)]],
  [
    "codebase",
    [
      { ...golden(5), must: 0.82, stretch: 0.86 },
      { ...golden(10), must: 0.87, stretch: 0.92 },
      { ...golden(20), must: 0.9, stretch: 0.94 },
      NDCG10,
    ],
  ],
  [
    "anthropic-docs",
    [{ ...recall(3), must: 0.66, stretch: 0.7 }, { ...MRR, must: 0.82, stretch: 0.85 }, NDCG10],
  ],
  [
    "financebench",
    [
      { ...hit(20), must: 0.5, stretch: 0.6 },
      { ...recall(100), must: 0.85, stretch: 0.92 },
      NDCG10,
    ],
  ],
  ["pdf-", [hit(5), hit(20), recall(100), NDCG10]],
];

export function rankingMeasures(set: string, metrics: Metrics): Measure[] {
  const asked = BY_NAME.find(([start]) => set.startsWith(start))?.[1] ?? PLAIN;
  return asked.map(({ name, unit, of, must, stretch }) => ({
    ...{ name, unit, value: of(metrics) },
    ...(must !== undefined && { must: { atLeast: must } }),
    ...(stretch !== undefined && { stretch: { atLeast: stretch } }),
  }));
}

/** The same questions in many languages: their mean, and the worst of them. */
export const LANGUAGES = {
  start: "xquad-",
  measure: NDCG10.name,
  mean: { must: { atLeast: 0.955 }, stretch: { atLeast: 0.965 } },
  worst: { must: { atLeast: 0.94 }, stretch: { atLeast: 0.955 } },
} as const;

export const RIGHT_FILE_FIRST = { start: "financebench", must: 0.7, stretch: 0.8 } as const;

/** Questions that the files say nothing about, and those that they answer. */
export const FOREIGN_REFUSED = { must: { atLeast: 0.6 }, stretch: { atLeast: 0.75 } } as const;
export const FALSE_REFUSALS = { must: { atMost: 0.02 } } as const;

export const CHUNKING = { must: { atLeast: 0.9 }, stretch: { atLeast: 0.93 } } as const;
export const FOLLOW_UP = { must: { atLeast: 0.91 }, stretch: { atLeast: 0.935 } } as const;

/** What a simulated leg of vectors adds to the words alone: one that is weak, and one that is as good as they are. */
export const WEAK_VECTORS = { must: { atLeast: -0.03 }, stretch: { atLeast: -0.012 } } as const;
export const GOOD_VECTORS = { must: { atLeast: 0.1 }, stretch: { atLeast: 0.13 } } as const;

/** Where words alone rank neither well nor badly, so that vectors have something to add and to spoil. */
export function isFused(set: string): boolean {
  return set.startsWith("scifact");
}
