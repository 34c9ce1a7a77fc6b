import { LEG_HITS, VECTOR_SHARE, WITNESSES } from "./weights.ts";

/** A chunk that at least one leg has found. A leg that has not found it says null. */
export interface Found {
  contentId: number;
  position: number;
  lexicalScore: number | null;
  vectorScore: number | null;
  /** A file that came in while there was no embedder has none yet. */
  hasVector: boolean;
}

export interface Fused extends Found {
  /** From 0 to 1. */
  score: number;
}

/**
 * One ranking of what two legs have found, best first: each leg's scores are stretched to 0–1 and added by halves.
 * A chunk that has no vector is judged by its words alone; and the fewer of those that words find best have one, the
 * less vectors count, since what they find best may be the best of the little that has them.
 */
export function fuse(found: readonly Found[]): Fused[] {
  const lexical = stretch(found.map((chunk) => chunk.lexicalScore));
  const vector = stretch(found.map((chunk) => chunk.vectorScore));
  const share = VECTOR_SHARE * withVectors(found);
  const scored = found.map((chunk) => {
    const byWords = lexical(chunk.lexicalScore);
    const byBoth = (1 - share) * byWords + share * vector(chunk.vectorScore);
    return { ...chunk, score: chunk.hasVector ? byBoth : byWords };
  });
  return scored.sort(
    (one, other) =>
      other.score - one.score || one.contentId - other.contentId || one.position - other.position,
  );
}

/** What part of those that words find best have vectors; all of them, where words find nothing. */
function withVectors(found: readonly Found[]): number {
  const best = found
    .filter(({ lexicalScore }) => lexicalScore !== null)
    .sort((one, other) => (other.lexicalScore ?? 0) - (one.lexicalScore ?? 0))
    .slice(0, WITNESSES);
  const having = best.filter(({ hasVector }) => hasVector);
  return (having.length + 1) / (best.length + 1);
}

// A leg that did not fill its hits has seen all that is alike at all: its floor is then 0, not its last hit.
function stretch(scores: (number | null)[]): (score: number | null) => number {
  const known = scores.filter((score) => score !== null);
  const highest = Math.max(...known);
  const lowest = known.length < LEG_HITS ? Math.min(0, ...known) : Math.min(...known);
  const span = highest - lowest;
  return (score) => {
    if (score === null) return 0;
    return span > 0 ? (score - lowest) / span : 1;
  };
}
