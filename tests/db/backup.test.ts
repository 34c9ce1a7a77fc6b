import { randomUUID } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { create } from "tar";
import { afterEach, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { createNightly } from "../../src/db/backup/dumps.ts";
import { backUpEmbedded, restoreEmbedded } from "../../src/db/backup/embedded.ts";
import { type Database, openDatabase } from "../../src/db/pool.ts";
import { ConfigError } from "../../src/errors.ts";

const DAY_MS = 86_400_000;
const MADE = new Date("2027-01-10T12:00:00Z");
const forever = new AbortController().signal;

describe.runIf(inject("engine") === "embedded")("the embedded database", () => {
  let folder: string;
  let dataFolder: string;
  let dumps: string;
  let database: Database;

  beforeEach(async () => {
    folder = join(inject("embedded").folder, randomUUID());
    dataFolder = join(folder, "data");
    dumps = join(folder, "dumps");
    await cp(inject("embedded").template, dataFolder, { recursive: true });
    database = await open(dataFolder);
    await database.pool.query("create table note (id int primary key)");
    await database.pool.query("update schema_version set applied_at = $1", [MADE]);
  });
  afterEach(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });

  function open(at: string): Promise<Database> {
    const onFatal = (error: Error) => {
      throw error;
    };
    const log = pino({ level: "silent" });
    return openDatabase({ databaseUrl: null, dataFolder: at, log, onFatal });
  }

  function nightly(said: string[] = [], freeBytes?: number) {
    const { pool: db, snapshot } = database;
    if (!snapshot) throw new Error("there is no snapshot to be had");
    const log = pino({ level: "info" }, { write: (line: string) => said.push(line) });
    const free = freeBytes === undefined ? {} : { freeBytes: async () => freeBytes };
    return createNightly({ db, snapshot, folder: dumps, log, ...free });
  }

  function later(days: number): Date {
    return new Date(MADE.getTime() + days * DAY_MS);
  }

  async function notesIn(at: string): Promise<{ count: number; last: number }> {
    const restored = await open(at);
    const { rows } = await restored.pool.query(
      "select count(*)::int as count, coalesce(max(id), 0)::int as last from note",
    );
    await restored.close();
    return rows[0];
  }

  test("is dumped while it is written to, and restored as it was at one moment", async () => {
    let id = 0;
    let writing = true;
    const writer = (async () => {
      while (writing) await database.pool.query("insert into note values ($1)", [++id]);
    })();
    await vi.waitUntil(() => id > 10);
    const before = id - 1;
    await nightly()(later(1), forever);
    writing = false;
    await writer;
    const [file = ""] = await readdir(dumps);
    await restoreEmbedded(join(folder, "restored"), join(dumps, file), false);
    const { count, last } = await notesIn(join(folder, "restored"));
    expect(count).toBe(last);
    expect(count).toBeGreaterThanOrEqual(before);
    expect(count).toBeLessThanOrEqual(id);
  });

  test("is dumped once a night and never by day, and the newest two are kept", async () => {
    const first = nightly();
    const counts: number[] = [];
    for (const days of [0.01, 1, 1.01]) {
      await first(later(days), forever);
      counts.push((await readdir(dumps)).length);
    }
    const restarted = nightly();
    for (const days of [1.02, 2, 3]) {
      await restarted(later(days), forever);
      counts.push((await readdir(dumps)).length);
    }
    expect(counts).toEqual([0, 1, 1, 1, 2, 2]);
    expect((await readdir(dumps)).sort()).toEqual([
      "docent-2027-01-12T12-00-00Z.tar.zst",
      "docent-2027-01-13T12-00-00Z.tar.zst",
    ]);
  });

  test("is not dumped onto a disk that is nearly full, and the log says so", async () => {
    const said: string[] = [];
    await nightly(said, 100_000_000)(later(1), forever);
    expect(await readdir(dumps)).toEqual([]);
    expect(said.join()).toContain("the disk is nearly full");
  });

  test("loses what a crash left of a dump, and a dump that is stopped leaves nothing", async () => {
    await mkdir(join(dumps, "unfinished-crashed"), { recursive: true });
    const stop = AbortSignal.abort();
    await expect(nightly()(later(1), stop)).rejects.toThrow(/abort/i);
    expect(await readdir(dumps)).toEqual([]);
  });

  test("is restored over another only when forced, which is then kept", async () => {
    await database.pool.query("insert into note values (1)");
    await database.close();
    const file = join(folder, "backup");
    await backUpEmbedded(dataFolder, file, forever);
    const refused = restoreEmbedded(dataFolder, file, false);
    await expect(refused).rejects.toThrow("There is a database already");
    const aside = await restoreEmbedded(dataFolder, file, true);
    expect(await readFile(join(aside ?? "", "PG_VERSION"), "utf8")).toContain("18");
    expect(await notesIn(dataFolder)).toEqual({ count: 1, last: 1 });
    database = await open(dataFolder);
  });

  test("is left alone by a file that is no whole backup of it, with the reason", async () => {
    await database.close();
    const file = join(folder, "backup");
    await backUpEmbedded(dataFolder, file, forever);
    const whole = await readFile(file);
    const older = join(folder, "older");
    await mkdir(join(older, "global"), { recursive: true });
    await writeFile(join(older, "PG_VERSION"), "17\n");
    await writeFile(join(older, "global/pg_control"), "");
    const names = ["PG_VERSION", "global/pg_control"];
    await create({ cwd: older, file: join(folder, "older.tar"), zstd: true }, names);
    const cases: [content: Buffer | string, reason: string][] = [
      [whole.subarray(0, whole.length / 2), "no whole backup"],
      [Buffer.concat([whole.subarray(0, 5_000), Buffer.alloc(5_000)]), "no whole backup"],
      ["notes of a meeting", "no backup that Docent made"],
      ["PGDMP and more", "backup of a Postgres"],
      [await readFile(join(folder, "older.tar")), "embedded Postgres 17"],
    ];
    for (const [content, reason] of cases) {
      await writeFile(file, content);
      const refused = restoreEmbedded(dataFolder, file, true);
      await expect(refused).rejects.toThrow(ConfigError);
      await expect(refused).rejects.toThrow(reason);
    }
    const left = await readdir(dataFolder);
    expect(left.sort()).toEqual(["docent.lock", "postgres"]);
    database = await open(dataFolder);
  });
});
