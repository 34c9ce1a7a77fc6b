/** What people do with messages. */
import {
  AllowedMentionsTypes,
  type APIMessage,
  GatewayDispatchEvents as Event,
  MessageType,
  ReactionType,
} from "discord.js";
import type { People, Said, Saying } from "./acts.ts";
import {
  at,
  type Draft,
  erase,
  eraseMany,
  guildOf,
  type Hub,
  post,
  revise,
  storeFiles,
} from "./posting.ts";
import { dmWith } from "./setup.ts";
import { memberShape } from "./shapes.ts";
import { found, idAt, type Message, type World } from "./world.ts";

export function createPeople(hub: Hub): People {
  const { world } = hub;
  const messageOf = (id: string) => found(world.messages, id, "message");
  return {
    say: (saying) => say(hub, saying),
    edit: (id, { text, files }) => {
      const content = text === undefined ? {} : { content: text };
      revise(hub, messageOf(id), { ...content, ...(files && { fileIds: files }) });
    },
    unfurl: (id) => {
      const preview: APIMessage["embeds"] = [{ title: "A page", url: "https://example.org" }];
      revise(hub, messageOf(id), { embeds: preview }, false);
    },
    deleteMessage: (id) => erase(hub, messageOf(id)),
    bulkDelete: (channelId, ids) => eraseMany(hub, channelId, ids),
    react: (id, user, emoji) => react(hub, messageOf(id), { user, emoji, on: true }),
    unreact: (id, user, emoji) => react(hub, messageOf(id), { user, emoji, on: false }),
    openDm: (user) => dmWith(world, user).id,
  };
}

function say(hub: Hub, saying: Saying): Said {
  const { world } = hub;
  const { channel, user, text, files = [], embeds, atMs } = saying;
  const draft: Draft = { channelId: channel, authorId: user, ...relationOf(world, saying) };
  const message = post(hub, {
    ...draft,
    ...(text !== undefined && { content: text }),
    ...(embeds && { embeds }),
    ...(atMs !== undefined && { atMs, id: idThen(world, atMs) }),
    ...(saying.webhook && { webhookId: world.nextId() }),
    ...(saying.silent && { allowed: { parse: Object.values(AllowedMentionsTypes) } }),
    fileIds: storeFiles(world, channel, files),
  });
  return { id: message.id, fileIds: message.fileIds };
}

/** An id of back then that nobody has. */
function idThen(world: World, atMs: number): string {
  let id = idAt(atMs);
  while (world.messages.has(String(id))) id += 1n;
  return String(id);
}

function relationOf(world: World, { replyTo, forward }: Saying): Partial<Draft> {
  if (replyTo !== undefined) {
    const { channelId } = found(world.messages, replyTo, "message");
    const reference = { kind: "reply", channelId, messageId: replyTo } as const;
    return { type: MessageType.Reply, reference };
  }
  if (forward === undefined) return {};
  const of = found(world.messages, forward, "message");
  return {
    reference: { kind: "forward", channelId: of.channelId, messageId: forward },
    snapshots: [snapshotOf(of)],
  };
}

function snapshotOf({ content, fileIds, embeds, atMs, snapshots }: Message) {
  return snapshots[0] ?? { content, fileIds: [...fileIds], embeds, atMs };
}

interface Reacting {
  user: string;
  emoji: string;
  on: boolean;
}

export function react({ world, dispatch }: Hub, message: Message, { user, emoji, on }: Reacting) {
  const who = message.reactions.get(emoji) ?? new Set<string>();
  if (who.has(user) === on) return;
  if (on) message.reactions.set(emoji, who.add(user));
  else who.delete(user);
  if (who.size === 0) message.reactions.delete(emoji);
  const { id: message_id, channelId } = message;
  const about = {
    ...{ user_id: user, channel_id: channelId, message_id, ...guildOf(world, channelId) },
    ...{ emoji: { id: null, name: emoji }, burst: false, type: ReactionType.Normal },
  };
  const { guildId } = found(world.channels, channelId, "channel");
  const member = guildId === null ? undefined : world.guilds.get(guildId)?.members.get(user);
  if (!on) return dispatch(Event.MessageReactionRemove, at(world, channelId), about);
  dispatch(Event.MessageReactionAdd, at(world, channelId), {
    ...{ ...about, message_author_id: message.authorId },
    ...(member && { member: memberShape(world, member) }),
  });
}
