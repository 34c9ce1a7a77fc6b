import type { Pool } from "pg";
import type { Locator } from "../chat.ts";
import {
  createFrequencyMemory,
  type Frequencies,
  type FrequencyMemory,
  isOutgrown,
} from "./frequencies.ts";
import { type Fused, fuse } from "./fuse.ts";
import { byIndexes, searchLegs } from "./legs.ts";
import { type Asked, type WeightedQuestion, weigh } from "./question.ts";
import { VISIBLE_SHARE } from "./visible.ts";
import { ALIKE_SHARE, NEWER_SHARE, OFFICIAL_SHARE } from "./weights.ts";

/** Read beyond the limit, because copies of a text count once. */
const COPIES_SPARE = 10;
/** Of a file that came with the question, whatever was asked: "sum this up" has no words to find. */
const OPENING_PASSAGES = 4;
const UNFOUND = { score: 0, lexicalScore: null, vectorScore: null, hasVector: false };
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
  /** The content of its newest version, by the same sharer in the same channel; null where this is the newest. */
  newerContentId: number | null;
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

// What is remembered belongs to the database that it was counted in, and goes with it.
const MEMORIES = new WeakMap<Pool, FrequencyMemory>();

function memoryOf(db: Pool): FrequencyMemory {
  const memory = MEMORIES.get(db) ?? createFrequencyMemory(db);
  MEMORIES.set(db, memory);
  return memory;
}

/** Finds passages for a question, never outside of the workspace and its channels. */
export async function retrieve(db: Pool, query: Query): Promise<Retrieval> {
  const memory = memoryOf(db);
  const frequencies = await memory.of(query);
  const found = await search(db, query, frequencies);
  if (found.shares === null || !isOutgrown(frequencies, found.shares)) return found.retrieval;
  return (await search(db, query, await memory.of(query, found.shares))).retrieval;
}

async function search(db: Pool, query: Query, frequencies: Frequencies) {
  const { workspaceId, channelIds, vector, boostContentIds = [], ownContentIds = [] } = query;
  const question = weigh(query, frequencies);
  const sought = { workspaceId, channelIds, question, vector, boostContentIds };
  const { found, shares } = await searchLegs(db, sought);
  const best = ownFirst(fuse(found).slice(0, query.limit + COPIES_SPARE), ownContentIds);
  const passages = await passagesOf(db, query, best, [...question.telling.keys()]);
  return { retrieval: retrievalOf(query, question, passages), shares };
}

function retrievalOf(
  query: Query,
  { telling, asked }: WeightedQuestion,
  passages: Passage[],
): Retrieval {
  const found = passages.map(({ hit }) => hit);
  // What came with the question is what is asked about.
  const shown = query.ownContentIds?.length ? found : ranked(found);
  const hits = withoutCopies(shown).slice(0, query.limit);
  const covered = passages.map(({ words }) => coverageOf(words, telling, asked));
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

/** A passage with those of the question's words that it or its file's name holds. */
interface Passage {
  hit: Hit;
  words: number[];
}

// By the same sharer in the same channel: whoever sees the one share sees the other. Names alone don't make a version,
// for people call many files the same: they begin with much the same words too.
const NEWER = `
  select newest.content_id
    from (select n.workspace_id, n.content_id
            from share n join content c on c.workspace_id = n.workspace_id and c.id = n.content_id
           where n.workspace_id = s.workspace_id and n.channel_id = s.channel_id
             and n.sharer_id = s.sharer_id and n.version_key = s.version_key
             and n.content_id <> s.content_id and c.state = 'searchable'
             and (n.shared_at, n.id) > (s.shared_at, s.id)
           order by n.shared_at desc, n.id desc limit 1) newest
    join chunk_terms its on its.workspace_id = newest.workspace_id
         and its.content_id = newest.content_id and its.position = 0
    join chunk_terms own on own.workspace_id = s.workspace_id
         and own.content_id = s.content_id and own.position = 0
   where (select count(*) from unnest(its.terms) term where term = any(own.terms))
         >= ${ALIKE_SHARE} * least(cardinality(its.terms), cardinality(own.terms))`;

// They are looked for in the scope once more: a share may have been removed since.
const PASSAGES = `
  select k.rank, c.text, c.locator,
         shown.id, shown.file_id as "fileId", shown.message_id as "messageId",
         shown.thread_id as "threadId", shown.name, shown.sharer_id as "sharerId", shown.permalink,
         shown.shared_at as "sharedAt", shown.official_by is not null as official,
         shown.newer as "newerContentId", ch.id as "channelId", ch.platform_id as "channelPlatformId",
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
         select s.*, newer.content_id as newer
           from (select s.* from ${VISIBLE_SHARE} and s.content_id = k.content_id) s
           left join lateral (${NEWER}) newer on true
          order by s.official_by is null, newer.content_id is not null, s.shared_at desc, s.id desc
          limit 1) shown on true
    join channel ch on ch.workspace_id = $1 and ch.id = shown.channel_id
   order by k.rank`;

async function passagesOf(
  db: Pool,
  query: Query,
  best: readonly Fused[],
  words: readonly number[],
): Promise<Passage[]> {
  type Row = HitShare & Pick<Hit, "text" | "locator"> & { rank: number; words: number[] };
  const { rows } = await byIndexes(db, (client) =>
    client.query<Row>(PASSAGES, [
      query.workspaceId,
      query.channelIds,
      best.map(({ contentId }) => contentId),
      best.map(({ position }) => position),
      words,
    ]),
  );
  return rows.flatMap(({ rank, words, text, locator, ...share }) => {
    const fused = best[rank - 1];
    return fused ? [{ hit: { ...fused, text, locator, share }, words }] : [];
  });
}

/** Hits by their scores, and by what people have said of their files: official ones first, older versions later. */
export function ranked(hits: readonly Hit[]): Hit[] {
  return officialFirst(newerFirst(hits));
}

/** An older version goes right behind the newer one, where that speaks of the question too. */
function newerFirst(hits: readonly Hit[]): Hit[] {
  const heldBack = (hit: Hit): number => {
    const newer = hits.find(({ contentId }) => contentId === hit.share.newerContentId);
    return newer && newer.score >= NEWER_SHARE * hit.score
      ? Math.min(newer.score, hit.score)
      : hit.score;
  };
  const isOlder = ({ share }: Hit): number => Number(share.newerContentId !== null);
  return hits
    .map((hit) => ({ hit, score: hit.share.official ? hit.score : heldBack(hit) }))
    .toSorted((one, other) => other.score - one.score || isOlder(one.hit) - isOlder(other.hit))
    .map(({ hit }) => hit);
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

function coverageOf(
  held: readonly number[],
  telling: ReadonlyMap<number, number>,
  asked: number,
): number {
  const covered = [...new Set(held)].reduce((sum, term) => sum + (telling.get(term) ?? 0), 0);
  return asked > 0 ? Math.min(covered / asked, 1) : 0;
}
