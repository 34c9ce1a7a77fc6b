import type { Pool, PoolClient } from "pg";
import type { FileShared } from "../chat.ts";
import type { RejectionKind } from "../errors.ts";
import type { PlaceIds } from "./places.ts";

export interface Content {
  id: number;
  state: "reading" | "searchable" | "failed";
  kind: string | null;
  pages: number | null;
  /** Chunks committed so far: a retry of a reading goes on behind them. */
  chunks: number;
  reasonKind: RejectionKind | null;
  reason: string | null;
}

// Longer than the longest extraction, which commits nothing before its first batch.
const CLAIM_MS = 180_000;

const HELD = `(old.state = 'reading' and old.reader <> excluded.reader and old.reader_until > now())`;

const CONTENT = `id, state, kind, pages, chunks, reason_kind as "reasonKind", reason`;

/**
 * Finds or makes the content of these bytes, and claims its reading for one job. A crashed job's retry keeps
 * its claim; any other job gets it when the claim has run out. One that failed before is tried anew.
 */
export async function ensureContent(
  db: PoolClient,
  workspaceId: number,
  bytes: { sha256: Buffer; count: number },
  reader: string,
): Promise<Content & { mine: boolean }> {
  const { rows } = await db.query<Content & { mine: boolean }>(
    `insert into content as old (workspace_id, sha256, bytes, state, reader, reader_until)
     values ($1, $2, $3, 'reading', $4, now() + $5 * interval '1 ms')
     on conflict (workspace_id, sha256) do update
       set state = case old.state when 'failed' then 'reading' else old.state end,
           reader = case when ${HELD} then old.reader else excluded.reader end,
           reader_until = case when ${HELD} then old.reader_until else excluded.reader_until end
     returning ${CONTENT}, reader = $4 as mine`,
    [workspaceId, bytes.sha256, bytes.count, reader, CLAIM_MS],
  );
  const [content] = rows;
  if (!content) throw new Error("an upsert of a content returned no row");
  return content;
}

/** Writes down one appearance of a file; the same file in the same channel is one share. */
export async function saveShare(
  db: PoolClient | Pool,
  ids: PlaceIds,
  file: FileShared,
  found: { contentId: number; nameTerms: number[] } | { reasonKind: string; reason: string },
): Promise<void> {
  const [contentId, nameTerms, reasonKind, reason] =
    "contentId" in found
      ? [found.contentId, found.nameTerms, null, null]
      : [null, [], found.reasonKind, found.reason];
  await db.query(
    `insert into share (workspace_id, channel_id, content_id, file_id, message_id, thread_id,
                        sharer_id, name, name_terms, permalink, shared_at, reason_kind, reason)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, to_timestamp($11::float8 / 1000), $12, $13)
     on conflict (workspace_id, channel_id, file_id) do update
       set content_id = excluded.content_id, name = excluded.name, name_terms = excluded.name_terms,
           reason_kind = excluded.reason_kind, reason = excluded.reason`,
    [
      ids.workspaceId,
      ids.channelId,
      contentId,
      file.fileId,
      file.messageId,
      file.place.threadId,
      file.userId,
      file.name,
      nameTerms,
      file.permalink,
      file.sharedAtMs,
      reasonKind,
      reason,
    ],
  );
}

/**
 * Counts a committed batch.
 * @returns false when the content is gone, because its last share was removed meanwhile
 */
export async function addChunks(
  db: PoolClient,
  workspaceId: number,
  contentId: number,
  added: { chunks: number; vectors: number; refused: number; embedder: string | null },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update content set chunks = chunks + $3, vectors = vectors + $4, refused = refused + $5,
            embedder = coalesce($6, embedder), reader_until = now() + $7 * interval '1 ms'
      where workspace_id = $1 and id = $2`,
    [workspaceId, contentId, added.chunks, added.vectors, added.refused, added.embedder, CLAIM_MS],
  );
  return rowCount === 1;
}

/** Chunks that the embedder will not have are found by words alone, and not tried again. */
export async function markRefused(
  db: PoolClient,
  workspaceId: number,
  contentId: number,
  positions: number[],
): Promise<void> {
  if (positions.length === 0) return;
  await db.query(
    `update chunk set refused = true
      where workspace_id = $1 and content_id = $2 and position = any($3)`,
    [workspaceId, contentId, positions],
  );
}

/** Makes a content visible to search, all at once. */
export async function finishContent(
  db: PoolClient,
  workspaceId: number,
  contentId: number,
  facts: { kind: string; pages: number | null },
): Promise<void> {
  await db.query(
    `update content set state = 'searchable', kind = $3, pages = $4, searchable_at = now(),
            reader_until = null, reason_kind = null, reason = null
      where workspace_id = $1 and id = $2`,
    [workspaceId, contentId, facts.kind, facts.pages],
  );
}

/** A content that cannot be read keeps its reason and none of its chunks. */
export async function failContent(
  db: PoolClient,
  workspaceId: number,
  contentId: number,
  reason: { kind: string; text: string },
): Promise<void> {
  await db.query(
    `with a as (delete from chunk where workspace_id = $1 and content_id = $2),
          b as (delete from chunk_terms where workspace_id = $1 and content_id = $2),
          c as (delete from chunk_vector where workspace_id = $1 and content_id = $2)
     update content set state = 'failed', reason_kind = $3, reason = $4, chunks = 0, vectors = 0,
            refused = 0, reader_until = null
      where workspace_id = $1 and id = $2`,
    [workspaceId, contentId, reason.kind, reason.text],
  );
}

/** Removes a file from a channel; with its last share the content and its chunks go too. */
export async function removeShare(db: PoolClient, ids: PlaceIds, fileId: string): Promise<void> {
  const { rows } = await db.query<{ contentId: number | null }>(
    `delete from share where workspace_id = $1 and channel_id = $2 and file_id = $3
     returning content_id as "contentId"`,
    [ids.workspaceId, ids.channelId, fileId],
  );
  const contentId = rows[0]?.contentId;
  if (!contentId) return;
  // Locked first, so that a share being added to the same content either comes before and keeps it,
  // or finds it gone.
  await db.query("select from content where workspace_id = $1 and id = $2 for update", [
    ids.workspaceId,
    contentId,
  ]);
  await db.query(
    `delete from content c where c.workspace_id = $1 and c.id = $2
        and not exists (select from share s where s.workspace_id = $1 and s.content_id = c.id)`,
    [ids.workspaceId, contentId],
  );
}
