import { expect, test } from "vitest";
import type { CommandReply } from "../../src/chat.ts";
import { wantsStreaming } from "../../src/db/people.ts";
import type { OnlyFor } from "../../src/events.ts";
import { memoryPlace } from "../support/memory.ts";
import { answered, ask, quiet, run, setStage } from "../support/stage.ts";

const PLAN = "The launch of the Heron is on 14 May 2027.\n";
const LAMPS = "We spend 40,000 crowns on lamps for the lighthouse.\n";

const stage = setStage();
let keys = 0;

interface From {
  user?: string;
  channel?: string;
  thread?: string | null;
  workspace?: string;
  onlyFor?: OnlyFor;
}

function placeOf({ channel = "general", thread = null, workspace = "W1" }: From) {
  return { ...memoryPlace(channel, thread), workspaceId: workspace };
}

/** Ben is nobody's moderator; Ada is an admin. */
function types(text: string, from: From = {}): Promise<CommandReply> {
  const { user: userId = "ben", onlyFor } = from;
  const key = `memory:typed:${++keys}`;
  const typed = { kind: "typed", text, key, ...(onlyFor && { onlyFor }) } as const;
  return stage.chat.command({ ...typed, place: placeOf(from), userId });
}

async function shareBy(user: string, name: string, channel = "general", text = name + PLAN) {
  const file = await stage.chat.share({ name, content: Buffer.from(text), channel, user });
  await quiet(stage);
  return file;
}

/** The same file, by the same person, in a workspace of others. */
async function shareElsewhere(file: Awaited<ReturnType<typeof shareBy>>): Promise<void> {
  const place = { ...file.place, workspaceId: "W2" };
  await stage.chat.send({ ...file, key: `W2:${file.key}`, place });
  await quiet(stage);
}

async function rows(sql: string, values: unknown[] = []) {
  return (await stage.database.pool.query(sql, values)).rows;
}

async function names(workspace = "W1"): Promise<string[]> {
  const found = await rows(
    `select s.name from share s join workspace w on w.id = s.workspace_id
      where w.platform_id = $1 order by s.id`,
    [workspace],
  );
  return found.map(({ name }) => name);
}

async function numberOf(name: string, workspace = "W1"): Promise<number> {
  const [found] = await rows(
    `select s.id from share s join workspace w on w.id = s.workspace_id
      where s.name = $1 and w.platform_id = $2`,
    [name, workspace],
  );
  return found.id;
}

test("where nothing has happened yet, all is told, and nothing is written down", async () => {
  await run(stage);
  const words = ["", "models", "files", "forget 1", "channel", "me", "me forget", "privacy"];
  for (const text of [...words, "usage", "sources", "unmute", "nonsense"]) {
    const { text: said } = await types(text, { thread: "M1" });
    expect(said, text).toMatch(/\S/);
  }
  expect(await rows("select from workspace")).toEqual([]);
  expect((await types("channel")).text).toMatch(/^This channel is on “auto”.*\nNobody has set/);
});

test("help names every command, and a wrong word the nearest one", async () => {
  await run(stage);
  const { done, text } = await types("");
  expect(done).toBe(true);
  for (const word of ["ask", "files", "forget", "channel", "me", "mute", "models", "privacy"]) {
    expect(text).toMatch(new RegExp(`^${word}\\b`, "m"));
  }
  expect(await types("modles")).toMatchObject({
    done: false,
    text: expect.stringContaining("Did you mean: models"),
  });
  expect((await types("Status")).text).toContain("first:");
});

test("files lists this channel's files alone, newest first, with what became of them", async () => {
  await run(stage);
  await shareBy("ada", "plan.md");
  await shareBy("ben", "broken\n.pdf", "general", "%PDF-1.7\nnot much of one");
  await shareElsewhere(await shareBy("ada", "secret.md", "leads"));
  const [title, ...lines] = (await types("files")).text.split("\n");
  expect(title).toBe("2 files here:");
  expect(lines).toEqual([
    expect.stringMatching(/^\d+ · broken \.pdf · 1 Jan 2025 · not readable · yours$/),
    expect.stringMatching(/^\d+ · plan\.md · 1 Jan 2025 · searchable$/),
  ]);
  const leads = await types("files", { channel: "leads" });
  expect(leads.text).toMatch(/^1 file here:\n.*secret\.md/);
  await types("channel off", { user: "ada" });
  expect((await types("files")).text).toContain("This channel is off");
});

test("of many files the newest twenty are shown", async () => {
  await run(stage, { embedder: false });
  await shareBy("ada", "first.md");
  await rows(
    `insert into share (workspace_id, channel_id, file_id, message_id, sharer_id, name, shared_at)
     select workspace_id, channel_id, 'X' || n, 'M', 'ada', 'more-' || n || '.md',
            now() + n * interval '1 minute'
       from share, generate_series(1, 24) n`,
  );
  const lines = (await types("files")).text.split("\n");
  expect(lines[0]).toBe("The newest 20 of 25 files here:");
  expect(lines).toHaveLength(21);
  expect(lines[1]).toContain("more-24.md · ");
  expect(lines[1]).toContain("being read");
});

