import { afterEach, beforeEach, expect, test } from "vitest";
import type { ReplyPart } from "../../src/chat.ts";
import type { Mention } from "../../src/events.ts";
import { seen } from "../support/slack-blocks.ts";
import { openPosting, type Posting } from "../support/slack-posting.ts";
import { BOT } from "../support/slack-world.ts";

const CHANNELS = Array.from({ length: 10 }, (_, index) => `C1${index}`);
const THREADS = 4;
const QUESTIONS = 5;

let posting: Posting;

beforeEach(async () => {
  posting = await openPosting();
  const { slack } = posting;
  for (const id of CHANNELS) {
    const members = ["U1", BOT.userId];
    slack.world.channels.set(id, { id, kind: "public", members, external: false });
  }
  slack.limitAll();
});

afterEach(() => posting.close());

async function* answer(question: Mention): AsyncGenerator<ReplyPart> {
  yield { kind: "text", text: `The answer to ${question.messageId} is: ` };
  await new Promise(setImmediate);
  yield { kind: "text", text: "**twelve ducks**. " };
  await new Promise(setImmediate);
  yield { kind: "text", text: "And that is all." };
  yield { kind: "footer", text: "Searched this channel." };
}

/** In a thread one question waits for the answer to the one before it. */
async function inThread(channel: string): Promise<Mention[]> {
  const questions = [posting.ask(channel)];
  const [first] = questions;
  while (questions.length < QUESTIONS) questions.push(posting.ask(channel, first?.messageId));
  for (const question of questions) await posting.post(question, answer(question));
  return questions;
}

test("a burst of 200 questions in 10 channels is answered whole, in order per thread", async () => {
  const { slack, called, logged } = posting;
  const threads = CHANNELS.flatMap((channel) => Array.from({ length: THREADS }, () => channel));
  const asked = await Promise.all(threads.map(inThread));
  for (const questions of asked) {
    const replies = slack.replies(questions[0]?.messageId ?? "");
    expect(replies.map(({ streaming }) => streaming)).not.toContain(true);
    expect(replies.map(({ blocks }) => blocks?.at(-1)?.type)).toEqual(
      questions.map(() => "actions"),
    );
    expect(replies.map((reply) => seen(reply).split("\n\n")[0])).toEqual(
      questions.map(
        ({ messageId }) => `The answer to ${messageId} is: **twelve ducks**. And that is all.`,
      ),
    );
  }
  // What Slack's budget of streams allowed was streamed, and nothing was tried beyond it.
  expect(slack.refused("chat.startStream")).toBe(0);
  expect(called("chat.startStream").length).toBeGreaterThanOrEqual(10);
  expect(called("chat.postMessage").length).toBeGreaterThan(100);
  expect(logged()).not.toMatch(/"level":(?:40|50|60)/);
}, 20_000);

test("a crowd of reads stays below Slack's limits, and what somebody waits for comes first", async () => {
  const { slack, client } = posting;
  const order: string[] = [];
  const many = (count: number, name: string, call: (channel: string) => Promise<unknown>) =>
    Array.from({ length: count }, async (_, index) => {
      await call(CHANNELS[index % CHANNELS.length] ?? "");
      order.push(name);
    });
  await Promise.all([
    ...many(30, "behind", (channel) => client.background.conversations.history({ channel })),
    ...many(30, "asked", (channel) => client.read.conversations.history({ channel })),
    ...many(60, "members", (channel) => client.read.conversations.members({ channel })),
    ...many(15, "people", () => client.read.users.list({})),
  ]);
  for (const method of ["conversations.history", "conversations.members", "users.list"]) {
    expect([method, slack.refused(method)]).toEqual([method, 0]);
  }
  expect(order.lastIndexOf("asked")).toBeLessThan(order.lastIndexOf("behind") - 10);
}, 20_000);
