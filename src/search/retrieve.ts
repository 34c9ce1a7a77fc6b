import type { Pool, PoolClient } from "pg";
import type { Locator } from "../chat.ts";
import { inTransaction } from "../db/transaction.ts";
import { type Fused, fuse } from "./fuse.ts";
import { searchLegs } from "./legs.ts";
import { type Asked, weigh } from "./question.ts";
import { questionNameTerms } from "./terms.ts";
import { VISIBLE_SHARE } from "./visible.ts";
import { OFFICIAL_SHARE } from "./weights.ts";

/**
 * Where the best passage covers less of the question than this, the files hold nothing about it. Measured: refuses
 * two thirds of foreign questions and 2 % of others.
 */
export const NOT_HERE_COVERAGE = 0.35;

/** Read beyond the limit, because copies of a text count once. */
const COPIES_SPARE = 10;
/** Of a file that came with the question, whatever was asked: "sum this up" has no words to find. */
const OPENING_PASSAGES = 4;
const UNFOUND = { score: 0, lexicalScore: null, vectorScore: null };
/** Hits whose coverage is looked at. */
const COVERAGE_HITS = 12;

export interface Query extends Asked {
  /** Null where there is no embedder: words alone. */
  vector: Float32Array | null;
  /** Files cited just before in the thread; those outside of the scope are not looked at. */
  boostContentIds?: readonly number[];
  /** Files that came with the question: their passages go before all others, their openings at the least. */
  ownContentIds?: readonly number[];
  limit: number;
}

export interface StoredChunk {
  position: number;
  text: string;
  locator: Locator;
}

/** The newest appearance of the file in the scope: what may be named and linked. */
export interface HitShare {
  id: number;
  fileId: string;
  messageId: string;
  threadId: string | null;
  name: string;
  sharerId: string;
  permalink: string | null;
  sharedAt: Date;
  /** Somebody who may has said that it counts before others. */
  official: boolean;
  channelId: number;
  channelPlatformId: string;
}

export interface Hit extends StoredChunk {
  contentId: number;
  /** From 0 to 1, comparable within one question only. */
  score: number;
  /** Null where that leg has not found it. */
  lexicalScore: number | null;
  vectorScore: number | null;
  share: HitShare;
}

export interface Retrieval {
  /** Best first; the same text twice is one hit. */
  hits: Hit[];
  /** What part of the question's words, by rarity, the hit that has most of them holds: 0 to 1. */
  coverage: number;
}

/** Finds passages for a question, never outside of the workspace and its channels. */
export async function retrieve(db: Pool, query: Query): Promise<Retrieval> {
  return inTransaction(db, async (client) => {
    // The planner takes reading a whole table of terms for cheap, since it does not know how big they are.
    await client.query("set local enable_seqscan = off; set local jit = off");
    return search(client, query);
  });
}

async function search(client: PoolClient, query: Query): Promise<Retrieval> {
  const question = await weigh(client, query);
  const legs = await searchLegs(client, {
    workspaceId: query.workspaceId,
    channelIds: query.channelIds,
    question,
    nameTerms: questionNameTerms(query.workspaceId, query.question),
    vector: query.vector,
    boostContentIds: query.boostContentIds ?? [],
  });
  const fused = fuse(legs).slice(0, query.limit + COPIES_SPARE);
  const best = ownFirst(fused, query.ownContentIds ?? []);
  const passages = await passagesOf(client, query, best, [...question.words.keys()]);
  const found = passages.map(({ hit }) => hit);
  // What came with the question is what is asked about.
  const shown = query.ownContentIds?.length ? found : officialFirst(found);
  const hits = withoutCopies(shown).slice(0, query.limit);
  const covered = passages.map(({ words }) => coverageOf(words, question.words));
  return { hits, coverage: Math.max(0, ...covered) };
}

function ownFirst(fused: readonly Fused[], ownContentIds: readonly number[]): Fused[] {
  const isOwn = ({ contentId }: Fused): boolean => ownContentIds.includes(contentId);
  const openings = ownContentIds.flatMap((contentId) =>
    Array.from({ length: OPENING_PASSAGES }, (_, position) => ({
      contentId,
      position,
      ...UNFOUND,
    })),
  );
  const own = fused.filter(isOwn);
  const isNew = (opening: Fused): boolean =>
    !own.some((hit) => hit.contentId === opening.contentId && hit.position === opening.position);
  return [...own, ...openings.filter(isNew), ...fused.filter((hit) => !isOwn(hit))];
}

