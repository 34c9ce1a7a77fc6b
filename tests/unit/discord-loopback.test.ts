import {
  type Client,
  type ClientOptions,
  Events,
  GatewayCloseCodes,
  GatewayIntentBits as Intent,
  type Message,
  PermissionFlagsBits as Right,
  Routes,
  type ThreadChannel,
} from "discord.js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { IDS } from "../support/discord/world.ts";
import { type DiscordOptions, type LoopbackDiscord, startDiscord } from "../support/discord.ts";
import {
  createBot,
  hearing,
  INTENTS,
  logIn,
  restAt,
  textChannel,
} from "../support/discord-client.ts";
import { until } from "../support/until.ts";

const { general, help, guides, staff, forum } = IDS.channels;
const POST = "POST /channels/:channel/messages";
const EDIT = "PATCH /channels/:channel/messages/:message";

let discord: LoopbackDiscord;
let clients: Client[] = [];

beforeEach(() => start());
afterEach(stop);

async function start(options: DiscordOptions = {}) {
  discord = await startDiscord(options);
}

async function stop() {
  await Promise.all(clients.map((client) => client.destroy()));
  clients = [];
  await discord.close();
}

function client(options: Partial<ClientOptions> = {}): Client {
  const made = createBot(discord, options);
  clients.push(made);
  return made;
}

const ready = (options: Partial<ClientOptions> = {}) => logIn(discord, client(options));
const write = (channel: string, body: object) =>
  restAt(discord).post(Routes.channelMessages(channel), { body });

describe("the gateway", () => {
  test("a client logs in, hears what is said, and is heard", async () => {
    const bot = await ready();
    const messages = hearing<Message>(bot, Events.MessageCreate);
    discord.say({ channel: general, user: IDS.ana, text: `<@${IDS.bot}> hi` });
    const [message] = await until(() => messages.length > 0 && messages);
    expect(message?.content).toBe(`<@${IDS.bot}> hi`);
    expect(message?.member?.joinedTimestamp).toBeGreaterThan(0);
    const reply = await message?.reply(`Hello, <@${IDS.ana}>`);
    await reply?.edit("Hello");
    const [, seen] = discord.messagesOf(general);
    expect(seen).toMatchObject({ content: "Hello", replyTo: message?.id, pings: { users: [] } });
  });

  test("what was said while the network was gone arrives with the resume", async () => {
    const bot = await ready();
    const messages = hearing<Message>(bot, Events.MessageCreate);
    discord.drop();
    discord.say({ channel: general, user: IDS.ana, text: "missed" });
    await until(() => messages.length > 0);
    expect([discord.resumed(), discord.identified()]).toEqual([1, 1]);
  });

  test("a session that is forgotten begins anew, and what was said is lost", async () => {
    const bot = await ready();
    const messages = hearing<Message>(bot, Events.MessageCreate);
    discord.forget();
    discord.say({ channel: general, user: IDS.ana, text: "lost" });
    discord.drop();
    await discord.connected();
    await until(() => bot.ws.status === 0);
    discord.say({ channel: general, user: IDS.ana, text: "heard" });
    await until(() => messages.length > 0);
    expect(messages.map(({ content }) => content)).toEqual(["heard"]);
  });

  test.each([
    ["asks to connect anew", () => discord.askReconnect()],
    ["calls a session invalid for now", () => discord.invalidate(true)],
    ["closes for a decoding error", () => discord.closeWith(GatewayCloseCodes.DecodeError)],
  ])("a client resumes when Discord %s", async (_name, act) => {
    await ready();
    act();
    await until(() => discord.resumed() === 1);
  });

  test("a connection that doesn't acknowledge heartbeats is given up and resumed", async () => {
    await stop();
    await start({ heartbeatMs: 20 });
    await ready();
    discord.freeze();
    await until(() => discord.resumed() === 1);
  });

  test.each([
    ["a toggle that is off", { privileged: ["members"] }, {}, "disallowed intents"],
    ["too few shards", { shards: 2 }, { shards: [0], shardCount: 1 }, "Sharding is required"],
  ] as const)("the gateway closes for %s", async (_name, { ...options }, wishes, reason) => {
    await stop();
    await start(structuredClone(options) as DiscordOptions);
    const bot = client(structuredClone(wishes) as Partial<ClientOptions>);
    const errors = hearing<Error>(bot, Events.ShardError);
    bot.login(discord.token).catch(() => undefined);
    const [error] = await until(() => errors.length > 0 && errors);
    expect(error?.message).toContain(reason);
  });

  test("without the Message Content intent only mentions, direct messages and own words are whole", async () => {
    const bot = await ready({ intents: INTENTS.filter((one) => one !== Intent.MessageContent) });
    const messages = hearing<Message>(bot, Events.MessageCreate);
    const files = [{ name: "a plan.txt", content: Buffer.from("plan") }];
    discord.say({ channel: general, user: IDS.ana, text: "secret", files });
    discord.say({ channel: general, user: IDS.ana, text: `<@${IDS.bot}> look`, files });
    discord.say({ channel: discord.openDm(IDS.ana), user: IDS.ana, text: "psst" });
    await until(() => messages.length === 3);
    expect(messages.map((one) => [one.content, one.attachments.first()?.name])).toEqual([
      ["", undefined],
      [`<@${IDS.bot}> look`, "a_plan.txt"],
      ["psst", undefined],
    ]);
  });

  test("guilds go to the shard of their id, direct messages to the first", async () => {
    await stop();
    await start({ shards: 2 });
    // The second shard's: an odd number above the lower 22 bits.
    const other = discord.createGuild({ id: String((3n << 40n) | (1n << 22n)) });
    const bot = await ready({ shards: "auto" });
    const messages = hearing<Message>(bot, Events.MessageCreate);
    discord.say({ channel: other.channel, user: IDS.owner, text: "there" });
    discord.say({ channel: discord.openDm(IDS.ana), user: IDS.ana, text: "here" });
    await until(() => messages.length === 2);
    expect(bot.guilds.cache.get(other.id)?.shardId).toBe(1);
  });

  test("deletes, edits, threads, outages and kicks are told", async () => {
    const bot = await ready();
    const told: string[] = [];
    for (const event of ["messageUpdate", "messageDelete", "messageDeleteBulk", "threadCreate"]) {
      bot.on(event, () => told.push(event));
    }
    for (const event of ["threadDelete", "channelDelete", "guildUnavailable", "guildDelete"]) {
      bot.on(event, () => told.push(event));
    }
    const [one, two, three] = ["1", "2", "3"].map(
      (text) => discord.say({ channel: general, user: IDS.ana, text }).id,
    );
    discord.edit(one ?? "", { text: "one" });
    discord.deleteMessage(one ?? "");
    discord.bulkDelete(general, [two ?? "", three ?? ""]);
    discord.deleteThread(discord.createThread({ channel: forum, user: IDS.ana, text: "post" }).id);
    discord.deleteChannel(help);
    discord.loseGuild(IDS.guild);
    discord.restoreGuild(IDS.guild);
    discord.removeGuild(IDS.guild);
    await until(() => told.includes("guildDelete"));
    expect(told).toEqual([
      ...["messageUpdate", "messageDelete", "messageDeleteBulk", "threadCreate", "threadDelete"],
      ...["channelDelete", "guildUnavailable", "guildDelete"],
    ]);
  });
});

