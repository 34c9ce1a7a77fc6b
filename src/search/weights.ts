// Every number that ranking hangs on. "Measured" means on public question sets in twelve languages, code, manuals
// and annual reports; around these values the quality is flat, so none of them is finely tuned.

/** BM25's own: how soon a repeated word stops counting, and how far a long passage is held against it. */
export const K1 = 1.2;
export const B = 0.75;
/** Words of a passage taken as average, a constant, so that stored weights never need rewriting. Flat from 120 to 400. */
export const AVERAGE_WORDS = 250;

/** How much each kind of term counts in a question. Measured: .15–.35 and .2–.35 are as good. */
export const KIND_WEIGHTS = { word: 1, gram: 0.25, pair: 0.2 } as const;

/**
 * A file's name is short and chosen: measured over 74 annual reports, page hit@20 .33 → .54. Times how rare the word is
 * in the texts: where names are headings ("Models", "Pricing") that gives R@3 .57 → .68, and nDCG@10 .885 → .909 where
 * they are the subjects of many files each.
 */
export const NAME_WORD_WEIGHT = 4;
export const NAME_GRAM_WEIGHT = 2;

/** What a document's best passage adds to all of its passages: golden code chunks in the top 5 83 → 87 %. */
export const DOCUMENT_WEIGHT = 0.6;

/** The previous question's terms in a follow-up, and what a file just cited gets of the best score: R@5 .87 → .95. */
export const PREVIOUS_QUESTION_WEIGHT = 0.3;
export const JUST_CITED_WEIGHT = 0.2;

/** Normalised scores of this many per leg are added half and half; in simulations better than reciprocal ranks. */
export const LEG_HITS = 100;
export const VECTOR_SHARE = 0.5;
/** So many of what words find best tell whether the files that matter have vectors at all. A rule, not measured. */
export const WITNESSES = 10;

/** Sign bits find this many, which the vectors themselves then rank: recall@10 is 1.00 from 800 on, .95 at 400. */
export const BITS_HITS = 800;

/**
 * Chunks whose terms are counted to know how rare each is. Measured with 6,000 chunks, nDCG@10: .728 from 500 of them,
 * .732 from 1,000, .734 from 2,000, .738 from all. Of names, which are short, more are counted.
 */
export const SAMPLED_CHUNKS = 2_000;
/** Of every so many of them, grams and pairs too, which are five times as many as words. */
export const DETAILED_ONE_IN = 4;
export const SAMPLED_NAMES = 5_000;

/** Candidates hold one of these rarest terms. Twelve common ones would match half of the chunks. */
export const CANDIDATE_TERMS_MAX = 12;
/** And one of so many that the sample does not know: a pasted log is full of them, and they cost next to nothing. */
export const UNKNOWN_TERMS_MAX = 1_000;
/**
 * And they are about this share of the scope's chunks, within these bounds: scoring one takes about 2 µs.
 * Measured with 6,000 and 29,000 chunks, twice as many candidates find nothing more.
 */
export const CANDIDATES_SHARE = 0.02;
export const CANDIDATES_MIN = 1_000;
export const CANDIDATES_MAX = 3_000;
/** A scope of no more chunks is scored whole: its rare terms need not be sought. */
export const EXACT_CHUNKS_MAX = 3_000;
/**
 * So many chunks, the best by their words and names, are scored by grams and pairs too, at 10 µs each. Measured: 300
 * give the same as all of them, 200 lose .002 of the first ten on code and nothing elsewhere.
 */
export const REFINED_CHUNKS = 200;
/** Names are sought by their rarest terms, as many as find about so many: what every name holds tells nothing. */
export const NAME_HITS_MAX = 2_000;
/** Files whose names say most of the question bring their passages too, up to this many. */
export const NAMED_CONTENTS = 3;
export const NAMED_CHUNKS_MAX = 1_500;

/**
 * Where the best passage covers less of the question than this, the files hold nothing about it. Measured: refuses
 * two thirds of foreign questions and 2 % of others; .33 and .37 are near.
 */
export const NOT_HERE_COVERAGE = 0.35;
/**
 * A passage needs to cover no more than so many words that are nowhere: who tells a story with the question is not
 * asking for all of it. Measured: with 20 idle words before them 98 % of the questions that files answer were refused,
 * and 0–9 % with this; of short foreign ones 4–9 points fewer are refused. 6 refuses more of both.
 */
export const COVERED_UNKNOWN_MAX = 5;

/** A passage of an official file goes first where it has this part of the best score. A rule, not measured. */
export const OFFICIAL_SHARE = 0.5;
/**
 * Files of one name are versions if their openings have this part of the shorter one's words in common. Measured: of
 * neighbouring paragraphs of one article 1 in 100 has .54.
 */
export const ALIKE_SHARE = 0.6;
/** An older version of a file goes right behind the newer one, if that has this part of its score. A rule too. */
export const NEWER_SHARE = 0.5;
