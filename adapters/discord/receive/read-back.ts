import { setTimeout as sleep } from "node:timers/promises";
import {
  type APIChannel,
  type APIGuildChannel,
  type APIMessage,
  type APIThreadChannel,
  ChannelType,
  type RESTGetAPIChannelMessagesResult,
  type RESTGetAPIChannelThreadsArchivedPublicResult,
  Routes,
} from "discord.js";
import type { Gap } from "../../../src/chat.ts";
import { ServiceError } from "../../../src/errors.ts";
import type { Incoming, Place } from "../../../src/events.ts";
import { type Discord, failure } from "../client.ts";
import { channelGone } from "../events/guilds.ts";
import { idAt } from "../place.ts";
import { doorOf, holdsMessages } from "../read/audience.ts";
import { realmOf } from "../read/permissions.ts";
import { letsIn } from "../read/readers.ts";
import type { World } from "../read/world.ts";
import type { TakeMessages } from "./take-messages.ts";

/** Discord takes fifty calls a second: live questions need most of them. */
const PACE_MS = 250;
const TRIES_MAX = 4;
const RETRY_AFTER_MAX_MS = 60_000;
/** What was on its way, a connection that was dead for a while unnoticed, and a clock that is not quite Discord's. */
const MARGIN_MS = 3 * 60_000;
const DAYS_MAX = 14;
const DAY_MS = 86_400_000;
const PAGE = 100;
const PAGES_MAX = 20;
const THREADS_MAX = 1_000;
const GONE_ASKED_MAX = 200;
/** Threads archive themselves after this at the soonest: in a shorter gap only people do that. */
const ARCHIVE_AFTER_MS = 3_600_000;

export interface ReadBackDeps {
  discord: Discord;
  world: World;
  messages: Pick<TakeMessages, "readBack">;
  /** Resolves once it is stored; the same event twice is one. */
  accept(event: Incoming): Promise<void>;
  /** Least time between two calls; shorter in tests. */
  paceMs?: number | undefined;
}

export interface Counts {
  /** Channels and threads in which something was written. */
  channels: number;
  messages: number;
  /** Channels and threads that Discord does not give. */
  refused: number;
  /** Lists that are longer than we read. */
  cut: number;
  /** Channels that are not there any more. */
  gone: number;
}

interface Reading extends ReadBackDeps {
  guildId: string;
  /** All ids of what was written since are greater. */
  since: bigint;
  sinceMs: number;
  signal: AbortSignal;
  counts: Counts;
}

/**
 * Hands in all messages of a guild since the gap began, oldest first in each channel and thread; and before them
 * which of the known channels are gone.
 * @throws {ServiceError} when Discord failed, which may be tried again
 */
export async function readBack(
  deps: ReadBackDeps,
  guildId: string,
  gap: Gap,
  signal: AbortSignal,
): Promise<Counts> {
  const sinceMs = Math.max(gap.sinceMs - MARGIN_MS, Date.now() - DAYS_MAX * DAY_MS);
  const counts: Counts = { channels: 0, messages: 0, refused: 0, cut: 0, gone: 0 };
  const since = BigInt(idAt(sinceMs));
  const reading: Reading = { ...deps, guildId, since, sinceMs, signal, counts };
  // What is remembered may be older than the gap.
  deps.world.forget({ guildId });
  const open = await openChannels(reading);
  const active = await deps.world.threads(guildId);
  await tellGone(reading, gap.channels, [...open.all, ...active]);
  const archived = await archivedThreads(reading, open.readable, gap);
  const news = [...open.readable, ...active, ...archived].filter((one) => isNews(reading, one));
  if (news.length > THREADS_MAX) counts.cut += 1;
  const ids = [...news.slice(0, THREADS_MAX).map(({ id }) => id), ...ownPlaces(gap.threads)];
  for (const channelId of new Set(ids)) await readChannel(reading, channelId);
  return counts;
}

async function openChannels({ world, discord, guildId }: Reading) {
  const { botUserId } = await discord.identity();
  const [guild, all, member] = await Promise.all([
    world.guild(guildId),
    world.channels(guildId),
    world.member(guildId, botUserId),
  ]);
  if (!(guild && member)) return { all, readable: [] };
  const realm = realmOf(guild);
  const person = { userId: botUserId, roles: member.roles };
  // What we can't read need not be asked for: Discord counts how often it has to refuse.
  const readable = all.filter(
    (one) => holdsMessages(one) && letsIn(realm, doorOf({ guildId }, one), person),
  );
  return { all, readable };
}

