/** Which events a session gets: by its intents, its shard, and what the bot may see. */
import {
  GatewayDispatchEvents as Event,
  type GatewayDispatchPayload,
  GatewayIntentBits as Intent,
} from "discord.js";

type DataIn<P, T> = P extends { t: infer N; d: infer D } ? (T extends N ? D : never) : never;
/** What an event carries. */
export type DataOf<T extends Event> = DataIn<GatewayDispatchPayload, T>;

export interface Where {
  /** `null`: a direct message, which goes to the first shard. */
  guildId: string | null;
  /** Told to the bot only if it may see this channel. */
  channelId?: string;
  /** Whatever the intents: it is about the bot itself. */
  always?: boolean;
}

/** Whether this session reads what people write, by its intents. */
export type Sees = boolean;

export type Dispatch = <T extends Event>(
  event: T,
  where: Where,
  about: DataOf<T> | ((sees: Sees) => DataOf<T>),
) => void;

const { Guilds, GuildMembers, GuildModeration, GuildMessages, DirectMessages } = Intent;
const { GuildMessageReactions, DirectMessageReactions } = Intent;

/** The intent that an event needs, in a guild and in direct messages; those that aren't named need none. */
const NEEDS: Partial<Record<Event, [guild: number, dm: number]>> = {
  ...named(Guilds, 0, [Event.GuildCreate, Event.GuildUpdate, Event.GuildDelete]),
  ...named(Guilds, 0, [Event.GuildRoleCreate, Event.GuildRoleUpdate, Event.GuildRoleDelete]),
  ...named(Guilds, 0, [Event.ChannelCreate, Event.ChannelUpdate, Event.ChannelDelete]),
  ...named(Guilds, 0, [Event.ThreadCreate, Event.ThreadUpdate, Event.ThreadDelete]),
  ...named(Guilds, 0, [Event.ThreadListSync, Event.ThreadMemberUpdate]),
  ...named(Guilds | GuildMembers, 0, [Event.ThreadMembersUpdate]),
  ...named(GuildMembers, 0, [Event.GuildMemberAdd, Event.GuildMemberUpdate]),
  ...named(GuildMembers, 0, [Event.GuildMemberRemove]),
  ...named(GuildModeration, 0, [Event.GuildBanAdd, Event.GuildBanRemove]),
  ...named(GuildMessages, DirectMessages, [Event.MessageCreate, Event.MessageUpdate]),
  ...named(GuildMessages, DirectMessages, [Event.MessageDelete, Event.MessageDeleteBulk]),
  ...named(GuildMessageReactions, DirectMessageReactions, [Event.MessageReactionAdd]),
  ...named(GuildMessageReactions, DirectMessageReactions, [Event.MessageReactionRemove]),
};

function named(guild: number, dm: number, events: Event[]) {
  return Object.fromEntries(events.map((event) => [event, [guild, dm]]));
}

export function isIntended(event: Event, intents: number, { guildId, always }: Where): boolean {
  const [guild, dm] = NEEDS[event] ?? [0, 0];
  const needed = guildId === null ? dm : guild;
  return always === true || needed === 0 || (intents & needed) !== 0;
}

const SHARD_BITS = 22n;

export function shardOf(guildId: string | null, count: number): number {
  return guildId === null ? 0 : Number((BigInt(guildId) >> SHARD_BITS) % BigInt(count));
}
