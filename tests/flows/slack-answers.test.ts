import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeTarget } from "../../adapters/slack/show/target.ts";
import type { Citation } from "../../src/chat.ts";
import { ServiceError } from "../../src/errors.ts";
import type { Mention } from "../../src/events.ts";
import { elementsOf, seen } from "../support/slack-blocks.ts";
import { openPosting, type Posting, posts, reply } from "../support/slack-posting.ts";
import type { Message } from "../support/slack-world.ts";

const LONG = "Ducks swim and geese walk. ".repeat(200);
const NOTE = { kind: "restart", note: "Another model goes on." } as const;

let posting: Posting;
let question: Mention;

beforeEach(async () => {
  posting = await openPosting();
  question = posting.ask("C1");
});

afterEach(() => posting.close());

const shown = () => posting.slack.replies(question.messageId);
const texts = () => shown().map(textOf);
/** What stands under each message, by type. */
const under = () =>
  shown().map(({ blocks = [] }) =>
    blocks.map(({ type }) => type).filter((type) => type !== "markdown"),
  );
const BUTTONS = ["context_actions", "actions"];

/** Blocks stand in the place of the text, but for a stream. */
function textOf({ text, blocks = [], streamed }: Message): string {
  const markdown = blocks.filter(({ type }) => type === "markdown");
  return streamed || markdown.length === 0 ? text : markdown.map((block) => block.text).join("");
}
const called = (method: string) => posting.called(method);

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
  await posting.post(question, parts, told);
  expect(called("assistant.threads.setStatus")[0]).toMatchObject({
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
  const known = { posted: [], onPosted: () => stored.promise };
  const posted = posting.post(question, reply("One. ", "Two. "), known);
  while (called("chat.startStream").length === 0) await new Promise(setImmediate);
  expect(called("chat.appendStream")).toEqual([]);
  stored.resolve();
  await posted;
  expect(texts()).toEqual(["One. Two. "]);
});

