/** The guild that is there from the start: two channels for all, and some that are not. */
import { PermissionFlagsBits as Right } from "discord.js";
import {
  type Channel,
  type ChannelKind,
  type Guild,
  IDS,
  type Member,
  type Overwrite,
  type Role,
  type User,
  type World,
} from "./world.ts";

/** What Discord gives to @everyone in a new guild, as far as it matters here. */
export const EVERYONE_RIGHTS =
  Right.ViewChannel |
  Right.SendMessages |
  Right.SendMessagesInThreads |
  Right.CreatePublicThreads |
  Right.CreatePrivateThreads |
  Right.ReadMessageHistory |
  Right.EmbedLinks |
  Right.AttachFiles |
  Right.AddReactions |
  Right.UseApplicationCommands;

/** What an invite link asks for in the bot's name. */
export const BOT_RIGHTS =
  Right.ViewChannel |
  Right.SendMessages |
  Right.SendMessagesInThreads |
  Right.CreatePublicThreads |
  Right.ReadMessageHistory |
  Right.EmbedLinks |
  Right.AttachFiles |
  Right.AddReactions;

const MOD_RIGHTS =
  EVERYONE_RIGHTS |
  Right.ManageMessages |
  Right.ManageThreads |
  Right.ManageChannels |
  Right.ModerateMembers |
  Right.BanMembers;

export function furnish(world: World): void {
  for (const [id, name] of Object.entries(people())) addUser(world, { id, name });
  const bot = addUser(world, { id: world.botId, name: "docent", bot: true });
  const guild = addGuild(world, { id: IDS.guild, name: "Acme", ownerId: IDS.owner });
  const { roles } = IDS;
  addRole(guild, { id: roles.bot, name: "Docent", permissions: BOT_RIGHTS, managed: true });
  addRole(guild, { id: roles.verified, name: "verified", permissions: EVERYONE_RIGHTS });
  addRole(guild, { id: roles.mods, name: "mods", permissions: MOD_RIGHTS });
  addMember(world, guild, { userId: bot.id, roles: [roles.bot] });
  addMember(world, guild, { userId: IDS.owner });
  addMember(world, guild, { userId: IDS.ana });
  addMember(world, guild, { userId: IDS.ben, roles: [roles.verified] });
  addMember(world, guild, { userId: IDS.mod, roles: [roles.verified, roles.mods] });
  for (const channel of channels()) addChannel(world, { ...channel, guildId: guild.id });
}

function people(): Record<string, string> {
  return {
    [IDS.owner]: "olga",
    [IDS.ana]: "ana",
    [IDS.ben]: "ben",
    [IDS.mod]: "mo",
    [IDS.stranger]: "stranger",
  };
}

function channels(): (Partial<Channel> & { id: string; kind: ChannelKind })[] {
  const { channels: ids, roles, guild } = IDS;
  const verified = onlyFor(guild, [roles.verified, roles.bot]);
  const mods = onlyFor(guild, [roles.mods, roles.bot]);
  return [
    { id: ids.general, kind: "text", name: "general" },
    { id: ids.help, kind: "text", name: "help" },
    { id: ids.guides, kind: "text", name: "guides", overwrites: verified },
    { id: ids.staff, kind: "text", name: "staff", overwrites: mods },
    { id: ids.forum, kind: "forum", name: "forum" },
    { id: ids.news, kind: "news", name: "news" },
    { id: ids.voice, kind: "voice", name: "voice" },
    { id: ids.adult, kind: "text", name: "adult", adult: true },
  ];
}

/** Overwrites that hide a channel from all but these roles. */
export function onlyFor(guildId: string, roles: string[]): Overwrite[] {
  const seen = { type: "role", allow: Right.ViewChannel, deny: 0n } as const;
  const hidden = { id: guildId, type: "role", allow: 0n, deny: Right.ViewChannel } as const;
  return [hidden, ...roles.map((id) => ({ id, ...seen }))];
}

export function addUser(world: World, user: Partial<User>): User {
  const id = user.id ?? world.nextId();
  const blank = { name: `user${id.slice(-4)}`, displayName: null, bot: false, closedDms: false };
  const made = { ...blank, ...user, id };
  world.users.set(id, made);
  return made;
}

export function addGuild(world: World, given: { id?: string; name: string; ownerId: string }) {
  const id = given.id ?? world.nextId();
  const guild: Guild = {
    id,
    name: given.name,
    ownerId: given.ownerId,
    roles: new Map(),
    members: new Map(),
    bans: new Set(),
    state: "in",
    botJoinedMs: world.nowMs(),
  };
  world.guilds.set(id, guild);
  addRole(guild, { id, name: "@everyone", permissions: EVERYONE_RIGHTS });
  return guild;
}

export function addRole(guild: Guild, role: Partial<Role> & { id: string }): Role {
  const { size: position } = guild.roles;
  const blank = { name: "role", permissions: 0n, mentionable: false, managed: false };
  const made = { ...blank, position, ...role };
  guild.roles.set(role.id, made);
  return made;
}

const JOINED_BEFORE_MS = 30 * 24 * 60 * 60_000;

/** Joined a month ago, unless told otherwise. */
export function addMember(
  world: World,
  guild: Guild,
  member: Partial<Member> & { userId: string },
) {
  const joinedMs = world.nowMs() - JOINED_BEFORE_MS;
  const blank = { roles: [], nick: null, timedOutUntilMs: null, pending: false };
  const made: Member = { ...blank, joinedMs, ...member };
  guild.members.set(made.userId, made);
  return made;
}

export function addChannel(world: World, given: Partial<Channel> & { kind: ChannelKind }): Channel {
  const blank = {
    id: given.id ?? world.nextId(),
    guildId: null,
    name: "",
    parentId: null,
    topic: null,
    adult: false,
    position: world.channels.size,
    overwrites: [],
    thread: null,
    recipientId: null,
  };
  const channel: Channel = { ...blank, ...given };
  world.channels.set(channel.id, channel);
  return channel;
}

/** The direct message channel with somebody, made when it is asked for first. */
export function dmWith(world: World, recipientId: string): Channel {
  const all = [...world.channels.values()];
  const known = all.find((one) => one.kind === "dm" && one.recipientId === recipientId);
  return known ?? addChannel(world, { kind: "dm", recipientId });
}
