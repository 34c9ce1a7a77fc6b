import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import type { TestProject } from "vitest/node";
import { migrate } from "../../src/db/migrate.ts";
import { openDatabase } from "../../src/db/pool.ts";

/** Makes one migrated data folder to copy from, and at the end removes it and whatever copies are left. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "docent-test-"));
  const template = join(folder, "template");
  const database = await openDatabase({
    databaseUrl: null,
    dataFolder: template,
    log: pino({ level: "silent" }),
    onFatal: (error) => {
      throw error;
    },
  });
  await migrate(database.pool, "migrations");
  await database.close();
  project.provide("embedded", { folder, template });
  return () => rm(folder, { recursive: true, force: true });
}
