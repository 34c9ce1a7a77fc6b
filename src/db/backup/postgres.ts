import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { ConfigError } from "../../errors.ts";
import { inTransaction } from "../transaction.ts";
import { kindOfBackup } from "./kind.ts";
import { timeName } from "./names.ts";
import { runTool, type Tools } from "./tools.ts";
import { makeWhole } from "./whole.ts";

/** Also while Docent runs: pg_dump reads the database as it is at one moment. */
export function backUpPostgres(tools: Tools, file: string): Promise<void> {
  return makeWhole(file, async (unfinished) => {
    await runTool(tools, "pg_dump", (url) => [
      ...["--format=custom", "--no-owner", "--no-privileges"],
      ...[`--file=${unfinished}`, `--dbname=${url}`],
    ]);
  });
}

/**
 * Puts a backup into the database, or leaves it as it was.
 * @param asideFolder where what a forced restore replaces is backed up before
 * @returns the name of that backup, or null where there was nothing to replace
 */
export async function restorePostgres(
  tools: Tools & { db: Pool; asideFolder: string; force: boolean },
  file: string,
): Promise<string | null> {
  if ((await kindOfBackup(file)) === "embedded") {
    throw new ConfigError(
      `${file} is a backup of an embedded database, which only that can restore: leave DATABASE_URL out.`,
    );
  }
  const contents = await readWhole(tools, file);
  const { inUse, isEmpty } = await look(tools.db);
  if (inUse) throw new ConfigError("Docent runs on this database. Stop it everywhere first.");
  if (isEmpty) {
    await restore(tools, file, contents);
    return null;
  }
  if (!tools.force) {
    throw new ConfigError(
      "There is a Docent in this database already. With --force it is backed up and replaced; or set DATABASE_URL to " +
        "an empty one.",
    );
  }
  return replace(tools, file, contents);
}

/**
 * Reads a backup to its end, so that nothing is touched for one that was cut off.
 * @returns its table of contents
 */
async function readWhole(tools: Tools, file: string): Promise<string> {
  await runTool(tools, "pg_restore", () => [`--file=${devNull}`, file]);
  return runTool(tools, "pg_restore", () => ["--list", file]);
}

async function replace(
  tools: Tools & { db: Pool; asideFolder: string },
  file: string,
  contents: string,
): Promise<string> {
  await mkdir(tools.asideFolder, { recursive: true, mode: 0o700 });
  const aside = join(tools.asideFolder, `before-${timeName(new Date())}.dump`);
  await backUpPostgres(tools, aside);
  const before = await readWhole(tools, aside);
  await dropAll(tools.db);
  try {
    await restore(tools, file, contents);
  } catch (error) {
    await restore(tools, aside, before);
    throw error;
  }
  return aside;
}

async function look(db: Pool): Promise<{ inUse: boolean; isEmpty: boolean }> {
  const { rows } = await db.query<{ inUse: boolean; isEmpty: boolean }>(
    `select to_regclass('schema_version') is null as "isEmpty",
            exists (select from pg_stat_activity
                     where datname = current_database() and application_name = 'docent'
                       and pid <> pg_backend_pid()) as "inUse"`,
  );
  return rows[0] ?? { inUse: false, isEmpty: true };
}

/** The database is Docent's own. That of pg_restore stumbles over the queue's partitions. */
async function dropAll(db: Pool): Promise<void> {
  await inTransaction(db, async (client) => {
    await client.query("drop schema if exists queue cascade");
    const { rows } = await client.query<{ name: string }>(
      "select quote_ident(tablename) as name from pg_tables where schemaname = current_schema()",
    );
    const names = rows.map(({ name }) => name).join(", ");
    if (names) await client.query(`drop table ${names} cascade`);
  });
}

/** In one transaction, into a database without anything of Docent's. */
async function restore(tools: Tools & { db: Pool }, file: string, contents: string): Promise<void> {
  // Only an administrator may make or drop it, who then has made it before.
  await tools.db.query("create extension if not exists vector");
  const ours = contents.split("\n").filter((line) => !line.includes(" EXTENSION "));
  const folder = await mkdtemp(join(tmpdir(), "docent-restore-"));
  const list = join(folder, "contents");
  try {
    await writeFile(list, ours.join("\n"));
    await runTool(tools, "pg_restore", (url) => [
      ...["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"],
      ...[`--use-list=${list}`, `--dbname=${url}`, file],
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
}
