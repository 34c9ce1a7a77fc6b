/** Who reads what in Discord, asked over REST. */
import { PermissionFlagsBits as Right } from "discord.js";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createClient } from "../../adapters/discord/client.ts";
import { placeOf } from "../../adapters/discord/place.ts";
import { type Access, createAccess } from "../../adapters/discord/read/access.ts";
import { createWorld } from "../../adapters/discord/read/world.ts";
import { ServiceError } from "../../src/errors.ts";
import { IDS } from "../support/discord/world.ts";
import { type DiscordOptions, type LoopbackDiscord, startDiscord } from "../support/discord.ts";

const { guild, ana, ben, mod, owner, stranger, roles } = IDS;
const { general, help, guides, staff, forum, news, voice, adult } = IDS.channels;
const OPEN = [general, help, forum, news];
const SEE = { allow: Right.ViewChannel };
const HIDE = { deny: Right.ViewChannel };

let loopback: LoopbackDiscord;
let access: Access;

beforeEach(() => start());
afterEach(() => loopback.close());

async function start(options: DiscordOptions = {}) {
  loopback = await startDiscord(options);
  const { token, apiUrl } = loopback;
  const discord = createClient({ token, apiUrl, log: pino({ level: "silent" }) });
  access = createAccess(createWorld(discord), discord);
}

const readers = (channelId: string, of = guild) => access.readers(placeOf(of, channelId, null));
const alsoReadable = async (channelId: string) =>
  (await readers(channelId)).alsoReadable.toSorted();

describe("readers", () => {
  test("of a channel that everybody can see are all", async () => {
    expect(await readers(help)).toEqual({
      visibility: "public",
      channelName: "help",
      outsiders: false,
      ageRestricted: false,
      alsoReadable: [],
    });
    expect(await readers(adult)).toMatchObject({ visibility: "public", ageRestricted: true });
  });

  test("of a channel that a role opens share what all can read", async () => {
    // The server's own role is the bot's, which reads nothing.
    const readable = await readers(guides);
    expect(readable).toMatchObject({ visibility: "private", byRoles: true, outsiders: true });
    expect(readable.alsoReadable.toSorted()).toEqual(OPEN);
    const lobby = loopback.createChannel({ onlyRoles: [roles.verified, roles.mods] });
    access.forget({ workspaceId: guild });
    expect(await alsoReadable(guides)).toEqual([...OPEN, lobby]);
    expect(await alsoReadable(lobby)).toEqual(OPEN);
  });

  test("are asked after where a channel names them, Docent being none of them", async () => {
    const [one, two] = [[ben, IDS.bot], [ana]].map((people) => {
      const id = loopback.createChannel({ onlyRoles: [] });
      for (const person of people) loopback.overwrite(id, person, SEE);
      return id;
    });
    expect(await alsoReadable(one ?? "")).toEqual([...OPEN, guides].toSorted());
    expect(await alsoReadable(two ?? "")).toEqual(OPEN);
  });

  test("are not all where somebody is kept out, unless that is a bot", async () => {
    loopback.overwrite(help, IDS.bot, { deny: Right.SendMessages });
    loopback.overwrite(general, ana, HIDE);
    expect(await readers(help)).toMatchObject({ visibility: "public" });
    expect(await readers(general)).toMatchObject({ visibility: "private", byRoles: true });
    expect(await alsoReadable(guides)).not.toContain(general);
  });

  test("of a place that is gone, hidden or elsewhere are not known", async () => {
    const other = loopback.createGuild();
    const unknown = { visibility: "private", outsiders: null, alsoReadable: [] };
    expect(await readers("1")).toMatchObject(unknown);
    expect(await readers(other.channel)).toMatchObject(unknown);
    loopback.removeGuild(guild);
    access.forget({ workspaceId: guild });
    expect(await readers(general)).toMatchObject(unknown);
  });

  test("of a direct message are its person", async () => {
    const direct = loopback.openDm(ana);
    expect(await readers(direct)).toMatchObject({ visibility: "direct", channelName: null });
  });

  test("are asked anew when something has changed, and not before", async () => {
    expect(await readers(help)).toMatchObject({ visibility: "public" });
    loopback.overwrite(help, guild, HIDE);
    loopback.overwrite(help, roles.bot, SEE);
    expect(await readers(help)).toMatchObject({ visibility: "public" });
    access.forget({ workspaceId: guild, channelId: help });
    expect(await readers(help)).toMatchObject({ visibility: "private" });
    const fresh = loopback.createChannel({ name: "fresh" });
    expect(await readers(fresh)).toMatchObject({ visibility: "public", channelName: "fresh" });
  });

  test("that Discord does not tell of make no answer", async () => {
    loopback.loseGuild(guild);
    await expect(readers(help)).rejects.toBeInstanceOf(ServiceError);
  });
});

