/** Connections to Discord that are lost, refused or dead, and what is read back then. */
import { afterEach, describe, expect, test } from "vitest";
import type { Gap } from "../../src/chat.ts";
import { ConfigError } from "../../src/errors.ts";
import { IDS } from "../support/discord/world.ts";
import { type LoopbackDiscord, startDiscord } from "../support/discord.ts";
import { type EarsOptions, makeEars, openEars } from "../support/discord-ears.ts";
import { until } from "../support/until.ts";

const { general, help, forum, staff } = IDS.channels;
const { ana, bot, guild } = IDS;
const CALL = `<@${bot}>`;

const open: { close(): Promise<void> }[] = [];

async function opened(
  options: EarsOptions = {},
  loopback: Parameters<typeof startDiscord>[0] = {},
) {
  const bench = await openEars(options, loopback);
  open.push(bench);
  return bench;
}

/** A loopback that is there before anybody listens. */
async function alone(options: Parameters<typeof startDiscord>[0] = {}): Promise<LoopbackDiscord> {
  const discord = await startDiscord(options);
  open.push(discord);
  return discord;
}

afterEach(async () => {
  for (const bench of open.splice(0).reverse()) await bench.close();
});

const ask = (discord: LoopbackDiscord, text = "when?") =>
  discord.say({ channel: general, user: ana, text: `${CALL} ${text}` }).id;

describe("a connection", () => {
  test.each([4000, 4001, 4002, 4009, 1006])(
    "that ends with %d is taken up again, with what was said meanwhile",
    async (code) => {
      const { discord, ears } = await opened();
      if (code === 1006) discord.drop();
      else discord.closeWith(code);
      const id = ask(discord);
      await ears.heard("mention", id);
      expect(discord.identified()).toBe(1);
      expect(ears.adapter.trouble()).toBeNull();
    },
  );

  test.each([1000, 4003, 4005, 4007, 4008])(
    "that ends with %d is another one, before which all is read back",
    async (code) => {
      const gap = { sinceMs: Date.now(), threads: [], channels: [] };
      const { discord, ears } = await opened({ gap: () => gap });
      await until(() => ears.notes.length > 0);
      discord.closeWith(code);
      const id = ask(discord);
      await until(() => discord.identified() === 2);
      await ears.heard("mention", id);
    },
  );

  test("is made anew when Discord asks for it, and when a session is not valid any more", async () => {
    const { discord, ears } = await opened();
    discord.askReconnect();
    await ears.heard("mention", ask(discord));
    expect(discord.identified()).toBe(1);
    discord.invalidate(false);
    await until(() => discord.identified() === 2);
    await ears.heard("mention", ask(discord));
  });

  test("that is dead is noticed by its heartbeat", async () => {
    const { discord, ears } = await opened({}, { heartbeatMs: 50 });
    discord.freeze();
    await until(() => discord.connections() > 0 && discord.resumed() > 0);
    await ears.heard("mention", ask(discord));
  });

  test("that can't be made is trouble in words, until it can", async () => {
    const { discord, ears } = await opened({ times: { troubleAfterMs: 50 } });
    discord.offline();
    const trouble = await until(() => ears.adapter.trouble() ?? undefined);
    expect(trouble).toMatch(/^no connection to Discord for \d+ s$/);
    discord.online();
    await until(() => ears.adapter.trouble() === null);
    await ears.heard("mention", ask(discord));
  });

  test("of several shards hears all guilds, and direct messages", async () => {
    const { discord, ears } = await opened({}, { shards: 2 });
    expect(discord.identified()).toBe(2);
    await ears.heard("mention", ask(discord));
    const { id } = discord.say({ channel: discord.openDm(ana), user: ana, text: "when?" });
    await ears.heard("mention", id);
  });
});

describe("what Discord refuses for good", () => {
  test.each([
    [4004, "DISCORD_TOKEN"],
    [4010, "DISCORD_SHARDS"],
    [4011, "DISCORD_SHARDS"],
    [4012, "update Docent"],
    [4013, "update Docent"],
    [4014, "Message Content Intent"],
  ])("%d at the start ends it, and says: %s", async (code, words) => {
    const discord = await alone();
    discord.rejectWith(code);
    const { ears, inbox } = makeEars(discord, { messageContent: true });
    const listening = ears.adapter.listen(inbox);
    await expect(listening).rejects.toThrow(words);
    await expect(listening).rejects.toBeInstanceOf(ConfigError);
    expect(ears.adapter.trouble()).toContain(words);
    expect(ears.logged.join("")).not.toContain(discord.token);
    await ears.close();
  });

  test("a token that is none ends it", async () => {
    const discord = await alone();
    const { ears, inbox } = makeEars(discord, { token: "not.a.token" });
    await expect(ears.adapter.listen(inbox)).rejects.toThrow("DISCORD_TOKEN");
    await ears.close();
  });

  test("while connected is trouble that says what to do, and nothing is tried again", async () => {
    const { discord, ears } = await opened();
    discord.closeWith(4004);
    await until(() => ears.adapter.trouble()?.includes("DISCORD_TOKEN"));
    expect(discord.identified()).toBe(1);
  });
});

