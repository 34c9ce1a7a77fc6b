import { describe, expect, test } from "vitest";
import { unknownMessages } from "../../src/db/answers.ts";
import type { Incoming, Mention } from "../../src/events.ts";
import { createLibrary } from "../../src/library.ts";
import { memoryPlace, replyText } from "../support/memory.ts";
import {
  answered,
  ask,
  citations,
  footer,
  lastPrompt,
  MODELS,
  quiet,
  run,
  setStage,
  share,
} from "../support/stage.ts";
import { until } from "../support/until.ts";

const PLAN = "The launch of the Heron is on 14 May 2027.\n";
const LAMPS = "We spend 40,000 crowns on lamps for the lighthouse.\n";

const stage = setStage();
let events = 0;

/** Something that happens to the question, by this person. */
function onQuestion<K extends Incoming["kind"]>(kind: K, messageId: string, userId = "ada") {
  events += 1;
  return {
    kind,
    key: `test:${events}`,
    place: memoryPlace("general", messageId),
    userId,
    messageId,
  };
}

async function statesOf(): Promise<object[]> {
  const { rows } = await stage.database.pool.query(
    "select state, text, rating, rating_reason from answer",
  );
  return rows;
}

describe("small talk", () => {
  test.each([
    ["Hello!", /^Hello/],
    ["Hallo", /^Hallo/],
    ["Buongiorno", /^Ciao/],
    ["What can you do?", /I'm Docent/],
  ])("%s gets a kind line, no sources and no model", async (said, kind) => {
    await run(stage);
    await share(stage, "plan.md", PLAN);
    const reply = await ask(stage, said);
    expect(replyText(reply)).toMatch(kind);
    expect(citations(reply)).toEqual([]);
    expect(stage.openrouter.requests).toEqual([]);
  });

  test.each(["thank you so much", "ok 👍", "谢谢"])("%s gets a nod and no words", async (text) => {
    await run(stage);
    const { messageId } = await stage.chat.ask({ text });
    await quiet(stage);
    expect(stage.chat.nods).toEqual([messageId]);
    expect([stage.chat.replies, await statesOf()]).toEqual([[], []]);
  });

  test.each([
    ["thanks", /welcome/],
    ["ok 👍", /welcome/],
    ["谢谢", /不客气/],
  ])("%s gets a kind line where the platform has no signs", async (text, kind) => {
    await run(stage);
    stage.chat.adapter.nod = async () => false;
    expect(replyText(await ask(stage, text))).toMatch(kind);
    expect(stage.openrouter.requests).toEqual([]);
  });

  test("thanks in the place of a question that was edited end its answer", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN);
    const first = await ask(stage, "When is the launch of the Heron?");
    await stage.chat.send({ ...onQuestion("message_changed", first.question), text: "thanks" });
    await quiet(stage);
    expect(await statesOf()).toMatchObject([{ state: "done", text: "You're welcome." }]);
  });
});

