import { LEG_HITS, VECTOR_SHARE } from "./weights.ts";

/** A chunk that at least one leg has found. A leg that has not found it says null. */
export interface Found {
  contentId: number;
  position: number;
  lexicalScore: number | null;
  vectorScore: number | null;
}

export interface Fused extends Found {
  /** From 0 to 1. */
  score: number;
}

/**
 * One ranking of what two legs have found, best first: each leg's scores are stretched to 0–1 and added by halves.
 * Where no vectors were asked, or there are none, words alone decide.
 */
export function fuse(found: readonly Found[]): Fused[] {
  const lexical = stretch(found.map((chunk) => chunk.lexicalScore));
  const vector = stretch(found.map((chunk) => chunk.vectorScore));
  const share = found.some((chunk) => chunk.vectorScore !== null) ? VECTOR_SHARE : 0;
  const scored = found.map((chunk) => ({
    ...chunk,
    score: (1 - share) * lexical(chunk.lexicalScore) + share * vector(chunk.vectorScore),
  }));
  return scored.sort(
    (one, other) =>
      other.score - one.score || one.contentId - other.contentId || one.position - other.position,
  );
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
