import type { Pool } from "pg";
import type { Adapter } from "./chat.ts";
import { removeShare } from "./db/contents.ts";
import { sharesBefore } from "./db/gaps.ts";
import { findPlace, type PlaceIds } from "./db/places.ts";
import { inTransaction } from "./db/transaction.ts";
import type { Place, SharedFile } from "./events.ts";
import type { Queue } from "./jobs/queue.ts";
import type { Job } from "./jobs/worker.ts";
import type { Log } from "./log.ts";

/** Nobody listened for a while, so files of this channel may have been deleted unheard. It comes from ourselves. */
export interface SweepDue {
  kind: "sweep_due";
  place: Place;
  userId: string;
}

export interface SweepDeps {
  db: Pool;
  queue: Queue;
  adapterOf(platform: string): Adapter;
  log: Log;
}

// Of a channel with more, the rest is left to the check that each answer makes of what it cites.
const PAGES_MAX = 200;

/**
 * Removes what the platform says is gone. Its list of the channel's files only says what need not be asked about:
 * it may shift while it is read, and leave out what is merely hidden.
 * @throws {ServiceError} when the platform does not list them
 */
export async function sweep(
  deps: SweepDeps,
  job: Job<SweepDue>,
  signal: AbortSignal,
): Promise<void> {
  const { place } = job.data;
  const ids = await findPlace(deps.db, place);
  const gone = ids ? await goneFrom(deps, place, ids, signal) : [];
  await inTransaction(deps.db, async (client) => {
    if (ids) for (const { fileId } of gone) await removeShare(client, ids, fileId);
    await deps.queue.complete(client, "event", job);
  });
  if (gone.length > 0) deps.log.info({ files: gone.length }, "files were deleted unheard");
}

async function goneFrom(
  { db, adapterOf }: SweepDeps,
  place: Place,
  ids: PlaceIds,
  signal: AbortSignal,
): Promise<SharedFile[]> {
  // What is shared while the list is read may not be in it.
  const known = await sharesBefore(db, ids, new Date());
  if (known.length === 0) return [];
  const adapter = adapterOf(place.platform);
  const listed = await listedIn(adapter, place, signal);
  const missing = listed ? known.filter(({ fileId }) => !listed.has(fileId)) : [];
  return await adapter.gone(
    missing.map((file) => ({ ...file, place })),
    signal,
  );
}

/** Null: there are more than are listed here. */
async function listedIn(
  adapter: Adapter,
  place: Place,
  signal: AbortSignal,
): Promise<Set<string> | null> {
  const fileIds = new Set<string>();
  let cursor: string | null = null;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const page = await adapter.shared(place, cursor, signal);
    for (const fileId of page.listed) fileIds.add(fileId);
    if (page.next === null) return fileIds;
    cursor = page.next;
  }
  return null;
}