const rowOf = (component: object) => ({
  content: "x",
  components: [{ type: 1, components: [component] }],
});

describe("the REST API", () => {
  test("a post with the same nonce is made once, also when its answer was lost", async () => {
    const bot = await ready();
    const channel = await textChannel(bot, general);
    discord.fail(POST, { cut: "after" });
    await channel.send({ content: "once", nonce: "n1", enforceNonce: true });
    await channel.send({ content: "twice?", nonce: "n1", enforceNonce: true });
    expect(discord.messagesOf(general).map(({ content }) => content)).toEqual(["once"]);
    expect(discord.calls(POST)).toHaveLength(3);
  });

  test("messages are listed newest first: before, after and around one of them", async () => {
    const ids = ["a", "b", "c", "d", "e"].map(
      (text) => discord.say({ channel: general, user: IDS.ana, text }).id,
    );
    const listed = async (query: Record<string, string>) => {
      const asked = { query: new URLSearchParams(query) };
      const found = (await restAt(discord).get(Routes.channelMessages(general), asked)) as {
        content: string;
      }[];
      return found.map(({ content }) => content).join("");
    };
    expect(await listed({ limit: "2" })).toBe("ed");
    expect(await listed({ after: ids[1] ?? "", limit: "2" })).toBe("dc");
    expect(await listed({ before: ids[2] ?? "" })).toBe("ba");
    expect(await listed({ around: ids[2] ?? "", limit: "3" })).toBe("dcb");
    await expect(listed({ limit: "101" })).rejects.toMatchObject({ code: 50035 });
  });

  test("a file's URL expires, its message has a new one, and a token is not wanted", async () => {
    const files = [{ name: "plan.txt", content: Buffer.from("plan") }];
    const { id } = discord.say({ channel: general, user: IDS.ana, files });
    const bot = await ready();
    const url = async () => {
      const channel = await textChannel(bot, general);
      const message = await channel.messages.fetch({ message: id, force: true });
      return message.attachments.first()?.url ?? "";
    };
    const first = await url();
    expect(await (await fetch(first)).text()).toBe("plan");
    expect((await fetch(first, { headers: { authorization: "Bot x" } })).status).toBe(400);
    discord.pass(25 * 60 * 60_000);
    expect((await fetch(first)).status).toBe(404);
    expect((await fetch(await url())).status).toBe(200);
    discord.deleteMessage(id);
    expect((await fetch(first)).status).toBe(404);
  });

  test("what the bot may not do is refused with Discord's own numbers", async () => {
    discord.overwrite(staff, IDS.roles.bot, {});
    discord.overwrite(guides, IDS.bot, { deny: Right.SendMessages });
    await expect(write(staff, { content: "hi" })).rejects.toMatchObject({ code: 50001 });
    await expect(write(guides, { content: "hi" })).rejects.toMatchObject({ code: 50013 });
    await expect(restAt(discord).get(Routes.channel(staff))).rejects.toMatchObject({ code: 50001 });
    await expect(write(forum, { content: "hi" })).rejects.toMatchObject({ code: 50008 });
    const closed = discord.createUser({ closedDms: true });
    discord.join(closed);
    const dm = write(discord.openDm(closed), { content: "hi" });
    await expect(dm).rejects.toMatchObject({ code: 50007 });
    discord.overwrite(general, IDS.bot, { deny: Right.ReadMessageHistory });
    discord.say({ channel: general, user: IDS.ana, text: "before" });
    expect(await restAt(discord).get(Routes.channelMessages(general))).toEqual([]);
  });

  test.each([
    ["an empty message", {}, 50006],
    ["2,001 characters", { content: "x".repeat(2_001) }, 50035],
    [
      "embeds of 6,001 characters",
      { embeds: [4_000, 2_001].map((n) => ({ description: "x".repeat(n) })) },
      50035,
    ],
    ["six rows", { content: "x", components: Array(6).fill({ type: 1, components: [] }) }, 50035],
    ["a flag that is Discord's own", { content: "x", flags: 1 << 7 }, 50035],
    ["a button without a word", rowOf({ type: 2, style: 2, custom_id: "a" }), 50035],
    ["a menu without a choice", rowOf({ type: 3, custom_id: "a", options: [] }), 50035],
    [
      "a menu with one choice twice",
      rowOf({ type: 3, custom_id: "a", options: Array(2).fill({ label: "x", value: "x" }) }),
      50035,
    ],
  ])("%s is refused", async (_name, body, code) => {
    await expect(write(general, body)).rejects.toMatchObject({ code });
  });

  test("mentions ping only whom they are allowed to", async () => {
    const content = `<@${IDS.ana}> <@${IDS.ben}> @everyone`;
    await write(general, { content });
    await write(general, { content, allowed_mentions: { parse: [], users: [IDS.ben] } });
    const pinged = discord.messagesOf(general).map(({ pings }) => pings);
    expect(pinged.map(({ users }) => users)).toEqual([[IDS.ana, IDS.ben], [IDS.ben]]);
    // Only who may mention everyone does.
    expect(pinged.some(({ everyone }) => everyone)).toBe(false);
  });

  test("limits hold for each channel, and the client waits for them", async () => {
    discord.limit(EDIT, 2, { windowMs: 50 });
    const bot = await ready();
    const message = await (await textChannel(bot, general)).send("0");
    for (const text of ["1", "2", "3", "4"]) await message.edit(text);
    expect(discord.messagesOf(general)[0]?.content).toBe("4");
    discord.fail("*", { retryAfterS: 0.01, scope: "global" }, { status: 502 });
    await message.edit("5");
    expect(discord.calls(EDIT).map(({ status }) => status)).toContain(429);
  });

  test("a token that isn't good any more gets a 401", async () => {
    discord.revoke();
    await expect(restAt(discord).get(Routes.user())).rejects.toMatchObject({ status: 401 });
  });

  test("threads: one for each message, private ones for who is in them, archived ones by page", async () => {
    const bot = await ready();
    const channel = await textChannel(bot, general);
    const { id } = discord.say({ channel: general, user: IDS.ana, text: "question" });
    const message = await channel.messages.fetch(id);
    const thread = await message.startThread({ name: "Answer", autoArchiveDuration: 60 });
    await thread.send("here");
    const again = restAt(discord).post(Routes.threads(general, id), { body: { name: "Again" } });
    await expect(again).rejects.toMatchObject({ code: 160004 });
    discord.updateThread(thread.id, { archived: true });
    const old = await channel.threads.fetchArchived();
    expect([...old.threads.keys()]).toEqual([thread.id]);
    const secret = discord.createThread({ channel: general, user: IDS.ana, private: true });
    await expect(restAt(discord).get(Routes.channel(secret.id))).rejects.toMatchObject({
      code: 50001,
    });
    discord.joinThread(secret.id, IDS.bot);
    const joined = (await bot.channels.fetch(secret.id)) as ThreadChannel;
    expect((await joined.members.fetch(IDS.ana)).id).toBe(IDS.ana);
    await expect(joined.members.fetch(IDS.ben)).rejects.toMatchObject({ code: 10007 });
    expect(discord.rightsOf(IDS.ben, secret.id)).toBe(0n);
  });
});
