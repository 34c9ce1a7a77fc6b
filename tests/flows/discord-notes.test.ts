import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createMarks, type Marks } from "../../adapters/discord/show/mark.ts";
import { onlyFor } from "../../adapters/discord/show/private.ts";
import { retract } from "../../adapters/discord/show/retract.ts";
import { announce, nod, tell } from "../../adapters/discord/show/tell.ts";
import type { OnlyFor, SharedFile } from "../../src/events.ts";
import { IDS } from "../support/discord/world.ts";
import {
  openPosting,
  type Posting,
  placeIn,
  posts,
  reply,
  SECRET_KEY,
} from "../support/discord-posting.ts";

const { general, forum } = IDS.channels;
const { ana, ben } = IDS;
const MESSAGES = "POST /channels/:channel/messages";

let posting: Posting;

beforeEach(async () => {
  posting = await openPosting();
});

afterEach(() => posting.close());

const inDm = (user = ana) => posting.loopback.botMessages(posting.loopback.openDm(user));
const close = (user: string) => {
  const known = posting.loopback.world.users.get(user);
  if (known) known.closedDms = true;
};

describe("an answer for one person alone", () => {
  /** Ana typed or pressed something. */
  function way(): OnlyFor {
    const { loopback, stage } = posting;
    const token = loopback.slash({ channel: general, user: ana, command: "docent help" }).token;
    return onlyFor(stage.discord, SECRET_KEY, { token, channelId: general, userId: ana });
  }
  const alone = () =>
    posting.loopback.messagesOf(general, ana).filter(({ ephemeral }) => ephemeral);
  const openly = () =>
    posting.loopback.messagesOf(general).filter(({ author }) => author === IDS.bot);

  test("is seen by nobody else, and comes once", async () => {
    const only = way();
    const { id, token } = [...posting.loopback.world.interactions.values()].at(-1) ?? {};
    await posting.stage.discord.rest.post(`/interactions/${id}/${token}/callback`, {
      body: { type: 5, data: { flags: 64 } },
      auth: false,
    });
    const question = { ...posting.ask(general), onlyFor: only };
    const told = posts();
    const parts = () => reply("Twelve ", "@everyone.", { kind: "footer", text: "Searched all." });
    await posting.post(question, parts(), told);
    await posting.post(question, parts(), posts(told.told));
    expect(alone().filter(({ content }) => content !== "")).toMatchObject([
      { content: "> How many?\n\nTwelve @\u200Beveryone.\n\n-# Searched all." },
    ]);
    expect(openly()).toEqual([]);
    expect(inDm()).toEqual([]);
    expect(posting.logged()).not.toContain(token);
  });

  test("comes by direct message once the interaction is of no more use", async () => {
    const question = { ...posting.ask(general), onlyFor: way() };
    posting.loopback.pass(16 * 60_000);
    await posting.post(question, reply("Twelve."));
    expect(inDm().map(({ content }) => content)).toEqual([
      `> How many?\n\nTwelve.\n-# About <#${general}>`,
    ]);
    expect([...alone(), ...openly()]).toEqual([]);
  });

  test("goes nowhere else where direct messages are closed", async () => {
    const question = { ...posting.ask(general), onlyFor: way() };
    posting.loopback.pass(16 * 60_000);
    close(ana);
    await posting.post(question, reply("Twelve."));
    expect([...inDm(), ...alone(), ...openly()]).toEqual([]);
  });

  test("comes by direct message where the channel wants that, and else it is said why not", async () => {
    await posting.post(posting.ask(general), reply("Twelve."), { ...posts(), style: "private" });
    expect(inDm()).toHaveLength(1);
    expect(openly()).toEqual([]);
    close(ana);
    const question = posting.ask(general);
    await posting.post(question, reply("Thirteen."), { ...posts(), style: "private" });
    expect(openly()).toMatchObject([{ replyTo: question.messageId }]);
    expect(openly()[0]?.content).toMatch(/^I can't send you a direct message/);
  });

  test("is cut into messages that all arrive, and a later try posts the rest of them", async () => {
    const long = "Ducks swim and geese walk. ".repeat(200);
    const question = { ...posting.ask(general), onlyFor: { handle: "", untilMs: Infinity } };
    const first = posts();
    posting.loopback.fail(MESSAGES, { until: Promise.resolve() }, { status: 400 });
    await posting.post(question, reply(long), first).catch(() => undefined);
    await posting.post(question, reply(long), posts(first.told));
    const said = inDm().map(({ content }) => content.replace(/\n-# About.*$/, ""));
    expect(said.join(" ").match(/Ducks/g)).toHaveLength(200);
  });
});

describe("a note", () => {
  const place = placeIn(general, null);
  const offer = { kind: "backfill", label: "Read them" } as const;
  const ours = `https://discord.com/channels/${IDS.guild}/1/2`;

  test("is a direct message that says what it is about, with what is offered", async () => {
    const text = `@everyone: see ${ours} or https://evil.example`;
    expect(await tell(posting.stage.discord, place, ana, { text, offer })).toBe(true);
    const [said] = inDm();
    expect(said?.content).toBe(
      `@\u200Beveryone: see ${ours} or \`https://evil.example\`\n-# About <#${general}>`,
    );
    expect(JSON.stringify(said?.components)).toContain(`docent:backfill:${IDS.guild}:${general}`);
  });

  test("is said nowhere where direct messages are closed", async () => {
    close(ana);
    expect(await tell(posting.stage.discord, place, ana, { text: "A word." })).toBe(false);
    expect([...inDm(), ...posting.loopback.botMessages(general)]).toEqual([]);
  });

  test("to all stands in the channel, once, and calls nobody", async () => {
    const note = {
      text: `Gone is <@${ben}>.`,
      offer: { kind: "forget_person", personId: ben, label: "Forget" },
    } as const;
    expect(await announce(posting.stage, place, note)).toBe(true);
    expect(await announce(posting.stage, place, note)).toBe(true);
    const said = posting.loopback.messagesOf(general);
    expect(said).toHaveLength(1);
    expect(said[0]?.pings).toEqual({ users: [], roles: [], everyone: false });
    const nowhere = placeIn("1400000000000009999", null);
    expect(await announce(posting.stage, nowhere, note)).toBe(false);
  });
});

describe("notes of the same words", () => {
  const notes = () => posting.loopback.messagesOf(general).map(({ content }) => content);

  test("are told to each person, and said of each", async () => {
    const { discord } = posting.stage;
    const place = placeIn(general, null);
    const dm = posting.loopback.openDm(ana);
    const toldBefore = posting.loopback.botMessages(dm).length;
    for (const messageId of ["1", "2"]) await tell(discord, place, ana, { text: "No." }, messageId);
    expect(posting.loopback.botMessages(dm)).toHaveLength(toldBefore + 2);
    for (const personId of [ana, ben]) {
      const offer = { kind: "forget_person", personId, label: "Forget" } as const;
      await announce(posting.stage, place, { text: "Sam was banned.", offer });
    }
    expect(notes()).toHaveLength(2);
    // Discord takes the same nonce of one bot for the same message, wherever that stands.
    expect(await tell(discord, place, ben, { text: "No." }, "1")).toBe(true);
    const bodies = posting.loopback.calls(MESSAGES).map(({ body }) => JSON.stringify(body));
    const nonces = bodies.map((body) => /"nonce":"[^"]+"/.exec(body)?.[0]);
    expect(new Set(nonces).size).toBe(nonces.length);
  });

  test("stay in the server that they are about, whichever channel is set", async () => {
    const other = posting.loopback.createGuild();
    const place = { ...placeIn(general, null), workspaceId: other.id };
    expect(await announce(posting.stage, place, { text: "Sam was banned." })).toBe(false);
    expect(notes()).toEqual([]);
  });
});

describe("signs", () => {
  let marks: Marks;
  let file: SharedFile;
  const mark = (state: Parameters<Marks["mark"]>[2], of = file) =>
    marks.mark(posting.stage.discord, of, state);
  const signs = (id = file.messageId) => {
    const reactions = posting.loopback.world.messages.get(id)?.reactions ?? new Map();
    return [...reactions].filter(([, who]) => who.size > 0).map(([emoji]) => emoji);
  };

  beforeEach(() => {
    marks = createMarks(posting.stage.clock);
    file = shared(general);
  });

  function shared(channel: string, threadId: string | null = null): SharedFile {
    const files = [{ name: "plan.pdf", content: Buffer.from("x") }];
    const at = { channel: threadId ?? channel, user: ana };
    const { id, fileIds } = posting.loopback.say({ ...at, files });
    const place = placeIn(channel, threadId);
    return { place, messageId: id, fileId: fileIds[0] ?? "", userId: ana };
  }

  const searchable = { kind: "searchable", pages: 1, note: null } as const;
  const reading = { kind: "reading", pagesDone: 0, pages: null } as const;

  test("a file that is read soon has one sign, a slow one is seen to be read", async () => {
    await mark(reading);
    await posting.pass(4_000);
    await mark(searchable);
    expect(signs()).toEqual(["✅"]);
    file = shared(general);
    await mark(reading);
    await posting.pass(5_000);
    await vi.waitUntil(() => signs().includes("👀"));
    await mark(searchable);
    expect(signs()).toEqual(["✅"]);
  });

  test("what went wrong is for who shared it; where that can't be told the sign has to do", async () => {
    await mark({ kind: "failed", reason: "This file is encrypted." });
    expect(signs()).toEqual(["⚠️"]);
    const link = `https://discord.com/channels/${IDS.guild}/${general}/${file.messageId}`;
    expect(inDm()[0]?.content).toBe(`This file is encrypted.\n-# About ${link}`);
    close(ana);
    const other = shared(general);
    await mark({ kind: "failed", reason: "It is too large." }, other);
    expect(signs(other.messageId)).toEqual(["⚠️"]);
    expect(posting.loopback.botMessages(general)).toEqual([]);
  });

  test("what is not read shows nothing, and thanks get a thumb, in threads and forums too", async () => {
    await mark({ kind: "unread", reason: "off" });
    expect(signs()).toEqual([]);
    const made = { channel: forum, user: ana, text: "Thanks!" };
    const { id } = posting.loopback.createThread(made);
    expect(await nod(posting.stage.discord, placeIn(forum, id), id)).toBe(true);
    expect(signs(id)).toEqual(["👍"]);
    const inThread = shared(forum, id);
    await mark(searchable, inThread);
    expect(signs(inThread.messageId)).toEqual(["✅"]);
    const gone = "1400000000000009999";
    expect(await nod(posting.stage.discord, placeIn(general, null), gone)).toBe(false);
  });
});

describe("when a question is deleted", () => {
  test.each(["thread", "reply"] as const)("its answer goes with it (%s)", async (style) => {
    const question = posting.ask(general);
    const told = posts();
    await posting.post(question, reply("Twelve."), { ...told, style });
    posting.loopback.say({ channel: general, user: ben, text: "About something else." });
    posting.loopback.deleteMessage(question.messageId);
    await retract(posting.stage.discord, question.place, [...told.told, "private:answered"]);
    expect(posting.loopback.botMessages(style === "thread" ? question.messageId : general)).toEqual(
      [],
    );
  });

  test.each(["thread", "reply"] as const)(
    "it stays where somebody wrote about it (%s)",
    async (style) => {
      const question = posting.ask(general);
      const told = posts();
      await posting.post(question, reply("Twelve."), { ...told, style });
      const [answer = ""] = told.told;
      const channel = style === "thread" ? question.messageId : general;
      posting.loopback.say({ channel, user: ben, text: "Really?", replyTo: answer });
      await retract(posting.stage.discord, question.place, told.told);
      expect(posting.loopback.botMessages(channel)).toHaveLength(1);
    },
  );
});
