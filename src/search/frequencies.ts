import type { Pool } from "pg";
import { eachOfArray, eachOfSparse } from "./sparse.ts";
import { createTally, type Tally } from "./tally.ts";
import { VISIBLE_SHARE } from "./visible.ts";
import { DETAILED_ONE_IN, SAMPLED_CHUNKS, SAMPLED_NAMES } from "./weights.ts";

export interface Scope {
  workspaceId: number;
  channelIds: readonly number[];
}

/** How often terms occur in what a scope may see, and in nothing else: a file outside of it can't be felt. */
export interface Frequencies {
  /** Shares in scope when they were counted. */
  shares: number;
  /** Chunks in scope then; of how many of them the words were counted, and of how many grams and pairs as well. */
  chunks: number;
  sampled: number;
  detailed: number;
  /** Chunks of the sample that hold a term; 0 where it is rarer than what is kept. */
  holders: Holders;
  /** Of how many names of files in scope the terms were counted, and how many of those hold one. */
  names: number;
  nameHolders: Holders;
}

type Holders = (term: number) => number;

/** Frequencies of the scopes that were asked last. */
export interface FrequencyMemory {
  /** @param sharesNow where it is known: what was counted of another size is counted again */
  of(scope: Scope, sharesNow?: number): Promise<Frequencies>;
}

const SCOPES_MAX = 100;
const BATCH_CHUNKS = 100;
/** The most frequent terms are kept; one that is not among them is rare. */
const KEPT_TERMS_MAX = 30_000;
const HOLDERS_MIN = 2;
/** Frequencies hold good until the scope has grown or shrunk by this share, and for so long at most. */
const DRIFT = 0.1;
const AGE_MS_MAX = 10 * 60_000;

export function createFrequencyMemory(db: Pool): FrequencyMemory {
  // The scope that was asked longest ago comes first, and goes first.
  const known = new Map<string, Counted>();
  const countAnew = (key: string, scope: Scope): Promise<Frequencies> => {
    const frequencies = count(db, scope);
    remember(known, key, { frequencies, atMs: Date.now() });
    frequencies.catch(() => known.delete(key));
    return frequencies;
  };
  return {
    async of(scope, sharesNow) {
      const key = JSON.stringify([scope.workspaceId, scope.channelIds.toSorted((a, b) => a - b)]);
      const last = known.get(key);
      if (!last) return countAnew(key, scope);
      const frequencies = await last.frequencies;
      if (sharesNow !== undefined && isOutgrown(frequencies, sharesNow)) {
        return countAnew(key, scope);
      }
      // Nobody waits for what only is old.
      if (Date.now() - last.atMs > AGE_MS_MAX) void renew(known, key, last, count(db, scope));
      remember(known, key, last);
      return frequencies;
    },
  };
}

interface Counted {
  frequencies: Promise<Frequencies>;
  atMs: number;
}

function remember(known: Map<string, Counted>, key: string, counted: Counted): void {
  known.delete(key);
  known.set(key, counted);
  const [oldest] = known.keys();
  if (known.size > SCOPES_MAX && oldest) known.delete(oldest);
}

/** What is known stands until it is counted anew, and where that fails. */
async function renew(
  known: Map<string, Counted>,
  key: string,
  last: Counted,
  anew: Promise<Frequencies>,
): Promise<void> {
  last.atMs = Date.now();
  const frequencies = await anew.catch(() => null);
  if (frequencies && known.get(key) === last) last.frequencies = Promise.resolve(frequencies);
}

export function isOutgrown({ shares }: Frequencies, sharesNow: number): boolean {
  return Math.abs(sharesNow - shares) > DRIFT * shares;
}

/** Counts the terms of a sample of the scope, in small batches: other work gets its turn in between. */
async function count(db: Pool, scope: Scope): Promise<Frequencies> {
  const { shares, chunks, sample } = await sampleOf(db, scope);
  const [holders, names] = await Promise.all([
    countTerms(db, scope.workspaceId, sample),
    countNames(db, scope, shares),
  ]);
  const detailed = sample.filter(({ detailed }) => detailed).length;
  return { shares, chunks, sampled: sample.length, detailed, holders, ...names };
}

