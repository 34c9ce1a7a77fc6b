/** The core with real clients on loopback services, and a chat in memory: for telling whole stories on both engines. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { createStops } from "../../src/answer/stops.ts";
import { refusalFor } from "../../src/brakes.ts";
import type { Adapter, Citation, Completing, FileState, Inbox } from "../../src/chat.ts";
import { complete } from "../../src/commands/complete.ts";
import { runCommand } from "../../src/commands/run.ts";
import { type Limits, readConfig } from "../../src/config.ts";
import type { Database } from "../../src/db/pool.ts";
import type { Embedder } from "../../src/embed/embedder.ts";
import { createNova } from "../../src/embed/nova.ts";
import { type HandleDeps, handleWork, type Work } from "../../src/handle.ts";
import { createExtractor, type Extractor } from "../../src/ingest/extract/extractor.ts";
import { createIntake } from "../../src/intake.ts";
import { openQueue, type Queue } from "../../src/jobs/queue.ts";
import { startWorker, type Worker } from "../../src/jobs/worker.ts";
import { createMetrics } from "../../src/metrics.ts";
import { type Models, openModels } from "../../src/models/models.ts";
import { createLedger } from "../../src/money/ledger.ts";
import type { Budgets } from "../../src/money/spending.ts";
import { readStatus } from "../../src/operator/status/status.ts";
import type { StatusViewer } from "../../src/surface.ts";
import { type BedrockLoopback, startBedrock } from "./bedrock.ts";
import { PLAIN } from "./core.ts";
import { openTestDatabase } from "./database.ts";
import { createMemoryChat, type MemoryReply } from "./memory.ts";
import { type OpenRouterLoopback, startOpenRouter } from "./openrouter.ts";
import { until } from "./until.ts";

const log = pino({ level: "silent" });

const KEY = "sk-test-key";
export const MODELS = ["test/first", "test/second"];

/** What a story needs and what it leaves behind; made anew for each test, where it is not expensive. */
export interface Stage {
  database: Database;
  queue: Queue;
  extractor: Extractor;
  workFolder: string;
  bedrock: BedrockLoopback;
  openrouter: OpenRouterLoopback;
  worker: Worker | null;
  models: Models | null;
  chat: ReturnType<typeof createMemoryChat>;
  embedder: Embedder;
}

export interface Wanted {
  key?: boolean;
  embedder?: boolean;
  generalAnswers?: boolean;
  channels?: HandleDeps["channels"];
  limits?: Partial<Limits>;
  budgets?: Partial<Budgets>;
  brakes?: HandleDeps["brakes"];
  questionsByRole?: HandleDeps["questionsByRole"];
  modChannel?: string;
  /** In the place of the chat in memory. */
  adapter?: Adapter;
  serves?: Inbox["serves"];
}

/** Sets the stage for the tests of a file. Its fields are there from the first `beforeEach` on. */
export function setStage(): Stage {
  const stage = { worker: null, models: null } as Partial<Stage> as Stage;
  beforeAll(() => open(stage));
  beforeEach(() => clear(stage));
  afterEach(async () => {
    await stage.worker?.close(0);
    await stage.models?.close();
    Object.assign(stage, { worker: null, models: null });
  });
  afterAll(() => close(stage));
  return stage;
}

async function open(stage: Stage): Promise<void> {
  process.env.AWS_ACCESS_KEY_ID = "test";
  process.env.AWS_SECRET_ACCESS_KEY = "test";
  stage.database = await openTestDatabase();
  const { pool: db, engine } = stage.database;
  stage.queue = await openQueue({ db, engine, log });
  stage.workFolder = await mkdtemp(path.join(tmpdir(), "docent-test-"));
  const limits = { filePagesMax: 100, fileChunksMax: 1000 };
  stage.extractor = createExtractor({ workFolder: stage.workFolder, log, limits });
  stage.bedrock = await startBedrock();
  stage.openrouter = await startOpenRouter();
}

async function close(stage: Stage): Promise<void> {
  await stage.extractor.close();
  await stage.bedrock.close();
  await stage.openrouter.close();
  await stage.queue.close();
  await stage.database.close();
  await rm(stage.workFolder, { recursive: true });
}

async function clear(stage: Stage): Promise<void> {
  for (const table of ["workspace", "event", "queue.job", "model_health", "model_key"]) {
    await stage.database.pool.query(`delete from ${table}`);
  }
  stage.chat = createMemoryChat();
  const endpoint = stage.bedrock.url;
  stage.embedder = createNova({ region: "us-east-1", endpoint, concurrencyMax: 8, log });
  stage.openrouter.requests.length = 0;
  for (const model of MODELS) stage.openrouter.always(model, null);
}

