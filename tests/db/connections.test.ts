import { setImmediate as tick } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Database } from "../../src/db/pool.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import { openTestDatabase } from "../support/database.ts";

const MIB = 1024 * 1024;

let database: Database;

beforeAll(async () => {
  database = await openTestDatabase();
  await database.pool.query("create table note (id int primary key, bytes bytea)");
});
beforeEach(() => database.pool.query("truncate note"));
afterAll(() => database.close());

async function ids(): Promise<number[]> {
  const { rows } = await database.pool.query<{ id: number }>("select id from note order by id");
  return rows.map(({ id }) => id);
}

test("a thousand queries at once each get their own answer", async () => {
  const numbers = Array.from({ length: 1000 }, (_, index) => index);
  const answers = await Promise.all(
    numbers.map(async (number) => {
      const { rows } = await database.pool.query("select $1::int as n, $2::text as t", [
        number,
        `text ${number}`,
      ]);
      return rows[0];
    }),
  );
  expect(answers).toEqual(numbers.map((number) => ({ n: number, t: `text ${number}` })));
});

test("transactions of several clients do not see each other's unfinished work", async () => {
  const { pool } = database;
  const writer = await pool.connect();
  await writer.query("begin");
  await writer.query("insert into note (id) values (1)");
  const seen = ids();
  const other = inTransaction(pool, (client) => client.query("insert into note (id) values (2)"));
  await writer.query("rollback");
  writer.release();
  await other;
  expect(await seen).not.toContain(1);
  expect(await ids()).toEqual([2]);
});

test("twenty transactions that count up one row lose no step", async () => {
  await database.pool.query("insert into note (id, bytes) values (1, '\\x00')");
  const step = () =>
    inTransaction(database.pool, async (client) => {
      const { rows } = await client.query("select id from note for update");
      await client.query("update note set id = $1", [rows[0].id + 1]);
    });
  await Promise.all(Array.from({ length: 20 }, step));
  expect(await ids()).toEqual([21]);
});

test("after an error the next query works, on the same connection and on others", async () => {
  const client = await database.pool.connect();
  await expect(client.query("select nonsense")).rejects.toMatchObject({ code: "42703" });
  await expect(client.query("select 1 / $1::int", [0])).rejects.toMatchObject({ code: "22012" });
  await expect(client.query("select $1::int", ["no number"])).rejects.toMatchObject({
    code: "22P02",
  });
  expect((await client.query("select $1::int as n", [1])).rows).toEqual([{ n: 1 }]);
  client.release();
  expect((await database.pool.query("select 2 as n")).rows).toEqual([{ n: 2 }]);
});

test("a connection that goes away inside a transaction leaves nothing and holds up nobody", async () => {
  const client = await database.pool.connect();
  await client.query("begin");
  await client.query("insert into note (id) values (1)");
  client.release(true);
  await database.pool.query("insert into note (id) values (2)");
  expect(await ids()).toEqual([2]);
});

test("binary parameters and results of 1 MiB arrive as they were sent", async () => {
  const bytes = [1, 2, 3].map((id) => Buffer.alloc(MIB, `bytes of ${id}, `));
  await Promise.all(
    bytes.map((value, id) =>
      database.pool.query("insert into note (id, bytes) values ($1, $2)", [id, value]),
    ),
  );
  const { rows } = await database.pool.query("select bytes from note order by id");
  expect(rows.map((row) => Buffer.compare(row.bytes, bytes.shift() ?? Buffer.of()))).toEqual([
    0, 0, 0,
  ]);
});

test("the event loop goes round while a heavy query runs", async () => {
  let done = false;
  const heavy = database.pool
    .query("select sum(sqrt(n)) from generate_series(1, 2000000) as n")
    .finally(() => {
      done = true;
    });
  let ticks = 0;
  while (!done) {
    await tick();
    ticks += 1;
  }
  await heavy;
  expect(ticks).toBeGreaterThan(100);
});

test("a notice reaches every listener of its channel, once committed", async () => {
  const heard: string[] = [];
  const other: string[] = [];
  await database.notifications.listen("news", (payload) => heard.push(payload));
  await database.notifications.listen("elsewhere", (payload) => other.push(payload));
  await inTransaction(database.pool, async (client) => {
    await client.query("select pg_notify('news', 'first')");
    await client.query("select pg_notify('news', 'second')");
    expect(heard).toEqual([]);
  });
  await vi.waitFor(() => expect(heard).toEqual(["first", "second"]));
  expect(other).toEqual([]);
});

test("a client of its own can listen as well, and who stopped listening hears nothing", async () => {
  const mine: string[] = [];
  const stopped: string[] = [];
  const client = await database.pool.connect();
  client.on("notification", ({ payload }) => mine.push(payload ?? ""));
  await client.query("listen news");
  const stop = await database.notifications.listen("news", (payload) => stopped.push(payload));
  stop();
  await database.pool.query("select pg_notify('news', 'hello')");
  await vi.waitFor(() => expect(mine).toEqual(["hello"]));
  expect(stopped).toEqual([]);
  client.release(true);
});

test("vectors can be compared", async () => {
  const { rows } = await database.pool.query(
    "select '[1,2]'::halfvec(2) <#> '[3,4]'::halfvec(2) as product, b'101' <~> b'110' as hamming",
  );
  expect(rows).toEqual([{ product: -11, hamming: 2 }]);
});
