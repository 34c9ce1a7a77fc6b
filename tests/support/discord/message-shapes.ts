/** Messages as Discord writes them, and what it leaves out without the Message Content intent. */
import { createHmac } from "node:crypto";
import {
  type APIAttachment,
  type APIMessage,
  type APIMessageReference,
  type APIMessageSnapshot,
  type APIReaction,
  type APIUser,
  ApplicationIntegrationType,
  type GatewayMessageCreateDispatchData,
  InteractionType,
  MessageReferenceType,
  MessageType,
} from "discord.js";
import { CHANNEL_TYPES, iso, memberNoUser, NO_FLAGS, threadShape, userShape } from "./shapes.ts";
import { found, type Message, type StoredFile, type World } from "./world.ts";

/** A file's URL is good for so long. */
const URL_LIFE_S = 24 * 60 * 60;
const SIGNING_KEY = "loopback-cdn";
const REFERENCE_DEPTH_MAX = 1;

/** A new URL at each look, good for a day from now. */
export function fileUrl(world: World, { channelId, id, filename }: StoredFile): string {
  const nowS = Math.floor(world.nowMs() / 1_000);
  const [ex, is] = [(nowS + URL_LIFE_S).toString(16), nowS.toString(16)];
  const path = `/attachments/${channelId}/${id}/${encodeURIComponent(filename)}`;
  return `${world.url}${path}?ex=${ex}&is=${is}&hm=${signed(path, ex, is)}&`;
}

/** Of a file's path and its times. */
export function signed(path: string, ex: string, is: string): string {
  return createHmac("sha256", SIGNING_KEY).update(`${path} ${ex} ${is}`).digest("hex");
}

export function attachmentShape(world: World, file: StoredFile): APIAttachment {
  const { id, filename, title, size, contentType, ephemeral } = file;
  const url = fileUrl(world, file);
  return {
    ...{ id, filename, size, url, proxy_url: url },
    ...(title !== null && { title }),
    ...(contentType !== null && { content_type: contentType }),
    ...(ephemeral && { ephemeral }),
  };
}

function filesOf(world: World, ids: string[]): APIAttachment[] {
  return ids.map((id) => attachmentShape(world, found(world.files, id, "file")));
}

/** @param sees whether this reader has the Message Content intent */
export function messageShape(world: World, message: Message, sees: boolean, depth = 0): APIMessage {
  const full = { ...base(world, message), ...relations(world, message, { sees, depth }) };
  return sees || isOpen(world, message) ? full : withheld(full);
}

function base(world: World, message: Message): APIMessage {
  const { id, channelId, type, content, embeds, components, flags, mentions, nonce } = message;
  return {
    id,
    channel_id: channelId,
    author: authorShape(world, message),
    ...{ type, content, embeds, components, flags },
    timestamp: iso(message.atMs),
    edited_timestamp: message.editedMs === null ? null : iso(message.editedMs),
    ...{ tts: false, pinned: false },
    mention_everyone: mentions.everyone,
    mention_roles: mentions.roles,
    mentions: mentions.users.map((user) => userShape(found(world.users, user, "user"))),
    attachments: filesOf(world, message.fileIds),
    ...(nonce !== null && { nonce }),
    ...(message.webhookId !== null && { webhook_id: message.webhookId }),
    ...(message.reactions.size > 0 && { reactions: reactionShapes(world, message) }),
  };
}

interface Reading {
  sees: boolean;
  depth: number;
}

function relations(world: World, message: Message, reading: Reading): Partial<APIMessage> {
  const { reference, snapshots, interactionId } = message;
  const thread = world.channels.get(message.id);
  const isResponse = interactionId !== null && message.authorId === world.botId;
  return {
    ...(reference && { message_reference: referenceShape(world, message, reference) }),
    ...referenced(world, message, reading),
    ...(snapshots.length > 0 && { message_snapshots: snapshotShapes(world, message) }),
    ...(thread?.thread &&
      thread.id !== message.channelId && { thread: threadShape(world, thread) }),
    ...(isResponse && { interaction_metadata: interactionShape(world, interactionId) }),
    ...(isResponse && { application_id: world.botId, webhook_id: world.botId }),
  };
}

