import type { PoolClient } from "pg";
import type { Locator } from "../chat.ts";
import { storable, storableValue } from "../db/storable.ts";
import { chunkTerms } from "./terms.ts";

/** A passage as extraction gives it. */
interface NewChunk {
  text: string;
  locator: Locator;
}

/** Taking a passage apart costs about a millisecond: other work gets its turn after so many. */
const TERMS_BATCH_CHUNKS = 20;

/**
 * Stores passages of a content and their terms, at most some hundred a call, in the caller's transaction.
 * What is there already stays: the same batch twice is one batch.
 */
export async function saveChunks(
  client: PoolClient,
  workspaceId: number,
  contentId: number,
  fromPosition: number,
  chunks: readonly NewChunk[],
): Promise<void> {
  if (chunks.length === 0) return;
  const positions = chunks.map((_, at) => fromPosition + at);
  await client.query(
    `insert into chunk (workspace_id, content_id, position, text, locator)
     select $1, $2, c.position, c.text, c.locator
       from unnest($3::int[], $4::text[], $5::jsonb[]) c (position, text, locator)
     on conflict do nothing`,
    [
      workspaceId,
      contentId,
      positions,
      chunks.map(({ text }) => storable(text)),
      chunks.map(({ locator }) => JSON.stringify(locator, storableValue)),
    ],
  );
  for (let from = 0; from < chunks.length; from += TERMS_BATCH_CHUNKS) {
    const batch = chunks.slice(from, from + TERMS_BATCH_CHUNKS);
    await saveTerms(client, workspaceId, contentId, { fromPosition: fromPosition + from, batch });
  }
}

async function saveTerms(
  client: PoolClient,
  workspaceId: number,
  contentId: number,
  { fromPosition, batch }: { fromPosition: number; batch: readonly NewChunk[] },
): Promise<void> {
  // Binary parameters can't stand in arrays here: every row brings its own.
  const places = batch.map((_, at) => {
    const first = 3 + at * 4;
    return `($1::int, $2::bigint, $${first}::int, $${first + 1}::int[], $${first + 2}::sparsevec, $${first + 3}::sparsevec)`;
  });
  const rows = batch.flatMap(({ text, locator }, at) => {
    // The headings above a passage say what it is about, often in words that it does not repeat.
    const indexed = [...(locator.headings ?? []), text].join("\n");
    const { terms, words, weights } = chunkTerms(workspaceId, indexed);
    return [fromPosition + at, terms, words, weights];
  });
  await client.query(
    `insert into chunk_terms (workspace_id, content_id, position, terms, words, weights)
     values ${places.join(", ")}
     on conflict do nothing`,
    [workspaceId, contentId, ...rows],
  );
}
