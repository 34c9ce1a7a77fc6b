import { type APIMessage, RESTJSONErrorCodes as Code, MessageFlags, Routes } from "discord.js";
import type { AnswerStyle } from "../../../src/chat.ts";
import type { Mention } from "../../../src/events.ts";
import type { Clock } from "../../shared/clock.ts";
import { type Discord, errorCode, failure, isGone, reasonOf } from "../client.ts";
import { madeAtMs } from "../place.ts";
import type { World } from "../read/world.ts";
import { type Body, body, NOBODY, once } from "./body.ts";
import type { Row } from "./buttons.ts";
import { patiently } from "./patience.ts";
import { beside, type Spot, spotFor } from "./spot.ts";

/** Discord takes very few edits of messages that are older than an hour. */
const EDITABLE_MS = 55 * 60_000;
const MESSAGES_MAX = 100;

/** A thread that takes no words of ours after all. */
const NO_WORDS = new Set<number>([Code.MissingAccess, Code.MissingPermissions, Code.ThreadLocked]);

const CUSTOM_ID = /"custom_id":"[^"]*"/g;

export interface Stage {
  discord: Discord;
  world: Pick<World, "channel">;
  clock: Clock;
}

/** A message of an answer. */
export interface Said {
  content: string;
  under: readonly Row[];
  /** It stands above all others of the answer, and calls the asker. */
  isFirst: boolean;
}

/** Own messages that an earlier try left. */
export interface Left {
  answers: string[];
  /** What said that an answer is being looked for. */
  statuses: string[];
}

/** Where one answer is shown. Failures are Discord's own errors, but for `ServiceError`. */
export interface Thread {
  nowMs(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** For ten seconds. Best effort. */
  typing(): Promise<void>;
  /** @param count tells this message from the others of the answer @returns null when the question is gone */
  say(said: Said, count: number): Promise<Posted | null>;
  /** A word that comes and goes, and calls nobody. */
  sayStatus(content: string, under: readonly Row[]): Promise<string | null>;
  takesEdits(id: string): boolean;
  edit(id: string, said: Said): Promise<void>;
  /** Best effort. @returns whether it was done */
  refresh(id: string, said: Said): Promise<boolean>;
  /** Best effort. */
  remove(id: string): Promise<void>;
  /** Goes on where the first of these messages stands that is still there. */
  find(ids: readonly string[]): Promise<void>;
  /** What earlier tries posted, and could tell nobody of. */
  left(): Promise<Left>;
}

export interface Posted {
  id: string;
  /** Not where an earlier try had posted it, and could not say so: it shows what that one said. */
  isNew: boolean;
}

interface Room extends Stage {
  to: Mention;
  style: AnswerStyle | undefined;
  signal: AbortSignal;
  /** Found out when it is first needed. */
  spot: Promise<Spot | null> | null;
}

/** @param signal ends the waiting for Discord's limits */
export function threadOf(
  stage: Stage,
  to: Mention,
  style: AnswerStyle | undefined,
  signal: AbortSignal,
): Thread {
  const room: Room = { ...stage, to, style, signal, spot: null };
  const { clock } = stage;
  return {
    nowMs: () => clock.nowMs(),
    sleep: (ms, until = signal) => clock.sleep(ms, until),
    typing: async () => void (await quietly(room, "typing", () => typing(room))),
    say: (said, count) => post(room, (at) => saidBody(room, at, said, count)),
    sayStatus: async (content, under) =>
      (await post(room, (at) => statusBody(room, at, content, under)))?.id ?? null,
    takesEdits: (id) => clock.nowMs() - madeAtMs(id) < EDITABLE_MS,
    edit: (id, said) => edit(room, id, said),
    refresh: (id, said) => quietly(room, "an edit", () => change(room, id, said)),
    remove: async (id) => void (await quietly(room, "deleting a message", () => remove(room, id))),
    find: (ids) => find(room, ids),
    left: () => left(room),
  };
}

function open(room: Room): Promise<Spot | null> {
  room.spot ??= spotFor(room.discord, room.world, room.to, room.style);
  return room.spot;
}

async function quietly({ discord }: Room, what: string, call: () => Promise<unknown>) {
  try {
    await call();
    return true;
  } catch (error) {
    discord.log.debug({ reason: reasonOf(error) }, `${what} did not work`);
    return false;
  }
}

/** Where the asker looks: a thread is there only with the first words in it. */
async function typing(room: Room): Promise<void> {
  const { channelId, threadId } = room.to.place;
  const isRoot = threadId === null || threadId === room.to.messageId;
  const at = room.spot ? await room.spot : null;
  const here = at?.channelId ?? (isRoot ? channelId : threadId);
  await room.discord.rest.post(Routes.channelTyping(here));
}

async function post(room: Room, bodyAt: (at: Spot) => Body): Promise<Posted | null> {
  const at = await open(room);
  if (!at) return null;
  try {
    return await posted(room, at, bodyAt);
  } catch (error) {
    if (!(at.isNew && NO_WORDS.has(errorCode(error) ?? 0))) throw error;
    const below = beside(room.to.place.channelId);
    room.spot = Promise.resolve(below);
    return await posted(room, below, bodyAt);
  }
}

async function posted(room: Room, at: Spot, bodyAt: (at: Spot) => Body): Promise<Posted> {
  const { discord, clock, signal } = room;
  const route = Routes.channelMessages(at.channelId);
  const body = bodyAt(at);
  const call = () => discord.rest.post(route, { body });
  const message = (await patiently(clock, call, signal)) as APIMessage;
  // What was taken once stays the place of all that follows.
  at.isNew = false;
  return { id: message.id, isNew: isSame(message, body) };
}

function isSame(message: APIMessage, { content, components }: Body): boolean {
  const idsIn = (rows: unknown) => (JSON.stringify(rows ?? []).match(CUSTOM_ID) ?? []).join();
  return message.content === content && idsIn(message.components) === idsIn(components);
}

/** A thread of its own is not where the question stands: there the asker is named, which lets them into it as well. */
function saidBody({ to }: Room, at: Spot, said: Said, count: number): Body {
  const { content, allowed } = called(to, at, said);
  return {
    ...body(content, said.under),
    ...referring(to, at),
    ...once(to.key, count),
    allowed_mentions: said.isFirst ? allowed : NOBODY,
  };
}

function called({ userId }: Mention, at: Spot, { content, isFirst }: Said) {
  if (at.replies) return { content, allowed: { parse: [], replied_user: true } };
  const named = isFirst ? `<@${userId}>\n${content}` : content;
  return { content: named, allowed: { parse: [], users: [userId] } };
}

function referring({ messageId }: Mention, { replies }: Spot): Pick<Body, "message_reference"> {
  if (!replies) return {};
  return { message_reference: { message_id: messageId, fail_if_not_exists: false } };
}

function statusBody({ to }: Room, at: Spot, content: string, under: readonly Row[]): Body {
  const flags = MessageFlags.SuppressEmbeds | MessageFlags.SuppressNotifications;
  return { ...body(content, under), ...referring(to, at), ...once(to.key, "status"), flags };
}

async function change(room: Room, id: string, said: Said): Promise<void> {
  const at = await open(room);
  if (!at) return;
  const { content } = called(room.to, at, said);
  const { components } = body("", said.under);
  await room.discord.rest.patch(Routes.channelMessage(at.channelId, id), {
    body: { content, components, allowed_mentions: NOBODY },
  });
}

async function edit(room: Room, id: string, said: Said): Promise<void> {
  const call = () => patiently(room.clock, () => change(room, id, said), room.signal);
  await call().catch(async (error: unknown) => {
    if (errorCode(error) !== Code.InvalidActionOnArchivedThread) throw error;
    await reopen(room);
    await call();
  });
}

/** A thread closes by itself after an hour, and takes no edits then. */
async function reopen(room: Room): Promise<void> {
  const at = await open(room);
  if (!at) return;
  await room.discord.rest.patch(Routes.channel(at.channelId), { body: { archived: false } });
}

async function remove(room: Room, id: string): Promise<void> {
  const at = await open(room);
  if (at) await room.discord.rest.delete(Routes.channelMessage(at.channelId, id));
}

async function find(room: Room, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    for (const channelId of candidates(room.to)) {
      const message = await there(room.discord, Routes.channelMessage(channelId, id));
      if (!message) continue;
      room.spot = Promise.resolve(spotIn(room.to, channelId));
      return;
    }
  }
}

