import { MessageFlags, PermissionFlagsBits as Right, Routes } from "discord.js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Discord } from "../../adapters/discord/client.ts";
import { COMMANDS, registerCommands } from "../../adapters/discord/install/commands.ts";
import { onceUrl } from "../../adapters/discord/once.ts";
import { type AnswerState, buttons, homeMenu } from "../../adapters/discord/show/buttons.ts";
import { encodeTarget, NOTHING_WAITS } from "../../adapters/discord/show/target.ts";
import type { CommandReply } from "../../src/chat.ts";
import type { Gesture } from "../support/discord/acts.ts";
import { IDS, type World } from "../support/discord/world.ts";
import type { DiscordOptions, LoopbackDiscord } from "../support/discord.ts";
import { type Stage, startStage } from "../support/discord-stage.ts";
import { until } from "../support/until.ts";

const { forum, general, guides } = IDS.channels;
const { ana, ben, guild } = IDS;
const PLAN = { name: "plan.pdf", content: new TextEncoder().encode("swans") };

let stage: Stage;
let loopback: LoopbackDiscord;
let discord: Discord;

beforeEach(() => start());
afterEach(() => stage.stop());

async function start(options: DiscordOptions = {}): Promise<void> {
  stage = await startStage(options);
  ({ loopback, discord } = stage);
}

const slash = (command: string, options = {}, user: string = ana, channel: string = general) =>
  loopback.slash({ channel, user, command: `docent ${command}`, options });

const said = (gesture: Gesture) =>
  until(() => gesture.messages().length > 0 && gesture.messages().map(({ content }) => content));

const TARGET = { channelId: general, threadId: "30", questionId: "30", askerId: ana };
const DONE: AnswerState = { phase: "done", hidesSources: true, isDirect: false };

/** An answer of Docent's, with what stands under it. */
async function answered(state: AnswerState = DONE): Promise<string> {
  const body = { content: "Three swans.", components: buttons(TARGET, state) };
  const message = await discord.rest.post(Routes.channelMessages(general), { body });
  return (message as { id: string }).id;
}

describe("commands", () => {
  test("are registered once, and again only where they differ", async () => {
    const PUT = "PUT /applications/:app/commands";
    expect(await registerCommands(discord)).toBe(false);
    expect(loopback.calls(PUT)).toHaveLength(1);
    const registered = (world: World) => world.commands.get("") ?? [];
    for (const command of registered(loopback.world)) command.description = "Something else";
    expect(await registerCommands(discord)).toBe(true);
    expect(await registerCommands(discord)).toBe(false);
    expect(registered(loopback.world).map(({ name }) => name)).toEqual(
      COMMANDS.map(({ name }) => name),
    );
  });

  test("are acknowledged before they are done, and answered for one person alone", async () => {
    const work = Promise.withResolvers<CommandReply>();
    stage.reply = () => work.promise;
    const gesture = slash("models");
    await until(() => gesture.thinking() && stage.commands.length > 0);
    work.resolve({ done: true, text: "a_b is *up* <@1>" });
    expect(await said(gesture)).toEqual(["a\\_b is \\*up\\* \\<\u200b@1>"]);
    expect(gesture.messages()).toMatchObject([{ ephemeralFor: ana, pings: { users: [] } }]);
    const place = { platform: "discord", workspaceId: guild, channelId: general, threadId: null };
    const key = `discord:interaction:${gesture.id}`;
    expect(stage.commands).toMatchObject([
      { kind: "typed", text: "models", place, userId: ana, key },
    ]);
  });

  test("in a thread belong to the thread", async () => {
    const { id } = loopback.say({ channel: general, user: ana, text: "swans?" });
    const thread = loopback.createThread({ channel: general, user: ana, from: id });
    await said(slash("mute", {}, ana, thread.id));
    expect(stage.commands).toMatchObject([{ place: { channelId: general, threadId: thread.id } }]);
  });

  test("are answered whole, however long that is", async () => {
    const lines = Array.from({ length: 300 }, (_, at) => `${at}. the plan of another day`);
    stage.reply = async () => ({ done: true, text: lines.join("\n") });
    const gesture = slash("files");
    await until(() => gesture.messages().at(-1)?.content.includes("299."));
    const contents = gesture.messages().map(({ content }) => content);
    expect(contents.join("\n").split(/\n+/)).toEqual(lines);
    for (const { flags } of gesture.messages()) expect(flags & MessageFlags.Ephemeral).toBeTruthy();
  });

  test("that take longer than Discord waits are answered in a direct message", async () => {
    const work = Promise.withResolvers<CommandReply>();
    stage.reply = () => work.promise;
    const gesture = slash("usage");
    await until(() => stage.commands.length > 0);
    loopback.pass(16 * 60_000);
    work.resolve({ done: true, text: "3 questions today" });
    const direct = loopback.openDm(ana);
    const [message] = await until(() => {
      const all = loopback.botMessages(direct);
      return all.length > 0 && all;
    });
    expect(message?.content).toBe("3 questions today");
    expect(gesture.messages()).toEqual([]);
  });

  test("that fail say so", async () => {
    stage.reply = async () => {
      throw new Error("no database");
    };
    expect(await said(slash("models"))).toEqual([expect.stringContaining("try again")]);
  });

  test("are done once by two processes that have the same token", async () => {
    await stage.connect();
    const gesture = slash("models");
    await said(gesture);
    await until(
      () => loopback.calls("POST /interactions/:interaction/:token/callback").length === 2,
    );
    expect(stage.commands).toHaveLength(1);
    expect(gesture.messages()).toHaveLength(1);
  });

  test("a question in private goes on thinking until its answer comes; a refusal is said", async () => {
    const gesture = slash("ask", { question: "How many swans?" });
    await until(() => stage.commands.length > 0 && gesture.thinking());
    expect(stage.commands).toMatchObject([
      { text: "ask How many swans?", onlyFor: { handle: /./ } },
    ]);
    stage.reply = async () => ({ done: false, text: "Not today." });
    expect(await said(slash("ask", { question: "And now?" }))).toEqual(["Not today."]);
    expect(gesture.messages()).toEqual([]);
  });
});

