/**
 * Sizes are in quarters of a token, estimated by script, so that a chunk costs the embedder about the
 * same in every language. A size never counts less than 1 for 1.8 bytes of UTF-8: whatever the
 * tokenizer, a text of size n has at most 1.8 n tokens.
 */

/** Upper end (exclusive) of a range of UTF-16 code units, and the size of one of them. */
const WEIGHTS: readonly (readonly [end: number, weight: number])[] = [
  [0x80, 1], // ASCII
  [0x530, 1.25], // Latin, Greek, Cyrillic
  [0x1200, 1.75], // Hebrew, Arabic, the scripts of India, Thai and neighbours
  [0x2e80, 2], // Ethiopic to symbols
  [0x10000, 3], // Chinese, Japanese, Korean; halves of emoji and rare signs
];

function weightOf(code: number): number {
  if (code < 0x80) return 1;
  for (const [end, weight] of WEIGHTS) if (code < end) return weight;
  return 3;
}

export function sizeOf(text: string): number {
  let size = 0;
  for (let at = 0; at < text.length; at++) size += weightOf(text.charCodeAt(at));
  return size;
}

/** @returns the end of the longest part of `text` from `start` that is no bigger than `budget` and halves no character */
export function fitEnd(text: string, start: number, budget: number): number {
  let size = 0;
  let end = start;
  for (; end < text.length; end++) {
    size += weightOf(text.charCodeAt(end));
    if (size > budget) break;
  }
  if (end < text.length && isLowSurrogate(text.charCodeAt(end))) end--;
  // At least one whole character, lest a tiny budget never end.
  return end > start ? end : Math.min(text.length, start + 2);
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
