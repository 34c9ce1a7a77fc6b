import { randomUUID } from "node:crypto";
import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import { config as loadDotenv } from "dotenv";
import { Hono } from "hono";
import { createDiscord } from "../adapters/discord/discord.ts";
import { createDiscordSetup } from "../adapters/discord/install/setup.ts";
import { createSlackSetup } from "../adapters/slack/install/setup.ts";
import { createSlack, type SlackChat } from "../adapters/slack/slack.ts";
import { type Bound, guard } from "../adapters/web/guard.ts";
import { readWorkspace } from "../adapters/web/readWorkspace.ts";
import { createWeb } from "../adapters/web/web.ts";
import { hearOfAccess } from "./access.ts";
import { type Config, readConfig } from "./config.ts";
import { migrate } from "./db/migrate.ts";
import { openDatabase } from "./db/pool.ts";
import { createEmbedder } from "./embed/credentials.ts";
import { startGateways, troubleOf } from "./gateway.ts";
import { openQueue } from "./jobs/queue.ts";
import { createLibrary } from "./library.ts";
import type { Log } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { announce } from "./operator/address.ts";
import { engineFolder } from "./operator/commands/database.ts";
import { runCommandLine } from "./operator/commands/run.ts";
import type { Docent } from "./operator/commands/start.ts";
import { createRoutes, listen } from "./operator/server.ts";
import { OPERATOR } from "./operator/status/status.ts";
import { peopleOf } from "./outsiders.ts";
import { type Life, type Parts, statusOf } from "./parts.ts";
import { startWork } from "./work.ts";
import { openWorkFolder } from "./workFolder.ts";

const MIGRATIONS = fileURLToPath(new URL("../migrations/", import.meta.url));

/** The command line. @returns when the command has ended, or Docent has started */
export async function main(argv: string[]): Promise<void> {
  // A reader that has seen enough, like `head`, is no error.
  process.stdout.on("error", () => process.exit());
  process.exitCode = await runCommandLine(argv, {
    settings: () => ({ config: readConfig(environment()), environment: environment() }),
    setup: {
      ...{ environment, slack: createSlackSetup, discord: createDiscordSetup },
      ...{ stdin: process.stdin, stdout: process.stdout },
    },
    start,
    migrations: MIGRATIONS,
    stdout: process.stdout,
    stderr: process.stderr,
    stopSignal,
  });
}

/** With what stands in .env, where the environment itself does not have it. */
function environment(): Record<string, string | undefined> {
  loadDotenv({ quiet: true });
  return process.env;
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
  life: Life & { close(): Promise<void> },
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
  const metrics = createMetrics(() => queue.depth());
  const parts: Parts = { config, log, database, queue, embedder, metrics };
  let closing = false;
  const operator = { key: randomUUID(), status: () => statusOf(parts)(OPERATOR) };
  const web = await createWebChat(parts);
  const slack = createSlackChat(parts);
  const others = [slack, createDiscordChat(parts)].flatMap((chat) => chat?.adapter ?? []);
  const adapters = [web.adapter, ...others];
  const routes = createRoutes({
    operator,
    db: database.pool,
    metrics,
    closing: () => closing,
    trouble: () => (config.roles.gateway ? troubleOf(adapters) : null),
    guard: guard(boundTo(config)),
  });
  // Slack signs what it sends, and comes by a name of its own: it is not for the guard of the web chat.
  if (slack?.routes) routes.route("/", slack.routes);
  routes.route("/", web.routes);

  const deaf = await hearOfAccess(database.notifications, adapters);
  life.opened(async () => deaf());
  if (config.roles.worker) await startWork(parts, adapters, workFolder, life);
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

/** A port of 0 is any free one, which is not known yet. */
function boundTo({ host, port, publicUrl }: Config): Bound {
  return { host, port: port === 0 ? undefined : port, publicUrl };
}

function createSlackChat({ config, database, log }: Parts): SlackChat | null {
  const { slack, secretKey, publicUrl } = config;
  if (!slack) return null;
  const { clientId, clientSecret } = slack;
  // The configuration has all of them or none.
  const oauth =
    clientId && clientSecret && secretKey && publicUrl
      ? { clientId, clientSecret, secretKey, publicUrl, db: database.pool }
      : null;
  const people = peopleOf(database.pool, "slack");
  return createSlack({ ...slack, oauth, secretKey, people, log });
}

function createDiscordChat({ config: { discord, secretKey }, log }: Parts) {
  return discord ? createDiscord({ ...discord, secretKey, log }) : null;
}
