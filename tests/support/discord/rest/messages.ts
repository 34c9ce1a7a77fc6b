/** Messages, as the bot reads and writes them. */
import { MessageFlags, MessageType } from "discord.js";
import { messageShape } from "../message-shapes.ts";
import { react } from "../people.ts";
import { type Draft, erase, eraseMany, type Hub, post, revise, storeFiles } from "../posting.ts";
import { may, type RightName } from "../rights.ts";
import { byId, type Channel, found, type Message, messagesIn, type World } from "../world.ts";
import { checkFiles, checkNotEmpty, formOf } from "./form.ts";
import {
  type Body,
  type Call,
  channelFor,
  DiscordSays,
  invalidForm,
  limitIn,
  MISSING_PERMISSIONS,
  routes,
} from "./route.ts";

const LIMIT = 50;
const LIMIT_MAX = 100;
const NONCE_MAX = 25;
/** So long a nonce is remembered. */
const NONCE_LIFE_MS = 5 * 60_000;
const BULK_AGE_MS_MAX = 14 * 24 * 60 * 60_000;
const OLD_EDIT_MS = 60 * 60_000;
const EDITABLE_FLAGS = MessageFlags.SuppressEmbeds | MessageFlags.IsComponentsV2;

export const MESSAGE_ROUTES = routes({
  "GET /channels/:channel/messages": list,
  "GET /channels/:channel/messages/:message": (call) => {
    channelFor(call, "ReadMessageHistory");
    return shown(call.world, messageFor(call));
  },
  "POST /channels/:channel/messages": create,
  "PATCH /channels/:channel/messages/:message": edit,
  "DELETE /channels/:channel/messages/:message": (call) => {
    const channel = channelFor(call);
    const message = messageFor(call);
    const isOwn = message.authorId === call.world.botId;
    if (!isOwn && !may(call.world, call.world.botId, channel.id, "ManageMessages")) {
      throw MISSING_PERMISSIONS();
    }
    erase(call, message);
    return undefined;
  },
  "POST /channels/:channel/messages/bulk-delete": bulkDelete,
  "POST /channels/:channel/typing": (call) => {
    const { id } = channelFor(call, ...sendingIn(call));
    call.world.typing.set(id, (call.world.typing.get(id) ?? 0) + 1);
    return undefined;
  },
  "PUT /channels/:channel/messages/:message/reactions/:emoji/@me": (call) => reacted(call, true),
  "DELETE /channels/:channel/messages/:message/reactions/:emoji/@me": (call) =>
    reacted(call, false),
});

/** By REST only the portal's toggle decides what the bot can read. */
export function shown(world: World, message: Message) {
  return messageShape(world, message, world.privileged.has("content"));
}

export function messageFor({ world, params }: Call): Message {
  const message = world.messages.get(params.message ?? "");
  if (!message || message.channelId !== params.channel || message.ephemeralFor !== null) {
    throw new DiscordSays(404, 10008, "Unknown Message");
  }
  return message;
}

/** Newest first, always; without the right to the history it is empty. */
function list(call: Call): object {
  const { world, query } = call;
  const channel = channelFor(call);
  if (!may(world, world.botId, channel.id, "ReadMessageHistory")) return [];
  const limit = Math.min(limitIn(query, 1, LIMIT_MAX) ?? LIMIT, world.pageMax);
  const all = messagesIn(world, channel.id).filter(({ ephemeralFor }) => ephemeralFor === null);
  const found = chosen(all, query, limit);
  return found.reverse().map((message) => shown(world, message));
}

/** Oldest first. */
function chosen(all: Message[], query: Record<string, string>, limit: number): Message[] {
  const { before, after, around } = query;
  const older = (than: string) => all.filter(({ id }) => byId(id, than) < 0);
  if (after !== undefined) return all.filter(({ id }) => byId(id, after) > 0).slice(0, limit);
  if (before !== undefined) return older(before).slice(-limit);
  if (around === undefined) return all.slice(-limit);
  const middle = older(around).length;
  const from = Math.max(0, middle - Math.floor(limit / 2));
  return all.slice(from, from + limit);
}

/** In threads it is another right. */
function sendingIn({ world, params }: Call): RightName[] {
  const isThread = Boolean(world.channels.get(params.channel ?? "")?.thread);
  return [isThread ? "SendMessagesInThreads" : "SendMessages"];
}

function create(call: Call): object {
  const { world, body } = call;
  const channel = channelFor(call, ...sendingIn(call));
  checkCanWrite(world, channel);
  const nonce = nonceIn(body);
  const repeated = nonce && body.enforce_nonce === true ? sentBefore(world, channel, nonce) : null;
  if (repeated) return shown(world, repeated);
  const draft = draftOf(call, channel.id);
  return shown(world, post(call, { ...draft, nonce }));
}

function checkCanWrite(world: World, { kind, recipientId, thread, id }: Channel): void {
  if (kind === "forum" || kind === "category") {
    throw new DiscordSays(400, 50008, "Cannot send messages in a non-text channel");
  }
  if (recipientId !== null && !takesDms(world, recipientId)) {
    throw new DiscordSays(403, 50007, "Cannot send messages to this user");
  }
  if (thread?.locked && !may(world, world.botId, id, "ManageThreads")) {
    throw new DiscordSays(403, 160005, "Thread is locked");
  }
}

/** They don't want any, or share no guild with the bot. */
function takesDms(world: World, userId: string): boolean {
  const shared = [...world.guilds.values()].some(
    ({ members, state }) => state !== "left" && members.has(userId),
  );
  return shared && !found(world.users, userId, "user").closedDms;
}

