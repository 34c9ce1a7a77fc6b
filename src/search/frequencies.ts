import type { Pool, PoolClient } from "pg";
import { inTransaction } from "../db/transaction.ts";
import { sparseTerms } from "./sparse.ts";

/** A workspace up to this many chunks is counted whole; of a larger one, about as many. */
const SAMPLED_CHUNKS = 2_000;
const BATCH_CHUNKS = 100;
/** The most frequent terms are kept; one that is not among them is rare. */
const KEPT_TERMS_MAX = 30_000;
/** Fewer holders than this in the sample is what any unknown term is taken for. */
const HOLDERS_MIN = 2;
/** Frequencies are counted again once the workspace has grown or shrunk by this share. */
const DRIFT = 0.1;

interface ChunkKey {
  content_id: string;
  position: number;
}

/**
 * Counts a sample of the workspace's chunks again, where it has changed by a tenth since the last time.
 * Reads in small batches and writes once; safe to run by several at once.
 * @returns whether anything was counted
 */
export async function refreshFrequencies(db: Pool, workspaceId: number): Promise<boolean> {
  const chunks = await changedSize(db, workspaceId);
  if (chunks === null) return false;
  const keys = await sampleKeys(db, workspaceId, Math.max(1, Math.ceil(chunks / SAMPLED_CHUNKS)));
  const holders = new Map<number, number>();
  for (let from = 0; from < keys.length; from += BATCH_CHUNKS) {
    await countTerms(db, workspaceId, keys.slice(from, from + BATCH_CHUNKS), holders);
  }
  const kept = [...holders]
    .filter(([, count]) => count >= HOLDERS_MIN)
    .sort(([, one], [, other]) => other - one)
    .slice(0, KEPT_TERMS_MAX)
    .sort(([one], [other]) => one - other);
  const sample = { chunks, sampled: keys.length, kept };
  await inTransaction(db, (client) => store(client, workspaceId, sample));
  return true;
}

/** The workspace's count of chunks; null where it is about the same as when last counted. */
async function changedSize(db: Pool, workspaceId: number): Promise<number | null> {
  const sizes = await db.query<{ now: string; counted: string | null }>(
    `select (select coalesce(sum(chunks), 0) from content where workspace_id = $1) as now,
            (select chunks from term_sample where workspace_id = $1) as counted`,
    [workspaceId],
  );
  const [sizesNow] = sizes.rows;
  const chunks = Number(sizesNow?.now ?? 0);
  const counted = Number(sizesNow?.counted ?? 0);
  return Math.abs(chunks - counted) > DRIFT * counted ? chunks : null;
}

// Every n-th chunk of every file, beginning elsewhere in each, so that files of one chunk are sampled too.
async function sampleKeys(db: Pool, workspaceId: number, every: number): Promise<ChunkKey[]> {
  const keys = await db.query<ChunkKey>(
    `select content_id, position from chunk_terms
      where workspace_id = $1 and (content_id + position) % $2 = 0
      limit ${2 * SAMPLED_CHUNKS}`,
    [workspaceId, every],
  );
  return keys.rows;
}

async function countTerms(
  db: Pool,
  workspaceId: number,
  keys: ChunkKey[],
  holders: Map<number, number>,
): Promise<void> {
  const batch = await db.query<{ weights: Buffer }>(
    `select sparsevec_send(t.weights) as weights
       from unnest($2::bigint[], $3::int[]) k (content_id, position)
       join chunk_terms t using (content_id, position)
      where t.workspace_id = $1`,
    [workspaceId, keys.map((key) => key.content_id), keys.map((key) => key.position)],
  );
  for (const { weights } of batch.rows) {
    for (const term of sparseTerms(weights)) holders.set(term, (holders.get(term) ?? 0) + 1);
  }
}

interface Sample {
  chunks: number;
  sampled: number;
  kept: [term: number, holders: number][];
}

async function store(client: PoolClient, workspaceId: number, sample: Sample): Promise<void> {
  const terms = sample.kept.map(([term]) => term);
  const holders = sample.kept.map(([, count]) => count);
  // The first statement makes a second counter of the same workspace wait for this one's end.
  await client.query(
    `insert into term_sample (workspace_id, chunks, sampled) values ($1, $2, $3)
     on conflict (workspace_id)
     do update set chunks = excluded.chunks, sampled = excluded.sampled, made_at = now()`,
    [workspaceId, sample.chunks, sample.sampled],
  );
  await client.query("delete from term_frequency where workspace_id = $1", [workspaceId]);
  await client.query(
    `insert into term_frequency (workspace_id, term, sampled)
     select $1, f.term, f.sampled from unnest($2::int[], $3::int[]) f (term, sampled)`,
    [workspaceId, terms, holders],
  );
}
