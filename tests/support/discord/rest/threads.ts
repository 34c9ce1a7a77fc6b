/** Channels and threads, as the bot reads and makes them. */
import { ChannelType } from "discord.js";
import { deleteThread, threadsUnder } from "../channels.ts";
import { changeThread, joinThread, leaveThread, storeFiles } from "../posting.ts";
import { may, rights } from "../rights.ts";
import {
  activeThreads,
  channelShape,
  iso,
  memberShape,
  threadMemberShape,
  threadShape,
} from "../shapes.ts";
import { openThread } from "../threads.ts";
import { byId, type Channel, type World } from "../world.ts";
import { formOf } from "./form.ts";
import { messageFor, shown } from "./messages.ts";
import {
  type Body,
  type Call,
  channelFor,
  DiscordSays,
  guildFor,
  invalidForm,
  limitIn,
  MISSING_ACCESS,
  MISSING_PERMISSIONS,
  routes,
} from "./route.ts";

const NAME_MAX = 100;
const ARCHIVE_MINUTES = [60, 1_440, 4_320, 10_080];
const PAGE = 50;
const PAGE_MAX = 100;

export const THREAD_ROUTES = routes({
  "GET /channels/:channel": (call) => channelShape(call.world, channelFor(call)),
  "PATCH /channels/:channel": change,
  "DELETE /channels/:channel": (call) => {
    const channel = channelFor(call, "ManageThreads");
    if (!channel.thread) throw MISSING_PERMISSIONS();
    const shape = threadShape(call.world, channel);
    deleteThread(call, channel);
    return shape;
  },
  "POST /channels/:channel/messages/:message/threads": fromMessage,
  "POST /channels/:channel/threads": create,
  "GET /channels/:channel/thread-members": (call) => {
    const thread = threadFor(call);
    if (!call.world.privileged.has("members")) throw MISSING_ACCESS();
    const { after = "0" } = call.query;
    const ids = members(thread).filter((id) => byId(id, after) > 0);
    const page = ids.sort(byId).slice(0, limitIn(call.query, 1, PAGE_MAX) ?? PAGE_MAX);
    return page.map((id) => ({
      ...threadMemberShape(thread, id),
      ...(call.query.with_member === "true" && inGuild(call, thread, id)),
    }));
  },
  "GET /channels/:channel/thread-members/:user": (call) => {
    const thread = threadFor(call);
    const user = userIn(call);
    if (!members(thread).includes(user)) throw new DiscordSays(404, 10007, "Unknown Member");
    return threadMemberShape(thread, user);
  },
  "PUT /channels/:channel/thread-members/:user": (call) => {
    joinThread(call, threadFor(call), userIn(call));
    return undefined;
  },
  "DELETE /channels/:channel/thread-members/:user": (call) => {
    leaveThread(call, threadFor(call), userIn(call));
    return undefined;
  },
  "GET /channels/:channel/threads/archived/public": (call) => archived(call, "public"),
  "GET /channels/:channel/threads/archived/private": (call) => {
    channelFor(call, "ReadMessageHistory", "ManageThreads");
    return archived(call, "private");
  },
  "GET /channels/:channel/users/@me/threads/archived/private": (call) => archived(call, "joined"),
  "GET /guilds/:guild/threads/active": ({ world, ...call }) => {
    const threads = activeThreads(world, guildFor({ world, ...call }).id).sort(newestFirst);
    return listShape(world, threads);
  },
});

/** What a thread's member is in the guild. */
function inGuild({ world }: Call, { guildId }: Channel, userId: string) {
  const member = world.guilds.get(guildId ?? "")?.members.get(userId);
  return member && { member: memberShape(world, member) };
}

function userIn({ world, params }: Call): string {
  return params.user === "@me" ? world.botId : (params.user ?? "");
}

function members({ thread }: Channel): string[] {
  return thread?.members ?? [];
}

function newestFirst(a: Channel, b: Channel): number {
  return byId(b.id, a.id);
}

function threadFor(call: Call): Channel {
  const channel = channelFor(call);
  if (channel.thread) return channel;
  throw new DiscordSays(400, 50024, "Cannot execute action on this channel type");
}

function listShape(world: World, threads: Channel[]) {
  const joined = threads.filter((thread) => members(thread).includes(world.botId));
  return {
    threads: threads.map((thread) => threadShape(world, thread)),
    members: joined.map((thread) => threadMemberShape(thread, world.botId)),
  };
}

function checkedName({ name }: Body): string {
  const text = typeof name === "string" ? name : "";
  if (text.length > 0 && text.length <= NAME_MAX) return text;
  throw invalidForm("name", `Must be between 1 and ${NAME_MAX} in length.`);
}

