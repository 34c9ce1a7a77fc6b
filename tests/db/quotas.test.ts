import { afterAll, beforeAll, expect, test } from "vitest";
import { deleteAnswer, ensureAnswer } from "../../src/db/answers.ts";
import { ensurePlace } from "../../src/db/places.ts";
import type { Database } from "../../src/db/pool.ts";
import { takeQuestion } from "../../src/db/quotas.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import { openTestDatabase } from "../support/database.ts";

let database: Database;

beforeAll(async () => {
  database = await openTestDatabase();
});

afterAll(() => database.close());

const PLACE = { platform: "memory", channelId: "general", threadId: null };
const READERS = { visibility: "public", channelName: "general", outsiders: false } as const;

async function asker(workspace: string, askerId = "ada") {
  const db = database.pool;
  const place = { ...PLACE, workspaceId: workspace };
  const ids = await ensurePlace(db, place, { ...READERS, alsoReadable: [] });
  const { workspaceId } = ids;
  let asked = 0;
  return {
    workspaceId,
    ask: async () => {
      const key = `${workspace}:${askerId}:${asked++}`;
      const event = { kind: "mention", key, place, userId: askerId, messageId: key } as const;
      const { id } = await ensureAnswer(db, ids, { ...event, text: "?", fileIds: [] });
      return id;
    },
    /** Whether a model may be asked. */
    take: async (answerId: number, version: number, most: number) =>
      (await takeQuestion(db, { workspaceId, askerId, answerId, version }, most)) === null,
  };
}

test("questions at the same time count one after the other, and each once however often it is tried", async () => {
  const ada = await asker("parallel");
  const ids = await Promise.all(Array.from({ length: 6 }, () => ada.ask()));
  const taken = await Promise.all(ids.map((id) => ada.take(id, 1, 4)));
  expect(taken.filter(Boolean)).toHaveLength(4);
  const again = await Promise.all(ids.map((id) => ada.take(id, 1, 4)));
  expect(again).toEqual(taken);
});

test("another version of an answer is another question, whichever answer it is", async () => {
  const ada = await asker("anew");
  const [first, second] = [await ada.ask(), await ada.ask()];
  expect(await ada.take(first, 1, 3)).toBe(true);
  expect(await ada.take(second, 1, 3)).toBe(true);
  expect(await ada.take(first, 2, 3)).toBe(true);
  expect(await ada.take(first, 3, 3)).toBe(false);
  expect(await ada.take(second, 2, 3)).toBe(false);
});

test("a question that is deleted was asked all the same", async () => {
  const ada = await asker("deleted");
  const id = await ada.ask();
  expect(await ada.take(id, 1, 1)).toBe(true);
  await inTransaction(database.pool, (client) => deleteAnswer(client, ada.workspaceId, id));
  expect(await ada.take(await ada.ask(), 1, 1)).toBe(false);
});

test("people and workspaces are counted by themselves, and another day starts anew", async () => {
  const ada = await asker("mine");
  const other = await asker("mine", "ben");
  const elsewhere = await asker("theirs");
  const taken: boolean[] = [];
  for (const one of [ada, other, elsewhere]) taken.push(await one.take(await one.ask(), 1, 1));
  expect(taken).toEqual([true, true, true]);
  const late = await ada.ask();
  expect(await ada.take(late, 1, 1)).toBe(false);
  await database.pool.query("update asked set day = day - 1 where workspace_id = $1", [
    ada.workspaceId,
  ]);
  expect(await ada.take(late, 1, 1)).toBe(true);
});
