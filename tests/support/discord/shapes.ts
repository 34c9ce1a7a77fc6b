/** Guilds, channels, people as Discord writes them. Built from the library's types, so the compiler checks them. */
import {
  type APIApplication,
  type APIChannel,
  type APIGuild,
  type APIGuildMember,
  type APIOverwrite,
  type APIPartialChannel,
  type APIRole,
  type APIThreadChannel,
  type APIThreadMember,
  type APIUser,
  ApplicationFlags,
  ChannelType,
  type GatewayGuildCreateDispatchData,
  GuildMemberFlags,
  Locale,
  OverwriteType,
} from "discord.js";
import { rights } from "./rights.ts";
import {
  type Channel,
  type ChannelKind,
  found,
  type Guild,
  IDS,
  type Member,
  messagesIn,
  type Overwrite,
  type Role,
  type User,
  type World,
} from "./world.ts";

export const CHANNEL_TYPES = {
  text: ChannelType.GuildText,
  voice: ChannelType.GuildVoice,
  stage: ChannelType.GuildStageVoice,
  category: ChannelType.GuildCategory,
  news: ChannelType.GuildAnnouncement,
  forum: ChannelType.GuildForum,
  thread: ChannelType.PublicThread,
  newsThread: ChannelType.AnnouncementThread,
  privateThread: ChannelType.PrivateThread,
  dm: ChannelType.DM,
} as const satisfies Record<ChannelKind, ChannelType>;

const NO_COLORS = { primary_color: 0, secondary_color: null, tertiary_color: null };
/** Any set of flags without one. */
export const NO_FLAGS: number = 0;
const LARGE_MEMBERS = 50;

export function iso(atMs: number): string {
  return new Date(atMs).toISOString().replace("Z", "000+00:00");
}

export function userShape({ id, name, displayName, bot }: User): APIUser {
  const blank = { discriminator: bot ? "0001" : "0", avatar: null, public_flags: 0 };
  return { id, username: name, global_name: displayName, ...(bot && { bot }), ...blank };
}

export function memberShape(world: World, member: Member): APIGuildMember {
  return {
    user: userShape(found(world.users, member.userId, "user")),
    ...memberNoUser(member),
  };
}

export function memberNoUser(member: Member): Omit<APIGuildMember, "user"> {
  const until = member.timedOutUntilMs;
  return {
    nick: member.nick,
    avatar: null,
    banner: null,
    roles: [...member.roles],
    joined_at: iso(member.joinedMs),
    premium_since: null,
    communication_disabled_until: until === null ? null : iso(until),
    pending: member.pending,
    deaf: false,
    mute: false,
    flags: GuildMemberFlags.CompletedOnboarding,
  };
}

export function roleShape(role: Role): APIRole {
  const { id, name, position, mentionable, managed } = role;
  const looks = { color: 0, colors: NO_COLORS, hoist: false, icon: null, unicode_emoji: null };
  return {
    ...{ id, name, position, mentionable, managed, ...looks, flags: NO_FLAGS },
    permissions: String(role.permissions),
    // No other bot is there.
    ...(managed && { tags: { bot_id: IDS.bot } }),
  };
}

function overwriteShape({ id, type, allow, deny }: Overwrite): APIOverwrite {
  const of = type === "role" ? OverwriteType.Role : OverwriteType.Member;
  return { id, type: of, allow: String(allow), deny: String(deny) };
}

/** Of any kind of channel. */
export function channelShape(world: World, channel: Channel): APIChannel {
  if (channel.thread) return threadShape(world, channel);
  if (channel.kind === "dm") return dmShape(world, channel);
  return guildChannelShape(world, channel);
}

function dmShape(world: World, { id, recipientId }: Channel): APIChannel {
  const recipients = [userShape(found(world.users, recipientId ?? "", "user"))];
  const last_message_id = messagesIn(world, id).at(-1)?.id ?? null;
  return { id, type: ChannelType.DM, name: null, recipients, last_message_id };
}

type GuildChannelShape = GatewayGuildCreateDispatchData["channels"][number] & { guild_id: string };

export function guildChannelShape(world: World, channel: Channel): GuildChannelShape {
  const { id, name, position, parentId, adult, guildId, topic, overwrites } = channel;
  const base = {
    ...{ id, name, position, parent_id: parentId, nsfw: adult },
    guild_id: guildId ?? "",
    permission_overwrites: overwrites.map(overwriteShape),
  };
  const last_message_id = messagesIn(world, id).at(-1)?.id ?? null;
  const text = { ...base, topic, last_message_id, rate_limit_per_user: 0 };
  const voice = { bitrate: 64_000, user_limit: 0, rtc_region: null };
  switch (channel.kind) {
    case "category":
      return { ...base, parent_id: null, type: ChannelType.GuildCategory };
    case "voice":
      return { ...text, ...voice, type: ChannelType.GuildVoice };
    case "stage":
      return { ...text, ...voice, type: ChannelType.GuildStageVoice };
    case "news":
      return { ...text, type: ChannelType.GuildAnnouncement };
    case "forum":
      return { ...text, ...forumShape(), type: ChannelType.GuildForum };
    default:
      return { ...text, type: ChannelType.GuildText };
  }
}

