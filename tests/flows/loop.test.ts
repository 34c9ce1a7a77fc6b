import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Citation, FileState, Incoming } from "../../src/chat.ts";
import { readConfig } from "../../src/config.ts";
import type { Database } from "../../src/db/pool.ts";
import type { Embedder } from "../../src/embed/embedder.ts";
import { createNova } from "../../src/embed/nova.ts";
import { createInbox, type HandleDeps, handleWork, type Work } from "../../src/handle.ts";
import { createExtractor, type Extractor } from "../../src/ingest/extract/extractor.ts";
import { workspacesToFill } from "../../src/ingest/fill.ts";
import { openQueue, type Queue } from "../../src/jobs/queue.ts";
import { startWorker, type Worker } from "../../src/jobs/worker.ts";
import { createMetrics } from "../../src/metrics.ts";
import { createChain } from "../../src/models/chain.ts";
import { recordAttempt } from "../../src/models/health.ts";
import { createOpenRouter } from "../../src/models/openrouter.ts";
import { type BedrockLoopback, startBedrock } from "../support/bedrock.ts";
import { openTestDatabase } from "../support/database.ts";
import { createMemoryChat, type MemoryReply, memoryPlace, replyText } from "../support/memory.ts";
import { type OpenRouterLoopback, startOpenRouter } from "../support/openrouter.ts";

const log = pino({ level: "silent" });
const MODELS = ["test/first", "test/second"];
// Long enough that each section is a passage of its own.
const REST = "The committee met and talked about the weather of that week. ".repeat(18);
const PLAN = `# Plan\n\nThe launch of the Heron is on 14 May 2027.\n\n${REST}\n\n# Budget\n\nWe spend 40,000 crowns on lamps.\n\n${REST}\n`;
const SECRET = "# Salaries\n\nThe salary of the director is 91,250 crowns a month.\n";

let database: Database;
let queue: Queue;
let extractor: Extractor;
let workFolder: string;
let bedrock: BedrockLoopback;
let openrouter: OpenRouterLoopback;
let worker: Worker;
let chat: ReturnType<typeof createMemoryChat>;
let embedder: Embedder | null;
let workspaces = 0;

beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID = "test";
  process.env.AWS_SECRET_ACCESS_KEY = "test";
  database = await openTestDatabase();
  queue = await openQueue({ db: database.pool, engine: database.engine, log });
  workFolder = await mkdtemp(path.join(tmpdir(), "docent-test-"));
  const limits = { filePagesMax: 100, fileChunksMax: 1000 };
  extractor = createExtractor({ workFolder, log, limits });
  bedrock = await startBedrock();
  openrouter = await startOpenRouter();
});

afterAll(async () => {
  await extractor.close();
  await bedrock.close();
  await openrouter.close();
  await queue.close();
  await database.close();
  await rm(workFolder, { recursive: true });
});

beforeEach(async () => {
  for (const table of ["workspace", "event", "queue.job", "model_health"]) {
    await database.pool.query(`delete from ${table}`);
  }
  workspaces += 1;
  chat = createMemoryChat();
  const region = "us-east-1";
  embedder = createNova({ region, endpoint: bedrock.url, concurrencyMax: 8, log });
  openrouter.requests.length = 0;
  for (const model of MODELS) openrouter.always(model, null);
});

afterEach(() => worker.close(0));

async function run(wanted: { key?: boolean; embedder?: boolean } = {}): Promise<void> {
  const { limits } = readConfig({});
  const { pool: db, notifications } = database;
  const baseUrl = openrouter.url;
  const client = createOpenRouter({ apiKey: "sk-test", baseUrl, dataCollection: "deny", limits });
  const onAttempt = (attempt: Parameters<typeof recordAttempt>[1]) => recordAttempt(db, attempt);
  const deps: HandleDeps = {
    ...{ db, queue, extractor, workFolder, log, limits },
    embedder: wanted.embedder === false ? null : embedder,
    adapterOf: () => chat.adapter,
    chain:
      wanted.key === false ? null : createChain({ models: MODELS, client, log, limits, onAttempt }),
    scope: "audience",
  };
  const metrics = createMetrics(async () => ({}));
  worker = await startWorker<Work>(
    { queue, notifications, log, metrics },
    (["question", "event", "file", "vectors"] as const).map((name) => ({
      name,
      slots: 2,
      handler: (job, signal) => handleWork(deps, job, signal),
    })),
  );
  await chat.adapter.listen(createInbox({ db, queue }));
}