test("a file that comes with a question in private is read for that person alone", async () => {
  const gesture = slash("ask", { question: "How many?", file: PLAN });
  await until(() => stage.events.length === 2);
  const direct = loopback.openDm(ana);
  const place = { platform: "discord", workspaceId: guild, channelId: direct, threadId: direct };
  const [file, question] = stage.events;
  expect(file).toMatchObject({ kind: "file_shared", place, userId: ana, handedOver: true });
  expect(question).toMatchObject({ kind: "mention", place, userId: ana, text: "How many?" });
  if (file?.kind !== "file_shared" || question?.kind !== "mention") throw new Error("no file");
  expect(question.fileIds).toEqual([file.fileId]);
  expect(question.onlyFor).toBeDefined();
  expect(file.fileId.length).toBeLessThanOrEqual(1_000);
  expect(file.fileId).not.toContain("plan");
  const url = onceUrl(discord, null, file.fileId) ?? "";
  expect(await (await fetch(url)).text()).toBe("swans");
  expect(onceUrl(discord, "another secret", file.fileId)).toBeNull();
  expect(gesture.thinking()).toBe(true);
});

describe("what is typed of a file's name", () => {
  const typing = (text: string) =>
    loopback.complete({
      ...{ channel: general, user: ana, command: "docent forget", focused: "file" },
      options: { file: text },
    });

  test("is completed, in the lengths that Discord takes", async () => {
    stage.choices = async ({ text }) => [
      { label: `${text}an.pdf`, value: "plan.pdf" },
      { label: "x".repeat(120), value: "x.pdf" },
      { label: "long", value: "x".repeat(101) },
    ];
    const gesture = typing("pl");
    await gesture.answered;
    expect(gesture.choices()).toEqual([
      { name: "plan.pdf", value: "plan.pdf" },
      { name: "x".repeat(100), value: "x.pdf" },
    ]);
  });

  test("is not waited for longer than Discord waits", async () => {
    stage.choices = () => new Promise(() => undefined);
    const gesture = typing("pl");
    await gesture.answered;
    expect(gesture.choices()).toEqual([]);
  });
});