/** Starts working, as a process does. */
export async function run(stage: Stage, wanted: Wanted = {}): Promise<void> {
  const { database, queue, extractor, workFolder, openrouter, chat, embedder } = stage;
  const { adapter = chat.adapter, serves = async () => true } = wanted;
  const { limits: defaults, money } = readConfig({});
  const limits = { ...defaults, ...wanted.limits };
  const { pool: db, notifications } = database;
  const budgets = { ...money, ...wanted.budgets };
  const ledger = createLedger({ db, budgets, log });
  if (wanted.key !== false) {
    const options = { apiKey: KEY, baseUrl: openrouter.url, models: MODELS, limits };
    const deps = { db, ledger, log, onAttempt: () => undefined };
    stage.models = openModels(deps, { ...options, dataCollection: "deny" });
  }
  const rules = {
    ...{ db, queue, extractor, workFolder, log, limits, ...PLAIN },
    embedder: wanted.embedder === false ? null : embedder,
    adapterOf: () => adapter,
    ledger,
    chain: stage.models?.chain ?? null,
    stops: await createStops(notifications),
    generalAnswers: wanted.generalAnswers ?? false,
    channels: wanted.channels ?? PLAIN.channels,
    brakes: wanted.brakes ?? PLAIN.brakes,
    questionsByRole: wanted.questionsByRole ?? PLAIN.questionsByRole,
    modChannel: wanted.modChannel ?? null,
  };
  const apiKey = wanted.key === false ? null : KEY;
  const { engine } = database;
  const told = { db, queue, engine, embedder: rules.embedder, models: MODELS, apiKey };
  const status = (viewer: StatusViewer) => readStatus({ ...told, budgets }, viewer);
  const intake = createIntake({ db, queue });
  const sentTo = {
    openrouter: apiKey && ("deny" as const),
    awsRegion: rules.embedder && "us-east-1",
  };
  const given = { ...rules, status, accept: intake.accept, sentTo };
  const command = (wish: Parameters<typeof runCommand>[1]) => runCommand(given, wish);
  const deps: HandleDeps = { ...rules, command };
  const metrics = createMetrics(async () => ({}));
  stage.worker = await startWorker<Work>(
    { queue, notifications, log, metrics },
    (["question", "event", "file", "vectors", "people", "sweep"] as const).map((name) => ({
      name,
      slots: 2,
      handler: (job, signal) => handleWork(deps, job, signal),
    })),
  );
  const completing = (typing: Completing) => complete(given, typing);
  const refusal: Inbox["refusal"] = (who) => refusalFor(given, who);
  await adapter.listen({ ...intake, command, refusal, complete: completing, serves });
}

export async function share(
  stage: Stage,
  name: string,
  text: string,
  channel = "general",
): Promise<FileState> {
  const event = await stage.chat.share({ name, content: Buffer.from(text), channel });
  return endOf(stage, event.fileId);
}

export function endOf({ chat }: Stage, fileId: string): Promise<FileState> {
  return until(() => {
    const last = chat.marks.filter((mark) => mark.fileId === fileId).at(-1)?.state;
    return last && (last.kind === "searchable" || last.kind === "failed") ? last : undefined;
  });
}

export async function ask(
  stage: Stage,
  text: string,
  more: Omit<Parameters<Stage["chat"]["ask"]>[0], "text"> = {},
): Promise<MemoryReply> {
  const event = await stage.chat.ask({ text, ...more });
  await answered(stage, event.key);
  return until(() => stage.chat.replies.find((reply) => reply.question === event.messageId));
}

export async function answered({ database }: Stage, key: string): Promise<void> {
  const done = "select 1 from answer where event_key = $1 and state <> 'answering'";
  await until(async () => (await database.pool.query(done, [key])).rowCount || undefined);
}

/** Resolves when nothing is waiting or running any more. */
export async function quiet({ queue }: Stage): Promise<void> {
  await until(async () => {
    const { waiting, running } = await queue.depth();
    return waiting + running === 0 || undefined;
  });
}

export function citations(reply: MemoryReply): Citation[] {
  return reply.parts.flatMap((part) => (part.kind === "citations" ? part.citations : []));
}

export function footer(reply: MemoryReply): string {
  return reply.parts.flatMap((part) => (part.kind === "footer" ? part.text : [])).join();
}

export function lastPrompt({ openrouter }: Stage): string {
  const messages = openrouter.requests.at(-1)?.body.messages ?? [];
  return messages.map(({ content }) => content).join("\n");
}