function nonceIn({ nonce }: Body): string | null {
  if (nonce === undefined || nonce === null) return null;
  if (String(nonce).length > NONCE_MAX)
    throw invalidForm("nonce", "Must be 25 or fewer in length.");
  return String(nonce);
}

function sentBefore(world: World, { id }: Channel, nonce: string): Message | undefined {
  return messagesIn(world, id).find(
    (message) =>
      message.nonce === nonce &&
      message.authorId === world.botId &&
      world.nowMs() - message.atMs < NONCE_LIFE_MS,
  );
}

/** A message of the bot's, out of what it sent. */
export function draftOf({ world, body, files }: Call, channelId: string): Draft {
  const { allowed, ...form } = formOf(body);
  checkFiles(files);
  checkNotEmpty(form, files.length);
  if (files.length > 0 && !may(world, world.botId, channelId, "AttachFiles")) {
    throw MISSING_PERMISSIONS();
  }
  // Embeds that may not be there are left out without a word.
  const mayEmbed = may(world, world.botId, channelId, "EmbedLinks");
  const reference = referenceIn(world, body, channelId);
  return {
    ...{ ...form, embeds: mayEmbed ? (form.embeds ?? []) : [] },
    ...{ channelId, authorId: world.botId, allowed, reference },
    type: reference ? MessageType.Reply : MessageType.Default,
    fileIds: storeFiles(world, channelId, files),
  };
}

interface GivenReference {
  message_id?: string;
  fail_if_not_exists?: boolean;
}

function referenceIn(world: World, body: Body, channelId: string): Message["reference"] {
  const given = body.message_reference as GivenReference | undefined | null;
  if (!given?.message_id) return null;
  if (!may(world, world.botId, channelId, "ReadMessageHistory")) {
    throw new DiscordSays(403, 160002, "Cannot reply without permission to read message history");
  }
  const message = world.messages.get(given.message_id);
  if (message?.channelId === channelId) {
    return { kind: "reply", channelId, messageId: message.id };
  }
  if (given.fail_if_not_exists === false) return null;
  throw invalidForm("message_reference", "Unknown message");
}

function edit(call: Call): object {
  const { world } = call;
  const channel = channelFor(call);
  const message = messageFor(call);
  if (message.authorId !== world.botId) {
    throw new DiscordSays(403, 50005, "Cannot edit a message authored by another user");
  }
  if (channel.thread?.archived) {
    throw new DiscordSays(400, 50083, "Thread is archived");
  }
  checkOldEdits(world, message);
  changed(call, message, call);
  return shown(world, message);
}

/** The extra limit on messages that are older than an hour, when a test asks for it. */
function checkOldEdits(world: World, { atMs }: Message): void {
  const isOld = world.nowMs() - atMs > OLD_EDIT_MS;
  if (!isOld || world.oldEditsLeft === null) return;
  if (world.oldEditsLeft > 0) {
    world.oldEditsLeft -= 1;
    return;
  }
  const text = "Maximum number of edits to messages older than 1 hour reached.";
  throw new DiscordSays(429, 30046, `${text} Try again later`);
}

/** Content, embeds and components as they are given; attachments that aren't listed go. */
export function changed(hub: Hub, message: Message, { body, files, world }: Call): void {
  const wasV2 = message.flags & MessageFlags.IsComponentsV2;
  const given = wasV2 ? { ...body, flags: Number(body.flags ?? 0) | wasV2 } : body;
  const { flags, ...form } = formOf(given);
  const added = storeFiles(world, message.channelId, files);
  const kept = keptFiles(message, body.attachments);
  const after = { ...message, ...form };
  checkNotEmpty(after, kept.length + added.length);
  // What was "thinking" isn't any more; who sees a message can't be changed.
  const settled = (message.flags & ~MessageFlags.Loading) | ((flags ?? 0) & EDITABLE_FLAGS);
  revise(hub, message, { ...form, fileIds: [...kept, ...added], flags: settled });
}

function keptFiles({ fileIds }: Message, listed: unknown): string[] {
  if (!Array.isArray(listed)) return fileIds;
  const ids = new Set(listed.map(({ id }: { id: string | number }) => String(id)));
  return fileIds.filter((id) => ids.has(id));
}

function bulkDelete(call: Call): undefined {
  const { world, body } = call;
  const channel = channelFor(call, "ManageMessages");
  const ids = Array.isArray(body.messages) ? body.messages.map(String) : [];
  if (ids.length < 2 || ids.length > LIMIT_MAX) {
    throw invalidForm("messages", "Must be between 2 and 100 in length.");
  }
  const there = ids.filter((id) => world.messages.get(id)?.channelId === channel.id);
  const isOld = (id: string) =>
    world.nowMs() - found(world.messages, id, "message").atMs > BULK_AGE_MS_MAX;
  if (there.some(isOld)) {
    throw new DiscordSays(400, 50034, "A message provided was too old to bulk delete.");
  }
  eraseMany(call, channel.id, there);
}

function reacted(call: Call, on: boolean): undefined {
  const { world, params } = call;
  const channel = channelFor(call, "ReadMessageHistory");
  const message = messageFor(call);
  const { emoji = "" } = params;
  const isFirst = on && !message.reactions.has(emoji);
  if (isFirst && !may(world, world.botId, channel.id, "AddReactions")) throw MISSING_PERMISSIONS();
  react(call, message, { user: world.botId, emoji, on });
}
