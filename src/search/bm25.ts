import { AVERAGE_WORDS, B, K1 } from "./weights.ts";

/** BM25's index side: what a term that occurs `count` times in a passage of `words` words weighs. */
export function saturated(count: number, words: number): number {
  return (count * (K1 + 1)) / (count + K1 * (1 - B + (B * words) / AVERAGE_WORDS));
}

/** BM25's question side: how rare a term is that `holders` of `all` passages hold. Never below 0. */
export function rarity(holders: number, all: number): number {
  return Math.log(1 + (Math.max(all - holders, 0) + 0.5) / (holders + 0.5));
}
