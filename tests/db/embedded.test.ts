import { randomUUID } from "node:crypto";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { describe, expect, inject, test } from "vitest";
import { POSTGRES_MAJOR } from "../../src/db/embedded/folder.ts";
import { type Database, openDatabase } from "../../src/db/pool.ts";
import { startProgram } from "../support/program.ts";

async function newFolder(): Promise<string> {
  const { folder, template } = inject("embedded");
  const dataFolder = join(folder, randomUUID());
  await cp(template, dataFolder, { recursive: true });
  return dataFolder;
}

function open(dataFolder: string, onFatal: (error: Error) => void): Promise<Database> {
  return openDatabase({ databaseUrl: null, dataFolder, log: pino({ level: "silent" }), onFatal });
}

function unexpected(error: Error): never {
  throw error;
}

describe.runIf(inject("engine") === "embedded")("the embedded engine", () => {
  test("is of the version that its folder is checked for", async () => {
    const folder = await newFolder();
    const database = await open(folder, unexpected);
    const { rows } = await database.pool.query("show server_version");
    expect(rows[0].server_version).toMatch(new RegExp(`^${POSTGRES_MAJOR}\\.`));
    expect(await readFile(join(folder, "postgres", "PG_VERSION"), "utf8")).toContain(
      POSTGRES_MAJOR,
    );
    await database.close();
  });

  test("loses no row that was committed before the process was killed", async () => {
    const folder = await newFolder();
    const writer = startProgram("write-notes.ts", folder);
    let acknowledged = 0;
    while (acknowledged < 50) acknowledged = Number(await writer.line());
    await expect(open(folder, unexpected)).rejects.toThrow("Another Docent is running");
    await writer.kill();
    const database = await open(folder, unexpected);
    const { rows } = await database.pool.query(
      "select count(*)::int as n, max(id)::int as last from note",
    );
    expect(rows[0].n).toBe(rows[0].last);
    expect(rows[0].n).toBeGreaterThanOrEqual(acknowledged);
    await database.close();
  });

  test("tells of its death, fails what is under way and what comes, and frees the folder", async () => {
    const folder = await newFolder();
    const deaths: Error[] = [];
    const database = await open(folder, (error) => deaths.push(error));
    await database.notifications.listen("news", () => undefined);
    // The engine ends at once when it is told to read rows from a client that sends none.
    const running = [
      database.pool.query("copy content from stdin"),
      database.pool.query("select 1"),
    ];
    const outcomes = await Promise.allSettled(running);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(deaths.map(({ message }) => message)).toEqual([
      "The embedded database died. Start Docent again.",
    ]);
    await expect(database.pool.query("select 1")).rejects.toThrow("The embedded database died");
    await database.close();
    const again = await open(folder, unexpected);
    expect((await again.pool.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
    await again.close();
  });
});
