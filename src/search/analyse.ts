import { stem } from "./stem.ts";

/**
 * What a text is made of, for the index and for questions alike. Each map holds how often a term occurs.
 * Words find and rank; grams and pairs rank only. Kinds share no term: each has its own namespace in hashing.
 */
export interface Analysis {
  /** Stems, whole identifiers and their parts, and what stands for words in scripts that write no spaces. */
  words: Map<string, number>;
  /** Those of the words that are only letters in a row, cut out of a run without spaces. */
  pieces: Set<string>;
  /** Four letters in a row of a longer word: they meet where stems don't. */
  grams: Map<string, number>;
  /** Two words in a row. */
  pairs: Map<string, number>;
  /** Words counted with repetition, in all scripts. */
  length: number;
}

const GRAM_LETTERS = 4;
/** Chinese, Japanese and Korean say more with a letter. */
const EAST_GRAM_LETTERS = 2;
/** Above this a word is no word: a hash, a key, encoded bytes. It is kept whole, without grams. */
const GRAMMED_LETTERS_MAX = 40;
/** What one word can be as a term: the rest of an endless run adds nothing. */
const TERM_LETTERS_MAX = 64;

// Three kinds of run: Chinese and Japanese; the scripts of South-East Asia; and all that writes spaces.
// Marks belong to their letters: without them Hindi falls to pieces.
const RUNS =
  /([[\p{L}\p{M}\p{N}]&&[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]]+)|([[\p{L}\p{M}]&&[\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]]+)|([[\p{L}\p{M}\p{N}_]--[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]]+)/gv;

const PARTS = /\p{Lu}+(?!\p{Ll})\p{M}*|\p{Lu}?[\p{Ll}\p{Lo}\p{Lm}\p{Lt}\p{M}]+|\p{N}+/gu;
const HANGUL = /^\p{scx=Hang}/v;
const NOT_ASCII = /[^\0-\x7f]/;
// A soft hyphen, joiners, a byte order mark.
const INVISIBLE = /\u00ad|\u200d|\u2060|\ufeff/g;
// Arabic, Persian, Hindi, Bengali and Thai digits; each row of ten begins where its zero is.
const DIGITS = /[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\u0e50-\u0e59]/g;
const DIGIT_ZEROS = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50];
// Accents of Greek, vowel signs and stretching of Arabic, and the dot that lower-casing leaves on a Turkish İ:
// people leave them out as they like.
const LOOSE_MARKS = /(?<=\p{sc=Grek})\u0301|[\u064b-\u0652]|\u0640|\u0307/gu;
const LOOSE_LETTERS: Record<string, string> = { أ: "ا", إ: "ا", آ: "ا", ى: "ي", ı: "i", ς: "σ" };

const segmenter = new Intl.Segmenter("en", { granularity: "word" });

interface Run {
  text: string;
  folded: string;
  /** Empty for a word that is skipped. */
  stem: string;
  count: number;
}

/**
 * Terms of a text in any language. Pure, and safe on any string.
 * @param skipped words, folded, that count for nothing: those that say nothing of a question's subject
 */
export function analyse(text: string, skipped: ReadonlySet<string> = new Set()): Analysis {
  const analysis: Analysis = {
    words: new Map(),
    pieces: new Set(),
    grams: new Map(),
    pairs: new Map(),
    length: 0,
  };
  const runs = new Map<string, Run>();
  let previous = "";
  for (const [whole, east, south] of plain(text).matchAll(RUNS)) {
    if (east !== undefined || south !== undefined) {
      addUnspaced(analysis, fold(whole), east ? EAST_GRAM_LETTERS : GRAM_LETTERS, skipped);
      previous = "";
      continue;
    }
    const run = runs.get(whole) ?? newRun(whole, skipped);
    runs.set(whole, run);
    run.count += 1;
    if (run.stem && previous) add(analysis.pairs, `${previous} ${run.stem}`);
    previous = run.stem;
  }
  // Every distinct run is taken apart once, however often it occurs.
  for (const run of runs.values()) if (run.stem) addSpaced(analysis, run);
  return analysis;
}

/** Lower case, without what people leave out when they type. */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  if (!NOT_ASCII.test(lower)) return lower;
  const bare = lower.normalize("NFD").replace(LOOSE_MARKS, "").normalize("NFC");
  return bare.replace(/[أإآىıς]/g, (letter) => LOOSE_LETTERS[letter] ?? letter);
}

// One way of writing digits, and nothing invisible inside of words.
function plain(text: string): string {
  const visible = text.normalize("NFKC").replace(INVISIBLE, "");
  return visible.replace(DIGITS, (digit) => {
    const code = digit.charCodeAt(0);
    return String(code - (DIGIT_ZEROS.findLast((zero) => zero <= code) ?? code));
  });
}

function newRun(text: string, skipped: ReadonlySet<string>): Run {
  const folded = fold(text);
  const stemmed = skipped.has(folded) ? "" : stem(folded.slice(0, TERM_LETTERS_MAX));
  return { text, folded, stem: stemmed, count: 0 };
}

function addSpaced(analysis: Analysis, run: Run): void {
  analysis.length += run.count;
  add(analysis.words, run.stem, run.count);
  for (const part of identifierParts(run.text)) {
    const word = stem(fold(part).slice(0, TERM_LETTERS_MAX));
    if (word !== run.stem) add(analysis.words, word, run.count);
  }
  if (run.folded.length > GRAMMED_LETTERS_MAX) return;
  // Korean writes its particles onto the word, and two of its letters say as much as four elsewhere.
  if (HANGUL.test(run.folded)) addPieces(analysis, run.folded, EAST_GRAM_LETTERS, run.count);
  else for (const gram of gramsOf(run.folded, GRAM_LETTERS)) add(analysis.grams, gram, run.count);
}

// A run without spaces gives the words that a dictionary sees in it, and every few letters in a row:
// the dictionary cuts the same name differently in two sentences.
function addUnspaced(
  analysis: Analysis,
  run: string,
  gramLetters: number,
  skipped: ReadonlySet<string>,
): void {
  const segments = [...segmenter.segment(run)].map(({ segment }) => segment);
  const words = segments.filter((segment) => !skipped.has(segment));
  analysis.length += words.length;
  for (const word of words) add(analysis.words, word.slice(0, TERM_LETTERS_MAX));
  const kept = segments.map((segment) => (skipped.has(segment) ? " " : segment)).join("");
  for (const part of kept.split(" ")) addPieces(analysis, part, gramLetters, 1);
}

function addPieces(analysis: Analysis, run: string, letters: number, count: number): void {
  for (const piece of gramsOf(run, letters)) {
    if (!analysis.words.has(piece)) analysis.pieces.add(piece);
    add(analysis.words, piece, count);
  }
}

function gramsOf(run: string, letters: number): string[] {
  const grams: string[] = [];
  for (let at = 0; at + letters <= run.length; at += 1) grams.push(run.slice(at, at + letters));
  return grams;
}

/** `parseHTTPRequest_v2` is parse, HTTP, Request, v and 2. A plain word has no parts. */
function identifierParts(run: string): string[] {
  const parts = run.match(PARTS) ?? [];
  return parts.length > 1 ? parts : [];
}

function add(counts: Map<string, number>, term: string, count = 1): void {
  counts.set(term, (counts.get(term) ?? 0) + count);
}
