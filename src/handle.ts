import type { AnswerDeps } from "./answer/answer.ts";
import {
  type AskedAnewDeps,
  deleteQuestion,
  editQuestion,
  rate,
  regenerate,
  retry,
  stop,
} from "./answer/asked-anew.ts";
import type { RetryDue } from "./answer/retry.ts";
import { hearMention, hearSaid } from "./answer/said.ts";
import { hearStop, type StopSaid } from "./answer/stop-said.ts";
import { arrive } from "./arrive.ts";
import {
  acceptBackfill,
  type BackfillDue,
  type BackfillFile,
  continueBackfill,
  greet,
  readBackfilled,
} from "./backfill.ts";
import { type BannedDeps, offerToForget } from "./banned.ts";
import type { Adapter } from "./chat.ts";
import { removeShare, removeShares, sharesOf } from "./db/contents.ts";
import { findPlace } from "./db/places.ts";
import { inTransaction } from "./db/transaction.ts";
import type { AccessChanged, FileRemoved, Incoming } from "./events.ts";
import { leaveChannel, leaveWorkspace } from "./gone.ts";
import { fillVectors, type VectorsWanted } from "./ingest/fill.ts";
import { type IngestDeps, ingestFile } from "./ingest/ingest.ts";
import type { Job } from "./jobs/worker.ts";
import { continueListing, type OutsidersDue } from "./outsiders.ts";
import { type SweepDue, sweep } from "./sweep.ts";
import { takeTouched } from "./touched.ts";

export interface HandleDeps extends AnswerDeps, IngestDeps, AskedAnewDeps, BannedDeps {
  adapterOf(platform: string): Adapter;
  limits: AnswerDeps["limits"] & IngestDeps["limits"];
}

/** What is in the queue: what happened on a platform, and what we want done ourselves. */
export type Work =
  | Incoming
  | StopSaid
  | VectorsWanted
  | RetryDue
  | BackfillDue
  | BackfillFile
  | SweepDue
  | OutsidersDue;

/** The one switch from what happened to what is done about it. */
export function handleWork(deps: HandleDeps, job: Job<Work>, signal: AbortSignal): Promise<void> {
  const { data: work, ...attempt } = job;
  switch (work.kind) {
    case "mention":
      return hearMention(deps, { ...attempt, data: work }, signal);
    case "said":
      return hearSaid(deps, { ...attempt, data: work }, signal);
    case "message_changed":
      return editQuestion(deps, { ...attempt, data: work });
    case "message_deleted":
      return deleteQuestion(deps, { ...attempt, data: work });
    case "rated":
      return rate(deps, { ...attempt, data: work });
    case "stopped":
      return stop(deps, { ...attempt, data: work });
    case "stop_said":
      return hearStop(deps, { ...attempt, data: work });
    case "regenerate_wanted":
      return regenerate(deps, { ...attempt, data: work });
    case "sweep_due":
      return sweep(deps, { ...attempt, data: work }, signal);
    case "outsiders_due":
      return continueListing(deps, { ...attempt, data: work }, signal);
    case "retry_due":
      return retry(deps, { ...attempt, data: work });
    case "file_shared":
      return ingestFile(deps, { ...attempt, data: work }, signal);
    case "file_removed":
      return removeFile(deps, { ...attempt, data: work });
    case "file_touched":
      return takeTouched(deps, { ...attempt, data: work }, signal);
    case "access_changed":
      return refreshAccess(deps, { ...attempt, data: work });
    case "vectors_wanted":
      return fill(deps, { ...attempt, data: work }, signal);
    case "joined":
      return greet(deps, { ...attempt, data: work }, signal);
    case "backfill_accepted":
      return acceptBackfill(deps, { ...attempt, data: work });
    case "backfill_due":
      return continueBackfill(deps, { ...attempt, data: work }, signal);
    case "backfill_file":
      return readBackfilled(deps, { ...attempt, data: work }, signal);
    case "channel_gone":
      return leaveChannel(deps, { ...attempt, data: work });
    case "workspace_gone":
      return leaveWorkspace(deps, { ...attempt, data: work });
    case "banned":
      return offerToForget(deps, { ...attempt, data: work });
    default:
      return work satisfies never;
  }
}

async function removeFile(deps: HandleDeps, job: Job<FileRemoved>): Promise<void> {
  const { place, fileId, everywhere } = job.data;
  const ids = everywhere ? null : await findPlace(deps.db, place);
  await inTransaction(deps.db, async (client) => {
    if (everywhere) await removeShares(client, place, fileId);
    else if (ids) await removeShare(client, ids, fileId);
    await deps.queue.complete(client, "event", job);
  });
}

/** Writes down anew what the platform says of the channel. Who may read it is asked at each answer anyway. */
async function refreshAccess(deps: HandleDeps, job: Job<AccessChanged>): Promise<void> {
  const { place } = job.data;
  // The notice of it may be on its way to this process still.
  deps.adapterOf(place.platform).forget(place);
  await arrive(deps, place);
  await inTransaction(deps.db, (client) => deps.queue.complete(client, "event", job));
}

async function fill(deps: HandleDeps, job: Job<VectorsWanted>, signal: AbortSignal): Promise<void> {
  const { embedder } = deps;
  const { workspaceId } = job.data;
  // Each file was said to be found by words alone: that is over.
  const onFilled = async (contentId: number): Promise<void> => {
    for (const { pages, ...file } of await sharesOf(deps.db, workspaceId, contentId)) {
      const adapter = deps.adapterOf(file.place.platform);
      await adapter.mark(file, { kind: "searchable", pages, note: null });
    }
  };
  const left = embedder
    ? await fillVectors({ ...deps, embedder }, workspaceId, onFilled, signal)
    : 0;
  if (left > 0) deps.log.warn({ left }, "the embedder went away again: vectors come later");
  await inTransaction(deps.db, (client) => deps.queue.complete(client, "vectors", job));
}