/** An answer stands in the thread, or beside the question where there was none. */
function candidates({ place: { channelId, threadId }, messageId }: Mention): string[] {
  return [...new Set([threadId ?? messageId, channelId])];
}

function spotIn({ messageId }: Mention, channelId: string): Spot {
  return { channelId, replies: channelId !== messageId, isNew: false };
}

async function left(room: Room): Promise<Left> {
  const { discord, to } = room;
  const { botUserId } = await discord.identity().catch((error: unknown) => {
    throw failure(error);
  });
  const query = new URLSearchParams({ after: to.messageId, limit: String(MESSAGES_MAX) });
  for (const channelId of candidates(to)) {
    const spot = spotIn(to, channelId);
    const messages = await there<APIMessage[]>(discord, Routes.channelMessages(channelId), query);
    const own = (messages ?? []).filter(
      ({ author, message_reference }) =>
        author.id === botUserId && isOf(to, spot, message_reference?.message_id),
    );
    if (own.length === 0) continue;
    room.spot ??= Promise.resolve(spot);
    return sorted(own);
  }
  return { answers: [], statuses: [] };
}

/** Messages beside the question are replies to it; those of its own thread are so to nothing. */
function isOf({ messageId }: Mention, { replies }: Spot, repliedTo: string | undefined): boolean {
  return repliedTo === messageId || (!replies && repliedTo === undefined);
}

/** Discord lists the newest first. */
function sorted(newestFirst: APIMessage[]): Left {
  const isStatus = ({ flags }: APIMessage) =>
    ((flags ?? 0) & MessageFlags.SuppressNotifications) !== 0;
  const messages = newestFirst.toReversed();
  return {
    answers: messages.filter((message) => !isStatus(message)).map(({ id }) => id),
    statuses: messages.filter(isStatus).map(({ id }) => id),
  };
}

async function there<T>(
  { rest }: Discord,
  route: `/${string}`,
  query?: URLSearchParams,
): Promise<T | null> {
  try {
    return (await rest.get(route, query && { query })) as T;
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}
