import { setTimeout as sleep } from "node:timers/promises";
import { type ClientConfig, type CustomTypesConfig, Pool, types } from "pg";
import type { Log } from "../log.ts";
import { startEmbedded } from "./embedded/engine.ts";
import { createNotifications, type Notifications } from "./notify.ts";
import { reachPostgres } from "./postgres.ts";

const POOL_MAX = 10;
/** Waiting for a connection, whether new or in use, ends with an error after this. */
const CONNECTION_WAIT_MS_MAX = 30_000;
const IDLE_MS_MAX = 60_000;
/** A connection that is never given back must not keep the process from ending. */
const CLOSE_MS_MAX = 10_000;

export interface Database {
  engine: "embedded" | "postgres";
  /**
   * Its connections share one session on the embedded engine: only `set local`, no named statements, no
   * session locks.
   */
  pool: Pool;
  notifications: Notifications;
  /** Copies the embedded engine's files into a new folder while it runs; null on Postgres. */
  snapshot: ((target: string) => Promise<void>) | null;
  /** Waits for what is under way, but not for ever. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Null for the embedded engine. */
  databaseUrl: string | null;
  /** Where the embedded engine keeps its files; made if missing. */
  dataFolder: string;
  log: Log;
  /** The embedded engine died and will not come back: the process should end. */
  onFatal: (error: Error) => void;
  poolMax?: number;
}

/**
 * Opens the database, which may still have no tables: `migrate` makes them.
 * @throws {ConfigError} with what the operator should do
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { log, poolMax = POOL_MAX } = options;
  const engine = await startEngine(options);
  const pool = createPool(engine.config, poolMax, log);
  const notifications = createNotifications({ config: engine.config, log });
  return {
    engine: engine.kind,
    pool,
    notifications,
    snapshot: engine.snapshot,
    async close() {
      const ended = notifications.close().then(() => pool.end());
      await Promise.race([ended, sleep(CLOSE_MS_MAX, undefined, { ref: false })]);
      await engine.close();
    },
  };
}

interface Engine {
  kind: Database["engine"];
  config: ClientConfig;
  snapshot: Database["snapshot"];
  close(): Promise<void>;
}

async function startEngine({ databaseUrl, ...options }: DatabaseOptions): Promise<Engine> {
  if (databaseUrl === null) return { kind: "embedded", ...(await startEmbedded(options)) };
  return {
    kind: "postgres",
    config: await reachPostgres(databaseUrl),
    snapshot: null,
    close: async () => undefined,
  };
}

// Our ids and counts stay far below 2^53, where a number is exact; pg's own choice is a string.
const TYPES: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === types.builtins.INT8 && format !== "binary" ? Number : types.getTypeParser(oid, format),
};

function createPool(config: ClientConfig, max: number, log: Log): Pool {
  const pool = new Pool({
    ...config,
    types: TYPES,
    max,
    connectionTimeoutMillis: CONNECTION_WAIT_MS_MAX,
    idleTimeoutMillis: IDLE_MS_MAX,
  });
  // A connection that breaks while idle emits on the pool, one in use on itself, whose query fails as well.
  // Unheard, either would end the process.
  pool.on("error", (error) => log.warn({ err: error }, "an idle database connection broke"));
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}