describe("when the files hold nothing", () => {
  test("that is said, with where was looked, then a general answer that is marked as such", async () => {
    await run(stage, { generalAnswers: true, embedder: false });
    await share(stage, "plan.md", PLAN);
    stage.openrouter.always("test/first", {
      kind: "answer",
      text: "Ding Liren [1], see https://chess.example",
    });
    const reply = await ask(stage, "Who won the chess olympiad in Baku?");
    const text = replyText(reply);
    expect(text).toMatch(/^I found nothing about that .* I looked in #general only/);
    expect(text).toContain("**Not from your files:** Ding Liren, see (link removed)");
    expect(citations(reply)).toEqual([]);
    expect(lastPrompt(stage)).not.toContain("Heron");
    expect(footer(reply)).toContain("nothing in your files backs it");
  });

  test("a model that fails at the general answer leaves the honest word alone", async () => {
    await run(stage, { generalAnswers: true, embedder: false });
    for (const model of MODELS) stage.openrouter.always(model, "error_midway");
    const reply = await ask(stage, "Who won the chess olympiad in Baku?");
    expect(replyText(reply)).toMatch(/^I found nothing about that/);
    expect(replyText(reply)).not.toContain("Not from your files");
  });
});

describe("a question with a file", () => {
  test("waits until the file is read, and is answered from it", async () => {
    await run(stage);
    await share(stage, "other.md", "The launch of the Osprey is in June.\n");
    const event = await stage.chat.share({ name: "plan.md", content: Buffer.from(PLAN) });
    const reply = await ask(stage, "When is the launch?", { fileIds: [event.fileId] });
    expect(replyText(reply)).toContain("14 May 2027");
    expect(citations(reply)[0]?.fileName).toBe("plan.md");
  });

  test("says first that the file can't be read, and why", async () => {
    await run(stage);
    const event = await stage.chat.share({ name: "empty.txt", content: Buffer.from("") });
    const reply = await ask(stage, "What is in it?", { fileIds: [event.fileId] });
    expect(replyText(reply)).toMatch(/^I couldn't read empty.txt: The file is empty/);
  });
});

describe("what can happen to a question", () => {
  test("regenerated, another answer stands in the place of the first", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN);
    const first = await ask(stage, "When is the launch of the Heron?");
    stage.openrouter.always("test/first", { kind: "answer", text: "In the spring of 2027 [1]." });
    await stage.chat.send(onQuestion("regenerate_wanted", first.question));
    await until(() => replyText(stage.chat.replies[0]).includes("spring") || undefined);
    await quiet(stage);
    expect(stage.chat.replies).toHaveLength(1);
    expect(await statesOf()).toMatchObject([{ state: "done", text: "In the spring of 2027 [1]." }]);
  });

  test("regenerate and stop belong to the asker and to admins", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN);
    const first = await ask(stage, "When is the launch of the Heron?", { user: "ben" });
    const asked = stage.openrouter.requests.length;
    await stage.chat.send(onQuestion("regenerate_wanted", first.question, "guest"));
    await quiet(stage);
    expect(stage.openrouter.requests).toHaveLength(asked);
    await stage.chat.send(onQuestion("regenerate_wanted", first.question, "ada"));
    await until(() => stage.openrouter.requests.length > asked || undefined);
    await quiet(stage);
  });

  test("stopped, what is shown stays and nothing more comes", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN);
    stage.openrouter.always("test/first", "content_then_stall");
    const event = await stage.chat.ask({ text: "When is the launch of the Heron?" });
    const reply = () => stage.chat.replies.find(({ question }) => question === event.messageId);
    await until(() => replyText(reply()) !== "" || undefined);
    await stage.chat.send(onQuestion("stopped", event.messageId));
    await answered(stage, event.key);
    const stopped = await until(() => (reply()?.finished ? reply() : undefined));
    expect(footer(stopped)).toContain("Stopped, as asked.");
    expect(replyText(stopped)).not.toBe("");
  });

  test("rated, with a reason", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN);
    const first = await ask(stage, "When is the launch of the Heron?");
    const rated = onQuestion("rated", first.question, "ben");
    await stage.chat.send({ ...rated, rating: "down", reason: "It is in June." });
    await quiet(stage);
    expect(await statesOf()).toMatchObject([{ rating: -1, rating_reason: "It is in June." }]);
  });

  test("edited, it is answered again in its place; a comma more is no other question", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN);
    await share(stage, "lamps.md", LAMPS);
    const first = await ask(stage, "When is the launch of the Heron?");
    const asked = stage.openrouter.requests.length;
    const changed = () => onQuestion("message_changed", first.question);
    await stage.chat.send({ ...changed(), text: "When is the launch of the Heron…?!" });
    await stage.chat.send({ ...changed(), text: "when is the launch of the heron" });
    await quiet(stage);
    await stage.chat.send({ ...changed(), text: "How much do we spend on lamps?" });
    await until(() => replyText(stage.chat.replies[0]).includes("40,000") || undefined);
    await quiet(stage);
    expect(stage.chat.replies).toHaveLength(1);
    expect(stage.openrouter.requests.length - asked).toBe(1);
  });

  test("deleted, its answer goes too, also out of later prompts", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN);
    const first = await ask(stage, "When is the launch of the Heron?");
    await stage.chat.send(onQuestion("message_deleted", first.question));
    await quiet(stage);
    expect(stage.chat.replies).toEqual([]);
    expect(await statesOf()).toEqual([]);
    await ask(stage, "And on what day of the week?", { thread: first.question });
    expect(lastPrompt(stage)).not.toContain("When is the launch of the Heron?");
  });
});

