import type { Pool, PoolClient } from "pg";
import { addChunks, type Content, contentExists, markRefused } from "../db/contents.ts";
import { inTransaction } from "../db/transaction.ts";
import { FileRejected } from "../errors.ts";
import { JobPostponed } from "../jobs/queue.ts";
import { saveChunks } from "../search/chunks.ts";
import { saveVectors } from "../search/vectors.ts";
import type { Chunk } from "./chunk.ts";
import { type Embedded, type EmbeddingDeps, embedChunks } from "./embedding.ts";
import type { Extracted } from "./extract/extractor.ts";

/** What was read, once all of it is committed. */
export interface Facts {
  kind: string;
  pages: number | null;
  chunks: number;
}

/** The last share of the content was removed while it was being read. */
export class ContentGone extends Error {
  override name = "ContentGone";
}

/** Why a content could not be written: it is gone, or another try has taken it over meanwhile. */
export async function whyNotOurs(
  db: Pool | PoolClient,
  workspaceId: number,
  contentId: number,
): Promise<ContentGone | JobPostponed> {
  return (await contentExists(db, workspaceId, contentId))
    ? new JobPostponed("another job reads the same bytes")
    : new ContentGone("the file was removed while it was being read");
}

interface Work {
  workspaceId: number;
  content: Content;
  /** The job that has claimed the content. */
  reader: string;
  extracted: AsyncIterable<Extracted>;
  /** Told after each batch how many pages are searchable so far. */
  show(pagesDone: number, pages: number | null): Promise<void>;
}

interface Batch {
  from: number;
  chunks: Chunk[];
  pagesDone: number;
  embedded: Promise<Embedded>;
}

// Each batch is one short transaction, and what a crash can cost.
const BATCH_CHUNKS = 100;
// While one batch is embedded and committed the next is being extracted.
const BATCHES_AHEAD = 2;

/**
 * Commits the chunks of a content in batches, going on behind what an earlier try committed.
 * Chunking is deterministic, so the same file has the same positions again.
 */
export async function indexContent(
  deps: EmbeddingDeps & { db: Pool },
  work: Work,
  signal: AbortSignal,
): Promise<Facts> {
  const facts: Facts = { kind: "unknown", pages: null, chunks: 0 };
  const ahead: Batch[] = [];
  let waiting: Chunk[] = [];
  let pagesDone = 0;
  let { embedder } = deps;

  const cut = (): void => {
    const chunks = waiting;
    waiting = [];
    const from = facts.chunks;
    facts.chunks += chunks.length;
    const fresh = chunks.slice(Math.max(0, work.content.chunks - from));
    if (fresh.length === 0) return;
    const embedded = embedChunks({ ...deps, embedder }, work.workspaceId, fresh, signal);
    embedded.catch(() => {
      // It is awaited in its turn; until then a failure of it must not count as unheard.
    });
    ahead.push({ from: facts.chunks - fresh.length, chunks: fresh, pagesDone, embedded });
  };
  const drain = async (left: number): Promise<void> => {
    for (let batch = ahead[0]; batch && ahead.length > left; batch = ahead[0]) {
      await commit(deps, work, batch);
      // The rest of the file is not asked for one by one; all of it gets its vectors later.
      if ((await batch.embedded).budgetReached) embedder = null;
      await work.show(batch.pagesDone, facts.pages);
      ahead.shift();
    }
  };

  const read = async (): Promise<void> => {
    for await (const part of work.extracted) {
      if (part.kind === "opened") {
        facts.kind = part.fileKind;
        facts.pages = part.pages;
        continue;
      }
      pagesDone = part.pagesDone;
      waiting.push(...part.chunks);
      // The embedder is not kept waiting for a whole batch while it has nothing to do.
      while (waiting.length >= BATCH_CHUNKS || (waiting.length > 0 && ahead.length === 0)) {
        const rest = waiting.splice(BATCH_CHUNKS);
        cut();
        waiting = rest;
        await drain(BATCHES_AHEAD);
      }
    }
  };
  try {
    await read();
    cut();
  } catch (error) {
    // What is paid for already is there for the next try.
    const isToBeTriedAgain = !signal.aborted && !(error instanceof FileRejected);
    if (isToBeTriedAgain) await drain(0).catch(() => undefined);
    throw error;
  }
  await drain(0);
  if (deps.embedder && !embedder) deps.log.info("no money for vectors: words alone for now");
  return facts;
}

async function commit(
  deps: Pick<EmbeddingDeps, "embedder"> & { db: Pool },
  work: Work,
  batch: Batch,
): Promise<void> {
  const { vectors, refused } = await batch.embedded;
  const { workspaceId, content } = work;
  const embedder = vectors.length > 0 ? (deps.embedder?.id ?? null) : null;
  await inTransaction(deps.db, async (client) => {
    const counts = {
      chunks: batch.chunks.length,
      vectors: vectors.length,
      refused: refused.length,
    };
    // First, because it locks the content: it can't be removed between two statements of ours.
    const claim = { workspaceId, contentId: content.id, reader: work.reader, chunks: batch.from };
    const ours = await addChunks(client, claim, { ...counts, embedder });
    if (!ours) throw await whyNotOurs(client, workspaceId, content.id);
    await saveChunks(client, workspaceId, content.id, batch.from, batch.chunks);
    await markRefused(
      client,
      workspaceId,
      content.id,
      refused.map((index) => batch.from + index),
    );
    const rows = vectors.map(({ index, vector }) => ({ position: batch.from + index, vector }));
    await saveVectors(client, workspaceId, content.id, rows);
  });
}
