import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readConfig } from "../../src/config.ts";
import { ensureContent } from "../../src/db/contents.ts";
import type { Database } from "../../src/db/pool.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import type { Embedder } from "../../src/embed/embedder.ts";
import { FileRejected, ServiceError } from "../../src/errors.ts";
import type { FileShared } from "../../src/events.ts";
import { type HandleDeps, handleWork } from "../../src/handle.ts";
import type { Extractor } from "../../src/ingest/extract/extractor.ts";
import { createIntake } from "../../src/intake.ts";
import { JobPostponed, openQueue, type Queue } from "../../src/jobs/queue.ts";
import type { Job } from "../../src/jobs/worker.ts";
import { NO_STOPS, PLAIN } from "../support/core.ts";
import { openTestDatabase } from "../support/database.ts";
import { noCommands } from "../support/inbox.ts";
import { createMemoryChat } from "../support/memory.ts";

const log = pino({ level: "silent" });
const never = new AbortController().signal;
// A line is a chunk; a batch holds a hundred of them.
const TEXT = Array.from({ length: 650 }, (_, line) => `Line ${line} is about herons.`).join("\n");

let database: Database;
let queue: Queue;
let workFolder: string;
let chat: ReturnType<typeof createMemoryChat>;
/** Called before each group of fifty chunks is handed over. */
let onGroup: (from: number) => Promise<void>;

beforeAll(async () => {
  database = await openTestDatabase();
  queue = await openQueue({ db: database.pool, engine: database.engine, log });
  workFolder = await mkdtemp(path.join(tmpdir(), "docent-test-"));
});

afterAll(async () => {
  await queue.close();
  await database.close();
  await rm(workFolder, { recursive: true });
});

beforeEach(async () => {
  for (const table of ["workspace", "event", "queue.job"]) {
    await database.pool.query(`delete from ${table}`);
  }
  chat = createMemoryChat();
  onGroup = async () => undefined;
  await chat.adapter.listen({ ...noCommands, ...createIntake({ db: database.pool, queue }) });
});

/** A line is a chunk. */
const extractor: Extractor = {
  async *extract(file) {
    yield { kind: "opened", fileKind: "text", pages: null };
    const lines = (await readFile(file.path, "utf8")).split("\n");
    for (let from = 0; from < lines.length; from += 50) {
      await onGroup(from);
      const chunks = lines.slice(from, from + 50).map((text) => ({ text, locator: {} }));
      yield { kind: "chunks", pagesDone: 0, chunks };
    }
  },
  close: async () => undefined,
};

function deps(): HandleDeps {
  const { limits } = readConfig({});
  const { pool: db } = database;
  const nothing = { embedder: null, chain: null, ...PLAIN, stops: NO_STOPS };
  return {
    ...{ db, queue, extractor, workFolder, log, limits },
    ...nothing,
    adapterOf: () => chat.adapter,
  };
}

async function share(user = "ada", text = TEXT): Promise<FileShared> {
  return chat.share({ name: "herons.txt", content: Buffer.from(text), user });
}

async function take(last = false): Promise<Job<FileShared>> {
  const [job] = await queue.boss.fetch<FileShared>("file", { includeMetadata: true });
  if (!job) throw new Error("no job waits");
  return { id: job.id, retryCount: job.retryCount, data: job.data, last };
}

/** As the queue does it for a job that failed: the same job again, at once. */
async function takeAgain(job: Job<FileShared>): Promise<Job<FileShared>> {
  await queue.boss.fail("file", { id: job.id, retryCount: job.retryCount });
  await database.pool.query("update queue.job set start_after = now() where state = 'retry'");
  return take();
}

async function removed({ place, fileId, userId }: FileShared): Promise<void> {
  const data = { kind: "file_removed" as const, key: `gone:${fileId}`, place, fileId, userId };
  await queue.boss.send("event", data);
  const [job] = await queue.boss.fetch<typeof data>("event", { includeMetadata: true });
  if (!job) throw new Error("no job waits");
  await handleWork(deps(), { ...job, data: job.data, last: false }, never);
}

async function contents() {
  const { rows } = await database.pool.query(
    `select state, chunks, (select count(*) from chunk k where k.content_id = c.id) as stored,
            (select count(*) from share s where s.content_id = c.id) as shares from content c`,
  );
  return rows;
}

test("whoever waits in vain for the reader of the same bytes does not undo that reading", async () => {
  await share("ada");
  await share("ben");
  const [first, second] = [await take(), await take(true)];
  onGroup = async (from) => {
    if (from !== 600) return;
    onGroup = async () => undefined;
    await expect(handleWork(deps(), second, never)).rejects.toThrow(JobPostponed);
  };
  await handleWork(deps(), first, never);
  expect(await contents()).toEqual([{ state: "searchable", chunks: 650, stored: 650, shares: 2 }]);
  await handleWork(deps(), second, never);
  const told = chat.marks.map(({ fileId, state }) => `${fileId} ${state.kind}`);
  expect(told.slice(-2)).toEqual(["F1 searchable", "F2 searchable"]);
  expect(told.filter((mark) => mark.endsWith("failed"))).toEqual([]);
});

