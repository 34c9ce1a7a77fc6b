import type { Pool } from "pg";
import type { Adapter } from "./chat.ts";
import { removeShare } from "./db/contents.ts";
import { fileIdsBefore } from "./db/gaps.ts";
import { findPlace } from "./db/places.ts";
import { inTransaction } from "./db/transaction.ts";
import type { Place } from "./events.ts";
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

/** Removes what the platform's list of the channel's files holds no more. @throws {ServiceError} when it does not say */
export async function sweep(
  deps: SweepDeps,
  job: Job<SweepDue>,
  signal: AbortSignal,
): Promise<void> {
  const { place } = job.data;
  const ids = await findPlace(deps.db, place);
  // What is shared while the list is read may not be in it.
  const known = ids ? await fileIdsBefore(deps.db, ids, new Date()) : [];
  const there = known.length > 0 ? await listed(deps, place, signal) : null;
  const gone = there ? known.filter((fileId) => !there.has(fileId)) : [];
  await inTransaction(deps.db, async (client) => {
    if (ids) for (const fileId of gone) await removeShare(client, ids, fileId);
    await deps.queue.complete(client, "event", job);
  });
  if (gone.length > 0) deps.log.info({ files: gone.length }, "files were deleted unheard");
}

/** Null: there are more than are listed here. */
async function listed(
  { adapterOf }: SweepDeps,
  place: Place,
  signal: AbortSignal,
): Promise<Set<string> | null> {
  const adapter = adapterOf(place.platform);
  const fileIds = new Set<string>();
  let cursor: string | null = null;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const page = await adapter.shared(place, cursor, signal);
    for (const { fileId } of page.files) fileIds.add(fileId);
    if (page.next === null) return fileIds;
    cursor = page.next;
  }
  return null;
}