function forumShape() {
  return {
    available_tags: [],
    default_reaction_emoji: null,
    default_sort_order: null,
    default_forum_layout: 0,
    default_thread_rate_limit_per_user: 0,
  };
}

export function threadShape(world: World, channel: Channel): APIThreadChannel {
  const { id, name, guildId, parentId, thread } = channel;
  if (!thread) throw new Error(`${id} is no thread`);
  const messages = messagesIn(world, id);
  const isPrivate = channel.kind === "privateThread";
  return {
    id,
    type: threadTypeOf(channel.kind),
    name,
    guild_id: guildId ?? "",
    parent_id: parentId ?? "",
    owner_id: thread.ownerId,
    last_message_id: messages.at(-1)?.id ?? null,
    message_count: messages.length,
    total_message_sent: messages.length,
    member_count: thread.members.length,
    rate_limit_per_user: 0,
    thread_metadata: {
      archived: thread.archived,
      locked: thread.locked,
      auto_archive_duration: thread.autoArchiveMinutes,
      archive_timestamp: iso(thread.archivedMs),
      create_timestamp: iso(thread.createdMs),
      ...(isPrivate && { invitable: true }),
    },
    ...(thread.members.includes(world.botId) && {
      member: threadMemberShape(channel, world.botId),
    }),
  };
}

function threadTypeOf(kind: ChannelKind) {
  if (kind === "privateThread") return ChannelType.PrivateThread;
  return kind === "newsThread" ? ChannelType.AnnouncementThread : ChannelType.PublicThread;
}

export function threadMemberShape({ id, thread }: Channel, userId: string): APIThreadMember {
  const join_timestamp = iso(thread?.createdMs ?? 0);
  return { id, user_id: userId, join_timestamp, flags: NO_FLAGS };
}

export function partialChannel({ id, name, kind }: Channel): Required<APIPartialChannel> {
  return { id, name, type: CHANNEL_TYPES[kind] };
}

/** As REST has it. */
export function guildShape(guild: Guild): APIGuild {
  return {
    id: guild.id,
    name: guild.name,
    owner_id: guild.ownerId,
    roles: [...guild.roles.values()].map(roleShape),
    emojis: [],
    stickers: [],
    features: [],
    ...{ icon: null, splash: null, discovery_splash: null, banner: null, description: null },
    ...{ afk_channel_id: null, afk_timeout: 300, widget_enabled: false, widget_channel_id: null },
    ...{ verification_level: 1, default_message_notifications: 1, explicit_content_filter: 0 },
    ...{ mfa_level: 0, nsfw_level: 0, premium_tier: 0, premium_progress_bar_enabled: false },
    ...{ application_id: null, system_channel_id: null, rules_channel_id: null },
    system_channel_flags: NO_FLAGS,
    ...{ public_updates_channel_id: null, safety_alerts_channel_id: null, hub_type: null },
    ...{ vanity_url_code: null, preferred_locale: Locale.EnglishUS, incidents_data: null },
  };
}

/** GUILD_CREATE: with its channels, those threads that the bot sees, and, as it asked for no more, the bot alone. */
export function guildCreateShape(world: World, guild: Guild): GatewayGuildCreateDispatchData {
  const channels = channelsOf(world, guild.id);
  const bot = found(guild.members, world.botId, "member");
  return {
    ...guildShape(guild),
    joined_at: iso(guild.botJoinedMs),
    large: guild.members.size > LARGE_MEMBERS,
    unavailable: false,
    member_count: guild.members.size,
    members: [memberShape(world, bot)],
    channels: channels.filter((one) => !one.thread).map((one) => guildChannelShape(world, one)),
    threads: activeThreads(world, guild.id).map((one) => threadShape(world, one)),
    ...{ voice_states: [], presences: [], stage_instances: [] },
    ...{ guild_scheduled_events: [], soundboard_sounds: [] },
  };
}

export function channelsOf(world: World, guildId: string): Channel[] {
  return [...world.channels.values()].filter((channel) => channel.guildId === guildId);
}

/** Those that the bot sees. */
export function activeThreads(world: World, guildId: string): Channel[] {
  return channelsOf(world, guildId).filter(
    ({ id, thread }) => thread && !thread.archived && rights(world, world.botId, id) > 0n,
  );
}

/** The toggles of the portal, as the application's flags tell them; `Limited`: as small apps have them. */
export function applicationFlags({ privileged }: World): number {
  const of = {
    members: ApplicationFlags.GatewayGuildMembersLimited,
    content: ApplicationFlags.GatewayMessageContentLimited,
    presences: ApplicationFlags.GatewayPresenceLimited,
  };
  return [...privileged].reduce((flags, name) => flags | of[name], 0);
}

export function applicationShape(world: World): APIApplication {
  const flags = applicationFlags(world);
  const owner = [...world.users.values()].find(({ bot }) => !bot);
  return {
    id: world.botId,
    name: "Docent",
    icon: null,
    description: "",
    summary: "",
    bot_public: world.publicBot,
    bot_require_code_grant: false,
    bot: userShape(found(world.users, world.botId, "user")),
    ...(owner && { owner: userShape(owner) }),
    verify_key: "0".repeat(64),
    team: null,
    flags,
    flags_new: String(flags),
    approximate_guild_count: world.guilds.size,
  };
}
