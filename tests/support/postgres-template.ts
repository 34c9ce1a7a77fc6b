import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { pino } from "pino";
import type { TestProject } from "vitest/node";
import { migrate } from "../../src/db/migrate.ts";
import { openDatabase } from "../../src/db/pool.ts";

/** Makes one migrated database to copy from, and at the end drops it and whatever copies are left. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const serverUrl = process.env.TEST_DATABASE_URL ?? "";
  const prefix = `docent_test_${randomBytes(4).toString("hex")}`;
  await inServer(serverUrl, (client) => client.query(`create database ${prefix}`));
  const database = await openDatabase({
    databaseUrl: urlOf(serverUrl, prefix),
    dataFolder: "",
    log: pino({ level: "silent" }),
    onFatal: () => undefined,
  });
  await migrate(database.pool, "migrations");
  await database.close();
  project.provide("postgres", { serverUrl, template: prefix });
  return () => inServer(serverUrl, (client) => dropAll(client, prefix));
}

export async function inServer(
  serverUrl: string,
  work: (client: Client) => Promise<unknown>,
): Promise<void> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

export function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function dropAll(client: Client, prefix: string): Promise<void> {
  const { rows } = await client.query<{ datname: string }>(
    "select datname from pg_database where starts_with(datname, $1)",
    [prefix],
  );
  for (const { datname } of rows) await client.query(`drop database ${datname} with (force)`);
}
