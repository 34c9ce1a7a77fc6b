import type { Pool, PoolClient } from "pg";
import type { RejectionKind } from "../errors.ts";
import type { FileShared, Place, SharedFile } from "../events.ts";
import { versionKey } from "../search/version-key.ts";
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

/**
 * Writes down one appearance of a file, before its bytes are fetched: a removal from then on finds it. The same
 * file in the same channel is one share.
 */
export async function receiveShare(db: Pool, ids: PlaceIds, file: FileShared): Promise<void> {
  await db.query(
    `insert into share (workspace_id, channel_id, file_id, message_id, thread_id, sharer_id, name,
                        version_key, permalink, shared_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, to_timestamp($10::float8 / 1000))
     on conflict (workspace_id, channel_id, file_id)
     do update set name = excluded.name, version_key = excluded.version_key`,
    [
      ids.workspaceId,
      ids.channelId,
      file.fileId,
      file.messageId,
      file.place.threadId,
      file.userId,
      file.name,
      versionKey(file.name),
      file.permalink,
      file.sharedAtMs,
    ],
  );
}

/**
 * Keeps a share as it is until the transaction's end. Whoever locks its content too does that afterwards: in one
 * order nobody waits for each other.
 * @returns false when the file was removed
 */
export async function lockShare(db: PoolClient, ids: PlaceIds, fileId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from share where workspace_id = $1 and channel_id = $2 and file_id = $3 for update`,
    [ids.workspaceId, ids.channelId, fileId],
  );
  return rowCount === 1;
}

/** Says of a share that is locked what its bytes are, or why there are none; what it had before may go. */
export async function settleShare(
  db: PoolClient,
  ids: PlaceIds,
  fileId: string,
  found: { contentId: number; nameTerms: number[] } | { reasonKind: string; reason: string },
): Promise<void> {
  const [contentId, nameTerms, reasonKind, reason] =
    "contentId" in found
      ? [found.contentId, found.nameTerms, null, null]
      : [null, [], found.reasonKind, found.reason];
  const { rows } = await db.query<{ contentId: number | null }>(
    `with old as (
       select id, content_id from share
        where workspace_id = $1 and channel_id = $2 and file_id = $3
     )
     update share s set content_id = $4, name_terms = $5, reason_kind = $6, reason = $7
       from old where s.workspace_id = $1 and s.id = old.id
     returning old.content_id as "contentId"`,
    [ids.workspaceId, ids.channelId, fileId, contentId, nameTerms, reasonKind, reason],
  );
  const before = rows[0]?.contentId;
  if (before && before !== contentId) await dropUnshared(db, ids.workspaceId, before);
}

/** Whose reading it is, and how far it has come: a write that fits neither is none. */
export interface Claim {
  workspaceId: number;
  contentId: number;
  reader: string;
  /** Chunks committed before. */
  chunks: number;
}

/**
 * Counts a committed batch.
 * @returns false when the content is gone, or somebody else reads it by now
 */
export async function addChunks(
  db: PoolClient,
  claim: Claim,
  added: { chunks: number; vectors: number; refused: number; embedder: string | null },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update content set chunks = chunks + $5, vectors = vectors + $6, refused = refused + $7,
            embedder = coalesce($8, embedder), reader_until = now() + $9 * interval '1 ms'
      where workspace_id = $1 and id = $2 and state = 'reading' and reader = $3 and chunks = $4`,
    [
      claim.workspaceId,
      claim.contentId,
      claim.reader,
      claim.chunks,
      added.chunks,
      added.vectors,
      added.refused,
      added.embedder,
      CLAIM_MS,
    ],
  );
  return rowCount === 1;
}

