import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readConfig } from "../../src/config.ts";
import type { Database } from "../../src/db/pool.ts";
import { ServiceError } from "../../src/errors.ts";
import type { Incoming, Mention } from "../../src/events.ts";
import { type HandleDeps, handleWork } from "../../src/handle.ts";
import type { Extractor } from "../../src/ingest/extract/extractor.ts";
import { createIntake } from "../../src/intake.ts";
import { openQueue, type Queue, type QueueName } from "../../src/jobs/queue.ts";
import type { ChatClient } from "../../src/models/attempt.ts";
import { type Chain, createChain } from "../../src/models/chain.ts";
import { NO_STOPS, PLAIN } from "../support/core.ts";
import { openTestDatabase } from "../support/database.ts";
import { noCommands } from "../support/inbox.ts";
import {
  createMemoryChat,
  GENERAL,
  LEADS,
  type MemoryReply,
  replyText,
} from "../support/memory.ts";
import { factsOf, memoryHealth, memoryLedger } from "../support/models.ts";

const log = pino({ level: "silent" });
const never = new AbortController().signal;
const PLAN = "The launch of the Heron is on 14 May 2027.";

let database: Database;
let queue: Queue;
let workFolder: string;
let chat: ReturnType<typeof createMemoryChat>;
let chain: Chain | null;

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
  chat = createMemoryChat([{ ...GENERAL, members: ["ada", "ben"] }, { ...LEADS }]);
  chain = null;
  await chat.adapter.listen({ ...noCommands, ...createIntake({ db: database.pool, queue }) });
});

/** A file is one chunk. */
const extractor: Extractor = {
  async *extract(file) {
    yield { kind: "opened", fileKind: "text", pages: null };
    const text = await readFile(file.path, "utf8");
    yield { kind: "chunks", pagesDone: 0, chunks: [{ text, locator: {} }] };
  },
  close: async () => undefined,
};

function deps(): HandleDeps {
  const { pool: db } = database;
  return {
    ...{ db, queue, extractor, workFolder, log, chain, embedder: null, ...PLAIN, stops: NO_STOPS },
    adapterOf: () => chat.adapter,
    limits: readConfig({}).limits,
  };
}

/** Does the one job that waits in this queue. */
async function work(name: QueueName, more: { last?: boolean } = {}) {
  const [job] = await queue.boss.fetch<Incoming>(name, { includeMetadata: true });
  if (!job) throw new Error("no job waits");
  const { id, retryCount, data } = job;
  await handleWork(deps(), { id, retryCount, data, last: more.last ?? false }, never);
}

async function share(channel: string, text = PLAN): Promise<void> {
  await chat.share({ name: "plan.md", content: Buffer.from(text), channel });
  await work("file");
}

async function ask(text: string, more: { thread?: string } = {}): Promise<Mention> {
  return chat.ask({ text, ...more });
}

function replyTo(asked: Mention): MemoryReply | undefined {
  return chat.replies.find((reply) => reply.question === asked.messageId);
}

test("an answer that takes too long ends with the passages, at the first try", async () => {
  await share("general");
  const client: ChatClient = {
    async *streamChat(_model, _request, signal) {
      await new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    },
  };
  const health = memoryHealth([factsOf("slow")]);
  const limits = { answerTimeoutMs: 300 };
  chain = createChain({ client, health, ledger: memoryLedger(), log, limits });
  const asked = await ask("When is the launch of the Heron?");
  await work("question");
  expect(replyText(replyTo(asked))).toMatch(/^None of my models answered/);
  expect(replyText(replyTo(asked))).toContain("14 May 2027");
});

test("an account without credit is not a matter of minutes, and is not called one", async () => {
  await share("general");
  chain = {
    async *stream() {
      yield { kind: "text", text: "The" };
      throw new ServiceError("openrouter", "no credit", { status: 402, retryable: false });
    },
  };
  const asked = await ask("When is the launch of the Heron?");
  await work("question");
  expect(replyText(replyTo(asked))).toMatch(/credit/);
  expect(replyText(replyTo(asked))).not.toMatch(/few minutes/);
});

test("a platform that does not say who reads a place is no reason for silence", async () => {
  const asked = await ask("When is the launch of the Heron?");
  chat.adapter.readers = async () => {
    throw new ServiceError("test", "the platform does not say");
  };
  await expect(work("question", { last: true })).rejects.toThrow("does not say");
  expect(replyText(replyTo(asked))).toMatch(/ask again/);
});

test("an answer that nothing was said in is no earlier turn of the thread", async () => {
  await share("general");
  const first = await ask("When is the launch of the Heron?");
  await work("question");
  await database.pool.query("update answer set text = ''; delete from answer_source");
  let turns: string[] = [];
  chain = {
    async *stream({ messages }) {
      turns = messages.map((message) => message.role);
      yield { kind: "text", text: "In May [1]." };
      yield { kind: "done", model: "test", attempts: [] };
    },
  };
  await ask("When is the launch of the Heron?", { thread: first.messageId });
  await work("question");
  expect(turns).toEqual(["system", "user"]);
});

test("a channel that has become private is no longer a source for others", async () => {
  const open = { id: "plans", visibility: "public" as const, members: ["ada", "ben"] };
  chat = createMemoryChat([{ ...GENERAL, members: ["ada", "ben"] }, open]);
  await chat.adapter.listen({ ...noCommands, ...createIntake({ db: database.pool, queue }) });
  await share("plans");
  const before = await ask("When is the launch of the Heron?");
  await work("question");
  expect(replyText(replyTo(before))).toContain("14 May 2027");
  const readers = chat.adapter.readers;
  chat.adapter.readers = async (place) => {
    const found = await readers(place);
    return place.channelId === "plans" ? { ...found, visibility: "private" } : found;
  };
  const after = await ask("When is the launch of the Heron?");
  await work("question");
  expect(replyText(replyTo(after))).not.toContain("14 May 2027");
  expect(JSON.stringify(replyTo(after))).not.toContain("plans");
});
