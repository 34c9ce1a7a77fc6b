/** A message comes, is changed, goes: the same for people and for the bot, with the events that Discord makes of it. */
import {
  type APIAllowedMentions,
  type APIEmbed,
  type APIMessageTopLevelComponent,
  GatewayDispatchEvents as Event,
  MessageFlags,
  MessageType,
} from "discord.js";
import type { Upload } from "./acts.ts";
import type { Dispatch } from "./events.ts";
import { messageEvent } from "./message-shapes.ts";
import { may } from "./rights.ts";
import { threadMemberShape, threadShape } from "./shapes.ts";
import { type Channel, found, type Message, type Pings, type World } from "./world.ts";

/** The world, and how the bot hears of what happens in it. */
export interface Hub {
  world: World;
  dispatch: Dispatch;
}

export interface Draft {
  channelId: string;
  authorId: string;
  id?: string;
  type?: MessageType;
  content?: string;
  embeds?: APIEmbed[];
  components?: APIMessageTopLevelComponent[];
  flags?: number;
  fileIds?: string[];
  reference?: Message["reference"];
  snapshots?: Message["snapshots"];
  allowed?: APIAllowedMentions | undefined;
  nonce?: string | null;
  ephemeralFor?: string | null;
  interactionId?: string | null;
  webhookId?: string | null;
  atMs?: number;
}

export function post(hub: Hub, draft: Draft): Message {
  const { world } = hub;
  const { allowed: _allowed, ...given } = draft;
  const pings = pingsOf(world, draft);
  const message: Message = {
    ...blank(),
    ...{ id: world.nextId(), atMs: world.nowMs() },
    ...given,
    ...{ mentions: pings, pings },
  };
  keepRevision(message);
  world.messages.set(message.id, message);
  for (const id of message.fileIds) found(world.files, id, "file").channelId = message.channelId;
  if (message.ephemeralFor === null) announce(hub, message);
  return message;
}

function blank() {
  return {
    ...{ type: MessageType.Default, content: "", editedMs: null, flags: 0, nonce: null },
    ...{ fileIds: [], embeds: [], components: [], reference: null, snapshots: [], revisions: [] },
    ...{ ephemeralFor: null, interactionId: null, webhookId: null, reactions: new Map() },
  };
}

function announce({ world, dispatch }: Hub, message: Message): void {
  const channel = found(world.channels, message.channelId, "channel");
  if (channel.thread) enliven({ world, dispatch }, channel, message);
  dispatch(Event.MessageCreate, at(world, channel.id), (sees) =>
    messageEvent(world, message, sees),
  );
}

/** Whoever writes in a thread, or is mentioned there, is in it from then on; what was archived is open again. */
function enliven(hub: Hub, channel: Channel, { authorId, pings, webhookId }: Message): void {
  const { thread } = channel;
  if (thread?.archived) changeThread(hub, channel, { archived: false });
  if (webhookId === null)
    for (const user of [authorId, ...pings.users]) joinThread(hub, channel, user);
}

export function joinThread({ world, dispatch }: Hub, channel: Channel, userId: string): void {
  const { thread, id, guildId } = channel;
  if (!thread || thread.members.includes(userId)) return;
  thread.members.push(userId);
  dispatch(Event.ThreadMembersUpdate, at(world, id), {
    id,
    guild_id: guildId ?? "",
    member_count: thread.members.length,
    added_members: [threadMemberShape(channel, userId)],
  });
}

export function leaveThread({ world, dispatch }: Hub, channel: Channel, userId: string): void {
  const { thread, id, guildId } = channel;
  if (!thread?.members.includes(userId)) return;
  thread.members = thread.members.filter((member) => member !== userId);
  const isBot = userId === world.botId;
  dispatch(Event.ThreadMembersUpdate, isBot ? { guildId } : at(world, id), {
    id,
    guild_id: guildId ?? "",
    member_count: thread.members.length,
    removed_member_ids: [userId],
  });
}

export function changeThread(
  { world, dispatch }: Hub,
  channel: Channel,
  change: { archived?: boolean; locked?: boolean; name?: string; autoArchiveMinutes?: number },
): void {
  const { name, ...state } = change;
  if (!channel.thread) throw new Error(`${channel.id} is no thread`);
  if (state.archived !== undefined) channel.thread.archivedMs = world.nowMs();
  Object.assign(channel.thread, state);
  if (name !== undefined) channel.name = name;
  dispatch(Event.ThreadUpdate, at(world, channel.id), () => threadShape(world, channel));
}

export interface Change {
  content?: string;
  embeds?: APIEmbed[];
  components?: APIMessageTopLevelComponent[];
  fileIds?: string[];
  flags?: number;
  allowed?: APIAllowedMentions | undefined;
}

