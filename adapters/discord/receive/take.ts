import {
  type APIInteraction,
  ChannelType,
  GatewayDispatchEvents as Event,
  type GatewayDispatchPayload,
  type GatewayGuildCreateDispatchData,
  type GatewayThreadMembersUpdateDispatchData,
} from "discord.js";
import type { Inbox } from "../../../src/chat.ts";
import type { Incoming } from "../../../src/events.ts";
import {
  accessChanged,
  banned,
  channelGone,
  guildGone,
  joined,
  threadGone,
} from "../events/guilds.ts";
import { fromDeletion, isByPerson } from "../events/messages.ts";
import { placeOf } from "../place.ts";
import type { World } from "../read/world.ts";
import { type CatchUp, DIRECT } from "./catch-up.ts";
import type { Hear } from "./gateway.ts";
import type { Retry } from "./retry.ts";
import type { Serves } from "./served.ts";
import type { TakeMessages } from "./take-messages.ts";
import type { Where } from "./where.ts";

const FORUMS: ReadonlySet<ChannelType> = new Set([ChannelType.GuildForum, ChannelType.GuildMedia]);
/** Docent came into the guild while it was not listening: later it is no news. */
const JOINED_WITHIN_MS = 24 * 3_600_000;

export interface TakeDeps {
  world: Pick<World, "forget" | "forgetMember">;
  where: Where;
  serves: Serves;
  inbox: Pick<Inbox, "peopleChanged">;
  messages: TakeMessages;
  catchUp: CatchUp;
  retry: Retry;
  /** Resolves once it is stored. */
  accept(event: Incoming): Promise<void>;
  /** Never rejects. */
  dispatch(interaction: APIInteraction): Promise<void>;
}

/** What to do with all that Discord sends: at once what is remembered, behind it and in order what is stored. */
export function createTake(deps: TakeDeps): Hear {
  return (payload, shardId) => {
    switch (payload.t) {
      case Event.Ready:
        return deps.catchUp.restarted(shardId);
      case Event.GuildCreate:
        return guildCame(deps, payload.d, shardId);
      case Event.InteractionCreate:
        return void deps.dispatch(payload.d);
      default: {
        const work =
          messageWork(deps, payload) ?? channelWork(deps, payload) ?? guildWork(deps, payload);
        if (work) deps.retry.hand(work);
      }
    }
  };
}

interface Work {
  guildId: string;
  lane: string;
  run(): Promise<void>;
}

function messageWork({ messages }: TakeDeps, payload: GatewayDispatchPayload): Work | null {
  const at = ({ guild_id = DIRECT, channel_id }: { guild_id?: string; channel_id: string }) => {
    return { guildId: guild_id, lane: channel_id };
  };
  switch (payload.t) {
    case Event.MessageCreate: {
      const { d } = payload;
      return isByPerson(d) ? { ...at(d), run: () => messages.written(d) } : null;
    }
    case Event.MessageUpdate: {
      const { d } = payload;
      const isEdit = isByPerson(d) && d.edited_timestamp !== null;
      return isEdit ? { ...at(d), run: () => messages.edited(d) } : null;
    }
    case Event.MessageDelete: {
      const { d } = payload;
      return { ...at(d), run: () => messages.deleted({ ...d, ids: [d.id] }) };
    }
    case Event.MessageDeleteBulk: {
      const { d } = payload;
      return { ...at(d), run: () => messages.deleted(d) };
    }
    default:
      return null;
  }
}

function channelWork(deps: TakeDeps, payload: GatewayDispatchPayload): Work | null {
  const { world, where } = deps;
  const nowMs = Date.now();
  switch (payload.t) {
    case Event.ChannelCreate:
      where.learn(payload.d);
      return null;
    case Event.ThreadCreate: {
      const { id, type, guild_id: guildId } = payload.d;
      where.learn(payload.d);
      // Docent may have been let in just now.
      if (type === ChannelType.PrivateThread) world.forget({ guildId, channelId: id });
      return null;
    }
    case Event.ChannelUpdate: {
      const { id, guild_id: guildId } = payload.d;
      if (guildId === undefined) return null;
      where.learn(payload.d);
      world.forget({ guildId, channelId: id });
      return storing(deps, guildId, id, () => [accessChanged(guildId, id, nowMs)]);
    }
    case Event.ChannelDelete: {
      const { id, guild_id: guildId } = payload.d;
      if (guildId === undefined) return null;
      where.forget(id);
      world.forget({ guildId, channelId: id });
      return storing(deps, guildId, id, () => [channelGone(guildId, id, nowMs)]);
    }
    case Event.ThreadDelete: {
      const { d } = payload;
      where.forget(d.id);
      world.forget({ guildId: d.guild_id, channelId: d.id });
      return storing(deps, d.guild_id, d.id, () => threadDeleted(deps, d, nowMs));
    }
    case Event.ThreadMembersUpdate: {
      const { d } = payload;
      return storing(deps, d.guild_id, d.id, () => threadPeople(deps, d, nowMs));
    }
    default:
      return null;
  }
}

