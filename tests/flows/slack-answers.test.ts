import { afterEach, beforeEach, expect, test } from "vitest";
import type { Citation } from "../../src/chat.ts";
import { ServiceError } from "../../src/errors.ts";
import type { Mention } from "../../src/events.ts";
import { type Bench, openBench, posts, reply } from "../support/slack-bench.ts";

const signal = new AbortController().signal;
const LONG = "Ducks swim and geese walk. ".repeat(200);
const NOTE = { kind: "restart", note: "Another model goes on." } as const;

let bench: Bench;
let question: Mention;

beforeEach(async () => {
  bench = await openBench();
  question = await bench.ask("C1", "<@UBOT> how many ducks?");
});

afterEach(() => bench.close());

const shown = () => bench.slack.replies(question.messageId);
const texts = () => shown().map(({ text }) => text);
const called = (method: string) => bench.slack.world.calls.filter((call) => call.method === method);

const CITATION: Citation = {
  number: 1,
  file: {
    place: { platform: "slack", workspaceId: "T1", channelId: "C1", threadId: "1.1" },
    messageId: "1.1",
    fileId: "F1",
    userId: "U1",
  },
  fileName: "plan.pdf",
  locator: { page: 12 },
  where: "page 12",
  quote: "There are twelve ducks.",
  position: 3,
  permalink: "https://acme.slack.com/archives/C1/p11",
  sharedAtMs: 0,
};

test("an answer is streamed into the thread, with its status before and its sources after", async () => {
  const told = posts();
  const parts = reply(
    { kind: "status", text: "is reading…" },
    "**Twelve** [1]. ",
    LONG,
    { kind: "citations", citations: [CITATION] },
    { kind: "footer", text: "Searched this channel." },
  );
  await bench.adapter.post(question, parts, told, signal);
  expect(called("assistant.threads.setStatus")[0]?.args).toMatchObject({
    channel_id: "C1",
    thread_ts: question.messageId,
    status: "is reading…",
  });
  expect(called("chat.appendStream").length).toBeGreaterThan(1);
  expect(shown()).toMatchObject([{ streaming: false, ts: told.told[0] }]);
  expect(texts()[0]).toBe(
    `**Twelve** [1]. ${LONG}\n\n**Sources**\n\n[1] [plan.pdf, page 12](https://acme.slack.com/archives/C1/p11)` +
      "\n> “There are twelve ducks.”\n\n_Searched this channel._",
  );
});

test("the second piece waits until the first message's id is stored", async () => {
  const stored = Promise.withResolvers<void>();
  const posting = bench.adapter.post(
    question,
    reply("One. ", "Two. "),
    { posted: [], onPosted: () => stored.promise },
    signal,
  );
  while (called("chat.startStream").length === 0) await new Promise(setImmediate);
  expect(called("chat.appendStream")).toEqual([]);
  stored.resolve();
  await posting;
  expect(texts()).toEqual(["One. Two. "]);
});

