import type { PoolClient } from "pg";
import { SparseVector, toSql } from "pgvector";
import type { Found } from "./fuse.ts";
import type { WeightedQuestion } from "./question.ts";
import { SPARSE_DIMENSIONS } from "./sparse.ts";
import { byBits, halfvecBuffer, signBitsBuffer } from "./vectors.ts";
import { VISIBLE_SHARE } from "./visible.ts";
import {
  CANDIDATES_MAX,
  DOCUMENT_WEIGHT,
  JUST_CITED_WEIGHT,
  LEG_HITS,
  NAMED_CHUNKS_MAX,
  NAMED_CONTENTS,
  REFINED_CHUNKS,
} from "./weights.ts";

export interface Sought {
  workspaceId: number;
  channelIds: readonly number[];
  question: WeightedQuestion;
  vector: Float32Array | null;
  boostContentIds: readonly number[];
}

// Content shared under several names counts by the best of them.
const SCOPE = `
  visible as materialized (select s.id, s.content_id from ${VISIBLE_SHARE}),
  named as materialized (
    select content_id, max(score) as score
      from (select v.content_id, sum(n.weight) as score
              from unnest($3::int[], $4::float8[]) n (term, weight)
              cross join lateral (select workspace_id, id from share
                                   where name_terms @> array[n.term] offset 0) s
              join visible v on v.id = s.id
             where s.workspace_id = $1 group by v.id, v.content_id) by_share
     group by content_id)`;

const IN_SCOPE = "workspace_id = $1 and content_id in (select content_id from visible)";

const WHOLE_SCOPE = `
  candidate as (select content_id, position, words, details from chunk_terms where ${IN_SCOPE})`;

// Terms are numbers of one workspace. Asked for alone they can only be reached through their index; with the
// workspace beside them the planner may read all of the scope instead.
const byCandidates = (terms: string) => `
  holder as materialized (
    select workspace_id, content_id, position, words, details
      from chunk_terms where terms && ${terms}::int[]),
  candidate as (
    (select content_id, position, words, details from holder where ${IN_SCOPE} limit ${CANDIDATES_MAX})
    union all
    (select content_id, position, words, details from chunk_terms
      where workspace_id = $1 and not terms && ${terms}::int[]
        and content_id = any(array(select content_id from named
                                    order by score desc, content_id limit ${NAMED_CONTENTS}))
      limit ${NAMED_CHUNKS_MAX}))`;

// Words alone decide which chunks are looked at closely: their weights stand in the row, the other ones elsewhere.
const LEXICAL = `
  best as materialized (
    select c.*, coalesce(n.score, 0) as name_score
      from (select content_id, position, details, -(words <#> $5::sparsevec) as score
              from candidate offset 0) c
      left join named n using (content_id)
     where c.score > 0
     order by c.score + coalesce(n.score, 0) desc, 1, 2 limit ${REFINED_CHUNKS}),
  scored as (
    select content_id, position, name_score, score - (details <#> $6::sparsevec) as score from best),
  lexical as (
    select content_id, position,
           score + ${DOCUMENT_WEIGHT} * max(score) over (partition by content_id) + name_score
                 + case when content_id = any($7::bigint[])
                        then ${JUST_CITED_WEIGHT} * max(score) over () else 0 end as score
      from scored
     order by 3 desc, 1, 2 limit ${LEG_HITS})`;

const BOTH = `
  found as (
    select content_id, position, lexical.score as lexical_score, vector.score as vector_score,
           vector.score is not null
             or exists (select from chunk_vector v
                         where v.workspace_id = $1 and v.content_id = lexical.content_id
                           and v.position = lexical.position) as has_vector
      from lexical full join vector using (content_id, position))`;

const WORDS_ALONE = `
  found as (
    select content_id, position, score as lexical_score, null::float8 as vector_score,
           false as has_vector from lexical)`;

const FOUND = `
  select v.shares, content_id as "contentId", position, lexical_score as "lexicalScore",
         vector_score as "vectorScore", has_vector as "hasVector"
    from (select count(*) as shares from visible) v left join found on true`;

export interface LegsFound {
  /** What words and vectors find, at most a hundred chunks each, in no order. */
  found: Found[];
  /** Shares in scope. */
  shares: number;
}

/** Asks both legs in one statement. */
export async function searchLegs(client: PoolClient, sought: Sought): Promise<LegsFound> {
  const { question, vector } = sought;
  const values: unknown[] = [
    sought.workspaceId,
    sought.channelIds,
    [...question.names.keys()],
    [...question.names.values()],
    toSql(new SparseVector(question.words, SPARSE_DIMENSIONS)),
    toSql(new SparseVector(question.details, SPARSE_DIMENSIONS)),
    sought.boostContentIds,
  ];
  const next = (value: unknown): string => `$${values.push(value)}`;
  const byWords = question.candidateTerms
    ? byCandidates(next(question.candidateTerms))
    : WHOLE_SCOPE;
  const byVector = vector
    ? `${byBits(next(signBitsBuffer(vector)), next(halfvecBuffer(vector)), LEG_HITS)}, ${BOTH}`
    : WORDS_ALONE;
  const { rows } = await client.query<Found & { shares: number }>(
    `with ${SCOPE}, ${byWords}, ${LEXICAL}, ${byVector} ${FOUND}`,
    values,
  );
  const found = rows.filter((row) => row.contentId !== null);
  return { found: found.map(({ shares: _, ...row }) => row), shares: Number(rows[0]?.shares ?? 0) };
}
