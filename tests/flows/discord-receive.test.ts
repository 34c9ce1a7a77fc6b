/** What Discord sends becomes what happened: stored or tried again, in order, and nobody else's business left alone. */
import { afterEach, describe, expect, test } from "vitest";
import { IDS } from "../support/discord/world.ts";
import { type EarsOptions, openEars } from "../support/discord-ears.ts";
import { until } from "../support/until.ts";

const { general, guides, forum, staff } = IDS.channels;
const { ana, ben, bot, guild } = IDS;
const CALL = `<@${bot}>`;
const PLAN = { name: "plan.md", content: new TextEncoder().encode("# Plan\n") };

const open: { close(): Promise<void> }[] = [];

async function opened(options: EarsOptions = {}) {
  const bench = await openEars(options);
  open.push(bench);
  return bench;
}

afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});

describe("what is said", () => {
  test("with a mention is a question, which brings its files", async () => {
    const { discord, ears } = await opened();
    const said = discord.say({ channel: general, user: ana, text: `${CALL} when?`, files: [PLAN] });
    expect(await ears.heard("mention", said.id)).toMatchObject({
      place: { workspaceId: guild, channelId: general, threadId: said.id },
      userId: ana,
      text: "when?",
      fileIds: said.fileIds,
    });
    expect(await ears.heard("file_shared", said.id)).toMatchObject({
      fileId: said.fileIds[0],
      name: "plan.md",
      handedOver: true,
      permalink: `https://discord.com/channels/${guild}/${general}/${said.id}`,
    });
  });

  test("in a thread may be a follow-up, and in a forum's post as well", async () => {
    const { discord, ears } = await opened();
    const thread = discord.createThread({ channel: general, user: ana, name: "plans" });
    const said = discord.say({ channel: thread.id, user: ana, text: "and the next one?" });
    expect(await ears.heard("said", said.id)).toMatchObject({
      place: { channelId: general, threadId: thread.id },
      toOthers: false,
    });
    const asking = { channel: forum, user: ana, name: "p", text: "see this", files: [PLAN] };
    const post = discord.createThread(asking);
    expect(await ears.heard("file_shared", post.messageId ?? "")).toMatchObject({
      place: { channelId: forum, threadId: post.id },
      handedOver: false,
    });
  });

  test("in a private thread stays a place of its own", async () => {
    const { discord, ears } = await opened();
    const asking = { channel: general, user: ana, private: true, members: [bot] };
    const { id } = discord.createThread(asking);
    const said = discord.say({ channel: id, user: ana, text: `${CALL} when?` });
    const { place } = await ears.heard("mention", said.id);
    expect(place).toMatchObject({ channelId: id, threadId: id });
  });

  test("in answer to an answer of ours goes on with its first question", async () => {
    const { discord, ears } = await opened();
    const first = discord.say({ channel: general, user: ana, text: `${CALL} when?` });
    const answer = discord.say({ channel: general, user: bot, text: "In May.", replyTo: first.id });
    const next = discord.say({
      channel: general,
      user: ana,
      text: "which day?",
      replyTo: answer.id,
    });
    const again = discord.say({ channel: general, user: bot, text: "The 14th.", replyTo: next.id });
    const last = discord.say({ channel: general, user: ana, text: "why?", replyTo: again.id });
    expect(await ears.heard("mention", last.id)).toMatchObject({ place: { threadId: first.id } });
    expect(await ears.heard("mention", next.id)).toMatchObject({ place: { threadId: first.id } });
  });

  test("by other bots, by webhooks and by Docent itself is nobody's question", async () => {
    const { discord, ears } = await opened();
    const other = discord.createUser({ name: "other", bot: true });
    discord.join(other);
    const text = `${CALL} when?`;
    discord.say({ channel: general, user: other, text });
    discord.say({ channel: general, user: ana, text, webhook: true });
    discord.say({ channel: general, user: bot, text });
    await ears.settled(general, ben);
    expect(ears.events.filter(({ kind }) => kind === "mention")).toHaveLength(1);
  });

  test("is handed in once by two processes with one token", async () => {
    const { discord, ears } = await opened();
    const { id } = discord.say({ channel: general, user: ana, text: `${CALL} when?` });
    await ears.heard("mention", id);
    discord.repeat();
    await ears.settled(general, ana);
    const asked = ears.events.filter((event) => event.kind === "mention" && event.messageId === id);
    expect(asked).toHaveLength(1);
  });
});

describe("what can't be stored yet", () => {
  test("is tried again, in its order, and until then nothing counts as caught up", async () => {
    const { discord, ears } = await opened();
    await until(() => ears.notes.length > 0);
    ears.failNext(5);
    const one = discord.say({ channel: general, user: ana, text: `${CALL} one?` });
    const two = discord.say({ channel: general, user: ana, text: `${CALL} two?` });
    await ears.heard("mention", two.id);
    const asked = ears.events.flatMap((event) => (event.kind === "mention" ? event.messageId : []));
    expect(asked).toEqual([one.id, two.id]);
    expect(ears.logged.join("")).toContain("could not be stored yet; trying again");
    expect(ears.logged.join("")).not.toContain("one?");
  });
});

