import type { Pool } from "pg";
import { sparseTerms } from "./sparse.ts";
import { VISIBLE_SHARE } from "./visible.ts";
import { SAMPLED_CHUNKS, SAMPLED_NAMES } from "./weights.ts";

export interface Scope {
  workspaceId: number;
  channelIds: readonly number[];
}

/** How often terms occur in what a scope may see, and in nothing else: a file outside of it can't be felt. */
export interface Frequencies {
  /** Shares in scope when they were counted. */
  shares: number;
  /** Chunks in scope then, and of how many of them the terms were counted. */
  chunks: number;
  sampled: number;
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
  const known = new Map<string, { counted: Promise<Frequencies>; atMs: number }>();
  return {
    async of(scope, sharesNow) {
      const key = JSON.stringify([scope.workspaceId, scope.channelIds.toSorted((a, b) => a - b)]);
      const last = known.get(key);
      const good = last && Date.now() - last.atMs < AGE_MS_MAX;
      const fits = good && (sharesNow === undefined || !isOutgrown(await last.counted, sharesNow));
      const entry = fits ? last : { counted: count(db, scope), atMs: Date.now() };
      known.delete(key);
      known.set(key, entry);
      const [oldest] = known.keys();
      if (known.size > SCOPES_MAX && oldest) known.delete(oldest);
      entry.counted.catch(() => known.delete(key));
      return entry.counted;
    },
  };
}

export function isOutgrown({ shares }: Frequencies, sharesNow: number): boolean {
  return Math.abs(sharesNow - shares) > DRIFT * shares;
}

/** Counts the terms of a sample of the scope, in small batches: other work gets its turn in between. */
async function count(db: Pool, scope: Scope): Promise<Frequencies> {
  const { shares, chunks, sample } = await sampleOf(db, scope);
  const holders = new Map<number, number>();
  for (let from = 0; from < sample.length; from += BATCH_CHUNKS) {
    await countTerms(db, scope.workspaceId, sample.slice(from, from + BATCH_CHUNKS), holders);
  }
  const { length: sampled } = sample;
  const names = await countNames(db, scope, shares);
  return { shares, chunks, sampled, holders: kept(holders), ...names };
}

interface ChunkKey {
  contentId: number;
  position: number;
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
  const { rows } = await db.query<ChunkKey & { shares: string; chunks: string }>(SAMPLE, [
    workspaceId,
    channelIds,
  ]);
  const sample: ChunkKey[] = rows.filter(({ contentId }) => contentId !== null);
  return { shares: Number(rows[0]?.shares), chunks: Number(rows[0]?.chunks), sample };
}

async function countTerms(
  db: Pool,
  workspaceId: number,
  sample: ChunkKey[],
  holders: Map<number, number>,
): Promise<void> {
  const { rows } = await db.query<{ words: Buffer; details: Buffer }>(
    `select sparsevec_send(t.words) as words, sparsevec_send(t.details) as details
       from unnest($2::bigint[], $3::int[]) k (content_id, position)
       join chunk_terms t using (content_id, position)
      where t.workspace_id = $1`,
    [workspaceId, sample.map((key) => key.contentId), sample.map((key) => key.position)],
  );
  for (const { words, details } of rows) {
    for (const term of sparseTerms(words)) holders.set(term, (holders.get(term) ?? 0) + 1);
    for (const term of sparseTerms(details)) holders.set(term, (holders.get(term) ?? 0) + 1);
  }
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
  const holders = new Map(rows.map(({ term, holders }) => [term, holders]));
  return { names: shares / every, nameHolders: kept(holders) };
}

/** Two rows of numbers in the place of a map, which would take ten times the memory. */
function kept(holders: ReadonlyMap<number, number>): Holders {
  const found = [...holders]
    .filter(([, count]) => count >= HOLDERS_MIN)
    .sort(([term, count], [otherTerm, other]) => other - count || term - otherTerm)
    .slice(0, KEPT_TERMS_MAX)
    .sort(([one], [other]) => one - other);
  const terms = Int32Array.from(found, ([term]) => term);
  const counts = Int32Array.from(found, ([, count]) => count);
  return (term) => {
    const at = indexOf(terms, term);
    return at < 0 ? 0 : (counts[at] ?? 0);
  };
}

function indexOf(ascending: Int32Array, wanted: number): number {
  let [from, to] = [0, ascending.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((ascending[middle] ?? 0) < wanted) from = middle + 1;
    else to = middle;
  }
  return ascending[from] === wanted ? from : -1;
}