/** A direct message ends for nobody, and a channel that we merely can't see is not gone. */
async function tellGone(reading: Reading, known: string[], listed: readonly { id: string }[]) {
  const { world, guildId, accept, counts, signal } = reading;
  const there = new Set(listed.map(({ id }) => id));
  const missing = known.filter((id) => !there.has(id));
  if (missing.length > GONE_ASKED_MAX) counts.cut += 1;
  for (const id of missing.slice(0, GONE_ASKED_MAX)) {
    if (await patiently(reading, () => world.channel(id))) continue;
    signal.throwIfAborted();
    await accept(channelGone(guildId, id, reading.sinceMs));
    counts.gone += 1;
  }
}

const FORUMS: ReadonlySet<ChannelType> = new Set([ChannelType.GuildForum, ChannelType.GuildMedia]);
const WITH_THREADS: ReadonlySet<ChannelType> = new Set([
  ...FORUMS,
  ChannelType.GuildText,
  ChannelType.GuildAnnouncement,
]);

/** Public threads that were archived since, wherever something may have been written in one. */
async function archivedThreads(
  reading: Reading,
  readable: readonly APIGuildChannel[],
  { sinceMs, threads }: Gap,
): Promise<APIThreadChannel[]> {
  const isLong = Date.now() - sinceMs >= ARCHIVE_AFTER_MS;
  const active = new Set(threads.map(({ channelId }) => channelId));
  const parents = readable.filter(
    ({ id, type }) => WITH_THREADS.has(type) && (isLong || active.has(id)),
  );
  const found: APIThreadChannel[] = [];
  const query = new URLSearchParams({ limit: String(PAGE) });
  for (const { id } of parents) {
    const route = Routes.channelThreads(id, "public");
    const page = await given(
      reading,
      (): Promise<RESTGetAPIChannelThreadsArchivedPublicResult> => get(reading, route, query),
    );
    const recent = (page?.threads ?? []).filter(isThreadChannel).filter(({ thread_metadata }) => {
      return Date.parse(thread_metadata?.archive_timestamp ?? "") >= reading.sinceMs;
    });
    if (recent.length === PAGE) reading.counts.cut += 1;
    found.push(...recent);
  }
  return found;
}

function isThreadChannel(channel: APIChannel): channel is APIThreadChannel {
  return "thread_metadata" in channel;
}

/** Was something written there since? What a forum names is its last post, which is a thread. */
function isNews({ since }: Reading, channel: APIChannel | APIGuildChannel): boolean {
  if (FORUMS.has(channel.type) || !("last_message_id" in channel)) return false;
  return channel.last_message_id ? BigInt(channel.last_message_id) >= since : false;
}

/** Direct messages and private threads, which no list has: they are channels of their own. */
function ownPlaces(threads: readonly Place[]): string[] {
  return threads.flatMap(({ channelId, threadId }) => (channelId === threadId ? channelId : []));
}

async function readChannel(reading: Reading, channelId: string): Promise<void> {
  const { since, counts, messages, guildId, signal } = reading;
  let after = since - 1n;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const query = new URLSearchParams({ after: String(after), limit: String(PAGE) });
    const route = Routes.channelMessages(channelId);
    const page = await given(
      reading,
      (): Promise<RESTGetAPIChannelMessagesResult> => get(reading, route, query),
    );
    if (pages === 0 && page && page.length > 0) counts.channels += 1;
    const listed = (page ?? []).toSorted((one, two) => (BigInt(one.id) < BigInt(two.id) ? -1 : 1));
    for (const message of listed) {
      signal.throwIfAborted();
      await messages.readBack(await owned(reading, message, guildId));
      after = BigInt(message.id);
      counts.messages += 1;
    }
    if (listed.length < PAGE) return;
  }
  counts.cut += 1;
}

/** Lists leave out whose a message is. */
async function owned({ world }: Reading, message: APIMessage, guildId: string) {
  const channel = await world.channel(message.channel_id);
  const isDirect = channel?.type === ChannelType.DM;
  return isDirect ? message : { ...message, guild_id: guildId };
}

async function get<T>({ discord, signal }: Reading, route: `/${string}`, query: URLSearchParams) {
  return (await discord.rest.get(route, { query, signal })) as T;
}

/** What Discord gives; null where it is gone, or not for us. */
async function given<T>(reading: Reading, load: () => Promise<T>): Promise<T | null> {
  try {
    return await patiently(reading, load);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.retryable) throw error;
    reading.counts.refused += 1;
    return null;
  }
}

async function patiently<T>(
  { paceMs = PACE_MS, signal }: Reading,
  call: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    await sleep(paceMs, undefined, { signal, ref: false });
    try {
      return await call();
    } catch (error) {
      const known = failure(error);
      if (!(known instanceof ServiceError && known.retryable) || tries === TRIES_MAX) throw known;
      const waitMs = known.retryAfterMs ?? paceMs * 2 ** tries;
      await sleep(Math.min(waitMs, RETRY_AFTER_MAX_MS), undefined, { signal, ref: false });
    }
  }
}
