import type { Pool } from "pg";
import type { Locator } from "../chat.ts";
import { markRefused } from "../db/contents.ts";
import { inTransaction } from "../db/transaction.ts";
import type { Embedder } from "../embed/embedder.ts";
import { saveVectors } from "../search/vectors.ts";
import { type Embedded, type EmbeddingDeps, embedChunks } from "./embedding.ts";

/** The wish that a workspace's chunks without vectors get some. It comes from ourselves, not from a platform. */
export interface VectorsWanted {
  kind: "vectors_wanted";
  workspaceId: number;
}

interface Missing {
  contentId: number;
  position: number;
  text: string;
  locator: Locator;
}

const BATCH_CHUNKS = 100;

/**
 * Gives vectors to what was indexed while the embedder was away or the budget used up, newest content first.
 * @param onFilled told of each content that has all of its vectors now
 * @returns how many chunks still have none because the embedder went away again; 0 where it is the budget that
 *   is used up, since the operator knows, and we are asked again soon
 */
export async function fillVectors(
  deps: EmbeddingDeps & { db: Pool; embedder: Embedder },
  workspaceId: number,
  onFilled: (contentId: number) => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  let filling: number | null = null;
  for (;;) {
    const missing = await missingVectors(deps.db, workspaceId);
    const [first] = missing;
    if (filling !== null && first?.contentId !== filling) await onFilled(filling);
    if (!first) return 0;
    filling = first.contentId;
    const embedded = await embedChunks(deps, workspaceId, missing, signal);
    if (embedded.budgetReached) return 0;
    if (embedded.vectors.length + embedded.refused.length === 0) return missing.length;
    await commit(deps, workspaceId, { contentId: first.contentId, missing, embedded });
  }
}

/** The workspaces that have something without vectors. */
export async function workspacesToFill(db: Pool): Promise<number[]> {
  const { rows } = await db.query<{ id: number }>(
    `select distinct workspace_id as id from content
      where state = 'searchable' and vectors + refused < chunks`,
  );
  return rows.map((row) => row.id);
}

/** Whether something of a content is found by words alone for now. What the embedder refused stays so for ever. */
export async function lacksVectors(
  db: Pool,
  workspaceId: number,
  contentId: number,
): Promise<boolean> {
  const { rowCount } = await db.query(
    "select from content where workspace_id = $1 and id = $2 and vectors + refused < chunks",
    [workspaceId, contentId],
  );
  return rowCount === 1;
}

async function missingVectors(db: Pool, workspaceId: number): Promise<Missing[]> {
  const { rows } = await db.query<Missing>(
    `select k.content_id as "contentId", k.position, k.text, k.locator
       from chunk k
       left join chunk_vector v using (workspace_id, content_id, position)
      where k.workspace_id = $1 and not k.refused and v.position is null
        and k.content_id = (select max(id) from content where workspace_id = $1
                             and state = 'searchable' and vectors + refused < chunks)
      order by k.position limit $2`,
    [workspaceId, BATCH_CHUNKS],
  );
  return rows;
}

async function commit(
  deps: { db: Pool; embedder: Embedder },
  workspaceId: number,
  work: { contentId: number; missing: Missing[]; embedded: Embedded },
): Promise<void> {
  const { contentId, missing, embedded } = work;
  const positionOf = (index: number): number => missing[index]?.position ?? -1;
  await inTransaction(deps.db, async (client) => {
    const rows = embedded.vectors.map(({ index, vector }) => ({
      position: positionOf(index),
      vector,
    }));
    await saveVectors(client, workspaceId, contentId, rows);
    await markRefused(client, workspaceId, contentId, embedded.refused.map(positionOf));
    await client.query(
      // Counted anew, since two processes may have filled the same.
      `update content c set embedder = $3,
              refused = (select count(*) from chunk k where k.workspace_id = $1
                                                        and k.content_id = c.id and k.refused),
              vectors = (select count(*) from chunk_vector v where v.workspace_id = $1
                                                               and v.content_id = c.id)
        where c.workspace_id = $1 and c.id = $2`,
      [workspaceId, contentId, deps.embedder.id],
    );
  });
}
