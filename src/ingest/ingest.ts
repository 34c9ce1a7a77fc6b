import type { Pool } from "pg";
import { arrive } from "../arrive.ts";
import { brakeOn } from "../brakes.ts";
import type { Adapter } from "../chat.ts";
import type { RightsDeps } from "../commands/allowed.ts";
import {
  type Content,
  ensureContent,
  failContent,
  finishContent,
  lockShare,
  receiveShare,
  settleShare,
} from "../db/contents.ts";
import { type PlaceIds, type Unread, whyUnread } from "../db/places.ts";
import { inTransaction } from "../db/transaction.ts";
import { FileRejected } from "../errors.ts";
import type { FileShared } from "../events.ts";
import { JobLost, JobPostponed, type Queue } from "../jobs/queue.ts";
import type { Job } from "../jobs/worker.ts";
import { nameTerms } from "../search/terms.ts";
import { type Download, downloadToDisk } from "./download.ts";
import type { EmbeddingDeps } from "./embedding.ts";
import type { Extractor } from "./extract/extractor.ts";
import { lacksVectors } from "./fill.ts";
import { ContentGone, type Facts, indexContent, whyNotOurs } from "./indexing.ts";

/** Where `embedder` is null, files are searchable by words alone, and get their vectors once there is one. */
export interface IngestDeps extends RightsDeps, EmbeddingDeps {
  db: Pool;
  queue: Queue;
  extractor: Extractor;
  limits: { fileBytesMax: number; downloadTimeoutMs: number };
  workFolder: string;
}

/** One file on its way in: the place is known once the platform is heard of, the content once its bytes are. */
interface Reading {
  job: Job<FileShared>;
  file: FileShared;
  adapter: Adapter;
  ids: PlaceIds | null;
  content: Content | null;
}

const UNREAD: Record<Unread, string> = {
  not_served: "Files are not read here.",
  channel_off: "Files in this channel are not read.",
  channel_ask: "This channel's files are read only when they are handed over with a question.",
  opted_out: "Whoever shared it does not want their files read.",
};
const NOTE_WORDS_ALONE = "by words alone for now";
const REASON_TROUBLE =
  "I tried several times and could not read it, because something on my side failed. Please share it again later.";

/** Flow 1: a shared file becomes searchable, or is marked with the reason why it can't be. */
export async function ingestFile(
  deps: IngestDeps,
  job: Job<FileShared>,
  signal: AbortSignal,
): Promise<void> {
  const file = job.data;
  const adapter = deps.adapterOf(file.place.platform);
  const reading: Reading = { job, file, adapter, ids: null, content: null };
  try {
    const { ids } = await arrive(deps, file.place);
    const unread = (await isBraked(deps, file))
      ? "not_served"
      : await whyUnread(deps.db, ids, file);
    if (unread) return await leaveUnread(deps, reading, UNREAD[unread]);
    await receiveShare(deps.db, ids, file);
    await readFile(deps, Object.assign(reading, { ids }), signal);
  } catch (error) {
    signal.throwIfAborted();
    await failed(deps, reading, error);
  }
}

/** Nor can somebody who is kept from sharing files hand over those of others. */
async function isBraked(deps: IngestDeps, file: FileShared): Promise<boolean> {
  const { place, userId, handedOverBy = userId } = file;
  for (const one of new Set([userId, handedOverBy])) {
    if (await brakeOn(deps, { place, userId: one })) return true;
  }
  return false;
}

async function leaveUnread(deps: IngestDeps, { job, file, adapter }: Reading, reason: string) {
  await adapter.mark(file, { kind: "unread", reason });
  await complete(deps, job);
}