describe("consent", () => {
  const GENERAL = { place: memoryPlace("general"), userId: "ada" };

  async function shareUnread(name: string, user = "ada"): Promise<void> {
    await stage.chat.share({ name, content: Buffer.from(`${name}\n${PLAN}`), user });
    await quiet(stage);
  }

  async function contents(): Promise<number> {
    const { rows } = await stage.database.pool.query("select count(*) as count from content");
    return rows[0].count;
  }

  test("a channel that is off is not read, and what was read there is hidden at once", async () => {
    await run(stage, { embedder: false });
    await share(stage, "plan.md", PLAN);
    const off = await stage.chat.command({ ...GENERAL, kind: "set_mode", mode: "off" });
    expect(off).toMatchObject({ done: true });
    expect(replyText(await ask(stage, "When is the launch of the Heron?"))).toContain(
      "found nothing",
    );
    await shareUnread("second.md");
    expect(await contents()).toBe(1);
    await stage.chat.command({ ...GENERAL, kind: "set_mode", mode: "auto" });
    expect(replyText(await ask(stage, "When is the launch of the Heron?"))).toContain("14 May");
  });

  test("only a moderator or an admin changes how a channel is read", async () => {
    await run(stage);
    const refused = await stage.chat.command({
      ...GENERAL,
      userId: "ben",
      kind: "set_mode",
      mode: "off",
    });
    expect(refused.done).toBe(false);
    expect(refused.text).toMatch(/moderator .* or an admin/);
  });

  test("who opts out is not read, and not found any more", async () => {
    await run(stage, { embedder: false });
    await share(stage, "plan.md", PLAN);
    await stage.chat.command({ ...GENERAL, kind: "opt_out", out: true });
    expect(replyText(await ask(stage, "When is the launch of the Heron?"))).toContain(
      "found nothing",
    );
    await shareUnread("second.md");
    expect(await contents()).toBe(1);
  });

  test("a file is forgotten for its sharer and for admins, and for nobody else", async () => {
    await run(stage);
    await stage.chat.share({ name: "plan.md", content: Buffer.from(PLAN), user: "ben" });
    await quiet(stage);
    const forget = (userId: string) =>
      stage.chat.command({ ...GENERAL, userId, kind: "forget_file", fileId: "F1" });
    expect(await forget("guest")).toMatchObject({ done: false });
    expect(await contents()).toBe(1);
    expect(await forget("ben")).toEqual({ done: true, text: "I have forgotten plan.md." });
    expect(await contents()).toBe(0);
    expect(await forget("ben")).toMatchObject({ done: true });
  });

  test("a channel that only wants what is handed over has that read, and says so of the rest", async () => {
    await run(stage);
    await stage.chat.command({ ...GENERAL, kind: "set_mode", mode: "ask" });
    await shareUnread("plan.md");
    expect(stage.chat.marks.at(-1)?.state).toMatchObject({ kind: "unread" });
    expect(await contents()).toBe(0);
    await stage.chat.share({ name: "handed.md", content: Buffer.from(PLAN), handedOver: true });
    await quiet(stage);
    expect(await contents()).toBe(1);
  });

  test("channels are read by name as the operator says, until somebody sets it", async () => {
    await run(stage, { channels: { include: [], exclude: ["gen*"] } });
    await shareUnread("plan.md");
    expect(await contents()).toBe(0);
    await stage.chat.command({ ...GENERAL, kind: "set_mode", mode: "auto" });
    await shareUnread("second.md");
    expect(await contents()).toBe(1);
  });
});

test("an answer can be looked into: what was found, by which leg, and what was given and cited", async () => {
  await run(stage);
  await share(stage, "plan.md", PLAN);
  await share(stage, "lamps.md", LAMPS);
  const reply = await ask(stage, "When is the launch of the Heron?");
  const status = () => Promise.reject(new Error("nobody asks"));
  const library = createLibrary({ db: stage.database.pool, status });
  const inspection = await library.inspect(memoryPlace("general"), reply.question);
  expect(inspection).toMatchObject({
    scope: { channels: ["general"], narrowed: expect.stringContaining("guests") },
    model: "test/first",
    attempts: [{ model: "test/first", outcome: "answered", note: "" }],
  });
  expect(inspection?.coverage).toBeGreaterThan(0.9);
  expect(inspection?.passages[0]).toMatchObject({
    fileName: "plan.md",
    given: 1,
    cited: 1,
    score: 1,
  });
  expect(inspection?.passages[0]?.text).toContain("14 May");
  const [cited] = citations(reply);
  if (!cited) throw new Error("nothing cited");
  await stage.chat.remove(cited.file);
  await quiet(stage);
  const after = await library.inspect(memoryPlace("general"), reply.question);
  expect(after?.passages.map(({ fileName }) => fileName)).toEqual(["lamps.md"]);
});

test("a message of ours that no answer knows of is told from those of other answers", async () => {
  await run(stage);
  await share(stage, "plan.md", PLAN);
  await ask(stage, "When is the launch of the Heron?");
  const { rows } = await stage.database.pool.query(
    `select workspace_id as "workspaceId", channel_id as "channelId", posted from answer`,
  );
  const [{ posted, ...ids }] = rows;
  expect(posted).toHaveLength(1);
  const unknown = await unknownMessages(stage.database.pool, ids, [...posted, "stray"]);
  expect(unknown).toEqual(["stray"]);
});

test("an older try of an answer that is asked anew writes nothing down", async () => {
  await run(stage);
  await share(stage, "plan.md", PLAN);
  stage.openrouter.script("test/first", "content_then_stall");
  const event: Mention = await stage.chat.ask({ text: "When is the launch of the Heron?" });
  await until(() => stage.openrouter.requests.length > 0 || undefined);
  await stage.chat.send({
    ...onQuestion("message_changed", event.messageId),
    text: "Is it in May, the launch of the Heron?",
  });
  await until(async () => {
    const [answer] = (await stage.database.pool.query("select state, question from answer")).rows;
    return answer?.state === "done" && answer.question.startsWith("Is it in May")
      ? true
      : undefined;
  });
  await quiet(stage);
  expect(stage.chat.replies).toHaveLength(1);
  expect(replyText(stage.chat.replies[0])).toContain("14 May");
});
