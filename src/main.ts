import { randomUUID } from "node:crypto";
import { homedir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { config as loadDotenv } from "dotenv";
import { Hono } from "hono";
import { createSlack } from "../adapters/slack/slack.ts";
import { type Bound, guard } from "../adapters/web/guard.ts";
import { readWorkspace } from "../adapters/web/readWorkspace.ts";
import { createWeb } from "../adapters/web/web.ts";
import { createStops } from "./answer/stops.ts";
import type { Adapter, Inbox } from "./chat.ts";
import { runCommand } from "./commands.ts";
import { type Config, readConfig } from "./config.ts";
import { createNightly } from "./db/backup/dumps.ts";
import { migrate } from "./db/migrate.ts";
import { type Database, openDatabase } from "./db/pool.ts";
import { createEmbedder } from "./embed/credentials.ts";
import type { Embedder } from "./embed/embedder.ts";
import { ConfigError } from "./errors.ts";
import { createIntake, type HandleDeps, handleWork, type Work } from "./handle.ts";
import { createExtractor } from "./ingest/extract/extractor.ts";
import { openQueue, type Queue } from "./jobs/queue.ts";
import { type Room, startWorker } from "./jobs/worker.ts";
import { createLibrary } from "./library.ts";
import type { Log } from "./log.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import type { Attempt } from "./models/attempt.ts";
import { type Models, openModels } from "./models/models.ts";
import { createLedger, type Ledger } from "./money/ledger.ts";
import { announce } from "./operator/address.ts";
import { dumpsFolder, engineFolder } from "./operator/commands/database.ts";
import { runCommandLine } from "./operator/commands/run.ts";
import type { Docent } from "./operator/commands/start.ts";
import { createRoutes, listen } from "./operator/server.ts";
import { OPERATOR, readStatus } from "./operator/status/status.ts";
import type { Status, StatusViewer } from "./surface.ts";
import { startUpkeep } from "./upkeep.ts";
import { openWorkFolder } from "./workFolder.ts";

const MIGRATIONS = fileURLToPath(new URL("../migrations/", import.meta.url));

/** Running answers may finish for so long at a shutdown; the rest goes back to the queue. */
const GRACE_MS = 30_000;
const LISTEN_WAIT_MS = 5_000;
const QUESTION_SLOTS = 8;
const EVENT_SLOTS = 2;
const FILE_SLOTS = 2;
const FILES_AT_ONCE_PER_WORKSPACE = 2;

/** The command line. @returns when the command has ended, or Docent has started */
export async function main(argv: string[]): Promise<void> {
  // A reader that has seen enough, like `head`, is no error.
  process.stdout.on("error", () => process.exit());
  process.exitCode = await runCommandLine(argv, {
    settings: () => {
      loadDotenv({ quiet: true });
      return { config: readConfig(process.env), environment: process.env };
    },
    start,
    migrations: MIGRATIONS,
    stdout: process.stdout,
    stderr: process.stderr,
    stopSignal,
  });
}

/** Aborts at the first Ctrl-C; the second one ends the process as it always does. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stop.abort());
  return stop.signal;
}

/** Makes everything once, in order. @throws {ConfigError} with what the operator should do */
async function start(
  config: Config,
  log: Log,
  environment: Record<string, string | undefined>,
): Promise<Docent> {
  const closers: (() => Promise<void>)[] = [];
  const opened = (close: () => Promise<void>): void => void closers.unshift(close);
  const close = async (): Promise<void> => {
    const failures: unknown[] = [];
    // One that can't be closed must not keep the database from being closed.
    for (const closer of closers.splice(0)) {
      await closer().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    return await open(config, log, environment, { opened, close });
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  config: Config,
  log: Log,
  environment: Record<string, string | undefined>,
  life: { opened(close: () => Promise<void>): void; close(): Promise<void> },
): Promise<Docent> {
  // A port that is taken is said before anything is made.
  if (config.port !== 0) await (await listen(new Hono(), config.host, config.port)).close();
  const workFolder = await openWorkFolder(config.dataFolder);
  const database = await openDatabase({
    databaseUrl: config.databaseUrl,
    dataFolder: engineFolder(config.dataFolder),
    log,
    onFatal: (error) => {
      log.fatal({ err: error }, "the embedded database died; start Docent again");
      process.exit(1);
    },
  });
  life.opened(() => database.close());
  await migrate(database.pool, MIGRATIONS);
  const queue = await openQueue({ db: database.pool, engine: database.engine, log });
  life.opened(() => queue.close());

  const embedder = await createEmbedder({
    ...config.embedding,
    env: environment,
    homeFolder: environment.HOME ?? homedir(),
    log,
  });
  const parts = { config, log, database, queue, embedder };
  const metrics = createMetrics(() => queue.depth());
  let closing = false;
  const operator = { key: randomUUID(), status: () => statusOf(parts)(OPERATOR) };
  const routes = createRoutes({
    operator,
    db: database.pool,
    metrics,
    closing: () => closing,
    guard: guard(boundTo(config)),
  });
  const web = await createWebChat(parts);
  routes.route("/", web.routes);
  const adapters = [web.adapter, ...createSlackChat(config, log)];

  if (config.roles.worker) await startWork(parts, metrics, adapters, workFolder, life);
  const server = await listen(routes, config.host, config.port);
  life.opened(() => server.close());
  const reachedAt = { address: server.address, key: operator.key };
  if (database.snapshot) life.opened(await announce(config.dataFolder, reachedAt));
  if (config.roles.gateway) await startGateways(parts, adapters, life);
  return {
    address: server.address,
    close: async () => {
      closing = true;
      await life.close();
    },
  };
}

interface Parts {
  config: Config;
  log: Log;
  database: Database;
  queue: Queue;
  embedder: Embedder | null;
}

function statusOf({ config, database, queue, embedder }: Parts) {
  const { pool: db, engine } = database;
  const { models, apiKey } = config.openrouter;
  const deps = { db, queue, engine, embedder, models, apiKey, budgets: config.money };
  return (viewer: StatusViewer): Promise<Status> => readStatus(deps, viewer);
}

async function createWebChat(parts: Parts) {
  const { config, log, database } = parts;
  const { pool: db, notifications } = database;
  const { token, workspaceFile } = config.web;
  return createWeb({
    ...(workspaceFile && { workspace: await readWorkspace(workspaceFile) }),
    token,
    db,
    notifications,
    library: createLibrary({ db, status: statusOf(parts) }),
    log,
    ...boundTo(config),
    fileBytesMax: config.limits.fileBytesMax,
    questionCharsMax: config.limits.questionCharsMax,
  });
}

function rulesOf({ channels, adminUsers }: Config, adapters: Adapter[]) {
  const adapterOf = (platform: string) => adapterNamed(adapters, platform);
  return { adapterOf, channels, adminUsers };
}

/** A port of 0 is any free one, which is not known yet. */
function boundTo({ host, port }: Config): Bound {
  return { host, port: port === 0 ? undefined : port };
}

function createSlackChat({ slack }: Config, log: Log): Adapter[] {
  if (!slack) return [];
  const { apiUrl, ...rest } = slack;
  return [createSlack({ ...rest, log, ...(apiUrl && { apiUrl }) })];
}

async function startGateways(
  parts: Parts,
  adapters: Adapter[],
  life: { opened(close: () => Promise<void>): void },
): Promise<void> {
  const { config, log, database, queue } = parts;
  const db = database.pool;
  const deps = { db, status: statusOf(parts), ...rulesOf(config, adapters) };
  const inbox: Inbox = {
    ...createIntake({ db, queue }),
    command: (command) => runCommand(deps, command),
  };
  for (const adapter of adapters) {
    life.opened(() => adapter.close());
    const listening = adapter.listen(inbox);
    // A platform that is away is waited for in the background; one that refuses us soon is told at once.
    const late = sleep(LISTEN_WAIT_MS, "late", { ref: false });
    if ((await Promise.race([listening, late])) !== "late") continue;
    log.warn({ platform: adapter.platform }, "the platform does not answer yet; still trying");
    listening.catch((error: unknown) => {
      log.error({ err: error, platform: adapter.platform }, "cannot listen to the platform");
    });
  }
}

async function startWork(
  parts: Parts,
  metrics: Metrics,
  adapters: Adapter[],
  workFolder: string,
  life: { opened(close: () => Promise<void>): void },
): Promise<void> {
  const { config, log, database, queue, embedder } = parts;
  const { pool: db, notifications } = database;
  const { filePagesMax, fileChunksMax, questionsAtOncePerPerson } = config.limits;
  const extractor = createExtractor({ workFolder, log, limits: { filePagesMax, fileChunksMax } });
  life.opened(() => extractor.close());

  const ledger = createLedger({ db, budgets: config.money, log, metrics });
  const models = openChain(parts, ledger, metrics);
  if (models) life.opened(() => models.close());
  const deps: HandleDeps = {
    ...{ db, queue, embedder, extractor, workFolder, log },
    ...rulesOf(config, adapters),
    ledger,
    chain: models?.chain ?? null,
    stops: await createStops(notifications),
    scope: config.scope,
    generalAnswers: config.generalAnswers,
    limits: config.limits,
  };
  const handler: Room<Work>["handler"] = (job, signal) => handleWork(deps, job, signal);
  const rooms: Room<Work>[] = [
    { name: "question", slots: QUESTION_SLOTS, groupMax: questionsAtOncePerPerson, handler },
    { name: "event", slots: EVENT_SLOTS, handler },
    { name: "file", slots: FILE_SLOTS, groupMax: FILES_AT_ONCE_PER_WORKSPACE, handler },
  ];
  if (embedder) rooms.push({ name: "vectors", slots: 1, handler });
  const worker = await startWorker({ queue, notifications, log, metrics }, rooms);
  life.opened(() => worker.close(GRACE_MS));
  const { engine, snapshot } = database;
  const folder = dumpsFolder(config.dataFolder);
  const dump = snapshot && createNightly({ db, snapshot, folder, log });
  const upkeep = startUpkeep({ db, queue, engine, embedder, dump, log });
  life.opened(() => upkeep.close());
}

function openChain(
  { config, database, log }: Parts,
  ledger: Ledger,
  metrics: Metrics,
): Models | null {
  const { apiKey, ...openrouter } = config.openrouter;
  if (!apiKey) {
    log.info("no OPENROUTER_API_KEY: answers are the best passages as they stand");
    return null;
  }
  const onAttempt = ({ model, outcome }: Attempt) => metrics.modelAttempts.inc({ model, outcome });
  const { limits } = config;
  return openModels(
    { db: database.pool, ledger, log, onAttempt },
    { apiKey, ...openrouter, limits },
  );
}

function adapterNamed(adapters: Adapter[], platform: string): Adapter {
  const adapter = adapters.find((candidate) => candidate.platform === platform);
  if (adapter) return adapter;
  throw new ConfigError(
    `There is work waiting for ${platform}, but ${platform} is not set up in this process.`,
  );
}