async function readFile(
  deps: IngestDeps,
  reading: Reading & { ids: PlaceIds },
  signal: AbortSignal,
): Promise<void> {
  const { job, file, adapter, ids } = reading;
  await using download = await downloadToDisk(deps, adapter, file, signal);
  const content = await shareContent(deps, reading, download);
  if (content.state !== "searchable") {
    // The other job may be a minute from done, or its process may have crashed: the queue asks again.
    if (!content.mine) throw new JobPostponed("the same bytes are being read already");
    reading.content = content;
    const facts = await extractAndIndex(deps, { ...reading, content }, download, signal);
    await finish(deps, { workspaceId: ids.workspaceId, contentId: content.id, job }, facts);
    content.pages = facts.pages;
  }
  const lacking = await lacksVectors(deps.db, ids.workspaceId, content.id);
  const note = lacking ? NOTE_WORDS_ALONE : null;
  // Told before the job is done: a crash in between tells it again, where otherwise nobody would.
  await adapter.mark(file, { kind: "searchable", pages: content.pages, note });
  await complete(deps, job);
}

async function shareContent(
  deps: IngestDeps,
  { job, file, ids }: Reading & { ids: PlaceIds },
  download: Download,
): Promise<Content & { mine: boolean }> {
  return inTransaction(deps.db, async (client) => {
    const there = await lockShare(client, ids, file.fileId);
    if (!there) throw new ContentGone("the file was removed while it came in");
    const content = await ensureContent(client, ids.workspaceId, download, job.id);
    const terms = nameTerms(ids.workspaceId, file.name);
    await settleShare(client, ids, file.fileId, { contentId: content.id, nameTerms: terms });
    return content;
  });
}

async function finish(
  deps: IngestDeps,
  { workspaceId, contentId, job }: { workspaceId: number; contentId: number; job: Job<FileShared> },
  facts: Facts,
): Promise<void> {
  const claim = { workspaceId, contentId, reader: job.id, chunks: facts.chunks };
  const ours = await finishContent(deps.db, claim, facts);
  if (!ours) throw await whyNotOurs(deps.db, workspaceId, contentId);
  const { kind, chunks } = facts;
  deps.log.info({ file: job.data.fileId, kind, chunks }, "a file was read");
}

async function extractAndIndex(
  deps: IngestDeps,
  { job, file, adapter, ids, content }: Reading & { ids: PlaceIds; content: Content },
  download: Download,
  signal: AbortSignal,
): Promise<Facts> {
  const show = (pagesDone: number, pages: number | null) =>
    adapter.mark(file, { kind: "reading", pagesDone, pages });
  await show(0, null);
  const extracted = deps.extractor.extract({ path: download.path, name: file.name }, signal);
  const work = { workspaceId: ids.workspaceId, content, reader: job.id, extracted, show };
  const facts = await indexContent(deps, work, signal);
  if (facts.chunks > 0) return facts;
  throw new FileRejected("empty", "There is no text in this file that I can read.");
}

/** Says what went wrong to whom it concerns; what time may mend goes back to the queue. */
async function failed(deps: IngestDeps, reading: Reading, error: unknown): Promise<void> {
  const { job, file, adapter } = reading;
  if (error instanceof ContentGone) return complete(deps, job);
  if (error instanceof JobLost || error instanceof JobPostponed) throw error;
  if (error instanceof FileRejected) {
    await saveReason(deps, reading, error.kind, error.message);
    await adapter.mark(file, { kind: "failed", reason: error.message });
    return complete(deps, job);
  }
  if (job.last) {
    await saveReason(deps, reading, "timeout", REASON_TROUBLE);
    await adapter.mark(file, { kind: "failed", reason: REASON_TROUBLE });
  }
  throw error;
}

async function saveReason(
  deps: IngestDeps,
  { job, file, ids, content }: Reading,
  kind: string,
  reason: string,
): Promise<void> {
  // Nothing is known of the place yet, so there is nowhere to write.
  if (!ids) return;
  const { workspaceId } = ids;
  await inTransaction(deps.db, async (client) => {
    if (content) {
      const claim = { workspaceId, contentId: content.id, reader: job.id };
      const ours = await failContent(client, claim, { kind, text: reason });
      if (!ours) throw await whyNotOurs(client, workspaceId, content.id);
    } else if (await lockShare(client, ids, file.fileId)) {
      await settleShare(client, ids, file.fileId, { reasonKind: kind, reason });
    }
  });
}

async function complete(deps: IngestDeps, job: Job<FileShared>): Promise<void> {
  await inTransaction(deps.db, (client) => deps.queue.complete(client, "file", job));
}