test("two tries that read at the same time count no passage twice", async () => {
  await share();
  const first = await take();
  onGroup = async (from) => {
    if (from !== 600) return;
    onGroup = async () => undefined;
    await handleWork(deps(), await takeAgain(first), never);
  };
  await handleWork(deps(), first, never).catch(() => undefined);
  expect(await contents()).toEqual([{ state: "searchable", chunks: 650, stored: 650, shares: 1 }]);
});

test("a reader that fails late does not take away what another has made searchable", async () => {
  await share("ada");
  await share("ben");
  const [first, second] = [await take(), await take()];
  onGroup = async (from) => {
    if (from !== 600) return;
    onGroup = async () => undefined;
    // Its claim has run out, because it was slow.
    await database.pool.query("update content set reader_until = now() - interval '1 s'");
    await handleWork(deps(), second, never);
    throw new FileRejected("timeout", "This took too long.");
  };
  await handleWork(deps(), first, never).catch(() => undefined);
  expect(await contents()).toEqual([{ state: "searchable", chunks: 650, stored: 650, shares: 2 }]);
});

test("the first passages are embedded while the next are still being read", async () => {
  const asked = Promise.withResolvers<void>();
  const embedder: Embedder = {
    id: "test",
    dimension: 1024,
    embed: async () => {
      asked.resolve();
      return { kind: "refused", reason: "as a test" };
    },
    state: () => ({ state: "ready", note: "" }),
  };
  onGroup = async (from) => {
    if (from === 50) await asked.promise;
  };
  await share();
  await handleWork({ ...deps(), embedder }, await take(), never);
  expect(await contents()).toEqual([{ state: "searchable", chunks: 650, stored: 650, shares: 1 }]);
});

test("what was embedded before the reading broke off is there for the next try", async () => {
  let asked = 0;
  const embedder: Embedder = {
    id: "test",
    dimension: 1024,
    embed: async () => {
      asked += 1;
      return { kind: "vector", vector: new Float32Array(1024).fill(1 / 32), tokens: 1 };
    },
    state: () => ({ state: "ready", note: "" }),
  };
  onGroup = async (from) => {
    if (from === 600) throw new ServiceError("test", "as a reader that was killed");
  };
  await share();
  const first = await take();
  await expect(handleWork({ ...deps(), embedder }, first, never)).rejects.toThrow(ServiceError);
  onGroup = async () => undefined;
  await handleWork({ ...deps(), embedder }, await takeAgain(first), never);
  expect(await contents()).toEqual([{ state: "searchable", chunks: 650, stored: 650, shares: 1 }]);
  expect(asked).toBe(650);
});

test("a file that is removed while it comes in is not kept", async () => {
  const event = await share();
  const download = chat.adapter.download;
  chat.adapter.download = async function* (...call) {
    yield* download(...call);
    await removed(event);
  };
  await handleWork(deps(), await take(), never);
  expect(await contents()).toEqual([]);
});

test("a file that is gone when its reading is tried again leaves nothing behind", async () => {
  await share();
  const first = await take();
  onGroup = async (from) => {
    if (from === 600) throw new ServiceError("test", "as a crash");
  };
  await handleWork(deps(), first, never).catch(() => undefined);
  const download = chat.adapter.download;
  chat.adapter.download = (file, ...rest) => download({ ...file, fileId: "gone" }, ...rest);
  await handleWork(deps(), await takeAgain(first), never);
  expect(await contents()).toEqual([]);
});

test("who shared a file hears that it is searchable, also when a crash came just before", async () => {
  await share();
  const mark = chat.adapter.mark;
  chat.adapter.mark = async (file, state) => {
    if (state.kind === "searchable") throw new Error("as a crash");
    await mark(file, state);
  };
  const first = await take();
  await handleWork(deps(), first, never).catch(() => undefined);
  chat.adapter.mark = mark;
  await handleWork(deps(), await takeAgain(first), never);
  expect(chat.marks.at(-1)?.state.kind).toBe("searchable");
});

test("a failure of the platform that lasts is told to who shared the file", async () => {
  await share();
  chat.adapter.readers = async () => {
    throw new ServiceError("test", "the platform is away");
  };
  await expect(handleWork(deps(), await take(true), never)).rejects.toThrow("away");
  expect(chat.marks.at(-1)?.state.kind).toBe("failed");
});

test("the claim of a reader that is gone runs out", async () => {
  const bytes = { sha256: Buffer.alloc(32, 1), count: 1 };
  await share();
  await handleWork(deps(), await take(), never);
  const { rows } = await database.pool.query<{ id: number }>("select id from workspace");
  const id = rows[0]?.id ?? 0;
  const claim = (reader: string) =>
    inTransaction(database.pool, (client) => ensureContent(client, id, bytes, reader));
  expect((await claim("one")).mine).toBe(true);
  expect((await claim("two")).mine).toBe(false);
  await database.pool.query("update content set reader_until = now() - interval '1 s'");
  expect((await claim("two")).mine).toBe(true);
});