function authorShape(world: World, { authorId, webhookId }: Message): APIUser {
  const user = userShape(found(world.users, authorId, "user"));
  if (webhookId === null) return user;
  return { ...user, id: webhookId, bot: true, discriminator: "0000" };
}

type Reference = NonNullable<Message["reference"]>;

function referenceShape(world: World, { channelId }: Message, of: Reference): APIMessageReference {
  const guildId = world.channels.get(of.channelId)?.guildId ?? null;
  return {
    type: of.kind === "forward" ? MessageReferenceType.Forward : MessageReferenceType.Default,
    channel_id: of.kind === "reply" ? channelId : of.channelId,
    message_id: of.messageId,
    ...(guildId !== null && { guild_id: guildId }),
  };
}

/** The message that is answered: `null` when it is deleted, nothing when it is not looked up. */
function referenced(world: World, { reference }: Message, { sees, depth }: Reading) {
  if (!reference || reference.kind === "forward" || depth >= REFERENCE_DEPTH_MAX) return {};
  const one = world.messages.get(reference.messageId);
  return { referenced_message: one ? messageShape(world, one, sees, depth + 1) : null };
}

function snapshotShapes(world: World, { snapshots }: Message): APIMessageSnapshot[] {
  return snapshots.map(({ content, fileIds, embeds, atMs }) => ({
    message: {
      ...{ content, embeds, type: MessageType.Default, mentions: [], mention_roles: [] },
      attachments: filesOf(world, fileIds),
      timestamp: iso(atMs),
      edited_timestamp: null,
      flags: NO_FLAGS,
    },
  }));
}

function reactionShapes(world: World, { reactions }: Message): APIReaction[] {
  return [...reactions].map(([name, users]) => ({
    count: users.size,
    count_details: { burst: 0, normal: users.size },
    me: users.has(world.botId),
    me_burst: false,
    emoji: { id: null, name },
    burst_colors: [],
  }));
}

function interactionShape(world: World, id: string) {
  const { userId } = found(world.interactions, id, "interaction");
  return {
    id,
    type: InteractionType.ApplicationCommand as const,
    user: userShape(found(world.users, userId, "user")),
    authorizing_integration_owners: { [ApplicationIntegrationType.UserInstall]: userId },
  };
}

/** Own messages, direct messages, and those that mention the bot can be read without the intent. */
function isOpen(world: World, { authorId, channelId, mentions }: Message): boolean {
  const isDm = world.channels.get(channelId)?.guildId === null;
  return isDm || authorId === world.botId || mentions.users.includes(world.botId);
}

function withheld(message: APIMessage): APIMessage {
  const none = { content: "", embeds: [], attachments: [], components: [] };
  const { message_snapshots } = message;
  return {
    ...message,
    ...none,
    ...(message_snapshots && {
      message_snapshots: message_snapshots.map((one) => ({ message: { ...one.message, ...none } })),
    }),
  };
}

/** As the gateway has it: with the author as a member. */
export function messageEvent(
  world: World,
  message: Message,
  sees: boolean,
): GatewayMessageCreateDispatchData {
  const channel = found(world.channels, message.channelId, "channel");
  const guild = channel.guildId === null ? undefined : world.guilds.get(channel.guildId);
  const member = message.webhookId === null ? guild?.members.get(message.authorId) : undefined;
  const full = messageShape(world, message, sees);
  const mentions = full.mentions.map((user) => {
    const mentioned = guild?.members.get(user.id);
    return { ...user, ...(mentioned && { member: memberNoUser(mentioned) }) };
  });
  return {
    ...full,
    mentions,
    channel_type: channelTypeOf(channel.kind),
    ...(guild && { guild_id: guild.id }),
    ...(member && { member: memberNoUser(member) }),
  };
}

function channelTypeOf(kind: keyof typeof CHANNEL_TYPES) {
  if (kind === "category" || kind === "forum") throw new Error(`no messages in a ${kind}`);
  return CHANNEL_TYPES[kind];
}