interface Sampled {
  contentId: number;
  position: number;
  /** Are its grams and pairs counted too? */
  detailed: boolean;
}

// Every n-th chunk of every file, beginning elsewhere in each: by its bytes, since its id tells of files before it.
const SAMPLE = `
  with held as (
    select f.id, f.chunks, v.shares, get_byte(f.sha256, 0) * 256 + get_byte(f.sha256, 1) as start
      from (select s.content_id, count(*) as shares from ${VISIBLE_SHARE} group by 1) v
      join content f on f.workspace_id = $1 and f.id = v.content_id),
  size as (
    select coalesce(sum(shares), 0) as shares, coalesce(sum(chunks), 0) as chunks,
           greatest(1, ceil(sum(chunks) / ${SAMPLED_CHUNKS}.0))::int as every from held)
  select size.shares, size.chunks, k."contentId", k.position
    from size left join lateral (
         select held.id as "contentId", position
           from held, generate_series(start % every, held.chunks - 1, every) position) k on true`;

async function sampleOf(db: Pool, { workspaceId, channelIds }: Scope) {
  type Row = Omit<Sampled, "detailed"> & { shares: string; chunks: string };
  const { rows } = await db.query<Row>(SAMPLE, [workspaceId, channelIds]);
  const found = rows.filter(({ contentId }) => contentId !== null);
  const oneIn = found.length > SAMPLED_CHUNKS / DETAILED_ONE_IN ? DETAILED_ONE_IN : 1;
  const sample: Sampled[] = found.map((key, at) => ({ ...key, detailed: at % oneIn === 0 }));
  return { shares: Number(rows[0]?.shares), chunks: Number(rows[0]?.chunks), sample };
}

async function countTerms(db: Pool, workspaceId: number, sample: Sampled[]): Promise<Holders> {
  const tally = createTally();
  for (let from = 0; from < sample.length; from += BATCH_CHUNKS) {
    const batch = sample.slice(from, from + BATCH_CHUNKS);
    const { rows } = await db.query<{ words: Buffer | null; all: Buffer | null }>(
      `select case when not k.detailed then array_send(t.terms) end as words,
              case when k.detailed then sparsevec_send(t.weights) end as all
         from unnest($2::bigint[], $3::int[], $4::bool[]) k (content_id, position, detailed)
         join chunk_terms t using (content_id, position)
        where t.workspace_id = $1`,
      [
        workspaceId,
        batch.map(({ contentId }) => contentId),
        batch.map(({ position }) => position),
        batch.map(({ detailed }) => detailed),
      ],
    );
    for (const { words, all } of rows) {
      if (words) eachOfArray(words, tally.add);
      if (all) eachOfSparse(all, tally.add);
    }
  }
  return kept(tally);
}

async function countNames(db: Pool, { workspaceId, channelIds }: Scope, shares: number) {
  const every = Math.max(1, Math.ceil(shares / SAMPLED_NAMES));
  const { rows } = await db.query<{ term: number; holders: number }>(
    `select term, count(*) as holders
       from (select s.name_terms from ${VISIBLE_SHARE} and hashtext(s.file_id) % $3 = 0) n,
            unnest(n.name_terms) term
      group by term having count(*) >= ${HOLDERS_MIN}`,
    [workspaceId, channelIds, every],
  );
  const tally = createTally();
  for (const { term, holders } of rows) tally.add(term, Number(holders));
  return { names: shares / every, nameHolders: kept(tally) };
}

function kept(tally: Tally): Holders {
  for (let least = HOLDERS_MIN; ; least += 1) {
    const found = tally.atLeast(least);
    if (found.size() <= KEPT_TERMS_MAX) return found.of;
  }
}
