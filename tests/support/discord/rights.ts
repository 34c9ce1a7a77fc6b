/** Who may do what where, by Discord's rules (docs: Permissions), computed here without any library. */
import { PermissionFlagsBits as Right } from "discord.js";
import { type Channel, found, type Guild, type Member, type World } from "./world.ts";

export type RightName = keyof typeof Right;

const ALL = Object.values(Right).reduce((all, bit) => all | bit, 0n);
const IN_TIMEOUT = Right.ViewChannel | Right.ReadMessageHistory;
/** What is meant by nothing else than by being able to write. */
const WITH_SENDING =
  Right.MentionEveryone | Right.SendTTSMessages | Right.AttachFiles | Right.EmbedLinks;
/** In a direct message with the bot. */
const IN_DM =
  Right.ViewChannel |
  Right.SendMessages |
  Right.ReadMessageHistory |
  Right.EmbedLinks |
  Right.AttachFiles |
  Right.AddReactions |
  Right.UseApplicationCommands;

/** What somebody may do in a channel or thread; nothing where they don't see it. */
export function rights(world: World, userId: string, channelId: string): bigint {
  const channel = world.channels.get(channelId);
  if (!channel) return 0n;
  if (channel.guildId === null) {
    return [world.botId, channel.recipientId].includes(userId) ? IN_DM : 0n;
  }
  const guild = found(world.guilds, channel.guildId, "guild");
  const member = guild.members.get(userId);
  if (!member || guild.state !== "in") return 0n;
  const of = inChannel(guild, member, holderOf(world, channel));
  return closed(world, member, channel, of);
}

export function may(world: World, userId: string, channelId: string, ...names: RightName[]) {
  const has = rights(world, userId, channelId);
  return names.every((name) => (has & Right[name]) === Right[name]);
}

/** What the roles of somebody give them, before a channel's overwrites. */
export function guildRights(guild: Guild, { userId, roles }: Member): bigint {
  if (guild.ownerId === userId) return ALL;
  let base = guild.roles.get(guild.id)?.permissions ?? 0n;
  for (const id of roles) base |= guild.roles.get(id)?.permissions ?? 0n;
  return base & Right.Administrator ? ALL : base;
}

/** Threads have no overwrites of their own. */
function holderOf(world: World, channel: Channel): Channel {
  return channel.thread ? found(world.channels, channel.parentId ?? "", "channel") : channel;
}

function inChannel(guild: Guild, member: Member, { overwrites }: Channel): bigint {
  const base = guildRights(guild, member);
  if (base === ALL) return ALL;
  const everyone = overwrites.filter(({ id }) => id === guild.id);
  const roles = overwrites.filter(({ id, type }) => type === "role" && member.roles.includes(id));
  const own = overwrites.filter(({ id, type }) => type === "member" && id === member.userId);
  let has = base;
  for (const group of [everyone, roles, own]) {
    for (const { deny } of group) has &= ~deny;
    for (const { allow } of group) has |= allow;
  }
  return has;
}

/** What follows from the rest: no view, no anything; private threads; time-outs. */
function closed(world: World, member: Member, channel: Channel, has: bigint): bigint {
  if (!(has & Right.ViewChannel)) return 0n;
  const { kind, thread } = channel;
  const isIn = thread?.members.includes(member.userId) ?? false;
  if (kind === "privateThread" && !isIn && !(has & Right.ManageThreads)) return 0n;
  const timedOut = member.timedOutUntilMs !== null && member.timedOutUntilMs > world.nowMs();
  if (timedOut && !(has & Right.Administrator)) return has & IN_TIMEOUT;
  const sending = thread ? Right.SendMessagesInThreads : Right.SendMessages;
  return has & sending ? has : has & ~WITH_SENDING;
}
