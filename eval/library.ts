import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { pino } from "pino";
import { openBenchDatabase, settle } from "../bench/database.ts";
import type { Adapter } from "../src/chat.ts";
import { readConfig } from "../src/config.ts";
import { ensurePlace, type PlaceIds } from "../src/db/places.ts";
import type { FileShared } from "../src/events.ts";
import { createExtractor } from "../src/ingest/extract/extractor.ts";
import { type IngestDeps, ingestFile } from "../src/ingest/ingest.ts";
import { createIntake } from "../src/intake.ts";
import { openQueue } from "../src/jobs/queue.ts";
import { startWorker } from "../src/jobs/worker.ts";
import { createMetrics } from "../src/metrics.ts";
import { type Hit, type Query, type Retrieval, retrieve } from "../src/search/retrieve.ts";
import { startUpkeep } from "../src/upkeep.ts";
import { PLAIN } from "../tests/support/core.ts";
import { noCommands } from "../tests/support/inbox.ts";
import { createMemoryChat, GENERAL, memoryPlace } from "../tests/support/memory.ts";
import { atOnce } from "./at-once.ts";
import type { Engine } from "./product.ts";

export interface LibraryFile {
  name: string;
  content: Uint8Array;
}

/** Files shared in one channel and read as the product reads them, and its search over them. */
export interface Library {
  db: Pool;
  workspaceId: number;
  /** The same, by content: the same bytes are one content. */
  filesOf: ReadonlyMap<number, readonly number[]>;
  /** The files that hold a passage, by their place in what was shared: that by whose name it is shown goes first. */
  filesWith(hit: Hit): number[];
  /** What could not be read, with the reason that its sharer is told. */
  unread: { file: number; reason: string }[];
  /** As an answer searches. Where nothing else is said it is words alone, and the first in a thread. */
  search(question: string, also?: Partial<Query>): Promise<Retrieval>;
}

export interface LibraryOptions {
  engine: Engine;
  files: readonly LibraryFile[];
}

/** As many as any measure looks at. */
const HITS = 100;
const FILES_AT_ONCE = 4;
const ADMIN = "ada";

const log = pino({ level: "silent" });

/** Shares files and waits until they are read. All of it is gone when the stack is. */
export async function openLibrary(
  stack: AsyncDisposableStack,
  { engine, files }: LibraryOptions,
  signal: AbortSignal,
): Promise<Library> {
  const database = await openBenchDatabase(stack, engine, log);
  const { pool: db, notifications } = database;
  const queue = await openQueue({ db, engine, log });
  stack.defer(() => queue.close());
  const workFolder = await mkdtemp(join(tmpdir(), "docent-eval-"));
  stack.defer(() => rm(workFolder, { recursive: true, force: true }));
  const { limits } = readConfig({});
  const extractor = createExtractor({ workFolder, log, limits });
  stack.defer(() => extractor.close());

  const chat = createMemoryChat();
  await chat.adapter.listen({ ...noCommands, ...createIntake({ db, queue }) });
  const { adapter, finished } = watched(chat.adapter, files.length, signal);
  const deps: IngestDeps = {
    ...{ ...PLAIN, adapterOf: () => adapter, db, queue, extractor, limits, workFolder, log },
    embedder: null,
  };
  const worker = await startWorker<FileShared>(
    { queue, notifications, log, metrics: createMetrics(queue.depth) },
    [{ name: "file", slots: FILES_AT_ONCE, handler: (job, until) => ingestFile(deps, job, until) }],
  );
  stack.defer(() => worker.close(0));
  const upkeep = startUpkeep({ db, queue, engine, embedder: null, dump: null, log });
  stack.defer(() => upkeep.close());
  const shared = atOnce(FILES_AT_ONCE, files, (file) => chat.share({ ...file, user: ADMIN }));
  const [unread] = await Promise.all([finished, shared]);
  await settle(database);

  const readers = await adapter.readers(memoryPlace(GENERAL.id));
  const ids = await ensurePlace(db, memoryPlace(GENERAL.id), readers);
  const filesOf = await contents(db, ids);
  return {
    ...{ db, workspaceId: ids.workspaceId, unread, filesOf },
    filesWith: ({ contentId, share }) => [
      ...new Set([fileAt(share.fileId), ...(filesOf.get(contentId) ?? [])]),
    ],
    search: async (question, also) => {
      signal.throwIfAborted();
      return retrieve(db, { ...plainly(ids, question), ...also });
    },
  };
}

function plainly({ workspaceId, channelId }: PlaceIds, question: string): Query {
  return { workspaceId, channelIds: [channelId], question, vector: null, limit: HITS };
}

/** The adapter, and the moment when it was told of every file what became of it. */
function watched(adapter: Adapter, count: number, signal: AbortSignal) {
  const told = new Set<number>();
  const unread: Library["unread"] = [];
  const finished = Promise.withResolvers<Library["unread"]>();
  if (count === 0) finished.resolve(unread);
  signal.addEventListener("abort", () => finished.reject(signal.reason), { once: true });
  const mark: Adapter["mark"] = async (file, state) => {
    if (state.kind === "received" || state.kind === "reading") return;
    const at = fileAt(file.fileId);
    if (state.kind !== "searchable" && !told.has(at)) unread.push({ file: at, ...state });
    if (told.add(at).size === count) finished.resolve(unread);
  };
  return { adapter: { ...adapter, mark }, finished: finished.promise };
}

// The chat counts its files from 1, in the order in which they are shared.
function fileAt(fileId: string): number {
  return Number(fileId.slice(1)) - 1;
}

async function contents(db: Pool, ids: PlaceIds): Promise<Map<number, number[]>> {
  const { rows } = await db.query<{ contentId: number; fileId: string }>(
    `select content_id::float8 as "contentId", file_id as "fileId" from share
      where workspace_id = $1 and content_id is not null order by id`,
    [ids.workspaceId],
  );
  const files = new Map<number, number[]>();
  for (const { contentId, fileId } of rows) {
    files.set(contentId, [...(files.get(contentId) ?? []), fileAt(fileId)]);
  }
  return files;
}
