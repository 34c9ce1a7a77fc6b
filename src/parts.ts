import type { Adapter, Inbox } from "./chat.ts";
import type { CommandDeps, SentTo } from "./commands/deps.ts";
import { runCommand } from "./commands/run.ts";
import type { Config } from "./config.ts";
import type { Database } from "./db/pool.ts";
import type { Embedder } from "./embed/embedder.ts";
import { ConfigError } from "./errors.ts";
import type { Queue } from "./jobs/queue.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { readStatus } from "./operator/status/status.ts";
import type { Status, StatusViewer } from "./surface.ts";

/** What a process is made of, whatever its roles. */
export interface Parts {
  config: Config;
  log: Log;
  database: Database;
  queue: Queue;
  embedder: Embedder | null;
  metrics: Metrics;
}

/** Takes what has to be closed at the end; the last one opened is closed first. */
export interface Life {
  opened(close: () => Promise<void>): void;
}

export function statusOf({ config, database, queue, embedder }: Omit<Parts, "metrics">) {
  const { pool: db, engine } = database;
  const { models, apiKey } = config.openrouter;
  const deps = { db, queue, engine, embedder, models, apiKey, budgets: config.money };
  return (viewer: StatusViewer): Promise<Status> => readStatus(deps, viewer);
}

/** The rules by which a place is met, and who runs it. */
export function rulesOf({ channels, adminUsers, brakes }: Config, adapters: Adapter[]) {
  const adapterOf = (platform: string) => adapterNamed(adapters, platform);
  return { adapterOf, channels, adminUsers, brakes };
}

function adapterNamed(adapters: Adapter[], platform: string): Adapter {
  const adapter = adapters.find((candidate) => candidate.platform === platform);
  if (adapter) return adapter;
  throw new ConfigError(
    `There is work waiting for ${platform}, but ${platform} is not set up in this process.`,
  );
}

/** What people have done at once, for the gateways and for commands that come as mentions. */
export function commandsOf(
  parts: Parts,
  adapters: Adapter[],
  accept: Inbox["accept"],
): Inbox["command"] {
  const { config, database } = parts;
  const deps: CommandDeps = {
    ...{ db: database.pool, accept, status: statusOf(parts), ...rulesOf(config, adapters) },
    ...{ scope: config.scope, limits: config.limits, sentTo: sentTo(parts) },
    questionsByRole: config.questionsByRole,
  };
  return (command) => runCommand(deps, command);
}

function sentTo({ config: { openrouter, embedding }, embedder }: Parts): SentTo {
  return {
    openrouter: openrouter.apiKey === null ? null : openrouter.dataCollection,
    awsRegion: embedder ? embedding.region : null,
  };
}
