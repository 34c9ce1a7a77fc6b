import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pool, PoolClient } from "pg";
import { ConfigError } from "../errors.ts";
import { refusalOfRights } from "./postgres.ts";
import { inTransaction } from "./transaction.ts";

/** Any number, as long as it stays: it keeps two starting processes from migrating at once. */
const LOCK = 7_061_995;

interface Migration {
  version: number;
  name: string;
  sql: string;
  sha256: string;
}

type Applied = Omit<Migration, "sql">;

/**
 * Brings the database to the newest of the numbered SQL files, all or nothing; forward only.
 * Safe to run in any number of processes at once.
 * @param folder holds 001_name.sql, 002_name.sql, …
 * @returns the version that the database has now
 * @throws {ConfigError} where the database is newer than the files, or a file was changed after it had run
 */
export async function migrate(pool: Pool, folder: string): Promise<number> {
  const migrations = await readMigrations(folder);
  try {
    return await inTransaction(pool, (client) => apply(client, migrations));
  } catch (error) {
    throw refusalOfRights(error) ?? error;
  }
}

/** The version that the database has; 0 without any tables of ours. */
export async function schemaVersion(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ found: boolean }>(
    "select to_regclass('schema_version') is not null as found",
  );
  if (!rows[0]?.found) return 0;
  const newest = await pool.query<{ version: number }>(
    "select coalesce(max(version), 0) as version from schema_version",
  );
  return newest.rows[0]?.version ?? 0;
}

/**
 * For whoever only reads: nothing is changed.
 * @throws {ConfigError} where the database is not at the newest version
 */
export async function requireNewest(pool: Pool, folder: string): Promise<void> {
  const [version, newest] = [await schemaVersion(pool), (await readMigrations(folder)).length];
  if (version > newest) throw newerDocent(version, newest);
  if (version === newest) return;
  throw new ConfigError(
    version === 0
      ? "There is no Docent in this database yet. Start it first: npm start"
      : `This database has schema ${version} and this Docent wants ${newest}. Run: npm run docent -- migrate`,
  );
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return Promise.all(names.map((name, index) => readMigration(folder, name, index + 1)));
}

async function readMigration(folder: string, name: string, version: number): Promise<Migration> {
  // A gap or a number used twice would give the same file different versions on different machines.
  if (Number.parseInt(name, 10) !== version) {
    throw new Error(`Migration ${name} should have the number ${version}.`);
  }
  const sql = await readFile(join(folder, name), "utf8");
  // A checkout with Windows line endings is the same migration.
  const sha256 = createHash("sha256").update(sql.replaceAll("\r\n", "\n")).digest("hex");
  return { version, name, sql, sha256 };
}

async function apply(client: PoolClient, migrations: Migration[]): Promise<number> {
  await client.query("select pg_advisory_xact_lock($1)", [LOCK]);
  // Building an index may take longer than any other statement is allowed to.
  await client.query("set local statement_timeout = 0");
  await client.query(
    `create table if not exists schema_version (
       version int primary key,
       name text not null,
       sha256 text not null,
       applied_at timestamptz not null default now()
     )`,
  );
  const { rows } = await client.query<Applied>(
    "select version, name, sha256 from schema_version order by version",
  );
  checkHistory(rows, migrations);
  for (const migration of migrations.slice(rows.length)) await run(client, migration);
  return migrations.length;
}

function checkHistory(applied: Applied[], migrations: Migration[]): void {
  if (applied.length > migrations.length) {
    throw newerDocent(applied.length, migrations.length);
  }
  const edited = applied.find((row, index) => row.sha256 !== migrations[index]?.sha256);
  if (edited) {
    throw new ConfigError(
      `The migration ${edited.name} is not the one that this database was made with. ` +
        "Restore the file, or use another database; a change to the tables needs a new migration.",
    );
  }
}

function newerDocent(version: number, known: number): ConfigError {
  return new ConfigError(
    `This database was used by a newer Docent (schema ${version}, this one knows ${known}). ` +
      "Install that version or a later one, or use another database.",
  );
}

async function run(client: PoolClient, { version, name, sql, sha256 }: Migration): Promise<void> {
  await client.query(sql);
  await client.query("insert into schema_version (version, name, sha256) values ($1, $2, $3)", [
    version,
    name,
    sha256,
  ]);
}
