/** What happens to channels and threads. */
import { GatewayDispatchEvents as Event } from "discord.js";
import type { Channels, NewChannel, NewThread } from "./acts.ts";
import {
  at,
  changeThread,
  forget,
  type Hub,
  joinThread,
  leaveThread,
  storeFiles,
} from "./posting.ts";
import { addChannel, onlyFor } from "./setup.ts";
import { CHANNEL_TYPES, guildChannelShape } from "./shapes.ts";
import { openThread } from "./threads.ts";
import { type Channel, found, IDS, messagesIn, type Overwrite, type World } from "./world.ts";

export function channelActs(hub: Hub): Channels {
  const { world, dispatch } = hub;
  const channelOf = (id: string) => found(world.channels, id, "channel");
  const updated = (channel: Channel) => {
    const { guildId } = channel;
    dispatch(Event.ChannelUpdate, { guildId }, () => guildChannelShape(world, channel));
  };
  return {
    createChannel: (given) => createChannel(hub, given),
    updateChannel: (id, change) => updated(Object.assign(channelOf(id), change)),
    overwrite: (id, of, given) => {
      const channel = channelOf(id);
      const overwrite = { id: of, type: typeOf(world, of), allow: 0n, deny: 0n, ...given };
      channel.overwrites = replaced(channel.overwrites, overwrite);
      updated(channel);
    },
    deleteChannel: (id) => {
      const channel = channelOf(id);
      const { guildId } = channel;
      dispatch(Event.ChannelDelete, { guildId }, () => guildChannelShape(world, channel));
      for (const thread of threadsUnder(world, id)) remove(world, thread.id);
      remove(world, id);
    },
    createThread: (thread) => createThread(hub, thread),
    updateThread: (id, change) => changeThread(hub, channelOf(id), change),
    deleteThread: (id) => deleteThread(hub, channelOf(id)),
    joinThread: (id, user) => joinThread(hub, channelOf(id), user),
    leaveThread: (id, user) => leaveThread(hub, channelOf(id), user),
  };
}

function typeOf(world: World, id: string): Overwrite["type"] {
  return world.users.has(id) ? "member" : "role";
}

function replaced(overwrites: Overwrite[], one: Overwrite): Overwrite[] {
  const others = overwrites.filter(({ id }) => id !== one.id);
  return one.allow === 0n && one.deny === 0n ? others : [...others, one];
}

function createChannel({ world, dispatch }: Hub, given: NewChannel): string {
  const { kind = "text", guild: guildId = IDS.guild, name, category, adult, onlyRoles } = given;
  const channel = addChannel(world, {
    ...{ kind, guildId, name: name ?? kind, parentId: category ?? null, adult: adult ?? false },
    ...(given.id !== undefined && { id: given.id }),
    overwrites: onlyRoles ? onlyFor(guildId, onlyRoles) : [],
  });
  dispatch(Event.ChannelCreate, { guildId }, () => guildChannelShape(world, channel));
  return channel.id;
}

function createThread(hub: Hub, given: NewThread) {
  const { world } = hub;
  const { channel: channelId, user, text, files = [], members = [] } = given;
  const opened = openThread(hub, {
    ...{ channelId, ownerId: user, name: given.name ?? "thread", members },
    messageId: given.from,
    isPrivate: given.private ?? false,
    ...((text !== undefined || files.length > 0) && {
      first: { content: text ?? "", fileIds: storeFiles(world, channelId, files) },
    }),
  });
  const { channel, first } = opened;
  return { id: channel.id, messageId: first?.id ?? null, fileIds: first?.fileIds ?? [] };
}

/** The bot is told of those that it sees. */
export function deleteThread({ world, dispatch }: Hub, channel: Channel): void {
  const { id, guildId, parentId, kind } = channel;
  const about = {
    id,
    guild_id: guildId ?? "",
    parent_id: parentId ?? "",
    type: CHANNEL_TYPES[kind],
  };
  dispatch(Event.ThreadDelete, at(world, id), about);
  remove(world, id);
}

export function threadsUnder(world: World, channelId: string): Channel[] {
  const all = [...world.channels.values()];
  return all.filter(({ thread, parentId }) => thread && parentId === channelId);
}

function remove(world: World, id: string): void {
  for (const message of messagesIn(world, id)) forget(world, message);
  world.channels.delete(id);
}
