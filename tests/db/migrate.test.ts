import { appendFile, cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { maintain } from "../../src/db/maintain.ts";
import { migrate } from "../../src/db/migrate.ts";
import type { Database } from "../../src/db/pool.ts";
import { ConfigError } from "../../src/errors.ts";
import { openTestDatabase } from "../support/database.ts";

let database: Database;
let pool: Pool;
let folder: string;
let version: number;

beforeEach(async () => {
  database = await openTestDatabase();
  pool = database.pool;
  folder = await mkdtemp(join(tmpdir(), "docent-migrations-"));
  await cp("migrations", folder, { recursive: true });
  version = await migrate(pool, folder);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  await database.close();
});

async function addMigration(sql: string): Promise<void> {
  const number = String(version + 1).padStart(3, "0");
  await writeFile(join(folder, `${number}_added.sql`), sql);
}

test("three processes that start together migrate once", async () => {
  await addMigration("create table added (id int); insert into added values (1)");
  const starts = [1, 2, 3].map(() => migrate(pool, folder));
  expect(await Promise.all(starts)).toEqual([version + 1, version + 1, version + 1]);
  expect((await pool.query("select * from added")).rows).toEqual([{ id: 1 }]);
});

test("a migration that fails changes nothing", async () => {
  await addMigration("create table added (id int); select nonsense");
  await expect(migrate(pool, folder)).rejects.toMatchObject({ code: "42703" });
  expect((await pool.query("select to_regclass('added') as found")).rows).toEqual([
    { found: null },
  ]);
});

test("a database that a newer Docent used is refused", async () => {
  await addMigration("create table added (id int)");
  await migrate(pool, folder);
  const refused = migrate(pool, "migrations");
  await expect(refused).rejects.toThrow(ConfigError);
  await expect(refused).rejects.toThrow("newer Docent");
});

test("a migration that was edited after it had run is refused", async () => {
  await appendFile(join(folder, "001_start.sql"), "\n-- edited\n");
  const refused = migrate(pool, folder);
  await expect(refused).rejects.toThrow(ConfigError);
  await expect(refused).rejects.toThrow("001_start.sql");
});

test("maintenance works on what was written to, and lets the rest be", async () => {
  await maintain(pool);
  expect(await maintain(pool)).toBe(0);
  await pool.query("create table filler as select repeat('x', 1000) from generate_series(1, 2000)");
  expect(await maintain(pool)).toBe(1);
  await pool.query("delete from filler");
  expect(await maintain(pool)).toBe(1);
  const { rows } = await pool.query("select pg_relation_size('filler')::int as bytes");
  expect(rows).toEqual([{ bytes: 0 }]);
});