function checkedMinutes({ auto_archive_duration: minutes }: Body): number | undefined {
  if (minutes === undefined || minutes === null) return undefined;
  if (ARCHIVE_MINUTES.includes(Number(minutes))) return Number(minutes);
  throw invalidForm("auto_archive_duration", "Value must be one of {60, 1440, 4320, 10080}.");
}

/** Threads have no threads, and a guild has so many at once. */
function checkRoom({ world }: Call, { thread, guildId, kind }: Channel): void {
  if (thread || guildId === null || kind === "voice" || kind === "category") {
    throw new DiscordSays(400, 50024, "Cannot execute action on this channel type");
  }
  const active = [...world.channels.values()].filter(
    (one) => one.guildId === guildId && one.thread && !one.thread.archived,
  );
  if (active.length < world.activeThreadsMax) return;
  throw new DiscordSays(400, 160006, "Maximum number of active threads reached");
}

function fromMessage(call: Call): object {
  const { world, body } = call;
  const channel = channelFor(call, "CreatePublicThreads", "ReadMessageHistory");
  checkRoom(call, channel);
  const message = messageFor(call);
  if (world.channels.has(message.id)) {
    throw new DiscordSays(400, 160004, "A thread has already been created for this message");
  }
  const opened = openThread(call, {
    ...{ channelId: channel.id, ownerId: world.botId, name: checkedName(body) },
    messageId: message.id,
    autoArchiveMinutes: checkedMinutes(body),
  });
  return threadShape(world, opened.channel);
}

function create(call: Call): object {
  const { world, body, files } = call;
  const channel = channelFor(call);
  checkRoom(call, channel);
  const isForum = channel.kind === "forum";
  const isPrivate = !isForum && body.type !== ChannelType.PublicThread;
  const making = isPrivate ? "CreatePrivateThreads" : "CreatePublicThreads";
  if (!may(world, world.botId, channel.id, isForum ? "SendMessages" : making)) {
    throw MISSING_PERMISSIONS();
  }
  const { allowed, ...form } = formOf((body.message ?? {}) as Body);
  const { channel: thread, first } = openThread(call, {
    ...{ channelId: channel.id, ownerId: world.botId, name: checkedName(body), isPrivate },
    autoArchiveMinutes: checkedMinutes(body),
    ...(isForum && {
      first: { ...form, allowed, fileIds: storeFiles(world, channel.id, files) },
    }),
  });
  return { ...threadShape(world, thread), ...(first && { message: shown(world, first) }) };
}

/** Whoever opened a thread may archive it; more needs the right to manage threads. */
function change(call: Call): object {
  const { world, body } = call;
  const channel = threadFor(call);
  const mayManage = may(world, world.botId, channel.id, "ManageThreads");
  const isOwn = channel.thread?.ownerId === world.botId;
  if (!mayManage && (!isOwn || body.locked !== undefined)) throw MISSING_PERMISSIONS();
  const minutes = checkedMinutes(body);
  changeThread(call, channel, {
    ...(typeof body.archived === "boolean" && { archived: body.archived }),
    ...(typeof body.locked === "boolean" && { locked: body.locked }),
    ...(body.name !== undefined && { name: checkedName(body) }),
    ...(minutes !== undefined && { autoArchiveMinutes: minutes }),
  });
  return threadShape(world, channel);
}

/** Latest archived first; those that the bot has joined by their ids. */
function archived(call: Call, which: "public" | "private" | "joined"): object {
  const { world, query } = call;
  const channel = channelFor(call, "ReadMessageHistory");
  const limit = limitIn(query, 2, PAGE_MAX) ?? PAGE;
  const order = which === "joined" ? newestFirst : latestArchivedFirst;
  const all = threadsUnder(world, channel.id)
    .filter((thread) => thread.thread?.archived && isOf(world, thread, which))
    .filter((thread) => isBefore(thread, query.before, which))
    .sort(order);
  return { ...listShape(world, all.slice(0, limit)), has_more: all.length > limit };
}

function latestArchivedFirst(a: Channel, b: Channel): number {
  return (b.thread?.archivedMs ?? 0) - (a.thread?.archivedMs ?? 0);
}

function isOf(world: World, thread: Channel, which: "public" | "private" | "joined"): boolean {
  const isPrivate = thread.kind === "privateThread";
  if (which === "public") return !isPrivate;
  const isIn = members(thread).includes(world.botId);
  return isPrivate && (which === "joined" ? isIn : rights(world, world.botId, thread.id) > 0n);
}

function isBefore({ id, thread }: Channel, before: string | undefined, which: string): boolean {
  if (before === undefined) return true;
  if (which === "joined") return byId(id, before) < 0;
  return iso(thread?.archivedMs ?? 0) < iso(Date.parse(before));
}
