import { type Analysis, analyse, fold } from "./analyse.ts";
import { saturated } from "./bm25.ts";
import { FUNCTION_WORDS, QUESTION_WORDS } from "./question_words.ts";
import { SPARSE_TERMS_MAX, sparseBuffer } from "./sparse.ts";
import { KIND_WEIGHTS, NAME_GRAM_WEIGHT, NAME_WORD_WEIGHT } from "./weights.ts";

/** Kinds of term have numbers of their own, so that a pair never meets a word. */
const KIND_SEEDS = {
  word: 0x1b873593,
  gram: 0x2c1b3c6d,
  pair: 0x297a2d39,
  name: 0x7feb352d,
} as const;
type Kind = keyof typeof KIND_SEEDS;

/** pgvector's sparse vectors have at most this many dimensions. */
const TERMS_MAX = 1_000_000_000;
const NAME_GRAM_LETTERS = 3;
const EXTENSION = /\.\p{L}[\p{L}\p{N}]{0,4}$/u;
const LIGHT_WORDS: ReadonlySet<string> = new Set(analyse(FUNCTION_WORDS).words.keys());
const NAME_RUNS = /[\p{L}\p{M}\p{N}]+/gu;

export interface ChunkTerms {
  /** The terms that find this chunk: words alone. */
  terms: number[];
  /** Two `sparsevec`s of saturated frequencies, in pgvector's binary form: of these, and of grams and pairs too. */
  words: Buffer;
  weights: Buffer;
}

export interface QuestionTerm {
  term: number;
  kind: "word" | "gram" | "pair";
  /** Its kind's weight; the workspace's rarity is not in it. */
  weight: number;
  /** A word as people see it: what can be covered or missed. */
  whole: boolean;
  /** It only holds a sentence together. */
  light: boolean;
}

export interface NameTerm {
  term: number;
  weight: number;
  /** The word that it is, or is a piece of, as texts have it. */
  word: number;
}

/** What the index keeps of a passage. Weights of kinds are the question's, so tuning them rewrites nothing. */
export function chunkTerms(workspaceId: number, text: string): ChunkTerms {
  const { length, words, pairs, grams } = analyse(text);
  const weights = (kind: Kind, counts: ReadonlyMap<string, number>): [number, number][] =>
    [...counts].map(([term, count]) => [
      hashTerm(workspaceId, kind, term),
      saturated(count, length),
    ]);
  const found = weights("word", words).slice(0, SPARSE_TERMS_MAX);
  const all = new Map([...found, ...weights("pair", pairs), ...weights("gram", grams)]);
  return {
    terms: [...new Set(found.map(([term]) => term))],
    words: sparseBuffer(new Map(found)),
    weights: sparseBuffer(all),
  };
}

/** What a question looks for, each term once. Empty for a question of question words alone. */
export function questionTerms(workspaceId: number, question: string): QuestionTerm[] {
  const found = new Map<number, QuestionTerm>();
  const analysis = analyse(question, QUESTION_WORDS);
  for (const [kind, counts] of kindsOf(analysis)) {
    for (const text of counts.keys()) {
      const term = hashTerm(workspaceId, kind, text);
      const whole = kind === "word" && !analysis.pieces.has(text);
      const light = kind === "word" && LIGHT_WORDS.has(text);
      found.set(term, { term, kind, weight: KIND_WEIGHTS[kind], whole, light });
    }
  }
  return [...found.values()];
}

/** Terms of a file's name, for `share.name_terms`: its words, and every three letters in a row. */
export function nameTerms(workspaceId: number, name: string): number[] {
  return namedBy(workspaceId, name.replace(EXTENSION, ""), new Set()).map(({ term }) => term);
}

/** What a question may say of a file's name. */
export function questionNameTerms(workspaceId: number, question: string): NameTerm[] {
  return namedBy(workspaceId, question, QUESTION_WORDS);
}

function namedBy(workspaceId: number, text: string, skipped: ReadonlySet<string>): NameTerm[] {
  const found = new Map<number, NameTerm>();
  for (const run of fold(text.normalize("NFKC")).match(NAME_RUNS) ?? []) {
    if (skipped.has(run)) continue;
    const [stem = run] = analyse(run).words.keys();
    const word = hashTerm(workspaceId, "word", stem);
    for (let at = 0; at + NAME_GRAM_LETTERS <= run.length; at += 1) {
      const term = hashTerm(workspaceId, "name", run.slice(at, at + NAME_GRAM_LETTERS));
      found.set(term, { term, weight: NAME_GRAM_WEIGHT, word });
    }
  }
  for (const stem of analyse(text, skipped).words.keys()) {
    const term = hashTerm(workspaceId, "word", stem);
    found.set(term, { term, weight: NAME_WORD_WEIGHT, word: term });
  }
  return [...found.values()];
}

function kindsOf(analysis: Analysis): ["word" | "gram" | "pair", Map<string, number>][] {
  return [
    ["word", analysis.words],
    ["pair", analysis.pairs],
    ["gram", analysis.grams],
  ];
}

/**
 * A term's number in one workspace. Workspaces share no numbers but by chance, so that no tenant's search
 * reads another's postings.
 */
function hashTerm(workspaceId: number, kind: Kind, term: string): number {
  let hash = mixed(workspaceId ^ KIND_SEEDS[kind]);
  for (let at = 0; at < term.length; at += 1) {
    hash = Math.imul(hash ^ term.charCodeAt(at), 0x01000193);
  }
  return (mixed(hash) >>> 0) % TERMS_MAX;
}

// The finishing steps of MurmurHash3: every bit of the input moves every bit of the result.
function mixed(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
