import type { Judgements } from "./sets.ts";

/** For each question the ids of rows, best first, each once. */
export type Ranking = ReadonlyMap<string, readonly string[]>;

export interface Metrics {
  ndcg10: number;
  mrr10: number;
  /** Which part of what is relevant stands among the first so many. */
  recall(first: number): number;
  /** For which part of the questions something relevant stands among the first so many. */
  hit(first: number): number;
}

const FIRST = 10;

/** Means over the questions asked; one without results counts as 0. */
export function metricsOf(
  asked: readonly string[],
  ranking: Ranking,
  judgements: Judgements,
): Metrics {
  const mean = (of: (found: readonly string[], grades: ReadonlyMap<string, number>) => number) =>
    asked.reduce((sum, id) => sum + of(ranking.get(id) ?? [], judgements.get(id) ?? new Map()), 0) /
    Math.max(asked.length, 1);
  return {
    ndcg10: mean(ndcg10),
    mrr10: mean((found, grades) => {
      const at = found.slice(0, FIRST).findIndex((id) => (grades.get(id) ?? 0) > 0);
      return at < 0 ? 0 : 1 / (at + 1);
    }),
    recall: (first) =>
      mean((found, grades) => {
        const relevant = [...grades.values()].filter((grade) => grade > 0).length;
        return hits(found, grades, first) / Math.max(relevant, 1);
      }),
    hit: (first) => mean((found, grades) => (hits(found, grades, first) > 0 ? 1 : 0)),
  };
}

function hits(found: readonly string[], grades: ReadonlyMap<string, number>, first: number) {
  return found.slice(0, first).filter((id) => (grades.get(id) ?? 0) > 0).length;
}

function ndcg10(found: readonly string[], grades: ReadonlyMap<string, number>): number {
  const ideal = gain([...grades.values()].sort((one, other) => other - one));
  return ideal > 0 ? gain(found.map((id) => grades.get(id) ?? 0)) / ideal : 0;
}

function gain(grades: readonly number[]): number {
  return grades.slice(0, FIRST).reduce((sum, grade, rank) => sum + grade / Math.log2(rank + 2), 0);
}
