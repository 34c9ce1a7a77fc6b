import { rarity } from "./bm25.ts";
import type { Frequencies } from "./frequencies.ts";
import { type NameTerm, type QuestionTerm, questionNameTerms, questionTerms } from "./terms.ts";
import {
  CANDIDATE_TERMS_MAX,
  CANDIDATES_MAX,
  CANDIDATES_MIN,
  CANDIDATES_SHARE,
  COVERED_UNKNOWN_MAX,
  EXACT_CHUNKS_MAX,
  LEG_HITS,
  NAME_HITS_MAX,
  PREVIOUS_QUESTION_WEIGHT,
  UNKNOWN_TERMS_MAX,
} from "./weights.ts";

export interface Asked {
  workspaceId: number;
  channelIds: readonly number[];
  question: string;
  /** The question before it in the same thread, whose subject a follow-up leaves out. */
  previousQuestion?: string;
}

/** A question as the lexical leg needs it: its terms, weighted by how rare they are in the scope. */
export interface WeightedQuestion {
  words: Map<number, number>;
  /** Its grams and pairs, for the order of what its words find. */
  details: Map<number, number>;
  /** What it may say of a file's name, as far as that tells one name from others. */
  names: Map<number, number>;
  /** The rarest words, to find candidates by; null where the scope is small enough to score all of it. */
  candidateTerms: number[] | null;
  /** The question's own words (not the previous one's) that tell what it is about, and their rarity. */
  telling: Map<number, number>;
  /** The rarity that covers the question: of all of these words, but no more than a long question can ask for. */
  asked: number;
}

export function weigh(asked: Asked, frequencies: Frequencies): WeightedQuestion {
  const { workspaceId, question, previousQuestion = "" } = asked;
  const own = questionTerms(workspaceId, question);
  const ownTerms = new Set(own.map(({ term }) => term));
  const previous = questionTerms(workspaceId, previousQuestion)
    .filter(({ term }) => !ownTerms.has(term))
    .map((found) => ({ ...found, weight: found.weight * PREVIOUS_QUESTION_WEIGHT }));
  const terms = [...own, ...previous];
  const { sampled, detailed, holders } = frequencies;
  const rarityAmong = (found: number) => rarity(Math.max(found, 1), Math.max(sampled, 1));
  // Grams and pairs were counted in a part of the sample.
  const rarityOf = ({ term, kind }: QuestionTerm) =>
    rarityAmong(holders(term) * (kind === "word" ? 1 : sampled / Math.max(detailed, 1)));
  const weights = (found: QuestionTerm[]) =>
    new Map(found.map((one) => [one.term, one.weight * rarityOf(one)]));
  const whole = own.filter((found) => found.whole);
  const heavy = whole.filter(({ light }) => !light);
  const told = heavy.length > 0 ? heavy : whole;
  const telling = new Map(told.map((one) => [one.term, rarityOf(one)]));
  const sum = [...telling.values()].reduce((all, one) => all + one, 0);
  return {
    words: weights(terms.filter(({ kind }) => kind === "word")),
    details: weights(terms.filter(({ kind }) => kind !== "word")),
    names: namesOf(questionNameTerms(workspaceId, question), frequencies),
    candidateTerms: frequencies.chunks <= EXACT_CHUNKS_MAX ? null : rarest(terms, frequencies),
    telling,
    asked: Math.min(sum, COVERED_UNKNOWN_MAX * rarityAmong(0)),
  };
}

function namesOf(
  terms: NameTerm[],
  { shares, names, nameHolders, sampled, holders }: Frequencies,
): Map<number, number> {
  // What every text speaks of tells little in a name too: 1 for a word that is in none.
  const rarityOf = (word: number) => rarity(Math.max(holders(word), 1), Math.max(sampled, 1));
  const telling = (word: number) => rarityOf(word) / rarity(1, Math.max(sampled, 1));
  const expected = (term: number) => (nameHolders(term) * shares) / Math.max(names, 1);
  const rarestFirst = terms.toSorted((one, other) => expected(one.term) - expected(other.term));
  const weights = new Map<number, number>();
  let hits = 0;
  for (const { term, weight, word } of rarestFirst) {
    hits += expected(term);
    if (hits > NAME_HITS_MAX) break;
    weights.set(
      term,
      telling(word) * weight * rarity(Math.max(nameHolders(term), 1), Math.max(names, 1)),
    );
  }
  return weights;
}

/**
 * The words to find candidates by, rarest first. Those that the sample does not know are in few chunks, or in none, as
 * a typing error is. Of the others as many as the budget allows; one that goes beyond it is taken where there is too
 * little before it, but no term that too many chunks hold.
 */
function rarest(terms: QuestionTerm[], { chunks, sampled, holders }: Frequencies): number[] {
  const expected = (term: number): number => (holders(term) * chunks) / Math.max(sampled, 1);
  const budget = Math.min(Math.max(CANDIDATES_SHARE * chunks, CANDIDATES_MIN), CANDIDATES_MAX);
  const words = terms.filter(({ kind }) => kind === "word").map(({ term }) => term);
  const chosen = words.filter((term) => holders(term) === 0).slice(0, UNKNOWN_TERMS_MAX);
  const known = words.filter((term) => holders(term) > 0);
  known.sort((one, other) => expected(one) - expected(other));
  let sum = 0;
  for (const term of known.slice(0, CANDIDATE_TERMS_MAX)) {
    const enough = sum >= LEG_HITS || expected(term) > CANDIDATES_MAX;
    sum += expected(term);
    if (chosen.length > 0 && sum > budget && enough) break;
    chosen.push(term);
  }
  return chosen;
}
