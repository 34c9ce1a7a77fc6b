/** Which of two readings of a page is better: the Markdown made from its layout, or its raw text. Pure. */

/** Layout analysis turns the words of right-to-left writing around. */
const RIGHT_TO_LEFT_MAX = 0.2;
/** Of the raw words, at least this share must be in the Markdown. */
const COVERED_MIN = 0.8;
/** Raw text with more controls than this is glyph numbers, not letters: no better than the Markdown. */
const GARBLED_MIN = 0.01;
/** Vertical writing comes out as single signs with spaces between them. */
const SINGLE_SIGNS_MAX = 0.5;

const LETTERS = /\p{L}/gu;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/g;
const WORDS = /[\p{L}\p{M}\p{N}]+/gu;
const SIGN_ALONE = /(?<=^|\s)[\u3040-\u30ff\u3400-\u9fff](?=\s|$)/g;
const SIGNS = /[\u3040-\u30ff\u3400-\u9fff]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is counted
const GLYPH_NUMBERS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g;
/** Prose beside a table is at times taken for columns of it, and torn: such cells are longer than any figure. */
const CELL_CHARS_MAX = 200;
const LONG_CELL = new RegExp(`^\\|(?:[^|\\n]*\\|)*[^|\\n]{${CELL_CHARS_MAX},}\\|`, "m");
/** Between the halves of a word that was hyphenated at a line end, and invisible hyphens. */
const JOINS = /\ufffe(?:\r?\n)?|\u00ad/g;
/** The layout's fallback for a region without structure; it holds nothing but spaces at times. */
const EMPTY_FENCE = /^```\w*\n\s*```[ \t]*$/gm;

/** @param text the same page without layout, from the same engine: cheap, and enough to raise doubt */
export function isDoubtful(markdown: string, text: string): boolean {
  if (share(text, RIGHT_TO_LEFT, LETTERS) > RIGHT_TO_LEFT_MAX) return true;
  if (share(markdown, SIGN_ALONE, SIGNS) > SINGLE_SIGNS_MAX) return true;
  return LONG_CELL.test(markdown) || covered(text, markdown) < COVERED_MIN;
}

export function betterReading(markdown: string, raw: string): string {
  const isRightToLeft = share(raw, RIGHT_TO_LEFT, LETTERS) > RIGHT_TO_LEFT_MAX;
  if (isRightToLeft) return tidyRaw(raw);
  const isGarbled = count(raw, GLYPH_NUMBERS) > raw.length * GARBLED_MIN;
  if (isGarbled) return markdown;
  const isTorn = LONG_CELL.test(markdown) || covered(raw, markdown) < COVERED_MIN;
  return isTorn ? tidyRaw(raw) : markdown;
}

export function tidyMarkdown(markdown: string): string {
  return markdown.replace(EMPTY_FENCE, "").trim();
}

function tidyRaw(raw: string): string {
  return raw.replace(JOINS, "").trim();
}

/** @returns which share of the words of `text` is in `other`, counting how often; 1 where there are none */
function covered(text: string, other: string): number {
  const left = new Map<string, number>();
  for (const word of wordsOf(other)) left.set(word, (left.get(word) ?? 0) + 1);
  const words = wordsOf(text);
  let found = 0;
  for (const word of words) {
    const times = left.get(word) ?? 0;
    if (times === 0) continue;
    left.set(word, times - 1);
    found++;
  }
  return words.length === 0 ? 1 : found / words.length;
}

function wordsOf(text: string): string[] {
  return text.replace(JOINS, "").normalize("NFKC").toLowerCase().match(WORDS) ?? [];
}

function share(text: string, some: RegExp, all: RegExp): number {
  const total = count(text, all);
  return total === 0 ? 0 : count(text, some) / total;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