function guildWork(deps: TakeDeps, payload: GatewayDispatchPayload): Work | null {
  const { world, catchUp } = deps;
  switch (payload.t) {
    case Event.GuildDelete: {
      const { id, unavailable } = payload.d;
      catchUp.away(id);
      if (unavailable) return null;
      world.forget({ guildId: id });
      return storing(deps, id, id, () => [guildGone(id)]);
    }
    case Event.GuildBanAdd: {
      const { guild_id: guildId, user } = payload.d;
      world.forgetMember(guildId, user.id);
      return storing(deps, guildId, guildId, () => [banned(guildId, user, Date.now())]);
    }
    case Event.GuildMemberRemove:
      world.forgetMember(payload.d.guild_id, payload.d.user.id);
      return null;
    case Event.GuildMemberUpdate:
    case Event.GuildRoleCreate:
    case Event.GuildRoleUpdate:
    case Event.GuildRoleDelete:
      return peopleChanged(deps, payload.d.guild_id);
    case Event.ThreadListSync:
      world.forget({ guildId: payload.d.guild_id });
      return null;
    case Event.GuildUpdate:
      return peopleChanged(deps, payload.d.id);
    default:
      return null;
  }
}

/** Nothing of a guild that is not served. */
function storing(
  { serves, accept }: TakeDeps,
  guildId: string,
  lane: string,
  meaning: () => Incoming[] | Promise<Incoming[]>,
): Work {
  const run = async () => {
    if (!(await serves(guildId))) return;
    for (const event of await meaning()) await accept(event);
  };
  return { guildId, lane, run };
}

/** Roles, their rights or who owns the guild: all that any process remembers of its readers must go. */
function peopleChanged({ world, serves, inbox }: TakeDeps, guildId: string): Work {
  world.forget({ guildId });
  const run = async () => {
    const place = { platform: "discord", workspaceId: guildId };
    if (await serves(guildId)) await inbox.peopleChanged(place);
  };
  return { guildId, lane: guildId, run };
}

/** A guild is there, or there again after an outage. */
function guildCame(deps: TakeDeps, guild: GatewayGuildCreateDispatchData, shardId: number): void {
  const { id, unavailable, channels = [], threads = [], joined_at: joinedAt } = guild;
  if (unavailable) deps.catchUp.away(id);
  else deps.catchUp.here(id, shardId);
  for (const channel of [...channels, ...threads]) deps.where.learn(channel);
  if (Date.now() - Date.parse(joinedAt) > JOINED_WITHIN_MS) return;
  // The same key at each restart: who came is greeted once.
  deps.retry.hand(storing(deps, id, id, () => joined(guild)));
}

type Thread = Parameters<typeof threadGone>[1];

async function threadDeleted(
  { where }: TakeDeps,
  thread: Thread & { guild_id: string },
  nowMs: number,
): Promise<Incoming[]> {
  const { id, guild_id: guildId, parent_id: parentId } = thread;
  const gone = threadGone(guildId, thread, nowMs);
  const parent = parentId ? await where.shapeOf(parentId) : null;
  if (!parent || !FORUMS.has(parent.type)) return [gone];
  // What begins a forum's post stands in it, and not in the channel.
  const here = { place: placeOf(guildId, parent.id, id), within: "thread", botUserId: "" } as const;
  return [gone, fromDeletion({ id, channel_id: id }, here)];
}

/** Docent itself came into a thread or went; of others Discord tells only with an intent that we don't ask for. */
async function threadPeople(
  { where, world }: TakeDeps,
  { id, guild_id: guildId }: GatewayThreadMembersUpdateDispatchData,
  nowMs: number,
): Promise<Incoming[]> {
  const thread = await where.shapeOf(id);
  if (thread && thread.type !== ChannelType.PrivateThread) return [];
  world.forget({ guildId, channelId: id });
  return [thread ? accessChanged(guildId, id, nowMs) : channelGone(guildId, id, nowMs)];
}