test("a file is forgotten by its name or number, for its sharer and for admins", async () => {
  await run(stage, { embedder: false });
  await shareBy("ada", "Plan v2.md");
  await shareBy("ben", "lamps.md");
  await shareBy("ben", "other.md");
  const foreign = "Only who shared this file";
  expect(await types("forget plan v2.md")).toMatchObject({
    done: false,
    text: expect.stringContaining(foreign),
  });
  expect(await types(`forget ${await numberOf("lamps.md")}`, { user: "guest" })).toMatchObject({
    done: false,
  });
  const similar = await types("forget lamp");
  expect(similar).toMatchObject({ done: false, text: expect.stringContaining("lamps.md") });
  expect(await names()).toHaveLength(3);
  expect(await types('forget "LAMPS"')).toEqual({ done: true, text: "I have forgotten lamps.md." });
  expect(await types(`forget #${await numberOf("other.md")}`)).toMatchObject({ done: true });
  expect(await types("forget Plan v2", { user: "ada" })).toMatchObject({ done: true });
  expect(await names()).toEqual([]);
  expect(await rows("select from content")).toEqual([]);
});

test("of several files of one name, the own one goes; several own ones are told apart", async () => {
  await run(stage, { embedder: false });
  await shareBy("ada", "plan.md");
  await shareBy("ben", "plan.md", "general", LAMPS);
  await shareBy("ben", "plan.md", "general", `${LAMPS}more`);
  const several = await types("forget plan.md");
  expect(several.done).toBe(false);
  expect(several.text.match(/plan\.md/g)).toHaveLength(2);
  const [, number = ""] = /as in: forget (\d+)/.exec(several.text) ?? [];
  expect(await types(`forget ${number}`)).toMatchObject({ done: true });
  expect(await types("forget plan.md")).toMatchObject({ done: true });
  expect(await rows("select sharer_id from share")).toEqual([{ sharer_id: "ada" }]);
});

test("another channel's file, or another workspace's, is neither named nor forgotten", async () => {
  await run(stage, { embedder: false });
  await shareBy("ada", "plan.md");
  await shareElsewhere(await shareBy("ada", "secret.md", "leads"));
  const numbers = [await numberOf("secret.md"), await numberOf("secret.md", "W2")];
  for (const wanted of ["secret.md", "secret", ...numbers]) {
    const { done, text } = await types(`forget ${wanted}`, { user: "ada" });
    expect([done, text]).toEqual([false, expect.stringMatching(/^No file here is called/)]);
    expect(text).not.toContain("searchable");
  }
  expect([await names(), await names("W2")]).toEqual([["plan.md", "secret.md"], ["secret.md"]]);
});

test("channel tells the mode, who set it and when; only a moderator or admin sets it", async () => {
  await run(stage);
  expect(await types("channel off")).toMatchObject({
    done: false,
    text: expect.stringContaining("Only a moderator"),
  });
  expect(await types("channel ask", { user: "ada" })).toMatchObject({ done: true });
  const told = (user: string) => types("channel", { user });
  expect((await told("ben")).text).toMatch(
    /^This channel is on “ask”.*\nSet by a moderator on \d+ \w+ /,
  );
  expect((await told("ada")).text).toContain("Set by you on");
  expect((await types("channel", { channel: "leads" })).text).toContain("“auto”");
});

test("me tells what is kept, and me forget takes it away, in this workspace alone", async () => {
  await run(stage, { embedder: false });
  await shareElsewhere(await shareBy("ben", "plan.md"));
  await shareBy("ben", "secret.md", "leads");
  await shareBy("ada", "of-ada.md");
  const reply = await ask(stage, "When is the launch of the Heron?", { user: "ben" });
  const told = await types("me");
  expect(told.text).toMatch(/shared: 2\nQuestions that you asked: 1\nYour files are read/);
  const forgotten = await types("me forget");
  expect(forgotten.text).toBe(
    "I have forgotten 2 files and 1 question of yours, with the answers.",
  );
  expect([await names(), await names("W2")]).toEqual([["of-ada.md"], ["plan.md"]]);
  const [answer] = await rows("select question, text, question_id from answer");
  expect(answer).toEqual({ question: "", text: null, question_id: reply.question });
  expect((await types("me")).text).toMatch(/shared: 0\nQuestions that you asked: 0/);
  expect((await types("usage")).text).toContain("Your questions today: 1 of 30");
});