describe("a guild that is not served", () => {
  test("is left alone, and the operator reads once how to allow it", async () => {
    const { discord, ears } = await opened({ serves: (id) => id === guild });
    const other = discord.createGuild({ name: "other" });
    discord.join(ana, { guild: other.id });
    for (const text of ["one", "two"]) {
      discord.say({ channel: other.channel, user: ana, text: `${CALL} ${text}` });
    }
    await until(() => ears.logged.some((line) => line.includes(`allow guild ${other.id}`)));
    await ears.settled(general, ana);
    expect(ears.events.filter(({ place }) => place.workspaceId === other.id)).toEqual([]);
    expect(ears.notes.filter(({ workspaceId }) => workspaceId === other.id)).toEqual([]);
    expect(ears.logged.filter((line) => line.includes("allow guild"))).toHaveLength(1);
  });
});

describe("what is changed", () => {
  test("by its author is told, with the files that are left; a link's preview is not", async () => {
    const { discord, ears } = await opened();
    const said = discord.say({ channel: general, user: ana, text: "see", files: [PLAN, PLAN] });
    discord.unfurl(said.id);
    await ears.settled(general, ana);
    expect(ears.events.filter(({ kind }) => kind === "message_changed")).toEqual([]);
    const [kept = ""] = said.fileIds;
    discord.edit(said.id, { text: "see this", files: [kept] });
    expect(await ears.heard("message_changed", said.id)).toMatchObject({
      text: "see this",
      fileIds: [kept],
    });
  });

  test("so that it calls Docent becomes a question", async () => {
    const { discord, ears } = await opened();
    const { id } = discord.say({ channel: general, user: ana, text: "when?" });
    discord.edit(id, { text: `${CALL} when?` });
    expect(await ears.heard("mention", id)).toMatchObject({ text: "when?" });
  });
});

describe("what is deleted", () => {
  test("one by one or many at once is told, however old", async () => {
    const { discord, ears } = await opened();
    const atMs = Date.now() - 86_400_000;
    const [one, two, three] = ["1", "2", "3"].map((text) =>
      discord.say({ channel: general, user: ana, text, atMs }),
    );
    discord.deleteMessage(one?.id ?? "");
    discord.bulkDelete(general, [two?.id ?? "", three?.id ?? ""]);
    for (const said of [one, two, three]) {
      const { place } = await ears.heard("message_deleted", said?.id);
      expect(place).toMatchObject({ workspaceId: guild, channelId: general });
    }
  });

  test("a thread, a forum's post, a channel and the guild", async () => {
    const { discord, ears } = await opened();
    const thread = discord.createThread({ channel: general, user: ana });
    discord.deleteThread(thread.id);
    expect((await ears.heard("channel_gone")).place).toMatchObject({
      channelId: general,
      threadId: thread.id,
    });
    const post = discord.createThread({ channel: forum, user: ana, text: "see", files: [PLAN] });
    discord.deleteThread(post.id);
    await ears.heard("message_deleted", post.id);
    discord.deleteChannel(staff);
    const isGone = (id: string) => () =>
      ears.events.some(({ kind, place }) => kind === "channel_gone" && place.channelId === id);
    await until(isGone(staff));
    discord.loseGuild(guild);
    discord.restoreGuild(guild);
    await ears.settled(general, ana);
    expect(ears.events.filter(({ kind }) => kind === "workspace_gone")).toEqual([]);
    discord.removeGuild(guild);
    expect((await ears.heard("workspace_gone")).place.workspaceId).toBe(guild);
  });
});

describe("who is there", () => {
  test("rights and roles that change are told, and nothing remembered of them counts", async () => {
    const { discord, ears } = await opened();
    const place = { platform: "discord", workspaceId: guild, channelId: guides, threadId: null };
    expect((await ears.adapter.readers(place)).visibility).toBe("private");
    discord.overwrite(guides, guild, {});
    expect((await ears.heard("access_changed")).place.channelId).toBe(guides);
    expect((await ears.adapter.readers(place)).visibility).toBe("public");
    discord.createRole({ name: "new" });
    await until(() => ears.moved.includes(guild));
  });

  test("a ban is told with the name of whom it puts out", async () => {
    const { discord, ears } = await opened();
    discord.ban(ben);
    expect(await ears.heard("banned")).toMatchObject({ userId: ben, name: "ben" });
  });

  test("a guild that Docent comes into is greeted once, also after a restart", async () => {
    const { discord, ears } = await opened({ serves: () => true });
    const { id, channel } = discord.createGuild({ name: "new", owner: ana });
    const isIt = () => ears.events.filter((e) => e.kind === "joined" && e.place.workspaceId === id);
    await until(() => isIt().length > 0);
    expect(isIt()).toMatchObject([{ place: { channelId: channel }, userId: ana }]);
    discord.loseGuild(id);
    discord.restoreGuild(id);
    await ears.settled(general, ana);
    expect(isIt()).toHaveLength(1);
  });
});