describe("under an answer", () => {
  const press = async (action: Parameters<typeof encodeTarget>[0], user: string = ben) =>
    loopback.press(await answered(), encodeTarget(action, TARGET), user);
  const about = { place: { channelId: general, threadId: "30" }, userId: ben, messageId: "30" };

  test("👍 is stored before it is thanked for", async () => {
    const gesture = await press("up");
    const [thanks] = await said(gesture);
    expect(thanks).toContain("Thank you");
    expect(stage.events).toMatchObject([{ kind: "rated", rating: "up", ...about }]);
    expect(gesture.messages()).toMatchObject([{ ephemeralFor: ben }]);
  });

  test("👎 counts at once; the form asks why, and says who reads it", async () => {
    const gesture = await press("down");
    await gesture.answered;
    expect(JSON.stringify(gesture.modal())).toContain("admins can read it");
    const form = loopback.submit(gesture, { docent_text: "It counts swans." });
    await said(form);
    expect(stage.events).toMatchObject([
      { kind: "rated", rating: "down", reason: "", ...about },
      { kind: "rated", rating: "down", reason: "It counts swans.", ...about },
    ]);
  });

  test("stop and again are handed in without a word", async () => {
    const message = await answered({ ...DONE, phase: "streaming" });
    const gesture = loopback.press(message, encodeTarget("stop", TARGET), ana);
    await gesture.answered;
    await (await press("again")).answered;
    await until(() => stage.events.length === 2);
    expect(stage.events).toMatchObject([{ kind: "stopped" }, { kind: "regenerate_wanted" }]);
    expect(gesture.messages().filter(({ ephemeralFor }) => ephemeralFor !== null)).toEqual([]);
  });

  test("what can't be stored is not thanked for", async () => {
    stage.accept = async () => {
      throw new Error("no database");
    };
    expect(await said(await press("up"))).toEqual([expect.stringContaining("try again")]);
    const form = await press("down");
    expect(await said(form)).toEqual([expect.stringContaining("try again")]);
  });

  test("more is searched for one person, who gets the answer alone", async () => {
    const gesture = await press("private");
    await until(() => stage.commands.length > 0 && gesture.thinking());
    expect(stage.commands).toMatchObject([{ kind: "ask_privately", ...about }]);
  });

  test("the menu makes it quiet", async () => {
    const id = encodeTarget("menu", TARGET);
    await said(loopback.select(await answered(), id, ["mute"], ben));
    expect(stage.commands).toMatchObject([{ kind: "mute", muted: true }]);
  });
});

