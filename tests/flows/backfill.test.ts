import { describe, expect, test } from "vitest";
import { firstMode } from "../../src/arrive.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import type { Incoming } from "../../src/events.ts";
import type { Work } from "../../src/handle.ts";
import { memoryPlace } from "../support/memory.ts";
import { ask, citations, quiet, run, setStage, type Wanted } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = setStage();
let events = 0;

/** Something that happens to #general as such. */
function onChannel<K extends Incoming["kind"]>(kind: K, userId: string) {
  events += 1;
  return { kind, key: `test:${events}`, place: memoryPlace("general"), userId };
}

function earlier(name: string, text: string) {
  return stage.chat.shareUnheard({ name, content: Buffer.from(text), user: "ada" });
}

async function joined(wanted: Wanted = {}): Promise<void> {
  await run(stage, { embedder: false, ...wanted });
  await stage.chat.send(onChannel("joined", "ben"));
  await until(() => stage.chat.notes.length || undefined);
}

async function accepted(userId: string): Promise<string> {
  const told = stage.chat.notes.length;
  await stage.chat.send(onChannel("backfill_accepted", userId));
  return until(() => stage.chat.notes[told]?.text);
}

function lastNote() {
  return stage.chat.notes.at(-1);
}

function done(): Promise<string> {
  return until(() => {
    const text = lastNote()?.text;
    return text && /^I am done|nothing new/.test(text) ? text : undefined;
  });
}

async function namesRead(): Promise<string[]> {
  const { rows } = await stage.database.pool.query<{ name: string }>(
    "select name from share where content_id is not null order by name",
  );
  return rows.map(({ name }) => name);
}

describe("when Docent comes to a channel", () => {
  test("whoever invited it hears in private what it does, and what reading the older files takes", async () => {
    for (const name of ["a.md", "b.md", "c.md"]) earlier(name, name);
    await joined({ embedder: true });
    expect(stage.chat.notes).toHaveLength(1);
    const note = lastNote();
    expect(note).toMatchObject({ userId: "ben", place: { channelId: "general" } });
    expect(note?.text).toMatch(/I read every document that is shared here.*`privacy`/);
    expect(note?.text).toMatch(/3 files were .* about 1 minute and costs less than \$0\.01\.$/);
    expect(note?.offer).toEqual({ kind: "backfill", label: "Read 3 files" });
    expect(stage.chat.replies).toEqual([]);
  });

  test("without vectors it costs nothing, and without older files nothing is offered", async () => {
    earlier("a.md", "a");
    await joined();
    expect(lastNote()?.text).toMatch(/1 file was .* costs nothing\.$/);
    await stage.chat.send({ ...onChannel("joined", "ben"), place: memoryPlace("leads") });
    await until(() => stage.chat.notes[1]);
    expect(lastNote()?.offer).toBeUndefined();
  });

  test("where the channel is off, that is said, and nothing is offered", async () => {
    earlier("a.md", "a");
    await joined({ channels: { include: [], exclude: ["gen*"] } });
    expect(lastNote()?.text).toContain("This channel is turned off");
    expect(lastNote()?.offer).toBeUndefined();
    expect(await accepted("ben")).toContain("This channel is turned off");
  });

  test.each([
    ["a group without a name", "private", null, "ask"],
    ["a direct message", "direct", null, "auto"],
    ["a channel", "private", "plans", "auto"],
    ["a channel excluded by name", "public", "hr-pay", "off"],
  ] as const)("%s starts as it should", (_what, visibility, channelName, mode) => {
    const readers = { visibility, channelName, outsiders: null, alsoReadable: [] };
    expect(firstMode({ include: [], exclude: ["hr-*"] }, readers)).toBe(mode);
  });
});

describe("the files from before", () => {
  test("are read page by page once the inviter says yes, without a sign at their messages", async () => {
    earlier("plan.md", "The launch of the Heron is on 14 May 2027.");
    for (const name of ["a.md", "b.md", "c.md", "d.md"]) earlier(name, `This is ${name}.`);
    await joined();
    expect(await accepted("ben")).toContain("newest first");
    expect(await done()).toContain("5 files");
    expect(lastNote()?.userId).toBe("ben");
    expect(await namesRead()).toEqual(["a.md", "b.md", "c.md", "d.md", "plan.md"]);
    expect(stage.chat.marks).toEqual([]);
    const reply = await ask(stage, "When is the launch of the Heron?");
    expect(citations(reply)[0]?.fileName).toBe("plan.md");
    expect(await accepted("ada")).toContain("newest first");
    expect(await done()).toContain("nothing new");
  });

  test("are not read for others than the inviter, moderators and admins", async () => {
    earlier("a.md", "a");
    await joined();
    expect(await accepted("guest")).toMatch(/^Only who invited me/);
    await quiet(stage);
    expect(await namesRead()).toEqual([]);
  });

  test("are not read twice, and not where their sharer has opted out", async () => {
    const known = earlier("known.md", "I was known.");
    stage.chat.shareUnheard({ name: "bens.md", content: Buffer.from("b"), user: "ben" });
    await joined();
    await stage.chat.send(known);
    await until(() => stage.chat.marks.find(({ state }) => state.kind === "searchable"));
    await stage.database.pool.query(
      `insert into person (workspace_id, platform_id, opted_out_at)
       select id, 'ben', now() from workspace`,
    );
    await accepted("ada");
    expect(await done()).toContain("1 file.");
    expect(await namesRead()).toEqual(["known.md"]);
  });

  test("stay unread once the channel is turned off, and can be wanted again", async () => {
    earlier("a.md", "a");
    await joined();
    await stage.worker?.close(0);
    await stage.chat.send(onChannel("backfill_accepted", "ben"));
    await stage.database.pool.query("update channel set mode = 'off'");
    await run(stage, { embedder: false });
    await quiet(stage);
    expect(await namesRead()).toEqual([]);
    await stage.database.pool.query("update channel set mode = 'auto'");
    await accepted("ben");
    await done();
    expect(await namesRead()).toEqual(["a.md"]);
  });

  test("wait behind every fresh file", async () => {
    const { database, queue } = stage;
    const send = (kind: string, behind: boolean) =>
      inTransaction(database.pool, (client) =>
        queue.send(client, "file", { kind }, "g", { behind }),
      );
    await send("old", true);
    await send("fresh", false);
    const [first] = await queue.boss.fetch<Pick<Work, "kind">>("file", { batchSize: 1 });
    expect(first?.data.kind).toBe("fresh");
  });

  test("are not put into the queue while many of them wait there", async () => {
    const { database, queue } = stage;
    earlier("a.md", "a");
    await joined();
    await stage.worker?.close(0);
    await inTransaction(database.pool, async (client) => {
      const waiting = { kind: "backfill_file", place: memoryPlace("general") };
      const startAt = new Date(Date.now() + 3_600_000);
      for (let n = 0; n < 20; n += 1) await queue.send(client, "file", waiting, "g", { startAt });
    });
    await run(stage, { embedder: false });
    await accepted("ben");
    await until(async () => {
      const { rowCount } = await database.pool.query(
        `select from queue.job where data ->> 'kind' = 'backfill_due' and state = 'retry'`,
      );
      return rowCount || undefined;
    });
    expect((await database.pool.query("select cursor, files from backfill")).rows).toEqual([
      { cursor: null, files: 0 },
    ]);
    await database.pool.query("delete from queue.job where name = 'file'");
    expect(await done()).toContain("1 file.");
  });
});