/** @param isEdit not when Discord itself adds a preview. Nobody is notified by an edit. */
export function revise({ world, dispatch }: Hub, message: Message, change: Change, isEdit = true) {
  const { allowed, ...fields } = change;
  Object.assign(message, fields);
  if (isEdit) message.editedMs = world.nowMs();
  message.mentions = pingsOf(world, { ...message, allowed });
  keepRevision(message);
  if (message.ephemeralFor !== null) return;
  dispatch(Event.MessageUpdate, at(world, message.channelId), (sees) =>
    messageEvent(world, message, sees),
  );
}

function keepRevision({ revisions, content, embeds, components }: Message): void {
  revisions.push({ content, embeds, components });
}

export function erase({ world, dispatch }: Hub, message: Message): void {
  forget(world, message);
  if (message.ephemeralFor !== null) return;
  const { id, channelId: channel_id } = message;
  dispatch(Event.MessageDelete, at(world, channel_id), {
    id,
    channel_id,
    ...guildOf(world, channel_id),
  });
}

export function eraseMany({ world, dispatch }: Hub, channelId: string, ids: string[]): void {
  for (const id of ids) forget(world, found(world.messages, id, "message"));
  const about = { ids, channel_id: channelId, ...guildOf(world, channelId) };
  dispatch(Event.MessageDeleteBulk, at(world, channelId), about);
}

/** A message is not there any more, nor are its files, unless they were forwarded. */
export function forget(world: World, message: Message): void {
  world.messages.delete(message.id);
  const others = [...world.messages.values()].flatMap(({ snapshots }) => snapshots);
  const kept = new Set(others.flatMap(({ fileIds }) => fileIds));
  const gone = message.fileIds.filter((id) => !kept.has(id));
  for (const id of gone) found(world.files, id, "file").deleted = true;
}

/** Where an event about a channel goes. */
export function at(world: World, channelId: string) {
  return { guildId: found(world.channels, channelId, "channel").guildId, channelId };
}

export function guildOf(world: World, channelId: string): { guild_id?: string } {
  const { guildId } = found(world.channels, channelId, "channel");
  return guildId === null ? {} : { guild_id: guildId };
}

/** Keeps the content of uploads, with the names that Discord gives them. */
export function storeFiles(
  world: World,
  channelId: string,
  uploads: Upload[],
  ephemeral = false,
): string[] {
  return uploads.map(({ name, content, contentType, size }) => {
    const id = world.nextId();
    const filename = name.replaceAll(" ", "_").replace(/[^\w.()-]/g, "");
    const title = filename === name ? null : name.replace(/\.[^.]*$/, "");
    const claims = { contentType: contentType ?? null, size: size ?? content.length };
    const about = { id, filename, title, content, ...claims };
    world.files.set(id, { ...about, channelId, ephemeral, deleted: false });
    return id;
  });
}

const USER_MENTION = /<@!?(\d+)>/g;
const ROLE_MENTION = /<@&(\d+)>/g;
const EVERYONE_MENTION = /@(everyone|here)\b/;

/** Whom a message notifies: who is in its text, as far as `allowed_mentions` and its author's rights go. */
function pingsOf(world: World, draft: Draft): Pings {
  const { allowed, channelId, authorId, content = "", flags = 0, reference } = draft;
  const text =
    (flags & MessageFlags.IsComponentsV2) === 0 ? content : textOf(draft.components ?? []);
  const has = (what: "users" | "roles" | "everyone") =>
    !allowed || (allowed.parse ?? []).some((kind) => kind === what);
  const isListed = (what: "users" | "roles", id: string) => allowed?.[what]?.includes(id) ?? false;
  const mayAll = may(world, authorId, channelId, "MentionEveryone");
  const users = idsIn(text, USER_MENTION).filter((id) => has("users") || isListed("users", id));
  const roles = idsIn(text, ROLE_MENTION).filter((id) => has("roles") || isListed("roles", id));
  const replied = reference?.kind === "reply" ? repliedTo(world, reference.messageId) : [];
  const pingsReplied = allowed ? (allowed.replied_user ?? false) : true;
  return {
    users: [...new Set([...users, ...(pingsReplied ? replied : [])])].filter((id) =>
      world.users.has(id),
    ),
    roles: roles.filter((id) => mayAll || isMentionable(world, channelId, id)),
    everyone: mayAll && has("everyone") && EVERYONE_MENTION.test(text),
  };
}

function textOf(components: APIMessageTopLevelComponent[]): string {
  return JSON.stringify(components);
}

function idsIn(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, id]) => id ?? ""))];
}

function repliedTo(world: World, messageId: string): string[] {
  const author = world.messages.get(messageId)?.authorId;
  return author === undefined ? [] : [author];
}

function isMentionable(world: World, channelId: string, roleId: string): boolean {
  const { guildId } = found(world.channels, channelId, "channel");
  const roles = guildId === null ? undefined : world.guilds.get(guildId)?.roles;
  return roles?.get(roleId)?.mentionable ?? false;
}