describe("without the Message Content intent", () => {
  test("mentions and direct messages are heard, and the operator reads once what is missing", async () => {
    const { discord, ears } = await opened({}, { privileged: [] });
    const file = { name: "plan.md", content: new TextEncoder().encode("# Plan\n") };
    discord.say({ channel: general, user: ana, text: "see", files: [file] });
    const { id } = discord.say({ channel: general, user: ana, text: `${CALL} ?`, files: [file] });
    expect(await ears.heard("mention", id)).toMatchObject({ fileIds: [expect.any(String)] });
    expect(ears.events.filter(({ kind }) => kind === "file_shared")).toHaveLength(1);
    expect(ears.adapter.trouble()).toBeNull();
    const told = ears.logged.filter((line) => line.includes("Message Content Intent"));
    expect(told).toHaveLength(1);
  });

  test("an edit tells nothing of what is left of a message's files", async () => {
    const { discord, ears } = await opened({}, { privileged: [] });
    const file = { name: "plan.md", content: new TextEncoder().encode("# Plan\n") };
    const { id } = discord.say({ channel: general, user: ana, text: "see", files: [file] });
    discord.edit(id, { text: "see this" });
    await ears.settled(general, ana);
    expect(ears.events.filter(({ kind }) => kind === "message_changed")).toEqual([]);
  });
});

describe("what was missed", () => {
  const sinceMs = Date.now() - 5 * 60_000;
  const gapOf = (gap: Partial<Gap>) => () => ({ sinceMs, threads: [], channels: [], ...gap });

  test("is read back in order, also in threads and posts, and counts as heard only then", async () => {
    const gap = gapOf({ channels: [general, staff] });
    const { discord, ears } = await opened({ gap });
    const thread = discord.createThread({ channel: general, user: ana });
    const asked: string[] = [];
    await until(() => ears.notes.length > 0);
    discord.offline();
    await until(() => discord.connections() === 0);
    for (let count = 0; count < 45; count += 1) asked.push(ask(discord, `${count}?`));
    const replies = [1, 2, 3, 4].map((count) =>
      discord.say({ channel: thread.id, user: ana, text: `reply ${count}` }),
    );
    const post = discord.createThread({ channel: forum, user: ana, text: "a post" });
    for (const id of asked.splice(0, 3)) discord.deleteMessage(id);
    const before = ears.notes.length;
    discord.online();
    await until(() => ears.notes.length > before);
    for (const { id } of replies) await ears.heard("said", id);
    await ears.heard("said", post.messageId ?? "");
    expect(ears.events.flatMap((e) => (e.kind === "mention" ? e.messageId : []))).toEqual(asked);
    expect(ears.events.find(({ kind }) => kind === "said")).toHaveProperty("saidAtMs");
    expect(ears.logged.join("")).toContain("what was missed has been read back");
    // What was deleted is looked for by the core, once it hears that all was read.
    expect(ears.notes.at(-1)?.untilMs).toBeGreaterThanOrEqual(sinceMs);
  });

  test("before the start is read back too: by pages, in archived threads, and in direct messages", async () => {
    const discord = await alone();
    const thread = discord.createThread({ channel: help, user: ana });
    const reply = discord.say({ channel: thread.id, user: ana, text: "and then?" });
    discord.updateThread(thread.id, { archived: true });
    const dm = discord.openDm(ana);
    const direct = discord.say({ channel: dm, user: ana, text: "when?" });
    const asked = Array.from({ length: 120 }, (_, count) => ask(discord, `${count}?`));
    const place = { platform: "discord", workspaceId: guild };
    const threads = [
      { ...place, channelId: help, threadId: thread.id },
      { ...place, channelId: dm, threadId: dm },
    ];
    const gone = discord.createChannel({ name: "old" });
    discord.deleteChannel(gone);
    const { ears, inbox } = makeEars(discord, { gap: gapOf({ threads, channels: [gone, dm] }) });
    await ears.adapter.listen(inbox);
    await until(() => ears.notes.length > 0);
    await ears.heard("said", reply.id);
    await ears.heard("mention", direct.id);
    const inChannel = ears.events.filter(
      (e) => e.kind === "mention" && e.place.channelId === general,
    );
    expect(inChannel.map((e) => e.kind === "mention" && e.messageId)).toEqual(asked);
    const left = ears.events.filter(({ kind }) => kind === "channel_gone");
    expect(left.map((event) => event.place.channelId)).toEqual([gone]);
    expect(
      discord.calls(`GET /channels/:channel/messages`).every(({ status }) => status < 400),
    ).toBe(true);
    await ears.close();
  });

  test("that can't be stored is read back once more", async () => {
    const discord = await alone();
    const id = ask(discord);
    const { ears, inbox } = makeEars(discord, { gap: gapOf({}) });
    ears.failNext(1);
    await ears.adapter.listen(inbox);
    await ears.heard("mention", id);
    await until(() => ears.notes.length > 0);
    await ears.close();
  });
});