async function until<T>(find: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function share(name: string, text: string, channel = "general"): Promise<FileState> {
  const event = await chat.share({ name, content: Buffer.from(text), channel });
  return endOf(event.fileId);
}

function endOf(fileId: string): Promise<FileState> {
  return until(() => {
    const last = chat.marks.filter((mark) => mark.fileId === fileId).at(-1)?.state;
    return last && (last.kind === "searchable" || last.kind === "failed") ? last : undefined;
  });
}

async function ask(
  text: string,
  more: { channel?: string; thread?: string; user?: string } = {},
): Promise<MemoryReply> {
  const event = await chat.ask({ text, ...more });
  const done = `select 1 from answer where event_key = $1 and state <> 'answering'`;
  await until(async () => (await database.pool.query(done, [event.key])).rowCount || undefined);
  return until(() => chat.replies.find((reply) => reply.question === event.messageId));
}

function citations(reply: MemoryReply): Citation[] {
  return reply.parts.flatMap((part) => (part.kind === "citations" ? part.citations : []));
}

function footer(reply: MemoryReply): string {
  return reply.parts.flatMap((part) => (part.kind === "footer" ? part.text : [])).join();
}

function lastPrompt(): string {
  return (
    openrouter.requests
      .at(-1)
      ?.body.messages.map(({ content }) => content)
      .join("\n") ?? ""
  );
}

describe("a file that is shared and a question about it", () => {
  test("end in a streamed answer that cites the file, with the line it stands on", async () => {
    await run();
    expect(await share("plan.md", PLAN)).toMatchObject({ kind: "searchable" });
    const reply = await ask("When is the launch of the Heron?");
    expect(reply.finished).toBe(true);
    expect(replyText(reply)).toContain("14 May 2027");
    expect(replyText(reply)).toContain("[1]");
    expect(citations(reply)).toMatchObject([
      {
        number: 1,
        fileName: "plan.md",
        where: "Plan, lines 1–5",
        quote: "The launch of the Heron is on 14 May 2027.",
      },
    ]);
    expect(footer(reply)).toContain("test/first");
  });

  test("both legs find it: the vectors are there, and their cost is written down", async () => {
    await run();
    await share("plan.md", PLAN);
    const { rows } = await database.pool.query(
      "select chunks, vectors, embedder from content where state = 'searchable'",
    );
    expect(rows).toEqual([{ chunks: 2, vectors: 2, embedder: embedder?.id }]);
    await ask("When is the launch?");
    const costs = await database.pool.query("select purpose from cost order by id");
    expect(costs.rows.map((row) => row.purpose)).toEqual(["index", "query", "answer"]);
  });

  test("without a key, the best passages stand for an answer, and one line says what a key would change", async () => {
    await run({ key: false });
    await share("plan.md", PLAN);
    const reply = await ask("How much do we spend on lamps?");
    expect(replyText(reply)).toContain("40,000 crowns");
    expect(citations(reply)[0]).toMatchObject({ number: 1, fileName: "plan.md" });
    expect(footer(reply)).toContain("OPENROUTER_API_KEY");
    expect(openrouter.requests).toEqual([]);
  });

  test("without an embedder the words are enough, and vectors follow when there is one", async () => {
    await run({ embedder: false });
    expect(await share("plan.md", PLAN)).toMatchObject({ kind: "searchable", note: /words/ });
    expect(replyText(await ask("When is the launch of the Heron?"))).toContain("14 May");
    await worker.close(0);
    await run();
    const [workspaceId] = await workspacesToFill(database.pool);
    const client = await database.pool.connect();
    await queue.send(client, "vectors", { kind: "vectors_wanted", workspaceId });
    client.release();
    await until(async () =>
      (await workspacesToFill(database.pool)).length === 0 ? true : undefined,
    );
    const { rows } = await database.pool.query("select count(*) as count from chunk_vector");
    expect(rows).toEqual([{ count: 2 }]);
  });

  test("nothing found is said, with where was looked", async () => {
    await run({ embedder: false });
    await share("plan.md", PLAN);
    const text = replyText(await ask("Who won the chess olympiad in Baku?"));
    expect(text).toContain("I found nothing about that");
  });

  test("a follow-up in the thread knows what it is about", async () => {
    await run({ embedder: false });
    await share("plan.md", PLAN);
    const first = await ask("When is the launch of the Heron?");
    await ask("And on what day of the week?", { thread: first.question });
    expect(lastPrompt()).toContain("When is the launch of the Heron?");
    expect(lastPrompt()).toContain("14 May 2027");
  });
});

describe("the audience", () => {
  test("a private channel's file is never used in the public one", async () => {
    await run();
    await share("salaries.md", SECRET, "leads");
    const reply = await ask("What is the salary of the director?");
    expect(replyText(reply)).not.toContain("91,250");
    expect(citations(reply)).toEqual([]);
    expect(openrouter.requests).toEqual([]);
  });

  test("a private channel without guests may use what is public too", async () => {
    await run();
    await share("plan.md", PLAN);
    const reply = await ask("When is the launch of the Heron?", { channel: "leads" });
    expect(citations(reply)[0]).toMatchObject({ fileName: "plan.md" });
  });

  test("where guests read along, the answer says how far it looked, and not what it left out", async () => {
    await run();
    await share("plan.md", PLAN);
    await share("salaries.md", SECRET, "leads");
    const reply = await ask("When is the launch of the Heron?");
    expect(footer(reply)).toMatch(/only, because guests can read/);
    expect(JSON.stringify(reply)).not.toMatch(/leads|salar/i);
  });

  test("a file that was removed is gone from search, and from what later answers are told", async () => {
    await run();
    await share("plan.md", PLAN);
    const first = await ask("When is the launch of the Heron?");
    const [cited] = citations(first);
    if (!cited) throw new Error("nothing cited");
    await chat.remove(cited.file);
    const gone = "select 1 from content";
    await until(async () => ((await database.pool.query(gone)).rowCount === 0 ? true : undefined));
    const reply = await ask("When is the launch of the Heron again?", { thread: first.question });
    expect(replyText(reply)).toContain("I found nothing");
    expect(openrouter.requests).toHaveLength(1);
  });

  test("the same bytes in a private and a public channel are one content, under the public one's name", async () => {
    await run();
    await share("layoffs-secret.md", PLAN, "leads");
    await share("plan.md", PLAN);
    const { rows } = await database.pool.query("select count(*) as count from content");
    expect(rows).toEqual([{ count: 1 }]);
    const reply = await ask("When is the launch of the Heron?");
    expect(citations(reply)[0]?.fileName).toBe("plan.md");
    expect(JSON.stringify(reply) + lastPrompt()).not.toContain("layoffs");
  });
});

describe("what goes wrong", () => {
  test.each([
    ["nothing.txt", "", /empty/i],
    ["broken.pdf", "%PDF-1.7\nthis is no pdf at all", /./],
    ["program.exe", "MZ\u0000\u0001\u0002", /./],
  ])("%s is declined with a sentence, and nothing of it is left", async (name, text, reason) => {
    await run();
    const state = await share(name, text);
    expect(state).toMatchObject({ kind: "failed", reason: expect.stringMatching(reason) });
    const { rows } = await database.pool.query("select count(*) as count from chunk");
    expect(rows).toEqual([{ count: 0 }]);
    expect(await readdir(workFolder)).toEqual([]);
  });

  test("a model that fails is passed over unseen, and named afterwards", async () => {
    await run();
    openrouter.always("test/first", "unavailable");
    await share("plan.md", PLAN);
    const reply = await ask("When is the launch of the Heron?");
    expect(replyText(reply)).toContain("14 May");
    expect(reply.parts.some((part) => part.kind === "restart")).toBe(false);
    expect(footer(reply)).toContain("Answered by test/second, because test/first did not.");
  });

  test("a model that breaks off in mid-answer is replaced, and its text is taken back", async () => {
    await run();
    openrouter.always("test/first", "error_midway");
    await share("plan.md", PLAN);
    const reply = await ask("When is the launch of the Heron?");
    expect(reply.parts[0]?.kind).toBe("restart");
    expect(replyText(reply).match(/14 May/g)).toHaveLength(1);
  });

  test("when no model answers, that is said, with the passages", async () => {
    await run();
    for (const model of MODELS) openrouter.always(model, "unavailable");
    await share("plan.md", PLAN);
    const reply = await ask("When is the launch of the Heron?");
    expect(replyText(reply)).toMatch(/^None of my models answered/);
    expect(citations(reply)[0]?.fileName).toBe("plan.md");
  });

  test("a wrong key is told honestly to who asks", async () => {
    await run();
    openrouter.always("test/first", "unauthorized");
    await share("plan.md", PLAN);
    const reply = await ask("When is the launch of the Heron?");
    expect(replyText(reply)).toMatch(/check my OpenRouter key/);
    expect(openrouter.requests).toHaveLength(1);
  });

  test.each([
    ["", /What would you like to know/],
    ["?".repeat(8001), /too long/],
  ])("a question that is none gets a kind word", async (text, said) => {
    await run();
    expect(replyText(await ask(text))).toMatch(said);
  });

  test("an event that was delivered twice is answered once", async () => {
    await run();
    await share("plan.md", PLAN);
    await ask("When is the launch of the Heron?");
    await chat.redeliver();
    await ask("How much do we spend on lamps?");
    expect(chat.replies).toHaveLength(2);
  });

  test("a file whose reading crashed is read by the next try, behind what was committed", async () => {
    const event: Incoming = {
      ...{ kind: "file_shared", key: `crash:${workspaces}`, userId: "ada", name: "plan.md" },
      place: memoryPlace("general", "M1"),
      ...{ messageId: "M1", fileId: "F1", bytes: 1, permalink: null, sharedAtMs: 0 },
    };
    await run();
    await chat.share({ name: "plan.md", content: Buffer.from(PLAN) });
    await endOf("F1");
    // As a crash leaves it after its first batch: not visible, one chunk there, and the job to be done again.
    await database.pool.query("delete from chunk_vector where position > 0");
    await database.pool.query("delete from chunk_terms where position > 0");
    await database.pool.query("delete from chunk where position > 0");
    await database.pool.query(
      "update content set state = 'reading', chunks = 1, vectors = 1, reader_until = null",
    );
    chat.marks.length = 0;
    await createInbox({ db: database.pool, queue }).accept(event);
    expect(await endOf("F1")).toMatchObject({ kind: "searchable" });
    const { rows } = await database.pool.query(
      "select state, chunks, vectors, (select count(*) from chunk) as stored from content",
    );
    expect(rows).toEqual([{ state: "searchable", chunks: 2, vectors: 2, stored: 2 }]);
  });
});
