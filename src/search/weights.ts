// Every number that ranking hangs on. "Measured" means on public question sets in twelve languages, code, manuals
// and annual reports; around these values the quality is flat, so none of them is finely tuned.

/** BM25's own: how soon a repeated word stops counting, and how far a long passage is held against it. */
export const K1 = 1.2;
export const B = 0.75;
/** Words of a passage taken as average, a constant, so that stored weights never need rewriting. Flat from 120 to 400. */
export const AVERAGE_WORDS = 250;

/** How much each kind of term counts in a question. Measured: .15–.35 and .2–.35 are as good. */
export const KIND_WEIGHTS = { word: 1, gram: 0.25, pair: 0.2 } as const;

/** A file's name is short and chosen: measured over 74 annual reports, page hit@20 .33 → .56. */
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

/** Sign bits find this many, which the vectors themselves then rank: recall@10 is 1.00 from 800 on, .95 at 400. */
export const BITS_HITS = 800;

/** Candidates hold one of these rarest terms. Twelve common ones would match half of the chunks. */
export const CANDIDATE_TERMS_MAX = 12;
/**
 * And they are about this share of the workspace's chunks, within these bounds: scoring one takes about 9 µs.
 * Measured with 5,000 and 10,000 chunks, 1,000 candidates lose nothing against all of them.
 */
export const CANDIDATES_SHARE = 0.02;
export const CANDIDATES_MIN = 1_000;
export const CANDIDATES_MAX = 3_000;
/** A scope of no more chunks is scored whole: its rare terms need not be sought. */
export const EXACT_CHUNKS_MAX = 3_000;
/** Files whose names say most of the question bring their passages too, up to this many. */
export const NAMED_CONTENTS = 3;
export const NAMED_CHUNKS_MAX = 1_500;

/** A passage of an official file goes first where it has this part of the best score. A rule, not measured. */
export const OFFICIAL_SHARE = 0.5;
