/** Slack's Home tab: with real Bolt, and the files of a real database. */
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Adapter, ChannelMode, Command, CommandReply, Readers } from "../../src/chat.ts";
import { runCommand } from "../../src/commands/run.ts";
import { readConfig } from "../../src/config.ts";
import { setOptedOut } from "../../src/db/people.ts";
import { ensurePlace } from "../../src/db/places.ts";
import type { Database } from "../../src/db/pool.ts";
import { openQueue, type Queue } from "../../src/jobs/queue.ts";
import { readStatus } from "../../src/operator/status/status.ts";
import type { StatusViewer } from "../../src/surface.ts";
import { PLAIN } from "../support/core.ts";
import { openTestDatabase } from "../support/database.ts";
import { type Bench, type BenchOptions, openBench } from "../support/slack-bench.ts";
import { seen } from "../support/slack-blocks.ts";
import { BOT } from "../support/slack-world.ts";

const log = pino({ level: "silent" });
const W1 = { platform: "slack", workspaceId: "T1" };

let database: Database;
let queue: Queue;
const open: Bench[] = [];

beforeAll(async () => {
  database = await openTestDatabase();
  queue = await openQueue({ db: database.pool, engine: database.engine, log });
});
afterAll(async () => {
  await queue.close();
  await database.close();
});
beforeEach(() => database.pool.query("delete from workspace"));
afterEach(async () => {
  vi.useRealTimers();
  for (const bench of open.splice(0)) await bench.close();
});

/** As the product does it, on what the adapter says of people. */
function commandsOf(adapter: () => Adapter) {
  const { limits, money: budgets } = readConfig({});
  const { pool: db, engine } = database;
  const told = { db, queue, engine, embedder: null, models: ["test/first"], apiKey: null, budgets };
  const deps = {
    ...{ ...PLAIN, db, limits, adapterOf: adapter },
    accept: async () => undefined,
    status: (viewer: StatusViewer) => readStatus(told, viewer),
    sentTo: { openrouter: null, awsRegion: null },
  };
  return (wish: Command): Promise<CommandReply> => runCommand(deps, wish);
}

/** The direct message of U1 with Docent is there; the guest's too. */
async function opened(options: BenchOptions = {}): Promise<Bench> {
  const command = commandsOf(() => bench.adapter);
  const bench = await openBench({ inbox: { command }, ...options });
  open.push(bench);
  const members = ["UGUEST", BOT.userId];
  bench.slack.world.channels.set("D2", { id: "D2", kind: "im", members, external: false });
  return bench;
}

interface Kept {
  name: string;
  channel: string;
  mode?: ChannelMode;
  sharer?: string;
  minute?: number;
}

/** A file that Docent knows of. */
async function keep({ name, channel, mode = "auto", sharer = "U1", minute = 0 }: Kept) {
  const { pool: db } = database;
  const isDirect = channel.startsWith("D");
  const readers: Readers = {
    visibility: isDirect ? "direct" : "private",
    channelName: isDirect ? null : `about-${channel.toLowerCase()}`,
    outsiders: false,
    alsoReadable: [],
  };
  const ids = await ensurePlace(db, { ...W1, channelId: channel, threadId: null }, readers, mode);
  const permalink = `https://acme.slack.com/archives/${channel}/p1`;
  await db.query(
    `insert into share (workspace_id, channel_id, file_id, message_id, sharer_id, name, permalink, shared_at)
     values ($1, $2, $3, 'M', $4, $3, $5, timestamptz '2027-01-14' + $6 * interval '1 minute')`,
    [ids.workspaceId, ids.channelId, name, sharer, permalink, minute],
  );
  return ids;
}

/** What this person sees in their Home tab; null when there is nothing. */
function homeOf({ slack }: Bench, user: string): string | null {
  const home = slack.world.views.find(
    ({ view, userId }) => view.type === "home" && userId === user,
  );
  return home ? seen({ text: "", blocks: home.view.blocks }) : null;
}

async function openHome(bench: Bench, user: string): Promise<string> {
  await bench.slack.openHome(user);
  return (await vi.waitUntil(() => homeOf(bench, user), 10_000)) ?? "";
}

function published({ slack }: Bench): number {
  return slack.world.calls.filter(({ method }) => method === "views.publish").length;
}

/** All that was delivered before has been taken, and acknowledged. */
async function settled({ slack }: Bench): Promise<void> {
  await vi.waitUntil(() => slack.envelopes.every(({ acks }) => acks > 0), 10_000);
}