test("whatever the answer says, nobody is pinged", async () => {
  const evil = "<!channel> <@U1> @here [x](https://evil.example) <https://evil.example|x>";
  await posting.post(question, reply(...evil), posts());
  expect(texts()[0]).not.toMatch(/<[!@#h]|@here|\]\(/);
});

test("an answer of more than a message holds goes on in the next one", async () => {
  const parts = [LONG, LONG, LONG, "The end."];
  const told = posts();
  await posting.post(question, reply(...parts), told);
  expect(texts().join("")).toBe(parts.join(""));
  expect(shown().map(({ ts }) => ts)).toEqual(told.told);
  expect(shown()).toHaveLength(2);
});

test.each([
  { error: "message_not_in_streaming_state" },
  { status: 429, retryAfterS: 1 },
  { status: 500 },
])("a short answer whose stream fails (%o) is completed in its place", async (fault) => {
  posting.slack.fail("chat.appendStream", fault);
  const told = posts();
  await posting.post(question, reply("One. ", "Two. ", "Three."), told);
  expect(texts()).toEqual(["One. Two. Three."]);
  expect(told.told).toHaveLength(1);
});

test("a long answer whose stream fails is completed in new messages of the thread", async () => {
  posting.slack.fail("chat.appendStream", { error: "message_not_in_streaming_state" });
  await posting.post(question, reply(LONG, LONG, "The end."), posts());
  expect(texts().join("")).toBe(`${LONG}${LONG}The end.`);
  expect(shown().every(({ streaming, unfurls }) => !(streaming || unfurls))).toBe(true);
});

test("where streaming is not to be had the answer is posted whole", async () => {
  posting.slack.fail("chat.startStream", { error: "unknown_method" });
  const told = posts();
  await posting.post(question, reply("One. ", "Two."), told);
  expect(texts()).toEqual(["One. Two."]);
  expect(told.told).toEqual([shown()[0]?.ts]);
});

test("a place where nobody can post is no matter of trying again", async () => {
  posting.slack.fail("chat.startStream", { error: "is_archived" });
  const failed = posting.post(question, reply("One."), posts());
  await expect(failed).rejects.toBeInstanceOf(ServiceError);
  await expect(failed).rejects.toMatchObject({ retryable: false });
  expect(called("chat.postMessage")).toEqual([]);
});

test("when Slack fails, the answer may be tried again", async () => {
  posting.slack.fail("chat.startStream", { status: 503 });
  const failed = posting.post(question, reply("One."), posts());
  await expect(failed).rejects.toMatchObject({ retryable: true, status: 503 });
});

test("a restart takes back a short text, with a note", async () => {
  await posting.post(question, reply("Wrong. ", NOTE, "Right."), posts());
  expect(texts()).toEqual(["_Another model goes on._\n\nRight."]);
});

test("a restart below a long text says that the text does not count", async () => {
  await posting.post(question, reply(LONG, NOTE, "Right."), posts());
  expect(texts()).toHaveLength(1);
  expect(texts()[0]).toMatch(/---\n\n_Another model goes on\. What stands above .*_\n\nRight\.$/s);
});

test("a retry writes the answer anew where the first try left it", async () => {
  const first = posts();
  const broken = async function* () {
    yield* reply(LONG, LONG, LONG);
    throw new Error("the process died");
  };
  await expect(posting.post(question, broken(), first)).rejects.toThrow("died");
  expect(shown()).toHaveLength(2);
  await posting.post(question, reply("Twelve."), posts(first.told));
  expect(shown()).toMatchObject([{ ts: first.told[0], text: "Twelve.", streaming: false }]);
});

test("a retry whose message can't be changed replaces it", async () => {
  const first = posts();
  await posting.post(question, reply("Eleven."), first);
  posting.slack.fail("chat.update", { error: "edit_window_closed" });
  await posting.post(question, reply("Twelve."), posts(first.told));
  expect(texts()).toEqual(["Twelve."]);
});

describe("an answer that its asker stopped", () => {
  const SEARCHED = { kind: "status", text: "Looking…" } as const;
  const stopShown = () => {
    for (const message of shown()) Object.assign(message, { stopped: true, streaming: false });
  };
  const stopped = async function* (first: string, ...rest: Parameters<typeof reply>) {
    yield* reply(SEARCHED, first);
    while (shown().length === 0) await new Promise(setImmediate);
    stopShown();
    yield* reply(...rest);
  };

  test("stays as it is, says so, and keeps its buttons", async () => {
    await posting.post(question, stopped("One. ", "Two. ", "Three."));
    expect(shown().map(seen)).toEqual([expect.stringMatching(/^One\. \n\n_Stopped, as asked\._/)]);
    expect(under()).toEqual([BUTTONS]);
  });

  test("says so once, whoever else says it", async () => {
    const footer = { kind: "footer", text: "Stopped, as asked." } as const;
    await posting.post(question, stopped("One. ", footer));
    expect(
      shown()
        .map(seen)
        .join()
        .match(/Stopped/g),
    ).toHaveLength(1);
    expect(under()).toEqual([BUTTONS]);
  });

  test("stays as it is where it is too long to be edited", async () => {
    await posting.post(question, stopped(LONG, "Two."));
    expect(texts()).toEqual([LONG]);
  });

  test("has its buttons also where all of it was there", async () => {
    await posting.post(question, stopped("One. "));
    expect(texts()).toEqual(["One. "]);
    expect(under()).toEqual([BUTTONS]);
  });
});

describe("a question that stands in no message", () => {
  const asked = { key: "slack:T1:V1", text: "How many <!here> *ducks*,\nand where? ".repeat(9) };
  const quote = /^> How many <\u200B!here> \\\*ducks\\\*, and where\? .{100,170}…\n\n/;

  test("is told above its answer, with the name of who asked, and nobody is called", async () => {
    await posting.post({ ...question, ...asked }, reply("Twelve.", NOTE, "Thirteen."));
    const [text = ""] = texts();
    const name = /\*\*(.+)\*\* asked:\n/;
    expect(text).toMatch(name);
    const [before = "", after = ""] = text.split(name.exec(text)?.[0] ?? "?");
    expect(before).toContain("Another model goes on.");
    expect(after).toMatch(quote);
    expect(after).toMatch(/Thirteen\.$/);
    expect(text).not.toContain("<@");
  });

  test("is told without a name where Slack does not say it", async () => {
    posting.slack.fail("users.info", { error: "user_not_found" });
    await posting.post({ ...question, ...asked }, reply("Twelve."));
    expect(texts()[0]).toMatch(/^\*\*Somebody\*\* asked:\n> How many/);
  });
});

test("a direct message is answered in its thread", async () => {
  question = posting.ask("D1");
  await posting.post(question, reply("Twelve."), posts());
  expect(shown()).toMatchObject([{ channel: "D1", text: "Twelve." }]);
});

describe("under an answer", () => {
  const SOURCES = [1, 2, 3, 4].map((number) => ({
    ...CITATION,
    number,
    fileName: `${number}.pdf`,
  }));
  const LOOKED = { kind: "footer", text: "Searched this channel." } as const;

  test("stand its rating and one menu, which know which answer it is", async () => {
    await posting.post(
      question,
      reply("Twelve [1].", { kind: "citations", citations: [CITATION] }),
    );
    expect(under()).toEqual([BUTTONS]);
    const [{ blocks = [] } = { blocks: [] }] = shown();
    for (const { block_id = "" } of blocks) {
      expect(decodeTarget(block_id)).toEqual({
        channelId: "C1",
        threadId: question.messageId,
        questionId: question.messageId,
        askerId: "U1",
      });
    }
    const menu = blocks.flatMap(elementsOf).find(({ type }) => type === "overflow");
    expect(menu?.options?.map(({ value }) => value)).toEqual(["private", "regenerate", "mute"]);
  });

  test("are three sources, and the menu has all of them", async () => {
    await posting.post(question, reply("Twelve.", { kind: "citations", citations: SOURCES }));
    expect(texts()[0]).toMatch(/3\.pdf.*\n\n1 more under “All sources” in the menu\.$/s);
    expect(texts()[0]).not.toContain("4.pdf");
    expect(JSON.stringify(shown()[0]?.blocks)).toContain('"value":"sources"');
  });

  test("stands nothing where it is a greeting", async () => {
    await posting.post(question, reply("Hello!"));
    expect(under()).toEqual([[]]);
  });

  test("it stands once, under the last message", async () => {
    await posting.post(question, reply(LONG, LONG, LONG, LOOKED));
    expect(under()).toEqual([[], BUTTONS]);
  });

  test.each([{ error: "message_not_in_streaming_state" }, { error: "invalid_blocks" }])(
    "it comes by an edit where the stream does not take it (%o)",
    async (fault) => {
      posting.slack.fail("chat.stopStream", fault);
      posting.slack.fail("chat.update", { error: "streaming_state_conflict" });
      await posting.post(question, reply("Twelve.", LOOKED));
      expect(under()).toEqual([BUTTONS]);
      expect(texts()).toEqual(["Twelve.\n\n_Searched this channel._"]);
      expect(shown()[0]?.streaming).toBe(false);
    },
  );

  test("a new answer in the place of an old one has it once", async () => {
    const first = posts();
    await posting.post(question, reply(LONG, LONG, LONG, LOOKED), first);
    await posting.post(question, reply("Twelve.", LOOKED), posts(first.told));
    expect(under()).toEqual([BUTTONS]);
  });
});

describe("when Slack takes no more streams", () => {
  const spend = async () => {
    const take = () => posting.client.turns.tryTake("startStream", async () => true);
    while (await take());
  };

  test("the answer is posted whole, without trying", async () => {
    await spend();
    const told = posts();
    const footer = { kind: "footer", text: "Searched this channel." } as const;
    await posting.post(question, reply("**Twelve** ", "ducks.", footer), told);
    expect(texts()).toEqual(["**Twelve** ducks.\n\n_Searched this channel._"]);
    expect(shown()).toMatchObject([
      { ts: told.told[0], text: "Twelve ducks.\n\n_Searched this channel._", unfurls: false },
    ]);
    expect(under()).toEqual([BUTTONS]);
    expect(called("chat.startStream")).toEqual([]);
  });

  test("nothing is tried again before it said", async () => {
    posting.slack.fail("chat.startStream", { status: 429, retryAfterS: 50 });
    await posting.post(question, reply("One. ", "Two."));
    await posting.post(question, reply("Three."));
    expect(texts()).toEqual(["One. Two.", "Three."]);
    expect(called("chat.startStream")).toHaveLength(1);
  });

  test("a post that is refused for its number comes later", async () => {
    await spend();
    posting.slack.fail("chat.postMessage", { status: 429, retryAfterS: 30 });
    await posting.post(question, reply("Twelve."));
    expect(texts()).toEqual(["Twelve."]);
  });
});

test("a stream that ends by itself is completed in its place", async () => {
  const parts = async function* () {
    yield* reply("One. ");
    while (shown().length === 0) await new Promise(setImmediate);
    posting.slack.expireStreams();
    yield* reply("Two.");
  };
  await posting.post(question, parts());
  expect(texts()).toEqual(["One. Two."]);
});

test("an answer that goes on for longer than a stream lives goes on in the next message", async () => {
  const told = posts();
  const parts = async function* () {
    yield* reply("One. ");
    while (told.told.length === 0) await new Promise(setImmediate);
    posting.slack.pass(4.6 * 60_000);
    yield* reply("Two.");
  };
  await posting.post(question, parts(), told);
  expect(texts()).toEqual(["One. ", "Two."]);
});
