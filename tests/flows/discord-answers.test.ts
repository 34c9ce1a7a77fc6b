import { PermissionFlagsBits as Right } from "discord.js";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createAnswer } from "../../adapters/discord/show/answer.ts";
import { decodeTarget } from "../../adapters/discord/show/target.ts";
import { threadOf } from "../../adapters/discord/show/thread.ts";
import type { Citation } from "../../src/chat.ts";
import { ServiceError } from "../../src/errors.ts";
import type { Mention } from "../../src/events.ts";
import { IDS } from "../support/discord/world.ts";
import { openPosting, type Posting, posts, reply } from "../support/discord-posting.ts";

const { general, help, forum } = IDS.channels;
const MESSAGES = "POST /channels/:channel/messages";
const EDITS = "PATCH /channels/:channel/messages/:message";
const THREADS = "POST /channels/:channel/messages/:message/threads";
const LOOKED = { kind: "footer", text: "Searched this channel." } as const;
const NOTE = { kind: "restart", note: "Another model goes on." } as const;
const LONG = "Ducks swim and geese walk. ".repeat(100);

let posting: Posting;
let question: Mention;

beforeEach(async () => {
  posting = await openPosting();
  question = posting.ask(general);
});

afterEach(() => posting.close());

const shown = (channelId = question.messageId) => posting.loopback.botMessages(channelId);
const texts = (channelId?: string) =>
  shown(channelId).map(({ content }) => content.replace(`<@${IDS.ana}>\n`, ""));
