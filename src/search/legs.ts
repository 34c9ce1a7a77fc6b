import type { Pool, PoolClient } from "pg";
import { SparseVector, toSql } from "pgvector";
import { inTransaction } from "../db/transaction.ts";
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

const VISIBLE = `visible as materialized (select s.id, s.content_id from ${VISIBLE_SHARE})`;

// Content shared under several names counts by the best of them. Without its second "offset 0" the planner takes these
// for a dozen, and goes through all of them for each candidate.
const SCOPE = `
  ${VISIBLE},
  named as materialized (
    select v.content_id, max(by_share.score) as score
      from (select id, sum(weight) as score
              from (select s.id, n.weight
                      from unnest($3::int[], $4::float8[]) n (term, weight)
                      cross join lateral (select workspace_id, id from share
                                           where name_terms @> array[n.term] offset 0) s
                     where s.workspace_id = $1 offset 0) found
             group by id) by_share
      join visible v using (id)
     group by 1)`;

const IN_SCOPE = "workspace_id = $1 and content_id in (select content_id from visible)";

// What a process before this version wrote has its words among all the weights alone.
const COLUMNS = "content_id, position, coalesce(words, weights) as words, weights";

const WHOLE_SCOPE = `
  candidate as (select ${COLUMNS} from chunk_terms where ${IN_SCOPE})`;

// Terms are numbers of one workspace. Asked for alone ("offset 0" keeps it so) they can only be reached through their
// index; with the workspace beside them the planner may read all of the scope instead.
const byCandidates = (terms: string, rarer: string) => `
  candidate as (
    (select ${COLUMNS}
       from (select * from chunk_terms where terms && ${terms}::int[] offset 0) holder
      where ${IN_SCOPE} order by terms && ${rarer}::int[] desc limit ${CANDIDATES_MAX})
    union all
    (select ${COLUMNS} from chunk_terms
      where workspace_id = $1 and not terms && ${terms}::int[]
        and content_id = any(array(select content_id from named
                                    order by score desc, content_id limit ${NAMED_CONTENTS}))
      limit ${NAMED_CHUNKS_MAX}))`;

// Words alone decide which chunks are looked at closely: their weights stand in the row, the other ones elsewhere.
const BEST = `
  best as materialized (
    select c.*, coalesce(n.score, 0) as name_score
      from (select content_id, position, weights, -(words <#> $5::sparsevec) as score
              from candidate offset 0) c
      left join named n using (content_id)
     where c.score > 0
     order by c.score + coalesce(n.score, 0) desc, 1, 2 limit ${REFINED_CHUNKS}),
  scored as (
    select content_id, position, name_score, score - (weights <#> $6::sparsevec) as score from best),
  lexical as (
    select content_id, position,
           score + ${DOCUMENT_WEIGHT} * max(score) over (partition by content_id) + name_score
                 + case when content_id = any($7::bigint[])
                        then ${JUST_CITED_WEIGHT} * max(score) over () else 0 end as score
      from scored
     order by 3 desc, 1, 2 limit ${LEG_HITS})`;

const FOUND_BY_WORDS = `
  select v.shares, content_id as "contentId", position, score,
         exists (select from chunk_vector v
                  where v.workspace_id = $1 and v.content_id = lexical.content_id
                    and v.position = lexical.position) as "hasVector"
    from (select count(*)::float8 as shares from visible) v left join lexical on true`;

interface Scored {
  contentId: number;
  position: number;
  score: number;
}

interface ByWords extends Scored {
  hasVector: boolean;
}

export interface LegsFound {
  /** What words and vectors find, at most a hundred chunks each, in no order. */
  found: Found[];
  /** Shares in scope; null where there was no word to look for. */
  shares: number | null;
}

/** Asks both legs, side by side. */
export async function searchLegs(db: Pool, sought: Sought): Promise<LegsFound> {
  const [{ byWords, shares }, byVector] = await Promise.all([
    searchWords(db, sought),
    sought.vector ? searchVectors(db, sought, sought.vector) : null,
  ]);
  return { found: together(byWords, byVector), shares };
}

async function searchWords(db: Pool, { question, ...sought }: Sought) {
  if (question.words.size === 0) return { byWords: [], shares: null };
  const values: unknown[] = [
    sought.workspaceId,
    sought.channelIds,
    [...question.names.keys()],
    [...question.names.values()],
    toSql(new SparseVector(question.words, SPARSE_DIMENSIONS)),
    toSql(new SparseVector(question.details, SPARSE_DIMENSIONS)),
    sought.boostContentIds,
  ];
  const { candidateTerms } = question;
  const next = (value: unknown): string => `$${values.push(value)}`;
  // Only the last, the least rare, can find more than are looked at.
  const candidates = candidateTerms
    ? byCandidates(next(candidateTerms), next(candidateTerms.slice(0, -1)))
    : WHOLE_SCOPE;
  const { rows } = await byIndexes(db, (client) =>
    client.query<ByWords & { shares: number }>(
      `with ${SCOPE}, ${candidates}, ${BEST} ${FOUND_BY_WORDS}`,
      values,
    ),
  );
  const byWords = rows.filter(({ contentId }) => contentId !== null);
  return { byWords, shares: rows[0]?.shares ?? 0 };
}

async function searchVectors(db: Pool, sought: Sought, vector: Float32Array): Promise<Scored[]> {
  const { rows } = await byIndexes(db, (client) =>
    client.query<Scored>(
      `with ${VISIBLE}, ${byBits("$3", "$4", LEG_HITS)}
       select content_id as "contentId", position, score from vector`,
      [sought.workspaceId, sought.channelIds, signBitsBuffer(vector), halfvecBuffer(vector)],
    ),
  );
  return rows;
}

/** @param byVector null where nobody has looked: then no chunk counts as having one */
function together(byWords: readonly ByWords[], byVector: readonly Scored[] | null): Found[] {
  const keyOf = ({ contentId, position }: Scored) => `${contentId}:${position}`;
  const vectors = new Map(byVector?.map((hit) => [keyOf(hit), hit]));
  const found = byWords.map(({ contentId, position, score, hasVector }): Found => {
    const key = keyOf({ contentId, position, score });
    const vectorScore = vectors.get(key)?.score ?? null;
    vectors.delete(key);
    return {
      ...{ contentId, position, lexicalScore: score, vectorScore },
      hasVector: byVector !== null && (hasVector || vectorScore !== null),
    };
  });
  const others = [...vectors.values()].map(
    ({ contentId, position, score }): Found => ({
      ...{ contentId, position, lexicalScore: null, vectorScore: score, hasVector: true },
    }),
  );
  return [...found, ...others];
}

/** The planner takes reading a whole table of terms for cheap, since it does not know how big they are. */
export function byIndexes<T>(db: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return inTransaction(db, async (client) => {
    await client.query("set local enable_seqscan = off; set local jit = off");
    return work(client);
  });
}