describe("asking about a message", () => {
  const QUESTION = { docent_text: "What does this say?" };

  async function ask(messageId: string): Promise<Gesture> {
    const gesture = loopback.messageCommand("Ask about this", messageId, ben);
    await gesture.answered;
    return gesture;
  }

  test("hands its files over, and asks for all to see", async () => {
    const { id, fileIds } = loopback.say({ channel: general, user: ana, files: [PLAN] });
    const form = loopback.submit(await ask(id), QUESTION);
    await said(form);
    const [asked] = loopback
      .botMessages(general)
      .filter(({ ephemeralFor }) => ephemeralFor === null);
    expect(asked).toMatchObject({
      content: `<@${ben}> asks:\n>>> What does this say?`,
      reference: { messageId: id },
      pings: { users: [] },
    });
    const place = { workspaceId: guild, channelId: general, threadId: id };
    const here = { ...place, threadId: asked?.id };
    const shared = { kind: "file_shared", place, userId: ana, messageId: id, fileId: fileIds[0] };
    const question = { kind: "mention", userId: ben, text: QUESTION.docent_text, fileIds };
    expect(stage.events).toMatchObject([
      { ...shared, handedOver: true, handedOverBy: ben },
      { ...question, place: here, messageId: asked?.id },
    ]);
  });

  test("works where Docent may not read messages", async () => {
    await stage.stop();
    await start({ privileged: [] });
    const { id } = loopback.say({ channel: general, user: ana, files: [PLAN] });
    await said(loopback.submit(await ask(id), QUESTION));
    const [file] = stage.events;
    if (file?.kind !== "file_shared") throw new Error("no file");
    const url = onceUrl(discord, null, file.fileId) ?? "";
    expect(await (await fetch(url)).text()).toBe("swans");
  });

  test("works anew about the same message, with a file of its own", async () => {
    await stage.stop();
    await start({ privileged: [] });
    const { id } = loopback.say({ channel: general, user: ana, files: [PLAN] });
    for (const _ of [1, 2]) await said(loopback.submit(await ask(id), QUESTION));
    const shared = stage.events.filter(({ kind }) => kind === "file_shared");
    expect(new Set(shared.map(({ key }) => key)).size).toBe(2);
  });

  test("about the first message of a forum's post asks in that post", async () => {
    const post = { channel: forum, user: ana, text: "The plan", files: [PLAN] };
    const { id: thread, messageId } = loopback.createThread(post);
    await said(loopback.submit(await ask(messageId ?? ""), QUESTION));
    const place = { channelId: forum, threadId: thread };
    expect(stage.events).toMatchObject([{ place }, { kind: "mention", place }]);
  });

  test("is not done for who may not write there, or is kept from it", async () => {
    const { id } = loopback.say({ channel: general, user: ana, files: [PLAN] });
    stage.refusal = async () => "Not you.";
    const form = await ask(id);
    expect(await said(loopback.submit(form, QUESTION))).toEqual(["Not you."]);
    stage.refusal = async () => null;
    const early = await ask(id);
    loopback.overwrite(general, ben, { deny: Right.SendMessages });
    for (const gesture of [loopback.submit(early, QUESTION), await ask(id)]) {
      expect(await said(gesture)).toEqual([expect.stringContaining("can't write in this channel")]);
    }
    expect(loopback.messagesOf(general).filter(({ author }) => author === IDS.bot)).toEqual([]);
    expect(stage.events).toEqual([]);
  });

  test("says so where the message is gone meanwhile", async () => {
    const { id } = loopback.say({ channel: general, user: ana, files: [PLAN] });
    const form = await ask(id);
    loopback.deleteMessage(id);
    expect(await said(loopback.submit(form, QUESTION))).toEqual([expect.stringContaining("gone")]);
    expect(stage.events).toEqual([]);
  });

  test("says so where Docent can't see the channel", async () => {
    loopback.overwrite(guides, IDS.roles.bot, { deny: 1n << 10n });
    const { id } = loopback.say({ channel: guides, user: ben, files: [PLAN] });
    expect(await said(await ask(id))).toEqual([expect.stringContaining("direct message")]);
  });
});

describe("who is not served", () => {
  test("hears it in a server", async () => {
    stage.isServed = () => false;
    expect(await said(slash("help"))).toEqual([
      expect.stringContaining("don't work in this server"),
    ]);
    expect(stage.commands).toEqual([]);
  });

  test("hears it in a direct message", async () => {
    const direct = loopback.openDm(IDS.stranger);
    const gesture = slash("help", {}, IDS.stranger, direct);
    expect(await said(gesture)).toEqual([expect.stringContaining("Join one")]);
  });
});

test("who is in several servers chooses one, and what waited is heard", async () => {
  const other = loopback.createGuild();
  loopback.join(ana, { guild: other.id });
  const direct = loopback.openDm(ana);
  const asking = slash("help", {}, ana, direct);
  await said(asking);
  const [menu] = asking.messages();
  const waiting = loopback.say({ channel: direct, user: ana, text: "How many swans?" });
  const id = `docent:home:${NOTHING_WAITS}`;
  stage.reply = async () => ({ done: true, text: "I search that one now." });
  loopback.select(menu?.id ?? "", id, [other.id], ana);
  await until(() => menu?.content.startsWith("I search"));
  expect(stage.homes.get(ana)).toBe(other.id);
  expect(menu?.components).toEqual([]);
  const rows = [homeMenu([{ id: guild, name: "Acme" }], waiting.id)];
  const body = { content: "Which one?", components: rows };
  const picker = (await discord.rest.post(Routes.channelMessages(direct), { body })) as {
    id: string;
  };
  loopback.select(picker.id, `docent:home:${waiting.id}`, [guild], ana);
  await until(() => stage.heard.length > 0);
  expect(stage.heard).toEqual(["How many swans?"]);
  expect(stage.homes.get(ana)).toBe(guild);
});