test("me off and me streaming off hold before anything was shared, and can be taken back", async () => {
  await run(stage);
  expect(await types("me off")).toMatchObject({ done: true });
  expect(await types("me streaming off")).toMatchObject({ done: true });
  const { text } = await types("me");
  expect(text).toMatch(/Your files are not read, since .*\nAnswers come to you whole/);
  await shareBy("ben", "plan.md");
  expect(await names()).toEqual([]);
  const [{ id }] = await rows("select id from workspace");
  const streams = (user: string) => wantsStreaming(stage.database.pool, id, user);
  expect([await streams("ben"), await streams("ada")]).toEqual([false, true]);
  await types("me on");
  await types("me streaming on");
  expect(await streams("ben")).toBe(true);
  await shareBy("ben", "plan.md");
  expect(await names()).toEqual(["plan.md"]);
});

test("privacy names whom things are sent to here, and nobody else", async () => {
  await run(stage);
  const all = (await types("privacy")).text;
  expect(all).toMatch(/OpenRouter and its models get.*Providers that train on .* left out/);
  expect(all).toContain("AWS (us-east-1) gets");
  expect(all).toContain("for 30 days");
  await stage.worker?.close(0);
  await stage.models?.close();
  await run(stage, { key: false, embedder: false });
  expect((await types("privacy")).text).toContain("nothing goes to OpenRouter. AWS gets nothing.");
});

test("usage tells a person's own day, and an admin the money too", async () => {
  await run(stage, { limits: { questionsPerDay: 5 } });
  await shareBy("ben", "plan.md");
  await ask(stage, "When is the launch of the Heron?", { user: "ben" });
  const { text } = await types("usage");
  expect(text).toMatch(/^Your questions today: 1 of 5\..*\nYour files that I know: 1$/);
  expect((await types("usage", { user: "ada" })).text).toMatch(/Key: .*today/s);
});

test("a thread is muted and unmuted by anybody who reads it; a channel is not", async () => {
  await run(stage);
  expect(await types("mute")).toMatchObject({
    done: false,
    text: expect.stringMatching(/inside a thread/),
  });
  for (const again of [1, 2]) {
    expect((await types("mute", { thread: "M1" })).done, String(again)).toBe(true);
  }
  const muted = "select thread_id, muted_by from muted_thread";
  expect(await rows(muted)).toEqual([{ thread_id: "M1", muted_by: "ben" }]);
  const button = { place: placeOf({ thread: "M1" }), userId: "guest" };
  const unmuted = await stage.chat.command({ ...button, kind: "mute", muted: false });
  expect(unmuted).toMatchObject({ done: true });
  expect(await rows(muted)).toEqual([]);
});

test("sources are told where the question was asked, and only while they are shared", async () => {
  await run(stage);
  const file = await shareBy("ada", "plan.md", "general", PLAN);
  const reply = await ask(stage, "When is the launch of the Heron?");
  const messageId = reply.question;
  const from = (channel: string, userId = "ben") =>
    stage.chat.command({ kind: "sources", messageId, place: placeOf({ channel }), userId });
  const { text } = await from("general");
  expect(text).toBe(`[1] plan.md, line 1\n“${PLAN.trim()}”`);
  expect((await types("sources", { thread: messageId })).text).toBe(text);
  expect(await types("sources")).toMatchObject({ done: false });
  expect(await from("leads")).toMatchObject({
    done: false,
    text: expect.stringMatching(/no answer/),
  });

  await rows("update answer set private = true");
  expect(await from("general")).toMatchObject({ done: false });
  expect((await from("general", "ada")).text).toBe(text);
  await stage.chat.remove(file);
  await quiet(stage);
  expect((await from("general", "ada")).text).toMatch(/no longer shared/);
});

test("sources in a channel that is off by now are not told", async () => {
  await run(stage);
  await shareBy("ada", "plan.md", "general", PLAN);
  const { question: messageId } = await ask(stage, "When is the launch of the Heron?", {
    channel: "leads",
  });
  const asks = () =>
    stage.chat.command({
      kind: "sources",
      messageId,
      userId: "ben",
      place: placeOf({ channel: "leads" }),
    });
  expect((await asks()).text).toContain("plan.md");
  await types("channel off", { user: "ada" });
  expect((await asks()).text).toMatch(/no longer shared/);
});

test("ask hands a question in, once, with the way back to its asker alone", async () => {
  await run(stage);
  expect(await types("ask How many?")).toMatchObject({
    done: false,
    text: expect.stringMatching(/in private/),
  });
  const onlyFor = { handle: "sealed", untilMs: Date.now() + 60_000 };
  expect(await types("ask", { onlyFor })).toMatchObject({ done: false });
  const place = placeOf({});
  const typed = { kind: "typed", text: "ask How many Lamps?", key: "memory:slash:1" } as const;
  for (const again of [1, 2]) {
    const said = await stage.chat.command({ ...typed, onlyFor, place, userId: "ben" });
    expect(said, String(again)).toEqual({ done: true, text: "Looking…" });
  }
  await answered(stage, typed.key);
  await quiet(stage);
  expect(await rows("select question, question_id, asker_id from answer")).toEqual([
    { question: "How many Lamps?", question_id: typed.key, asker_id: "ben" },
  ]);
});
