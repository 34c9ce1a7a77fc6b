import type { Pool, PoolClient } from "pg";
import type { Adapter } from "./chat.ts";
import { removeShare } from "./db/contents.ts";
import { sharesBefore } from "./db/gaps.ts";
import { findPlace, type PlaceIds } from "./db/places.ts";
import { inTransaction } from "./db/transaction.ts";
import type { Place, SharedFile } from "./events.ts";
import type { Queue } from "./jobs/queue.ts";
import type { Job } from "./jobs/worker.ts";
import type { Log } from "./log.ts";

/** Files of this channel may have been deleted unheard. It comes from ourselves. */
export interface SweepDue {
  kind: "sweep_due";
  place: Place;
  userId: string;
  /** Ids of files that the platform's list left out, to be asked about. Not there: the list is to be read first. */
  ask?: string[];
}

export interface SweepDeps {
  db: Pool;
  queue: Queue;
  adapterOf(platform: string): Adapter;
  log: Log;
}

// Of a channel with more, the rest is left to the check that each answer makes of what it cites.
const PAGES_MAX = 100;
// What happens meanwhile is not to wait for a long sweep: its rest is another job, behind that.
const ASKED_PER_JOB = 25;
const ASKED_MAX = 5_000;

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
  const missing = ids ? await missingFrom(deps, job.data, ids, signal) : [];
  const asked = missing.slice(0, ASKED_PER_JOB);
  const ask = missing.slice(ASKED_PER_JOB, ASKED_MAX).map(({ fileId }) => fileId);
  const gone = await deps.adapterOf(place.platform).gone(asked, signal);
  signal.throwIfAborted();
  await inTransaction(deps.db, async (client) => {
    if (ids) for (const { fileId } of gone) await removeShare(client, ids, fileId);
    if (ask.length > 0) await sendSweep(deps.queue, client, { ...job.data, ask });
    await deps.queue.complete(client, "sweep", job);
  });
  if (gone.length > 0) deps.log.info({ files: gone.length }, "files were deleted unheard");
}

/** Behind all that happens. */
export async function sendSweep(queue: Queue, client: PoolClient, due: SweepDue): Promise<void> {
  const { platform, workspaceId } = due.place;
  await queue.send(client, "sweep", due, `${platform}:${workspaceId}`, { behind: true });
}

/** What is shared here as far as we know, and not among what the platform lists. */
async function missingFrom(
  { db, adapterOf }: SweepDeps,
  { place, ask }: SweepDue,
  ids: PlaceIds,
  signal: AbortSignal,
): Promise<SharedFile[]> {
  // What is shared while the list is read may not be in it.
  const known = await sharesBefore(db, ids, new Date());
  if (known.length === 0) return [];
  const wanted = ask && new Set(ask);
  const listed = wanted ? null : await listedIn(adapterOf(place.platform), place, signal);
  const missing = known.filter(({ fileId }) =>
    wanted ? wanted.has(fileId) : listed && !listed.has(fileId),
  );
  // What stands in a thread is not in the channel itself, and would seem to be gone there.
  return missing.map(({ threadId, ...file }) => ({ ...file, place: { ...place, threadId } }));
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
    const page = await adapter.shared(place, cursor, signal, true);
    for (const fileId of page.listed) fileIds.add(fileId);
    if (page.next === null) return fileIds;
    cursor = page.next;
  }
  return null;
}
