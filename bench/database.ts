import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Pool, PoolClient } from "pg";
import { maintain } from "../src/db/maintain.ts";
import { migrate } from "../src/db/migrate.ts";
import { type Database, openDatabase } from "../src/db/pool.ts";
import type { Log } from "../src/log.ts";
import { inServer, urlOf } from "../tests/support/postgres-template.ts";

export type Engine = Database["engine"];

export interface BenchDatabase extends Database {
  /** Null on the embedded engine. */
  databaseUrl: string | null;
}

const STATEMENT_MS_MAX = 15 * 60_000;
const MIGRATIONS = fileURLToPath(new URL("../migrations", import.meta.url));

/** A fresh and migrated database, which is gone when the stack is. */
export async function openBenchDatabase(
  stack: AsyncDisposableStack,
  engine: Engine,
  log: Log,
): Promise<BenchDatabase> {
  const folder = await makeFolder(stack);
  const databaseUrl = engine === "postgres" ? await makeDatabase(stack) : null;
  const database = await openDatabase({
    databaseUrl,
    dataFolder: join(folder, "data"),
    log,
    onFatal: (error) => {
      throw error;
    },
  });
  stack.defer(() => database.close());
  await migrate(database.pool, MIGRATIONS);
  return { ...database, databaseUrl };
}

/** A folder that is gone when the stack is. */
export async function makeFolder(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "docent-bench-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An empty database in the server that the environment names. @returns its URL */
export async function makeDatabase(stack: AsyncDisposableStack): Promise<string> {
  const serverUrl = process.env.TEST_DATABASE_URL;
  if (!serverUrl) throw new Error("TEST_DATABASE_URL names no server to make a database in");
  const name = `docent_bench_${randomBytes(4).toString("hex")}`;
  await inServer(serverUrl, (client) => client.query(`create database ${name}`));
  stack.defer(() =>
    inServer(serverUrl, (client) => client.query(`drop database ${name} with (force)`)),
  );
  return urlOf(serverUrl, name);
}

/** What upkeep or autovacuum would have done within a minute. */
export async function settle({ engine, pool }: Pick<Database, "engine" | "pool">): Promise<void> {
  if (engine === "embedded") await maintain(pool);
  else await patiently(pool, (client) => client.query("vacuum (analyze)"));
}

/** For statements on Postgres that may take longer than any of the product's. */
export async function patiently(
  pool: Pool,
  work: (client: PoolClient) => Promise<unknown>,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(`set statement_timeout = ${STATEMENT_MS_MAX}`);
    await work(client);
  } finally {
    // Nobody else is to have so much time.
    client.release(true);
  }
}
