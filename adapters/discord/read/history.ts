import {
  type APIChannel,
  type APIMessage,
  ChannelType,
  type RESTGetAPIChannelThreadsArchivedPublicResult,
  Routes,
} from "discord.js";
import type { Adapter, SharedPage } from "../../../src/chat.ts";
import type { FileShared, Place } from "../../../src/events.ts";
import { createMemory } from "../../shared/memory.ts";
import { type Discord, failure, isGone } from "../client.ts";
import { attachmentsOf, fromHistory, type Here } from "../events/messages.ts";
import { isDirect, isThread, placeIn, placeOf } from "../place.ts";
import type { World } from "./world.ts";

const MESSAGES = 100;
/** For one page: most messages have no files. */
const REQUESTS_MAX = 10;
const FILES_ENOUGH = 50;
const THREADS = 100;
/** Of a channel with more archived threads the newest are looked through. */
const THREAD_PAGES_MAX = 10;
const THREADS_KEPT_MS = 10 * 60_000;
const CHANNELS_MAX = 200;

/** Posts, which are threads, are all that these hold. */
const POSTS_ONLY: ReadonlySet<ChannelType> = new Set([
  ChannelType.GuildForum,
  ChannelType.GuildMedia,
]);
const WITH_THREADS: ReadonlySet<ChannelType> = new Set([
  ...POSTS_ONLY,
  ChannelType.GuildText,
  ChannelType.GuildAnnouncement,
]);

/** Up to which message the channel, or which of its threads, was looked through. */
interface At {
  channelId: string;
  /** Empty: nothing of it yet. */
  beforeId: string;
}

interface Reading {
  discord: Discord;
  place: Place;
  home: APIChannel;
  botUserId: string;
  signal: AbortSignal;
  /** Ids of the channel's threads, newest first. */
  threads(): Promise<string[]>;
}

/** What a channel and then its threads hold; private threads are channels of their own. */
export function createHistory(world: World, discord: Discord): Pick<Adapter, "shared"> {
  const threads = createMemory<string[]>({ keptMs: THREADS_KEPT_MS, entriesMax: CHANNELS_MAX });
  const shared: Adapter["shared"] = async (place, cursor, signal, idsOnly = false) => {
    const home = await world.channel(place.channelId);
    if (!home) return { files: [], listed: [], total: null, next: null };
    const { botUserId } = await discord.identity();
    const reading: Reading = {
      ...{ discord, place, home, botUserId, signal },
      threads: () => threads.get(home.id, () => threadsOf(world, discord, place.workspaceId, home)),
    };
    const page = await pageFrom(reading, cursor === null ? await first(reading) : parse(cursor));
    return idsOnly ? { ...page, files: [] } : page;
  };
  return { shared };
}

async function pageFrom(reading: Reading, from: At | null): Promise<SharedPage> {
  const messages: APIMessage[] = [];
  const listed: string[] = [];
  let at = from;
  for (let requests = 0; at && requests < REQUESTS_MAX; requests += 1) {
    if (listed.length >= FILES_ENOUGH) break;
    const some = await messagesBefore(reading, at);
    messages.push(...some);
    listed.push(...some.flatMap((message) => attachmentsOf(message).map(({ id }) => id)));
    at = await next(reading, at, some);
  }
  const files = messages.flatMap((message) => filesOf(reading, message));
  return { files, listed, total: null, next: at && `${at.channelId} ${at.beforeId}` };
}

function parse(cursor: string): At {
  const [channelId = "", beforeId = ""] = cursor.split(" ");
  return { channelId, beforeId };
}

async function first(reading: Reading): Promise<At | null> {
  const { home } = reading;
  if (!POSTS_ONLY.has(home.type)) return { channelId: home.id, beforeId: "" };
  return startOf((await reading.threads())[0]);
}

async function next({ home, threads }: Reading, at: At, some: APIMessage[]): Promise<At | null> {
  const last = some.at(-1);
  if (last && some.length === MESSAGES) return { ...at, beforeId: last.id };
  const all = await threads();
  return startOf(at.channelId === home.id ? all[0] : all.find((id) => isOlder(id, at.channelId)));
}

function startOf(channelId: string | undefined): At | null {
  return channelId === undefined ? null : { channelId, beforeId: "" };
}

function isOlder(id: string, than: string): boolean {
  return BigInt(id) < BigInt(than);
}

async function messagesBefore(
  { discord, signal }: Reading,
  { channelId, beforeId }: At,
): Promise<APIMessage[]> {
  signal.throwIfAborted();
  const query = new URLSearchParams({ limit: `${MESSAGES}` });
  if (beforeId) query.set("before", beforeId);
  try {
    const route = Routes.channelMessages(channelId);
    return (await discord.rest.get(route, { query, signal })) as APIMessage[];
  } catch (error) {
    signal.throwIfAborted();
    // A thread that was deleted meanwhile holds nothing.
    if (isGone(error)) return [];
    throw failure(error);
  }
}

/** As its message said it: the same share is the same event, whichever way it comes. */
function filesOf({ place, home, botUserId }: Reading, message: APIMessage): FileShared[] {
  const { workspaceId } = place;
  const isHere = message.channel_id === home.id;
  const here: Here = {
    place: isHere
      ? placeIn(workspaceId, home, message.id)
      : placeOf(workspaceId, home.id, message.channel_id),
    within: isHere ? withinOf(home) : "thread",
    botUserId,
  };
  return fromHistory(message, here).filter(
    (event): event is FileShared => event.kind === "file_shared" && event.messageId === message.id,
  );
}

function withinOf(home: APIChannel): Here["within"] {
  if (isDirect(home)) return "direct";
  return isThread(home) ? "thread" : "channel";
}

async function threadsOf(
  world: World,
  discord: Discord,
  guildId: string,
  home: APIChannel,
): Promise<string[]> {
  if (!WITH_THREADS.has(home.type)) return [];
  const active = (await world.threads(guildId)).filter(
    (one) =>
      "parent_id" in one && one.parent_id === home.id && one.type !== ChannelType.PrivateThread,
  );
  const archived = await archivedIn(discord, home.id);
  const ids = [...new Set([...active, ...archived].map(({ id }) => id))];
  return ids.sort((a, b) => (isOlder(a, b) ? 1 : -1));
}

async function archivedIn({ rest }: Discord, channelId: string): Promise<{ id: string }[]> {
  const threads: { id: string }[] = [];
  const query = new URLSearchParams({ limit: `${THREADS}` });
  try {
    for (let page = 0; page < THREAD_PAGES_MAX; page += 1) {
      const listed = (await rest.get(Routes.channelThreads(channelId, "public"), {
        query,
      })) as RESTGetAPIChannelThreadsArchivedPublicResult;
      threads.push(...listed.threads);
      const last = listed.threads.at(-1);
      const before =
        last && "thread_metadata" in last ? last.thread_metadata?.archive_timestamp : undefined;
      if (!(listed.has_more && before)) break;
      query.set("before", before);
    }
    return threads;
  } catch (error) {
    if (isGone(error)) return threads;
    throw failure(error);
  }
}
