import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migrate } from "../src/db/migrate.ts";
import { type Database, openDatabase } from "../src/db/pool.ts";
import type { Log } from "../src/log.ts";
import { inServer, urlOf } from "../tests/support/postgres-template.ts";

export type Engine = Database["engine"];

const MIGRATIONS = fileURLToPath(new URL("../migrations", import.meta.url));

/** A fresh and migrated database, which is gone when the stack is. */
export async function openBenchDatabase(
  stack: AsyncDisposableStack,
  engine: Engine,
  log: Log,
): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), "docent-bench-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const database = await openDatabase({
    databaseUrl: engine === "postgres" ? await makeDatabase(stack) : null,
    dataFolder: join(folder, "data"),
    log,
    onFatal: (error) => {
      throw error;
    },
  });
  stack.defer(() => database.close());
  await migrate(database.pool, MIGRATIONS);
  return database;
}

async function makeDatabase(stack: AsyncDisposableStack): Promise<string> {
  const serverUrl = process.env.TEST_DATABASE_URL;
  if (!serverUrl) throw new Error("TEST_DATABASE_URL names no server to make a database in");
  const name = `docent_bench_${randomBytes(4).toString("hex")}`;
  await inServer(serverUrl, (client) => client.query(`create database ${name}`));
  stack.defer(() =>
    inServer(serverUrl, (client) => client.query(`drop database ${name} with (force)`)),
  );
  return urlOf(serverUrl, name);
}
