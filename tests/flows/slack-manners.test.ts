/** What the Slack adapter says and shows beside answers: signs, words to one person, private answers. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMarks, type Marks } from "../../adapters/slack/show/mark.ts";
import { onlyFor, sayAlone } from "../../adapters/slack/show/private.ts";
import { ACTIONS } from "../../adapters/slack/show/target.ts";
import { nod, tell } from "../../adapters/slack/show/tell.ts";
import { retract } from "../../adapters/slack/show/thread.ts";
import type { Citation, FileState } from "../../src/chat.ts";
import type { Mention, SharedFile } from "../../src/events.ts";
import { createHook } from "../support/slack-hooks.ts";
import { openPosting, type Posting, posts, reply, SECRET_KEY } from "../support/slack-posting.ts";
import { messageAt } from "../support/slack-world.ts";

const READING: FileState = { kind: "reading", pagesDone: 0, pages: null };
const SEARCHABLE: FileState = { kind: "searchable", pages: 1, note: null };
const FAILED: FileState = { kind: "failed", reason: "<!here> locked.pdf is encrypted." };
const UNREAD: FileState = { kind: "unread", reason: "By choice." };

let posting: Posting;
let question: Mention;

beforeEach(async () => {
  posting = await openPosting();
  question = posting.ask("C1");
});

afterEach(() => posting.close());

const ephemerals = () => posting.slack.world.ephemerals;

describe("a message with files", () => {
  let marks: Marks;
  beforeEach(() => {
    marks = createMarks();
  });

  const reactions = () => messageAt(posting.slack.world, question.messageId).reactions;
  const file = (fileId: string): SharedFile => {
    const { place, messageId, userId } = question;
    return { place, messageId, fileId, userId };
  };
  const mark = (fileId: string, state: FileState) =>
    marks.mark(posting.client, file(fileId), state);
  const isSigned = async () => {
    while (!reactions().includes("eyes")) await new Promise(setImmediate);
  };

  test("that is read soon bears one sign, when it is done", async () => {
    await mark("F1", READING);
    await mark("F1", SEARCHABLE);
    await mark("F1", SEARCHABLE);
    expect(reactions()).toEqual(["white_check_mark"]);
    expect(posting.called("reactions.add")).toHaveLength(1);
  });

  test("that takes longer shows that it is read, until it is done", async () => {
    await mark("F1", READING);
    await isSigned();
    await mark("F1", READING);
    expect(reactions()).toEqual(["eyes"]);
    await mark("F1", SEARCHABLE);
    expect(reactions()).toEqual(["white_check_mark"]);
  });

  test("bears one sign for all its files, and says which one failed to its sharer alone", async () => {
    await mark("F1", SEARCHABLE);
    await mark("F2", READING);
    await mark("F3", READING);
    await mark("F2", FAILED);
    await mark("F3", SEARCHABLE);
    expect(reactions()).toEqual(["warning"]);
    expect(ephemerals()).toMatchObject([
      {
        channel: "C1",
        user: "U1",
        text: "&lt;\u200B!here&gt; locked.pdf is encrypted.",
        threadTs: null,
      },
    ]);
    await mark("F2", SEARCHABLE);
    expect(reactions()).toEqual(["white_check_mark"]);
  });

  test("that is not read bears none", async () => {
    await mark("F1", READING);
    await isSigned();
    await mark("F1", UNREAD);
    expect(reactions()).toEqual([]);
  });

  test("is no trouble where Slack refuses", async () => {
    posting.slack.fail("reactions.add", { error: "is_archived" });
    await mark("F1", SEARCHABLE);
    expect(posting.logged()).toContain("could not be shown");
  });
});

describe("a word to one person", () => {
  const OFFER = { kind: "backfill", label: "Read 12 files" } as const;

  test("is seen by nobody else, and can offer one thing", async () => {
    await tell(posting.client, { ...question.place, threadId: null }, "U1", {
      text: "Hello! <!channel>",
      offer: OFFER,
    });
    expect(posting.slack.world.messages).toHaveLength(1);
    expect(ephemerals()).toMatchObject([
      { user: "U1", threadTs: null, text: "Hello! &lt;\u200B!channel&gt;" },
    ]);
    const buttons = ephemerals()[0]?.blocks?.flatMap(({ elements = [] }) => elements);
    expect(buttons).toMatchObject([{ action_id: ACTIONS.backfill, value: "C1" }]);
  });

  test("is a message where nobody else is", async () => {
    const direct = posting.ask("D1");
    await tell(posting.client, direct.place, "U1", { text: "Hello!" });
    expect(posting.slack.replies(direct.messageId)).toMatchObject([{ text: "Hello!" }]);
  });

  test("comes whole, with links to messages of this workspace alone", async () => {
    const ours = "https://acme.slack.com/archives/C1/p1";
    const line = `A file: ${ours}, a page: https://evil.example/.\n`;
    await tell(posting.client, question.place, "U1", { text: line.repeat(80), offer: OFFER });
    const said = ephemerals().map(({ text }) => text);
    expect(said.length).toBeGreaterThan(1);
    const shown = `A file: <${ours}>, a page: \`https://evil.example/\`.\n`;
    expect(said.join("")).toBe(shown.repeat(80));
    expect(ephemerals().filter(({ blocks }) => blocks)).toEqual([ephemerals().at(-1)]);
    const seen = ephemerals()
      .at(-1)
      ?.blocks?.map(({ type }) => type);
    expect(seen).toEqual(["section", "actions"]);
  });

  test("is no trouble where they are not", async () => {
    await tell(posting.client, question.place, "UNOBODY", { text: "Hello!" });
    expect(posting.logged()).toContain("could not be told");
  });

  test("of thanks is a sign on the message", async () => {
    const thank = () => nod(posting.client, question.place, question.messageId);
    expect([await thank(), await thank()]).toEqual([true, true]);
    expect(messageAt(posting.slack.world, question.messageId).reactions).toEqual(["thumbsup"]);
    expect(await nod(posting.client, question.place, "1700000000.999999")).toBe(false);
  });
});

describe("an answer whose question is gone", () => {
  const answered = async () => {
    const known = posts();
    await posting.post(question, reply("Twelve."), known);
    return known.told;
  };
  const left = () => posting.slack.replies(question.messageId).map(({ text }) => text);
  const write = (user: string, bot = false) => {
    const saying = { channel: "C1", user, text: "Why?", threadTs: question.messageId };
    return posting.slack.say({ ...saying, bot, unheard: true });
  };

  test("goes too, whatever was written before it, or by a bot", async () => {
    await write("U1");
    const ids = await answered();
    await write("UOTHER", true);
    await retract(posting.client, question.place, ids);
    expect(left()).toEqual([]);
  });

  test("stays where a person wrote after it", async () => {
    const ids = await answered();
    await write("UOTHER", true);
    await write("U1");
    await retract(posting.client, question.place, ids);
    expect(left()).toEqual(["Twelve."]);
  });

  test("stays where Slack does not say", async () => {
    const ids = await answered();
    posting.slack.fail("conversations.replies", { status: 429, retryAfterS: 700 });
    await retract(posting.client, question.place, ids);
    for (let count = 0; count < 20; count += 1) await write("UOTHER", true);
    await retract(posting.client, question.place, ids);
    expect(left()).toEqual(["Twelve."]);
  });
});

describe("a private answer", () => {
  const LOOKED = { kind: "footer", text: "Searched what you can read." } as const;
  const ANSWER = "How many?\n\nTwelve.";

  /** U1 pressed a button under an answer that everybody sees. */
  const pressed = async () => {
    await posting.post(question, reply("Eleven."));
    const [answer] = posting.slack.replies(question.messageId);
    const press = { channel: "C1", user: "U1", originalTs: answer?.ts ?? null };
    const id = createHook(posting.slack.world, press);
    return { id, responseUrl: `http://${posting.slack.host}/hooks/${id}` };
  };
  const wayTo = (responseUrl: string | null) => {
    const { channelId, threadId } = question.place;
    return { responseUrl, channelId, userId: "U1", threadId };
  };
  const asked = (responseUrl: string | null): Mention => {
    const way = onlyFor(posting.client, SECRET_KEY, wayTo(responseUrl));
    return { ...question, messageId: "slack:T1:trigger", onlyFor: way };
  };

  test("comes whole to who asked, below the question, and the answer that everybody sees stays", async () => {
    const { id, responseUrl } = await pressed();
    const status = { kind: "status", text: "Looking…" } as const;
    await posting.post(asked(responseUrl), reply(status, "**Twelve** <!here>. ", LOOKED));
    expect(posting.slack.world.hooks.get(id)?.posts).toMatchObject([
      { response_type: "ephemeral", replace_original: false, delete_original: false },
    ]);
    expect(ephemerals()).toMatchObject([{ user: "U1", threadTs: question.messageId }]);
    expect(ephemerals()[0]?.text).toMatch(/^How many\?\n\nTwelve &lt;\u200B!here&gt;/);
    expect(ephemerals()[0]?.blocks?.[0]?.text).toMatch(/^> How many\?\n\n/);
    expect(ephemerals()[0]?.blocks?.map(({ type }) => type)).toEqual(["markdown"]);
    expect(posting.slack.replies(question.messageId).map(({ text }) => text)).toEqual(["Eleven."]);
  });

  test("has all its sources, since no menu stands under it", async () => {
    const citation = { file: { ...question, fileId: "F1" }, fileName: "a.pdf", where: "page 2" };
    const rest = { locator: {}, quote: "Ducks", position: 0, permalink: null, sharedAtMs: 0 };
    const citations: Citation[] = [1, 2, 3, 4].map((number) => ({ number, ...citation, ...rest }));
    await posting.post(asked(null), reply("Twelve.", { kind: "citations", citations }));
    expect(ephemerals()[0]?.text).toContain("[4] a.pdf, page 2");
  });

  test.each(["used up", "expired", "somebody else's"])(
    "comes by another way where the response URL is %s, which is told to nobody",
    async (how) => {
      const { id, responseUrl } = await pressed();
      const hook = posting.slack.world.hooks.get(id);
      if (hook && how === "used up") hook.uses = 5;
      if (hook && how === "expired") hook.untilMs = 0;
      const url = how === "somebody else's" ? "https://evil.example/hooks/1" : responseUrl;
      await posting.post(asked(url), reply("Twelve."));
      expect(hook?.posts).toEqual([]);
      expect(ephemerals()).toMatchObject([{ user: "U1", channel: "C1", text: ANSWER }]);
      expect(posting.logged()).not.toContain("/hooks/");
    },
  );

  test("comes where it was asked when its time is over, or its secret has changed", async () => {
    const { id, responseUrl } = await pressed();
    const late = asked(responseUrl);
    const handle = late.onlyFor?.handle ?? "";
    await posting.post({ ...late, onlyFor: { handle, untilMs: 0 } }, reply("Twelve."));
    await posting.post({ ...late, onlyFor: { handle: "other", untilMs: 1e15 } }, reply("Twelve."));
    expect(posting.slack.world.hooks.get(id)?.posts).toEqual([]);
    expect(ephemerals()).toHaveLength(2);
  });

  test("comes in the thread where it was asked by a mention, once that stands there", async () => {
    const alone = { handle: "", untilMs: Number.MAX_SAFE_INTEGER };
    const threadId = question.messageId;
    const later = { ...question, messageId: "9.9", place: { ...question.place, threadId } };
    await posting.post({ ...question, onlyFor: alone }, reply("Eleven."));
    await posting.post({ ...later, onlyFor: alone }, reply("Twelve."));
    expect(ephemerals().map(({ threadTs }) => threadTs ?? null)).toEqual([null, threadId]);
    expect(posting.called("chat.postMessage")).toEqual([]);
  });

  test("comes once, though it is tried again", async () => {
    const known = posts();
    await posting.post(asked(null), reply("Twelve."), known);
    await posting.post(asked(null), reply("Twelve."), posts(known.told));
    expect(ephemerals()).toHaveLength(1);
    await retract(posting.client, question.place, known.told);
    expect(posting.called("chat.delete")).toEqual([]);
  });

  test("that breaks off goes on where it did", async () => {
    const long = "Ducks swim and geese walk. ".repeat(800);
    const known = posts();
    posting.slack.limit("chat.postEphemeral", 1, { windowMs: 3_600_000 });
    await expect(posting.post(asked(null), reply(long), known)).rejects.toThrow("slow down");
    expect(known.told).toEqual(["private:1"]);
    posting.slack.pass(3_600_000);
    await posting.post(asked(null), reply(long), posts(known.told));
    const shown = ephemerals().map(({ blocks }) => blocks?.[0]?.text);
    expect(shown.join("").trim()).toBe(`> How many?\n\n${long.trim()}`);
  });

  test("that nobody can be given is a failure without the secret in it", async () => {
    const { responseUrl } = await pressed();
    posting.slack.fail("chat.postEphemeral", { error: "user_not_in_channel" });
    const failed = sayAlone(posting.client, wayTo(`${responseUrl}-gone`), { text: "Twelve." });
    await expect(failed).rejects.toMatchObject({ retryable: false });
    await expect(failed).rejects.not.toThrow(/hooks/);
    expect(posting.logged()).not.toContain(responseUrl);
  });

  test("that is long comes in a few pieces, and says when it is cut", async () => {
    await posting.post(asked(null), reply("Ducks swim and geese walk. ".repeat(1_600)));
    expect(ephemerals()).toHaveLength(3);
    expect(JSON.stringify(ephemerals()[2]?.blocks)).toContain("too long to be shown here");
  });
});
