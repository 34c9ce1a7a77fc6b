/** What is written down of guests, whoever writes at the same time. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  advanceListing,
  anyOutsider,
  currentListing,
  doubtChannel,
  endListing,
  keepAnswer,
  keepChange,
  keepListed,
  type Listing,
  outsidersToAsk,
  restartListing,
} from "../../src/db/outsiders.ts";
import type { Database } from "../../src/db/pool.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import type { Among, PersonChange } from "../../src/directory.ts";
import { openTestDatabase } from "../support/database.ts";

const W1 = { platform: "memory", workspaceId: "W1" };

let database: Database;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.pool.query("delete from workspace");
});

const db = () => database.pool;

/** One page, as somebody reads it who began at `listing`. */
async function page(listing: Listing, userIds: string[], next: string | null): Promise<boolean> {
  return await inTransaction(db(), async (client) => {
    const id = await advanceListing(client, W1, listing, next);
    if (id === null) return false;
    const kind = "guest" as const;
    await keepListed(
      client,
      id,
      userIds.map((userId) => ({ userId, kind })),
    );
    if (next === null) await endListing(client, id);
    return true;
  });
}

async function listed(...userIds: string[]): Promise<void> {
  await page(await currentListing(db(), W1), userIds, null);
}

function restart(isLost = false): Promise<void> {
  return inTransaction(db(), (client) => restartListing(client, W1, isLost));
}

function change(userId: string, outsider: PersonChange["outsider"], channelId?: string) {
  const told = { ...W1, userId, outsider, ...(channelId !== undefined && { channelId }) };
  return inTransaction(db(), (client) => keepChange(client, told));
}

async function ask(userId: string) {
  const person = (await outsidersToAsk(db(), W1, 100)).find((one) => one.userId === userId);
  if (!person) throw new Error(`${userId} is not to be asked about`);
  return (channels: string[] | null) => keepAnswer(db(), person, { kind: "guest", channels });
}

async function toAsk(): Promise<string[]> {
  return (await outsidersToAsk(db(), W1, 100)).map(({ userId }) => userId);
}

function any(among: Among = "all") {
  return anyOutsider(db(), W1, among, 60);
}

test("nothing is known before the last page, but whoever was found is", async () => {
  expect(await any()).toBe(null);
  await page(await currentListing(db(), W1), ["ben"], "2");
  expect(await any({ userIds: ["ada"] })).toBe(null);
  expect(await any({ userIds: ["ada", "ben"] })).toBe(true);
  await page(await currentListing(db(), W1), ["ben", "ben"], null);
  expect(await any({ userIds: ["ada"] })).toBe(false);
  expect(await any({ userIds: [] })).toBe(false);
  expect(await currentListing(db(), W1)).toMatchObject({ cursor: null });
});

test("of a channel is known only what everybody was asked", async () => {
  await listed("ben", "cleo");
  expect(await any({ channelId: "general" })).toBe(null);
  await (await ask("ben"))(["leads"]);
  expect(await any({ channelId: "leads" })).toBe(true);
  expect(await any({ channelId: "general" })).toBe(null);
  await (await ask("cleo"))([]);
  expect(await any({ channelId: "general" })).toBe(false);
  expect(await toAsk()).toEqual([]);
  await listed("ben", "cleo");
  expect(await any({ channelId: "general" })).toBe(false);
});

test("of a channel that the bot comes into nothing is known until all were asked once more", async () => {
  await listed("ben");
  await (await ask("ben"))(["leads"]);
  const doubt = (channelId: string) =>
    inTransaction(db(), (client) => doubtChannel(client, { ...W1, channelId }));
  expect(await doubt("leads")).toBe(false);
  expect([await doubt("general"), await doubt("general")]).toEqual([true, false]);
  expect(await any({ channelId: "general" })).toBe(null);
  expect(await any({ channelId: "random" })).toBe(false);
  await (await ask("ben"))(["leads", "general"]);
  expect(await any({ channelId: "general" })).toBe(true);
  expect(await toAsk()).toEqual([]);
});

test("what was asked before the bot came into a channel is not written down after it", async () => {
  await listed("ben");
  const early = await ask("ben");
  const doubted = inTransaction(db(), (client) =>
    doubtChannel(client, { ...W1, channelId: "general" }),
  );
  expect(await doubted).toBe(true);
  await early(["leads"]);
  expect(await any({ channelId: "general" })).toBe(null);
  await (await ask("ben"))(["leads", "general"]);
  expect(await any({ channelId: "general" })).toBe(true);
});

test("news is news once, and what was asked before it is not written down after it", async () => {
  await listed();
  expect([await change("ada", null), await change("ada", "guest")]).toEqual([false, true]);
  expect([await change("ada", "guest"), await change("ada", "unknown")]).toEqual([false, false]);
  const early = await ask("ada");
  expect(await change("ada", "guest", "general")).toBe(true);
  await early([]);
  expect(await any({ channelId: "general" })).toBe(null);
  await (await ask("ada"))(["leads"]);
  expect(await change("ada", "external", "general")).toBe(true);
  expect(await change("ada", "external", "general")).toBe(false);
  expect(await any({ channelId: "general" })).toBe(true);
  expect(await change("ada", null)).toBe(true);
  expect(await any()).toBe(false);
});

test("somebody told of while all are listed stays, and whoever was listed long ago goes", async () => {
  await listed("ben", "cleo");
  await restart();
  const began = await currentListing(db(), W1);
  await change("ada", "guest");
  await page(began, ["cleo"], null);
  expect([await any({ userIds: ["ada"] }), await any({ userIds: ["ben"] })]).toEqual([true, false]);
});

test("a page of a listing that was begun anew meanwhile counts for nothing", async () => {
  await listed();
  await restart();
  const began = await currentListing(db(), W1);
  await restart();
  expect(await page(began, ["ben"], null)).toBe(false);
  const anew = await currentListing(db(), W1);
  expect(anew.cursor).toBe("");
  expect([await page(anew, [], "2"), await page(anew, ["ben"], null)]).toEqual([true, false]);
});

test("after too long a gap nothing of before counts, but that somebody is a guest", async () => {
  await listed("ben");
  await (await ask("ben"))(["leads"]);
  await restart();
  expect(await any({ channelId: "general" })).toBe(false);
  await restart(true);
  expect(await any({ userIds: ["ada"] })).toBe(null);
  expect(await any({ userIds: ["ben"] })).toBe(true);
  await listed("ben");
  expect(await any({ userIds: ["ada"] })).toBe(false);
  expect(await any({ channelId: "leads" })).toBe(null);
});

test("another workspace knows nothing of it", async () => {
  await listed("ben");
  expect(await anyOutsider(db(), { ...W1, workspaceId: "W2" }, "all", 60)).toBe(null);
  await change("ben", "guest");
  await inTransaction(db(), (client) =>
    keepChange(client, { ...W1, workspaceId: "W2", userId: "ben", outsider: null }),
  );
  expect(await any()).toBe(true);
});
