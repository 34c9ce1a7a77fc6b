import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../src/db/pool.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import { openTestDatabase } from "../support/database.ts";

let database: Database;

beforeAll(async () => {
  database = await openTestDatabase();
  await database.pool.query("create table note (id int primary key, text text)");
});
afterAll(() => database.close());

async function count(): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>("select count(*)::int as n from note");
  return rows[0]?.n ?? -1;
}

test("what a transaction wrote stays once it is committed", async () => {
  await inTransaction(database.pool, (client) => client.query("insert into note values (1, 'a')"));
  expect(await count()).toBe(1);
});

test("a failed transaction leaves nothing, and tells its own error", async () => {
  const failed = inTransaction(database.pool, async (client) => {
    await client.query("insert into note values (2, 'b')");
    await client.query("insert into note values (1, 'again')");
  });
  await expect(failed).rejects.toMatchObject({ code: "23505" });
  expect(await count()).toBe(1);
});

test("an error that was caught inside does not pass for a commit", async () => {
  const failed = inTransaction(database.pool, async (client) => {
    await client.query("insert into note values (3, 'c')");
    await client.query("select nonsense").catch(() => undefined);
  });
  await expect(failed).rejects.toThrow("rolled back");
  expect(await count()).toBe(1);
});

test("a connection that broke is not given out again, and the first error is the one told", async () => {
  const failed = inTransaction(database.pool, async (client) => {
    await client.end();
    throw new Error("the first error");
  });
  await expect(failed).rejects.toThrow("the first error");
  expect(await count()).toBe(1);
});