describe("a private thread", () => {
  const thread = (channel: string, user: string, members: string[] = [IDS.bot]) =>
    loopback.createThread({ channel, user, private: true, name: "plans", members }).id;

  test("draws on what its few people and the moderators can read", async () => {
    const id = thread(guides, ben);
    const known = await readers(id);
    expect(known).toMatchObject({ visibility: "private", channelName: "plans" });
    expect(known.alsoReadable.toSorted()).toEqual([...OPEN, guides].toSorted());
    expect(await alsoReadable(thread(general, ana))).toEqual(OPEN);
  });

  test("draws on less where its people are not told", async () => {
    await loopback.close();
    await start({ privileged: ["content"] });
    const id = thread(general, ben);
    expect(await alsoReadable(id)).toEqual(OPEN);
  });

  test("can be read by who is in it, and by moderators", async () => {
    const id = thread(general, ana);
    expect(await access.readable(guild, ana)).toContain(id);
    expect(await access.readable(guild, ben)).not.toContain(id);
    expect(await access.readable(guild, mod)).toContain(id);
  });
});

describe("a person", () => {
  test.each([
    ["without a role", ana, [...OPEN, adult]],
    ["with a role", ben, [...OPEN, guides, adult]],
    ["who owns the server", owner, [...OPEN, guides, staff, voice, adult]],
  ])(
    "%s can read the channels that are open to them, and their own direct messages",
    async (_who, user, channels) => {
      const readable = await access.readable(guild, user);
      expect(readable.toSorted()).toEqual([...channels, loopback.openDm(user)].toSorted());
    },
  );

  test("who loses a role, or leaves, can read no more at once", async () => {
    expect(await access.readable(guild, ben)).toContain(guides);
    loopback.setRoles(ben, []);
    expect(await access.readable(guild, ben)).not.toContain(guides);
    loopback.leave(ben);
    expect(await access.readable(guild, ben)).toEqual([]);
  });

  test("who is not there can read nothing, and is nobody", async () => {
    expect(await access.readable(guild, stranger)).toEqual([]);
    expect(await access.standing(placeOf(guild, general, null), stranger)).toEqual({
      admin: false,
      moderator: false,
      roles: [],
    });
  });

  test("who can't be written to can still read", async () => {
    loopback.fail("POST /users/@me/channels", { status: 403, code: 50_007 });
    expect((await access.readable(guild, ana)).toSorted()).toEqual([...OPEN, adult].toSorted());
  });

  test("has the standing that their roles give, but not in a timeout", async () => {
    const standing = (user: string, channel: string = general) =>
      access.standing(placeOf(guild, channel, null), user);
    expect(await standing(owner)).toMatchObject({ admin: true, moderator: true });
    expect(await standing(ben)).toMatchObject({ admin: false, moderator: false });
    const { joinedMs = 0 } = loopback.world.guilds.get(guild)?.members.get(mod) ?? {};
    expect(await standing(mod)).toEqual({
      admin: false,
      moderator: true,
      roles: [
        { id: roles.verified, name: "verified" },
        { id: roles.mods, name: "mods" },
      ],
      memberSinceMs: joinedMs,
    });
    expect(await standing(mod, loopback.openDm(mod))).toMatchObject({ moderator: false });
    loopback.timeOut(mod, Date.now() + 60_000);
    access.forget({ workspaceId: guild });
    expect(await standing(mod)).toMatchObject({ moderator: false });
  });
});