describe.each([
  ["over HTTP", true],
  ["over the socket", false],
])("%s", (_way, http) => {
  test("who opens it sees how Docent is, their files, and what it can do", async () => {
    await keep({ name: "plan.pdf", channel: "C2" });
    const bench = await opened({ http });
    const home = await openHome(bench, "U1");
    expect(home).toContain("1 first: off");
    const link = "<https://acme.slack.com/archives/C2/p1|Open>";
    expect(home).toContain(`plan.pdf · #about-c2 · 14 Jan 2027 · being read · ${link}`);
    expect(home).toContain("ask QUESTION");
    expect(home).toContain("/docent privacy");
    await settled(bench);
    expect(bench.stored).toEqual([]);
    expect(bench.logged()).not.toContain("plan.pdf");
  });

  test("it is acknowledged before it is made", async () => {
    const made = Promise.withResolvers<CommandReply>();
    const bench = await opened({ http, inbox: { command: () => made.promise } });
    await bench.slack.openHome("U1");
    await settled(bench);
    expect(published(bench)).toBe(0);
    made.resolve({ done: true, text: "Well." });
    await vi.waitUntil(() => homeOf(bench, "U1"), 10_000);
  });
});

test("nobody sees a file of a channel that they can't read", async () => {
  await keep({ name: "open.pdf", channel: "C1" });
  await keep({ name: "public.pdf", channel: "C3" });
  await keep({ name: "private.pdf", channel: "C2" });
  await keep({ name: "direct.pdf", channel: "D1" });
  await keep({ name: "elsewhere.pdf", channel: "C9" });
  const bench = await opened();
  const member = await openHome(bench, "U1");
  for (const name of ["open", "public", "private"]) expect(member).toContain(`${name}.pdf`);
  expect(member).toContain("direct.pdf · a direct message");
  expect(member).not.toContain("elsewhere.pdf");
  expect(member).toContain("Files: 0 searchable");
  const guest = await openHome(bench, "UGUEST");
  expect(guest).toContain("open.pdf");
  expect(guest).not.toMatch(/public\.pdf|private\.pdf|direct\.pdf/);
  // Whoever is a guest is not told how much there is.
  expect(guest).not.toContain("Files: ");
});

test("who has left a channel sees nothing of it", async () => {
  await keep({ name: "private.pdf", channel: "C2" });
  const bench = await opened();
  await bench.slack.leave("C2", "U1");
  await settled(bench);
  expect(await openHome(bench, "U1")).not.toContain("private.pdf");
});

test("what answers don't use is not there: channels that are off or gone, and people who opted out", async () => {
  const { pool: db } = database;
  await keep({ name: "off.pdf", channel: "C1", mode: "off" });
  const { channelId } = await keep({ name: "gone.pdf", channel: "C2" });
  await db.query("update channel set gone_at = now() where id = $1", [channelId]);
  await keep({ name: "theirs.pdf", channel: "C3", sharer: "U2" });
  await setOptedOut(db, W1, "U2", true);
  const thread = await keep({ name: "thread.pdf", channel: "D1" });
  const hung = [channelId, thread.channelId];
  await db.query("update channel set parent_id = $1 where id = $2", hung);
  expect(await openHome(await opened(), "U1")).toContain("None yet.");
});

test("the newest twenty are there, newest first, with harmless names", async () => {
  for (let n = 1; n <= 22; n += 1) await keep({ name: `f${n}.pdf`, channel: "C1", minute: n });
  const loud = `<!here>\n${"x".repeat(100)}`;
  await keep({ name: loud, channel: "C1", minute: 30 });
  const home = await openHome(await opened(), "U1");
  expect(home.match(/being read/g)).toHaveLength(20);
  expect(home).not.toMatch(/f3\.pdf|<!here/);
  expect(home).toContain(`!here&gt; ${"x".repeat(71)}… · #about-c1`);
  expect(home.indexOf("f22.pdf")).toBeLessThan(home.indexOf("f21.pdf"));
});

test("where nothing has happened yet it says so, and writes nothing down", async () => {
  expect(await openHome(await opened(), "U1")).toContain("None yet.");
  expect((await database.pool.query("select from workspace")).rowCount).toBe(0);
});

test("it is made once a minute for each person, however often it is opened", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const bench = await opened();
  await openHome(bench, "U1");
  for (let count = 0; count < 3; count += 1) await bench.slack.openHome("U1");
  await bench.slack.openHome("U1", "messages");
  await openHome(bench, "UGUEST");
  await settled(bench);
  expect(published(bench)).toBe(2);
  vi.advanceTimersByTime(60_000);
  await bench.slack.openHome("U1");
  await vi.waitUntil(() => published(bench) === 3, 10_000);
});

test("what could not be shown is no failure, and is tried again when it is opened again", async () => {
  const bench = await opened();
  bench.slack.fail("views.publish", { error: "not_enabled" });
  await bench.slack.openHome("U1");
  await vi.waitUntil(() => bench.logged().includes("a Home tab could not be shown"), 10_000);
  await settled(bench);
  expect(await openHome(bench, "U1")).toContain("What I can do");
});
