import type { PoolClient } from "pg";
import { rarity } from "./bm25.ts";
import { FUNCTION_WORDS } from "./question_words.ts";
import { type QuestionTerm, questionTerms } from "./terms.ts";
import { VISIBLE_SHARE } from "./visible.ts";
import {
  CANDIDATE_TERMS_MAX,
  CANDIDATES_MAX,
  CANDIDATES_MIN,
  CANDIDATES_SHARE,
  EXACT_CHUNKS_MAX,
  LEG_HITS,
  PREVIOUS_QUESTION_WEIGHT,
} from "./weights.ts";

export interface Asked {
  workspaceId: number;
  channelIds: readonly number[];
  question: string;
  /** The question before it in the same thread, whose subject a follow-up leaves out. */
  previousQuestion?: string;
}

/** A question as the lexical leg needs it: its terms, weighted by how rare they are in the workspace. */
export interface WeightedQuestion {
  weights: Map<number, number>;
  /** The rarest words, to find candidates by; null where the scope is small enough to score all of it. */
  candidateTerms: number[] | null;
  /** The question's own words (not the previous one's) that tell what it is about, and their rarity. */
  words: Map<number, number>;
}

interface Statistics {
  /** Chunks in scope. */
  chunks: number;
  /** Chunks of the workspace when it was last sampled, and how many of them were sampled. */
  all: number;
  sampled: number;
  /** How many chunks of the sample hold a term; not there: as good as none. */
  holders: Map<number, number>;
}

export async function weigh(client: PoolClient, asked: Asked): Promise<WeightedQuestion> {
  const { workspaceId, question, previousQuestion = "" } = asked;
  const own = questionTerms(workspaceId, question);
  const ownTerms = new Set(own.map(({ term }) => term));
  const previous = questionTerms(workspaceId, previousQuestion)
    .filter(({ term }) => !ownTerms.has(term))
    .map((found) => ({ ...found, weight: found.weight * PREVIOUS_QUESTION_WEIGHT }));
  const terms = [...own, ...previous];
  const statistics = await statisticsOf(client, asked, terms);
  const rarityOf = (term: number): number =>
    rarity(statistics.holders.get(term) ?? 1, Math.max(statistics.sampled, 1));
  const whole = own.filter((found) => found.whole);
  const light = new Set(questionTerms(workspaceId, FUNCTION_WORDS).map(({ term }) => term));
  const telling = whole.filter(({ term }) => !light.has(term));
  const words = telling.length > 0 ? telling : whole;
  return {
    weights: new Map(terms.map(({ term, weight }) => [term, weight * rarityOf(term)])),
    candidateTerms: statistics.chunks <= EXACT_CHUNKS_MAX ? null : rarest(terms, statistics),
    words: new Map(words.map(({ term }) => [term, rarityOf(term)])),
  };
}

async function statisticsOf(
  client: PoolClient,
  asked: Asked,
  terms: QuestionTerm[],
): Promise<Statistics> {
  const { rows } = await client.query<{
    chunks: string;
    all: string | null;
    sampled: number | null;
    terms: number[] | null;
    holders: number[] | null;
  }>(
    `select (select coalesce(sum(v.chunks), 0)
               from (select distinct f.id, f.chunks from ${VISIBLE_SHARE}) v) as chunks,
            sample.chunks as all, sample.sampled, f.terms, f.holders
       from (select array_agg(term) as terms, array_agg(sampled) as holders
               from term_frequency where workspace_id = $1 and term = any($3::int[])) f
       left join term_sample sample on sample.workspace_id = $1`,
    [asked.workspaceId, asked.channelIds, terms.map(({ term }) => term)],
  );
  const [row] = rows;
  return {
    chunks: Number(row?.chunks ?? 0),
    all: Number(row?.all ?? 0),
    sampled: row?.sampled ?? 0,
    holders: new Map(row?.terms?.map((term, at) => [term, row.holders?.[at] ?? 1])),
  };
}

// Rarest first, as many as the budget of chunks allows. One that goes beyond it is taken where those before it are
// not known to be anywhere (a typing error is the rarest word of all), but no term that too many chunks hold.
function rarest(terms: QuestionTerm[], statistics: Statistics): number[] {
  const { all, sampled, holders } = statistics;
  const expected = (term: number): number =>
    ((holders.get(term) ?? 1) * all) / Math.max(sampled, 1);
  const budget = Math.min(Math.max(CANDIDATES_SHARE * all, CANDIDATES_MIN), CANDIDATES_MAX);
  const words = terms.filter(({ kind }) => kind === "word").map(({ term }) => term);
  words.sort((one, other) => expected(one) - expected(other));
  const chosen: number[] = [];
  let chunks = 0;
  let knownChunks = 0;
  for (const term of words.slice(0, CANDIDATE_TERMS_MAX)) {
    chunks += expected(term);
    const enough = knownChunks >= LEG_HITS || expected(term) > CANDIDATES_MAX;
    if (chosen.length > 0 && chunks > budget && enough) break;
    chosen.push(term);
    if (holders.has(term)) knownChunks += expected(term);
  }
  return chosen;
}
