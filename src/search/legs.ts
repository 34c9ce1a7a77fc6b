import type { PoolClient } from "pg";
import { SparseVector, toSql } from "pgvector";
import type { Found } from "./fuse.ts";
import type { WeightedQuestion } from "./question.ts";
import { SPARSE_DIMENSIONS } from "./sparse.ts";
import type { NameTerm } from "./terms.ts";
import { DIMENSIONS, halfvecBuffer, signBitsBuffer } from "./vectors.ts";
import { VISIBLE_SHARE } from "./visible.ts";
import {
  BITS_HITS,
  CANDIDATES_MAX,
  DOCUMENT_WEIGHT,
  JUST_CITED_WEIGHT,
  LEG_HITS,
  NAMED_CHUNKS_MAX,
  NAMED_CONTENTS,
} from "./weights.ts";

export interface Sought {
  workspaceId: number;
  channelIds: readonly number[];
  question: WeightedQuestion;
  nameTerms: NameTerm[];
  vector: Float32Array | null;
  boostContentIds: readonly number[];
}

// Names are scored by how rare their terms are among the names in scope, so that a name outside of it can't be
// felt. Content shared under several names counts by the best of them.
const NAMED = `
  visible as materialized (select s.id, s.content_id from ${VISIBLE_SHARE}),
  contents as materialized (select distinct content_id from visible),
  name_hit as materialized (
    select s.workspace_id, s.id, q.term, q.weight
      from unnest($3::int[], $4::float8[]) q (term, weight)
      cross join lateral (select workspace_id, id from share
                           where name_terms @> array[q.term] offset 0) s),
  name_match as materialized (
    select v.id, v.content_id, h.term, h.weight
      from name_hit h join visible v on v.id = h.id where h.workspace_id = $1),
  name_rarity as (
    select term, ln(1 + (c.all - count(distinct content_id) + 0.5)
                        / (count(distinct content_id) + 0.5)) as rarity
      from name_match, (select count(*) as all from contents) c group by term, c.all),
  named as materialized (
    select content_id, max(score) as score
      from (select m.id, m.content_id, sum(m.weight * r.rarity) as score
              from name_match m join name_rarity r using (term) group by m.id, m.content_id) by_share
     group by content_id)`;

const SCORE = "t.content_id, t.position, -(t.weights <#> $5::sparsevec) as score";
const OF_WORKSPACE = "join contents c on c.content_id = t.content_id where t.workspace_id = $1";

const ALL_SCORED = `
  scored as materialized (
    select ${SCORE} from chunk_terms t ${OF_WORKSPACE} and $6::int[] is null)`;

// Terms are numbers of one workspace. Asked for alone they can only be reached through their index; with the
// workspace beside them the planner may read all of the scope instead.
const CANDIDATES_SCORED = `
  holder as materialized (
    select workspace_id, content_id, position, weights from chunk_terms where terms && $6::int[]),
  scored as materialized (
    (select ${SCORE} from holder t ${OF_WORKSPACE} limit ${CANDIDATES_MAX})
    union
    (select ${SCORE} from chunk_terms t ${OF_WORKSPACE}
        and t.content_id = any(array(select content_id from named
                                      order by score desc, content_id limit ${NAMED_CONTENTS}))
      limit ${NAMED_CHUNKS_MAX}))`;

const LEXICAL = `
  lexical as (
    select s.content_id, s.position,
           s.score + ${DOCUMENT_WEIGHT} * max(s.score) over (partition by s.content_id)
                   + coalesce(n.score, 0)
                   + case when s.content_id = any($7::bigint[])
                          then ${JUST_CITED_WEIGHT} * max(s.score) over () else 0 end as score
      from scored s left join named n on n.content_id = s.content_id
     where s.score > 0
     order by 3 desc, 1, 2 limit ${LEG_HITS})`;

// Adding 0 keeps an index for nearest neighbours, should there be one, from answering: it would look outside of the
// scope first and return too few.
const VECTOR = `
  by_bits as materialized (
    select v.content_id, v.position
      from chunk_vector v join contents c on c.content_id = v.content_id
     where v.workspace_id = $1 and $8::bit(${DIMENSIONS}) is not null
     order by (v.bits <~> $8::bit(${DIMENSIONS})) + 0 limit ${BITS_HITS}),
  vector as (
    select v.content_id, v.position, -(v.embedding <#> $9::halfvec(${DIMENSIONS})) as score
      from by_bits b join chunk_vector v using (content_id, position)
     where v.workspace_id = $1
     order by 3 desc, 1, 2 limit ${LEG_HITS})`;

const FOUND = `
  select content_id as "contentId", position,
         lexical.score as "lexicalScore", vector.score as "vectorScore"
    from lexical full join vector using (content_id, position)`;

const WHOLE_SCOPE = `with ${NAMED}, ${ALL_SCORED}, ${LEXICAL}, ${VECTOR} ${FOUND}`;
const BY_CANDIDATES = `with ${NAMED}, ${CANDIDATES_SCORED}, ${LEXICAL}, ${VECTOR} ${FOUND}`;

/** What words and vectors find in the scope, at most a hundred chunks each, in no order. */
export async function searchLegs(client: PoolClient, sought: Sought): Promise<Found[]> {
  const { question, nameTerms, vector } = sought;
  const found = await client.query<Found & { contentId: string }>(
    question.candidateTerms ? BY_CANDIDATES : WHOLE_SCOPE,
    [
      sought.workspaceId,
      sought.channelIds,
      nameTerms.map(({ term }) => term),
      nameTerms.map(({ weight }) => weight),
      toSql(new SparseVector(question.weights, SPARSE_DIMENSIONS)),
      question.candidateTerms,
      sought.boostContentIds,
      vector && signBitsBuffer(vector),
      vector && halfvecBuffer(vector),
    ],
  );
  return found.rows.map((row) => ({ ...row, contentId: Number(row.contentId) }));
}
