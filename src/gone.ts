import type { Pool } from "pg";
import { removeShare } from "./db/contents.ts";
import {
  deleteWorkspace,
  type ExpiredShare,
  expiredShares,
  forgetWords,
  hideChannel,
} from "./db/gone.ts";
import { findPlace } from "./db/places.ts";
import { inTransaction } from "./db/transaction.ts";
import { removeSharesIn } from "./db/unshare.ts";
import type { ChannelGone, WorkspaceGone } from "./events.ts";
import type { Queue } from "./jobs/queue.ts";
import type { Job } from "./jobs/worker.ts";
import { dropListing } from "./outsiders.ts";

interface GoneDeps {
  db: Pool;
  queue: Queue;
}

// Whoever turned a channel off by mistake, or brings Docent back into one, loses nothing until then.
export const FILES_KEPT_DAYS = 7;
const FILES_AT_ONCE = 500;
export const WORDS_KEPT_DAYS = 30;
const WORDS_AT_ONCE = 5_000;

/** Hidden at once; its files are deleted later, if it does not come back. */
export async function leaveChannel({ db, queue }: GoneDeps, job: Job<ChannelGone>): Promise<void> {
  const { threadId } = job.data.place;
  const ids = await findPlace(db, job.data.place);
  await inTransaction(db, async (client) => {
    if (ids && threadId !== null) await removeSharesIn(client, ids, threadId);
    else if (ids) await hideChannel(client, ids);
    await queue.complete(client, "event", job);
  });
}

/** Nobody is there any more who could ask for anything of it back. */
export async function leaveWorkspace(
  { db, queue }: GoneDeps,
  job: Job<WorkspaceGone>,
): Promise<void> {
  await inTransaction(db, async (client) => {
    await deleteWorkspace(client, job.data.place, job.id);
    await dropListing(client, job.data.place);
    await queue.complete(client, "event", job);
  });
}

/** Deletes the files of channels that were off or gone for a week; what is left over has its turn next time. */
export async function emptyExpired(db: Pool): Promise<void> {
  const expired = await expiredShares(db, FILES_KEPT_DAYS, FILES_AT_ONCE);
  for (const share of expired) await removeExpired(db, share);
}

function removeExpired(db: Pool, { fileId, ...ids }: ExpiredShare): Promise<void> {
  return inTransaction(db, (client) => removeShare(client, ids, fileId));
}

export function forgetOldWords(db: Pool): Promise<void> {
  return forgetWords(db, WORDS_KEPT_DAYS, WORDS_AT_ONCE);
}