export async function contentExists(
  db: PoolClient | Pool,
  workspaceId: number,
  contentId: number,
): Promise<boolean> {
  const { rowCount } = await db.query("select from content where workspace_id = $1 and id = $2", [
    workspaceId,
    contentId,
  ]);
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

/**
 * Makes a content visible to search, all at once.
 * @returns false when the content is gone, or somebody else reads it by now
 */
export async function finishContent(
  db: Pool,
  claim: Claim,
  facts: { kind: string; pages: number | null },
): Promise<boolean> {
  const { workspaceId, contentId, reader, chunks } = claim;
  const { rowCount } = await db.query(
    `update content set state = 'searchable', kind = $5, pages = $6, searchable_at = now(),
            reader_until = null, reason_kind = null, reason = null
      where workspace_id = $1 and id = $2 and state = 'reading' and reader = $3 and chunks = $4`,
    [workspaceId, contentId, reader, chunks, facts.kind, facts.pages],
  );
  return rowCount === 1;
}

/**
 * A content that cannot be read keeps its reason and none of its chunks.
 * @returns false when the content is gone, or no longer this reader's to judge
 */
export async function failContent(
  db: PoolClient,
  { workspaceId, contentId, reader }: Omit<Claim, "chunks">,
  reason: { kind: string; text: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update content set state = 'failed', reason_kind = $4, reason = $5, chunks = 0, vectors = 0,
            refused = 0, reader_until = null
      where workspace_id = $1 and id = $2 and state = 'reading' and reader = $3`,
    [workspaceId, contentId, reader, reason.kind, reason.text],
  );
  if (rowCount === 0) return false;
  await db.query(
    `with a as (delete from chunk where workspace_id = $1 and content_id = $2),
          b as (delete from chunk_terms where workspace_id = $1 and content_id = $2)
     delete from chunk_vector where workspace_id = $1 and content_id = $2`,
    [workspaceId, contentId],
  );
  return true;
}

/** Who shared a file in a channel, and what they called it; null when it is not there. */
export async function sharerOf(
  db: Pool,
  ids: PlaceIds,
  fileId: string,
): Promise<{ sharerId: string; name: string } | null> {
  const { rows } = await db.query<{ sharerId: string; name: string }>(
    `select sharer_id as "sharerId", name from share
      where workspace_id = $1 and channel_id = $2 and file_id = $3`,
    [ids.workspaceId, ids.channelId, fileId],
  );
  return rows[0] ?? null;
}

/** Removes a file from a channel; with its last share the content and its chunks go too. */
export async function removeShare(db: PoolClient, ids: PlaceIds, fileId: string): Promise<void> {
  const { rows } = await db.query<{ contentId: number | null }>(
    `delete from share where workspace_id = $1 and channel_id = $2 and file_id = $3
     returning content_id as "contentId"`,
    [ids.workspaceId, ids.channelId, fileId],
  );
  const contentId = rows[0]?.contentId;
  if (contentId) await dropUnshared(db, ids.workspaceId, contentId);
}

/** Removes a file from all channels of a workspace. */
export async function removeShares(
  db: PoolClient,
  { platform, workspaceId }: Pick<Place, "platform" | "workspaceId">,
  fileId: string,
): Promise<void> {
  // All of them are locked before any content is: see `lockShare`.
  const { rows } = await db.query<PlaceIds>(
    `select s.workspace_id as "workspaceId", s.channel_id as "channelId"
       from share s join workspace w on w.id = s.workspace_id
      where w.platform = $1 and w.platform_id = $2 and s.file_id = $3
      order by s.id for update of s`,
    [platform, workspaceId, fileId],
  );
  for (const ids of rows) await removeShare(db, ids, fileId);
}

async function dropUnshared(db: PoolClient, workspaceId: number, contentId: number): Promise<void> {
  // Locked first, so that a share being added to the same content either comes before and keeps it,
  // or finds it gone.
  await db.query("select from content where workspace_id = $1 and id = $2 for update", [
    workspaceId,
    contentId,
  ]);
  await db.query(
    `delete from content c where c.workspace_id = $1 and c.id = $2
        and not exists (select from share s where s.workspace_id = $1 and s.content_id = c.id)`,
    [workspaceId, contentId],
  );
}

/** Every appearance of a content, with its pages. */
export async function sharesOf(
  db: Pool,
  workspaceId: number,
  contentId: number,
): Promise<(SharedFile & { pages: number | null })[]> {
  const { rows } = await db.query<SharedFile & { pages: number | null }>(
    `select json_build_object('platform', w.platform, 'workspaceId', w.platform_id,
                              'channelId', c.platform_id, 'threadId', s.thread_id) as place,
            s.message_id as "messageId", s.file_id as "fileId", s.sharer_id as "userId", t.pages
       from share s
       join content t on t.workspace_id = s.workspace_id and t.id = s.content_id
       join channel c on c.workspace_id = s.workspace_id and c.id = s.channel_id
       join workspace w on w.id = s.workspace_id
      where s.workspace_id = $1 and s.content_id = $2`,
    [workspaceId, contentId],
  );
  return rows;
}