/** The passages right before and after these, where there are any. The caller has found these in its scope. */
export async function neighbours(
  db: Pool,
  workspaceId: number,
  hits: readonly Pick<Hit, "contentId" | "position">[],
): Promise<(StoredChunk & { contentId: number })[]> {
  const found = await db.query<StoredChunk & { contentId: number }>(
    `select distinct k.content_id::float8 as "contentId", k.position, k.text, k.locator
       from unnest($2::bigint[], $3::int[]) as h(content_id, position)
       join chunk k on k.workspace_id = $1 and k.content_id = h.content_id
                   and k.position in (h.position - 1, h.position + 1)`,
    [workspaceId, hits.map((hit) => hit.contentId), hits.map((hit) => hit.position)],
  );
  return found.rows;
}

interface PassageRow extends StoredChunk {
  rank: string;
  words: number[];
  id: string;
  file_id: string;
  message_id: string;
  thread_id: string | null;
  name: string;
  sharer_id: string;
  permalink: string | null;
  shared_at: Date;
  official: boolean;
  channel_id: number;
  channel_platform_id: string;
}

// The passages themselves, each with the question's words that it or its file's name holds. They are looked for in
// the scope once more: a share may have been removed since.
async function passagesOf(
  client: PoolClient,
  query: Query,
  best: readonly Fused[],
  words: readonly number[],
): Promise<{ hit: Hit; words: number[] }[]> {
  const { rows } = await client.query<PassageRow>(
    `select k.rank, c.position, c.text, c.locator, shown.*,
            case when k.rank <= ${COVERAGE_HITS}
                 then array(select term from unnest(t.terms || shown.name_terms) w (term)
                             where term = any($5::int[]))
                 else '{}' end as words
       from unnest($3::bigint[], $4::int[]) with ordinality k (content_id, position, rank)
       join chunk c on c.workspace_id = $1
            and c.content_id = k.content_id and c.position = k.position
       join chunk_terms t on t.workspace_id = $1
            and t.content_id = k.content_id and t.position = k.position
       join lateral (
            select s.id, s.file_id, s.message_id, s.thread_id, s.name, s.name_terms, s.sharer_id,
                   s.permalink, s.shared_at, s.official_by is not null as official,
                   s.channel_id, ch.platform_id as channel_platform_id
              from ${VISIBLE_SHARE} and s.content_id = k.content_id
             order by s.official_by is null, s.shared_at desc, s.id desc limit 1) shown on true
      order by k.rank`,
    [
      query.workspaceId,
      query.channelIds,
      best.map(({ contentId }) => contentId),
      best.map(({ position }) => position),
      words,
    ],
  );
  return rows.flatMap((row) => {
    const fused = best[Number(row.rank) - 1];
    return fused ? [{ hit: hitOf(fused, row), words: row.words }] : [];
  });
}

function hitOf(fused: Fused, row: PassageRow): Hit {
  return {
    ...fused,
    text: row.text,
    locator: row.locator,
    share: {
      id: Number(row.id),
      fileId: row.file_id,
      messageId: row.message_id,
      threadId: row.thread_id,
      name: row.name,
      sharerId: row.sharer_id,
      permalink: row.permalink,
      sharedAt: row.shared_at,
      official: row.official,
      channelId: row.channel_id,
      channelPlatformId: row.channel_platform_id,
    },
  };
}

/** What counts before others goes before what is not far better than it. */
function officialFirst(hits: readonly Hit[]): Hit[] {
  const best = Math.max(0, ...hits.map(({ score }) => score));
  const isFirst = ({ share, score }: Hit) => share.official && score >= OFFICIAL_SHARE * best;
  const first = hits.filter(isFirst);
  return [...first, ...hits.filter((hit) => !first.includes(hit))];
}

function withoutCopies(hits: readonly Hit[]): Hit[] {
  const seen = new Set<string>();
  return hits.filter(({ text }) => {
    const known = seen.has(text);
    seen.add(text);
    return !known;
  });
}

function coverageOf(held: readonly number[], words: ReadonlyMap<number, number>): number {
  const sum = (terms: Iterable<number>): number =>
    [...terms].reduce((total, term) => total + (words.get(term) ?? 0), 0);
  const all = sum(words.keys());
  return all > 0 ? sum(new Set(held)) / all : 0;
}