const calls = (route: string) => posting.loopback.calls(route);
/** The custom ids of what stands under each message, without what they are about. */
const under = () =>
  shown().map(({ components }) =>
    [...JSON.stringify(components).matchAll(/"custom_id":"docent:(\w+):/g)].map(
      ([, action]) => action,
    ),
  );
const DONE = ["up", "down", "again", "private", "menu"];

const CITATION: Citation = {
  number: 1,
  file: {
    place: { platform: "discord", workspaceId: IDS.guild, channelId: general, threadId: "1" },
    messageId: "1",
    fileId: "2",
    userId: IDS.ben,
  },
  fileName: "plan.pdf",
  locator: { page: 12 },
  where: "page 12",
  quote: "There are twelve ducks.",
  position: 3,
  permalink: `https://discord.com/channels/${IDS.guild}/${general}/1`,
  sharedAtMs: 0,
};

test("an answer stands in a thread of its own, whole, with its sources, and pings its asker once", async () => {
  const told = posts();
  const parts = reply(
    { kind: "status", text: "Looking…" },
    ...["**Twelve** [1]. ", "That is all there is to say, as far as the plan goes."],
    { kind: "citations", citations: [CITATION] },
    LOOKED,
  );
  await posting.post(question, parts, told);
  expect(posting.loopback.threadsOf(general)).toMatchObject([
    { id: question.messageId, name: "Docent · answer" },
  ]);
  expect(texts()).toEqual([
    "**Twelve** [1]. That is all there is to say, as far as the plan goes.\n\n**Sources**\n\n" +
      `[1] [plan.pdf, page 12](${CITATION.permalink})\n> “There are twelve ducks.”\n\n` +
      "-# Searched this channel.",
  ]);
  expect(shown().map(({ id }) => id)).toEqual(told.told);
  expect(calls(MESSAGES)[0]?.body).toMatchObject({
    allowed_mentions: { parse: [], users: [IDS.ana] },
    flags: 4,
  });
  for (const { body } of calls(EDITS))
    expect(body).toMatchObject({ allowed_mentions: { parse: [] } });
  expect(posting.loopback.messagesOf(question.messageId)[0]?.pings.users).toEqual([]);
});

test("the first message has a sentence, and is a reply that pings the asker where the channel wants replies", async () => {
  const parts = reply("Half of a sen", "tence. ", "And more of them, all the way to the end.");
  await posting.post(question, parts, { ...posts(), style: "reply" });
  const [first] = shown(general);
  expect(first?.revisions[0]?.content).toBe("Half of a sentence.");
  expect(texts(general)).toEqual(["Half of a sentence. And more of them, all the way to the end."]);
  expect(first?.reference?.messageId).toBe(question.messageId);
  expect(calls(MESSAGES)[0]?.body).toMatchObject({
    allowed_mentions: { parse: [], replied_user: true },
  });
  expect(posting.loopback.threadsOf(general)).toEqual([]);
});

test("a follow-up in the thread is answered there, and one by a reply below it", async () => {
  const thread = posting.loopback.createThread({ channel: help, user: IDS.ana });
  const followUp = posting.ask(help, thread.id, { channel: thread.id });
  await posting.post(followUp, reply("Twelve."));
  expect(shown(thread.id)).toMatchObject([{ content: "Twelve." }]);
  expect(shown(thread.id)[0]?.reference?.messageId).toBe(followUp.messageId);
  const inReplies = posting.ask(general, question.messageId);
  await posting.post(inReplies, reply("Thirteen."));
  expect(shown(general)[0]?.reference?.messageId).toBe(inReplies.messageId);
  expect(calls(THREADS)).toEqual([]);
});

test("a forum's post and a direct message are answered where they are", async () => {
  const made = { channel: forum, user: IDS.ana, text: "How many?" };
  const { id } = posting.loopback.createThread(made);
  await posting.post(
    { ...posting.ask(forum, id, { channel: id }), messageId: id },
    reply("Twelve."),
  );
  expect(texts(id)).toEqual(["Twelve."]);
  const dm = posting.loopback.openDm(IDS.ana);
  await posting.post(posting.ask(dm, dm), reply("Twelve.", LOOKED));
  expect(texts(dm)).toEqual(["Twelve.\n\n-# Searched this channel."]);
  expect(JSON.stringify(shown(dm)[0]?.components)).not.toContain(":private:");
});

test.each([
  ["Docent may make none", () => deny(Right.CreatePublicThreads)],
  ["Docent may not write in one", () => deny(Right.SendMessagesInThreads)],
  ["there are too many", () => Object.assign(posting.loopback.world, { activeThreadsMax: 0 })],
])("where a thread is not to be had, since %s, the answer is a reply", async (_why, deprive) => {
  deprive();
  await posting.post(question, reply("Twelve."));
  expect(texts(general)).toEqual(["Twelve."]);
  expect(shown(general)[0]?.reference?.messageId).toBe(question.messageId);
});

function deny(right: bigint): void {
  posting.loopback.overwrite(general, IDS.bot, { deny: right });
}

test("a thread that somebody has begun already is used, and a locked one is left alone", async () => {
  posting.loopback.createThread({ channel: general, user: IDS.ben, from: question.messageId });
  await posting.post(question, reply("Twelve."));
  expect(texts()).toEqual(["Twelve."]);
  const other = posting.ask(general);
  const from = { channel: general, user: IDS.ben, from: other.messageId };
  posting.loopback.updateThread(posting.loopback.createThread(from).id, { locked: true });
  await posting.post(other, reply("Thirteen."));
  expect(texts(general)).toEqual(["Thirteen."]);
});

test("a question that is gone gets no answer", async () => {
  posting.loopback.deleteMessage(question.messageId);
  await posting.post(question, reply("Twelve."));
  expect([...shown(general), ...posting.loopback.threadsOf(general)]).toEqual([]);
});

test("an answer of 10,000 characters arrives whole: its code, its table, its list", async () => {
  const code = Array.from({ length: 90 }, (_, at) => `  call(${at}, "line of code");`).join("\n");
  const table = Array.from({ length: 60 }, (_, at) => `| name${at} | value${at} |`).join("\n");
  const list = Array.from({ length: 90 }, (_, at) => `- item${at} says a few words`).join("\n");
  const text = `Here it is. ${LONG}${LONG}\n\n\`\`\`js\n${code}\n\`\`\`\n\n| A | B |\n|---|---|\n${table}\n\n${list}\n\nThe end.`;
  expect(text.length).toBeGreaterThan(10_000);
  const told = posts();
  const deltas = text.match(/[\s\S]{1,400}/g) ?? [];
  await posting.post(question, reply(...deltas, LOOKED), told);
  const all = texts();
  expect(shown().map(({ id }) => id)).toEqual(told.told);
  for (const { content } of shown()) {
    expect(content.length).toBeLessThanOrEqual(2_000);
    expect((content.match(/^```/gm) ?? []).length % 2).toBe(0);
  }
  const joined = all.join("\n");
  for (const word of text.match(/\w{2,}/g) ?? []) expect(joined).toContain(word);
  expect(joined.match(/item\d+/g)).toEqual(text.match(/item\d+/g));
  expect(under()).toEqual([...all.slice(1).map(() => []), DONE]);
});

test("whatever the answer says, nobody but the asker is called, and no link is made", async () => {
  const evil =
    "@everyone @here <@1200000000000000003> <@&1300000000000000003> [x](https://evil.example). ";
  await posting.post(question, reply(...evil, "https://evil.example and that is the whole of it."));
  for (const { body } of calls(MESSAGES)) {
    expect(body).toMatchObject({ allowed_mentions: { parse: [], users: [IDS.ana] }, flags: 4 });
  }
  const everything = shown().flatMap(({ revisions }) => revisions.map(({ content }) => content));
  for (const content of everything) expect(content).not.toMatch(/@everyone|@here|<@[&1]\d*3>|\]\(/);
});

test("Stop stands under an answer while it comes, and its buttons know which answer it is", async () => {
  await posting.post(question, reply({ kind: "status", text: "…" }, "One. ", LONG, LOOKED));
  const ids =
    shown()
      .at(-1)
      ?.revisions.map(({ components }) => JSON.stringify(components)) ?? [];
  expect(calls(MESSAGES)[0]?.body).toMatchObject({
    components: [{ components: [{ label: "Stop" }] }],
  });
  expect(ids.at(-1)).not.toContain("Stop");
  const [, customId = ""] = /"custom_id":"(docent:up[^"]*)"/.exec(ids.at(-1) ?? "") ?? [];
  expect(decodeTarget(customId)?.target).toEqual({
    channelId: general,
    threadId: question.messageId,
    questionId: question.messageId,
    askerId: IDS.ana,
  });
});

test("nothing stands under a greeting, and 'All sources' only where some are hidden", async () => {
  await posting.post(question, reply("Hello!"));
  expect(under()).toEqual([[]]);
  question = posting.ask(general);
  const citations = [1, 2, 3, 4].map((number) => ({ ...CITATION, number }));
  await posting.post(question, reply("Twelve.", { kind: "citations", citations }));
  expect(under()[0]).toContain("sources");
});

test("a restart takes back all that was said, with a note", async () => {
  await posting.post(question, reply("Wrong. ", LONG, NOTE, "Right."), posts());
  expect(texts()).toEqual(["*Another model goes on.*\n\nRight."]);
});

test("an answer that is taken away while it comes is not posted again", async () => {
  const parts = async function* () {
    yield* reply("One. ");
    await vi.waitUntil(() => shown().length > 0);
    posting.loopback.deleteMessage(shown()[0]?.id ?? "");
    yield* reply("Two.");
  };
  await posting.post(question, parts());
  expect(shown()).toEqual([]);
});

describe("before the first words", () => {
  test("it is typing at once, and goes on; what is done is said only after a while, and taken away", async () => {
    const words = Promise.withResolvers<void>();
    const parts = async function* () {
      yield* reply({ kind: "status", text: "Reading plan.pdf…" });
      await words.promise;
      yield* reply("Twelve.");
    };
    const done = posting.post(question, parts());
    const { typing } = posting.loopback.world;
    await vi.waitUntil(() => typing.get(general) === 1);
    expect(shown()).toEqual([]);
    await posting.pass(3_000);
    await vi.waitUntil(() => shown().length === 1);
    expect(shown()[0]).toMatchObject({ content: "-# Reading plan.pdf…", flags: 4 + 4_096 });
    await posting.pass(5_000);
    await vi.waitUntil(() => typing.get(question.messageId) === 1);
    words.resolve();
    await done;
    expect(texts()).toEqual(["Twelve."]);
  });
});

describe("a later try", () => {
  test("writes anew what the first one posted, and removes what is too much", async () => {
    const first = posts();
    const broken = async function* () {
      yield* reply(LONG, LONG);
      throw new Error("the process died");
    };
    await expect(posting.post(question, broken(), first)).rejects.toThrow("died");
    expect(shown().length).toBeGreaterThan(1);
    await posting.post(question, reply("Twelve.", LOOKED), posts(first.told));
    expect(shown()).toMatchObject([{ id: first.told[0] }]);
    expect(texts()).toEqual(["Twelve.\n\n-# Searched this channel."]);
    expect(under()).toEqual([DONE]);
  });

  test("after a crash that left a message unknown gives one answer, with and without a look for it", async () => {
    for (const orphans of [undefined, async (ids: string[]) => ids]) {
      question = posting.ask(general);
      const crash = { posted: [], onPosted: () => Promise.reject(new Error("crashed")) };
      await expect(posting.post(question, reply("Eleven."), crash)).rejects.toThrow("crashed");
      await posting.post(question, reply("Twelve."), { ...posts(), ...(orphans && { orphans }) });
      expect(texts()).toEqual(["Twelve."]);
    }
  });

  test("finds its messages below the question too, where the thread was not to be had", async () => {
    posting.loopback.fail(THREADS, { status: 400, code: 160006 });
    const first = posts();
    await posting.post(question, reply("Eleven."), first);
    await posting.post(question, reply("Twelve."), posts(first.told));
    expect(texts(general)).toEqual(["Twelve."]);
    expect(posting.loopback.threadsOf(general)).toEqual([]);
  });

  test("opens a thread that has closed by itself", async () => {
    const first = posts();
    await posting.post(question, reply("Eleven."), first);
    posting.loopback.updateThread(question.messageId, { archived: true });
    await posting.post(question, reply("Twelve."), posts(first.told));
    expect(texts()).toEqual(["Twelve."]);
  });

  test("replaces a message that can't be edited", async () => {
    const first = posts();
    await posting.post(question, reply("Eleven."), first);
    posting.loopback.fail(EDITS, { status: 403, code: 50005 }, { status: 403, code: 50005 });
    const second = posts(first.told);
    await posting.post(question, reply("Twelve."), second);
    expect(shown()).toMatchObject([{ id: second.told[0] }]);
    expect(texts()).toEqual(["Twelve."]);
  });
});

test("an answer that nobody waits for any more is left as it is, and typing ends", async () => {
  const over = new AbortController();
  const parts = async function* () {
    yield* reply("One. And some more of it.");
    await new Promise(() => undefined);
  };
  const done = posting.post(question, parts(), posts(), over.signal);
  await vi.waitUntil(() => shown().length === 1);
  over.abort(new Error("shutting down"));
  await expect(done).rejects.toThrow("shutting down");
  await posting.pass(60_000);
  expect(texts()).toEqual(["One. And some more of it."]);
  expect([...posting.loopback.world.typing.values()]).toEqual([1]);
});

describe("Discord's limits", () => {
  test("an edit that is put off holds back no other one, and the text is whole in the end", async () => {
    posting.loopback.limit(EDITS, 1, { windowMs: 200 });
    const words = Array.from({ length: 40 }, (_, at) => `Word ${at} of the answer. `);
    await posting.post(question, reply(...words));
    expect(texts()).toEqual([words.join("").trim()]);
    expect(calls(EDITS).length).toBeLessThan(10);
  });

  test("a limit in one channel keeps no answer in another one waiting", async () => {
    posting.loopback.fail(MESSAGES, { retryAfterS: 0.5 });
    const order: string[] = [];
    const reply1 = { ...posts(), style: "reply" as const };
    const slow = posting.post(question, reply("Slow."), reply1).then(() => order.push("slow"));
    await vi.waitUntil(() => calls(MESSAGES).length === 1);
    await posting.post(posting.ask(help), reply("Fast."), { ...posts(), style: "reply" });
    order.push("fast");
    await slow;
    expect(order).toEqual(["fast", "slow"]);
  });

  test("an old message, of which Discord takes few edits, is replaced", async () => {
    const first = posts();
    await posting.post(question, reply("Eleven."), first);
    await posting.pass(61 * 60_000);
    posting.loopback.pass(61 * 60_000);
    await posting.post(
      question,
      reply("Twelve. ", "And that is the whole of it."),
      posts(first.told),
    );
    expect(texts()).toEqual(["Twelve. And that is the whole of it."]);
    expect(calls(EDITS)).toEqual([]);
  });

  test("a message is edited at the pace that is asked for, also by the last edit", async () => {
    const { signal } = new AbortController();
    const known = posts();
    const thread = threadOf(posting.stage, question, "thread", signal);
    const answer = await createAnswer(thread, known, 2_000);
    for (const text of ["One. ", "Two. ", "Three. ", "Four. "]) await answer.write(text, []);
    expect(calls(EDITS)).toHaveLength(1);
    const finished = answer.finish([]);
    await new Promise(setImmediate);
    expect(calls(EDITS)).toHaveLength(1);
    await posting.pass(2_000);
    await finished;
    expect(texts()).toEqual(["One. Two. Three. Four."]);
  });

  test("a place where nobody can post is no matter of trying again, a failure of Discord's is", async () => {
    deny(Right.SendMessages | Right.CreatePublicThreads);
    const failed = posting.post(question, reply("One."));
    await expect(failed).rejects.toBeInstanceOf(ServiceError);
    await expect(failed).rejects.toMatchObject({ retryable: false });
    const down = Array.from({ length: 3 }, () => ({ status: 503 }));
    posting.loopback.fail(THREADS, ...down);
    await expect(posting.post(posting.ask(help), reply("One."))).rejects.toMatchObject({
      retryable: true,
    });
  });

  test("an answer whose arrival Discord could not say is posted once", async () => {
    posting.loopback.fail(MESSAGES, { cut: "after" });
    await posting.post(question, reply("Twelve."));
    expect(texts()).toEqual(["Twelve."]);
  });
});