test("whatever the answer says, nobody is pinged", async () => {
  const evil = "<!channel> <@U1> @here [x](https://evil.example) <https://evil.example|x>";
  await bench.adapter.post(question, reply(...evil), posts(), signal);
  expect(texts()[0]).not.toMatch(/<[!@#h]|@here|\]\(/);
});

test("an answer of more than a message holds goes on in the next one", async () => {
  const parts = [LONG, LONG, LONG, "The end."];
  const told = posts();
  await bench.adapter.post(question, reply(...parts), told, signal);
  expect(texts().join("")).toBe(parts.join(""));
  expect(shown().map(({ ts }) => ts)).toEqual(told.told);
  expect(shown()).toHaveLength(2);
});

test.each([
  { error: "message_not_in_streaming_state" },
  { status: 429, retryAfterS: 1 },
  { status: 500 },
])("a short answer whose stream fails (%o) is completed in its place", async (fault) => {
  bench.slack.fail("chat.appendStream", fault);
  const told = posts();
  await bench.adapter.post(question, reply("One. ", "Two. ", "Three."), told, signal);
  expect(texts()).toEqual(["One. Two. Three."]);
  expect(told.told).toHaveLength(1);
});

test("a long answer whose stream fails is completed in new messages of the thread", async () => {
  bench.slack.fail("chat.appendStream", { error: "message_not_in_streaming_state" });
  await bench.adapter.post(question, reply(LONG, LONG, "The end."), posts(), signal);
  expect(texts().join("")).toBe(`${LONG}${LONG}The end.`);
  expect(shown().every(({ streaming, unfurls }) => !(streaming || unfurls))).toBe(true);
});

test("where streaming is not to be had the answer is posted whole", async () => {
  bench.slack.fail("chat.startStream", { error: "unknown_method" });
  const told = posts();
  await bench.adapter.post(question, reply("One. ", "Two."), told, signal);
  expect(texts()).toEqual(["One. Two."]);
  expect(told.told).toEqual([shown()[0]?.ts]);
});

test("a place where nobody can post is no matter of trying again", async () => {
  bench.slack.fail("chat.startStream", { error: "is_archived" });
  const failed = bench.adapter.post(question, reply("One."), posts(), signal);
  await expect(failed).rejects.toBeInstanceOf(ServiceError);
  await expect(failed).rejects.toMatchObject({ retryable: false });
  expect(called("chat.postMessage")).toEqual([]);
});

test("when Slack fails, the answer may be tried again", async () => {
  bench.slack.fail("chat.startStream", { status: 503 });
  const failed = bench.adapter.post(question, reply("One."), posts(), signal);
  await expect(failed).rejects.toMatchObject({ retryable: true, status: 503 });
});

test("a restart takes back a short text, with a note", async () => {
  await bench.adapter.post(question, reply("Wrong. ", NOTE, "Right."), posts(), signal);
  expect(texts()).toEqual(["_Another model goes on._\n\nRight."]);
});

test("a restart below a long text says that the text does not count", async () => {
  await bench.adapter.post(question, reply(LONG, NOTE, "Right."), posts(), signal);
  expect(texts()).toHaveLength(1);
  expect(texts()[0]).toMatch(/---\n\n_Another model goes on\. What stands above .*_\n\nRight\.$/s);
});

test("a retry writes the answer anew where the first try left it", async () => {
  const first = posts();
  const broken = async function* () {
    yield* reply(LONG, LONG, LONG);
    throw new Error("the process died");
  };
  await expect(bench.adapter.post(question, broken(), first, signal)).rejects.toThrow("died");
  expect(shown()).toHaveLength(2);
  await bench.adapter.post(question, reply("Twelve."), posts(first.told), signal);
  expect(shown()).toMatchObject([{ ts: first.told[0], text: "Twelve.", streaming: false }]);
});

test("a retry whose message can't be changed replaces it", async () => {
  const first = posts();
  await bench.adapter.post(question, reply("Eleven."), first, signal);
  bench.slack.fail("chat.update", { error: "edit_window_closed" });
  await bench.adapter.post(question, reply("Twelve."), posts(first.told), signal);
  expect(texts()).toEqual(["Twelve."]);
});

test("an answer that its asker stopped stays as it is", async () => {
  const parts = async function* () {
    yield* reply("One. ");
    while (shown().length === 0) await new Promise(setImmediate);
    for (const message of shown()) Object.assign(message, { stopped: true, streaming: false });
    yield* reply("Two. ", "Three.");
  };
  await bench.adapter.post(question, parts(), posts(), signal);
  expect(texts()).toEqual(["One. "]);
});

test("a direct message is answered in its thread", async () => {
  question = await bench.ask("D1", "how many ducks?");
  await bench.adapter.post(question, reply("Twelve."), posts(), signal);
  expect(shown()).toMatchObject([{ channel: "D1", text: "Twelve." }]);
});
