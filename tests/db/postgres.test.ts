import { randomBytes } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { type Database, openDatabase } from "../../src/db/pool.ts";
import { openTestDatabase } from "../support/database.ts";
import { inServer } from "../support/postgres-template.ts";

describe.runIf(inject("engine") === "postgres")("a real Postgres", () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  test("that drops the listening connection is listened to again, and nothing is missed", async () => {
    const heard: string[] = [];
    await database.notifications.listen("news", (payload) => heard.push(payload));
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and query like 'listen %'`,
    );
    await vi.waitFor(() => expect(heard).toEqual([""]), { timeout: 30_000 });
    await database.pool.query("select pg_notify('news', 'hello')");
    await vi.waitFor(() => expect(heard).toEqual(["", "hello"]));
  });

  test("that drops idle connections costs no query afterwards", async () => {
    await Promise.all([1, 2, 3].map(() => database.pool.query("select 1")));
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and query = 'select 1'`,
    );
    await vi.waitFor(() => expect(database.pool.totalCount).toBe(1));
    expect((await database.pool.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
  });

  test("that gives its user no rights says what to change", async () => {
    const { serverUrl } = inject("postgres");
    const role = `docent_test_${randomBytes(4).toString("hex")}`;
    await inServer(serverUrl, (client) =>
      client.query(`create role ${role} login password '${role}'`),
    );
    const url = new URL(serverUrl);
    url.username = role;
    url.password = role;
    const limited = await openDatabase({
      databaseUrl: url.href,
      dataFolder: "",
      log: pino({ level: "silent" }),
      onFatal: () => undefined,
    });
    await expect(migrate(limited.pool, "migrations")).rejects.toThrow(
      "Make its user the owner of the database",
    );
    await limited.close();
    await inServer(serverUrl, (client) => client.query(`drop role ${role}`));
  });
});
