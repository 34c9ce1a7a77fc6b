import type { Pool } from "pg";
import type { Adapter, FileShared } from "../chat.ts";
import {
  type Content,
  ensureContent,
  failContent,
  finishContent,
  saveShare,
} from "../db/contents.ts";
import { ensurePlace, mayRead, type PlaceIds } from "../db/places.ts";
import { inTransaction } from "../db/transaction.ts";
import type { Embedder } from "../embed/embedder.ts";
import { FileRejected, ServiceError } from "../errors.ts";
import type { Queue } from "../jobs/queue.ts";
import type { Job } from "../jobs/worker.ts";
import type { Log } from "../log.ts";
import { refreshFrequencies } from "../search/frequencies.ts";
import { nameTerms } from "../search/terms.ts";
import { type Download, downloadToDisk } from "./download.ts";
import type { Extractor } from "./extract/extractor.ts";
import { ContentGone, type Facts, indexContent } from "./indexing.ts";

export interface IngestDeps {
  db: Pool;
  queue: Queue;
  adapterOf(platform: string): Adapter;
  extractor: Extractor;
  /** Null: files are searchable by words alone, and get their vectors once there is an embedder. */
  embedder: Embedder | null;
  limits: { fileBytesMax: number; downloadTimeoutMs: number };
  workFolder: string;
  log: Log;
}

/** One file on its way in: the content is known once its bytes are. */
interface Reading {
  job: Job<FileShared>;
  file: FileShared;
  adapter: Adapter;
  ids: PlaceIds;
  content: (Content & { mine: boolean }) | null;
}

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
  const ids = await ensurePlace(deps.db, file.place, await adapter.readers(file.place));
  if (!(await mayRead(deps.db, ids, file.userId))) return complete(deps, job);

  const reading: Reading = { job, file, adapter, ids, content: null };
  try {
    await readFile(deps, reading, signal);
  } catch (error) {
    signal.throwIfAborted();
    await failed(deps, reading, error);
  }
}

async function readFile(deps: IngestDeps, reading: Reading, signal: AbortSignal): Promise<void> {
  const { job, file, adapter, ids } = reading;
  await using download = await downloadToDisk(deps, adapter, file, signal);
  const content = await shareContent(deps, reading, download);
  reading.content = content;
  if (content.state === "searchable") {
    await complete(deps, job);
    return adapter.mark(file, { kind: "searchable", pages: content.pages, note: null });
  }
  // The other job may be a minute from done, or its process may have crashed: the queue asks again.
  if (!content.mine) throw new ServiceError("docent", "the same bytes are being read already");

  const facts = await extractAndIndex(deps, reading, content, download, signal);
  await inTransaction(deps.db, async (client) => {
    await finishContent(client, ids.workspaceId, content.id, facts);
    await deps.queue.complete(client, "file", job);
  });
  deps.log.info({ file: file.fileId, kind: facts.kind, chunks: facts.chunks }, "a file was read");
  await refreshFrequencies(deps.db, ids.workspaceId);
  const note = deps.embedder ? null : NOTE_WORDS_ALONE;
  await adapter.mark(file, { kind: "searchable", pages: facts.pages, note });
}

async function shareContent(
  deps: IngestDeps,
  { job, file, ids }: Reading,
  download: Download,
): Promise<Content & { mine: boolean }> {
  return inTransaction(deps.db, async (client) => {
    const content = await ensureContent(client, ids.workspaceId, download, job.id);
    const terms = nameTerms(ids.workspaceId, file.name);
    await saveShare(client, ids, file, { contentId: content.id, nameTerms: terms });
    return content;
  });
}

async function extractAndIndex(
  deps: IngestDeps,
  { file, adapter, ids }: Reading,
  content: Content,
  download: Download,
  signal: AbortSignal,
): Promise<Facts> {
  const show = (pagesDone: number, pages: number | null) =>
    adapter.mark(file, { kind: "reading", pagesDone, pages });
  await show(0, null);
  const extracted = deps.extractor.extract({ path: download.path, name: file.name }, signal);
  const work = { workspaceId: ids.workspaceId, content, extracted, show };
  const facts = await indexContent(deps, work, signal);
  if (facts.chunks > 0) return facts;
  throw new FileRejected("empty", "There is no text in this file that I can read.");
}

/** Says what went wrong to whom it concerns; what time may mend goes back to the queue. */
async function failed(deps: IngestDeps, reading: Reading, error: unknown): Promise<void> {
  const { job, file, adapter } = reading;
  if (error instanceof ContentGone) return complete(deps, job);
  if (error instanceof FileRejected) {
    await saveReason(deps, reading, error.kind, error.message);
    return adapter.mark(file, { kind: "failed", reason: error.message });
  }
  if (job.last) {
    await saveReason(deps, { ...reading, job: null }, "timeout", REASON_TROUBLE);
    await adapter.mark(file, { kind: "failed", reason: REASON_TROUBLE });
  }
  throw error;
}

/** @param reading with a job, which is then done; without, the queue keeps it as dead for the operator */
async function saveReason(
  deps: IngestDeps,
  reading: Omit<Reading, "job"> & { job: Job<FileShared> | null },
  kind: string,
  reason: string,
): Promise<void> {
  const { job, file, ids, content } = reading;
  await inTransaction(deps.db, async (client) => {
    if (content) await failContent(client, ids.workspaceId, content.id, { kind, text: reason });
    else await saveShare(client, ids, file, { reasonKind: kind, reason });
    if (job) await deps.queue.complete(client, "file", job);
  });
}

async function complete(deps: IngestDeps, job: Job<FileShared>): Promise<void> {
  await inTransaction(deps.db, (client) => deps.queue.complete(client, "file", job));
}
