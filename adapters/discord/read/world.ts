import {
  type APIChannel,
  type APIGuild,
  type APIGuildMember,
  DiscordAPIError,
  type REST,
  type RESTGetAPIChannelThreadMembersResult,
  type RESTGetAPIGuildChannelsResult,
  type RESTGetAPIGuildThreadsResult,
  Routes,
} from "discord.js";
import { createMemory } from "../../shared/memory.ts";
import { type Discord, failure, isGone } from "../client.ts";
import type { Person } from "./permissions.ts";

const KEPT_MS = 3 * 60_000;
const GUILDS_MAX = 200;
const CHANNELS_MAX = 5_000;
const MEMBERS_MAX = 5_000;
/** Discord lists no more of a thread's members at once. */
const THREAD_MEMBERS_MAX = 100;
const FORBIDDEN = 403;

/** A guild as it was made, with its roles. */
export type Guild = APIGuild;

/**
 * What Discord says of guilds, channels and members, remembered for some minutes and dropped on events. Null: gone,
 * or not ours to see.
 * @throws {ServiceError} when Discord failed
 */
export interface World {
  guild(guildId: string): Promise<Guild | null>;
  /** All but threads, with the overwrites of their permissions. */
  channels(guildId: string): Promise<RESTGetAPIGuildChannelsResult>;
  /** Threads that are not archived and that Docent can see. */
  threads(guildId: string): Promise<APIChannel[]>;
  /** Any channel, threads and direct messages too. */
  channel(channelId: string): Promise<APIChannel | null>;
  member(guildId: string, userId: string): Promise<APIGuildMember | null>;
  /** Humans alone. Null also where there are many, or Docent lacks the Server Members intent. */
  threadPeople(threadId: string): Promise<Person[] | null>;
  isInThread(threadId: string, userId: string): Promise<boolean>;
  /** Call when something of it has changed; whom it concerns is not always said. Without a guild: everything. */
  forget(what: { guildId?: string | undefined; channelId?: string | undefined }): void;
  forgetMember(guildId: string, userId: string): void;
}

export function createWorld({ rest }: Pick<Discord, "rest">): World {
  const guilds = remember<Guild | null>(GUILDS_MAX);
  const channelsOf = remember<RESTGetAPIGuildChannelsResult>(GUILDS_MAX);
  const threadsOf = remember<APIChannel[]>(GUILDS_MAX);
  const channels = remember<APIChannel | null>(CHANNELS_MAX);
  const members = remember<APIGuildMember | null>(MEMBERS_MAX);
  const threadPeople = remember<Person[] | null>(CHANNELS_MAX);
  const inThreads = remember<boolean>(MEMBERS_MAX);
  const ask = <T>(route: `/${string}`) => there(rest.get(route) as Promise<T>);
  return {
    guild: (guildId) => guilds.get(guildId, () => ask<Guild>(Routes.guild(guildId))),
    channels: (guildId) =>
      channelsOf.get(guildId, async () => {
        const route = Routes.guildChannels(guildId);
        return (await ask<RESTGetAPIGuildChannelsResult>(route)) ?? [];
      }),
    threads: (guildId) =>
      threadsOf.get(guildId, async () => {
        const route = Routes.guildActiveThreads(guildId);
        return (await ask<RESTGetAPIGuildThreadsResult>(route))?.threads ?? [];
      }),
    channel: (channelId) =>
      channels.get(channelId, () => ask<APIChannel>(Routes.channel(channelId))),
    member: (guildId, userId) =>
      members.get(`${guildId} ${userId}`, () =>
        ask<APIGuildMember>(Routes.guildMember(guildId, userId)),
      ),
    threadPeople: (threadId) =>
      threadPeople.get(threadId, () => there(peopleOfThread(rest, threadId))),
    isInThread: (threadId, userId) =>
      inThreads.get(`${threadId} ${userId}`, async () => {
        return (await ask(Routes.threadMembers(threadId, userId))) !== null;
      }),
    forget: ({ guildId, channelId }) => {
      for (const memory of [guilds, channelsOf, threadsOf]) memory.forget(guildId);
      channels.forget(channelId);
      for (const memory of [members, threadPeople, inThreads]) memory.forget();
    },
    forgetMember: (guildId, userId) => members.forget(`${guildId} ${userId}`),
  };
}

function remember<T>(entriesMax: number) {
  return createMemory<T>({ keptMs: KEPT_MS, entriesMax });
}

async function peopleOfThread(rest: REST, threadId: string): Promise<Person[] | null> {
  const query = new URLSearchParams({ with_member: "true", limit: `${THREAD_MEMBERS_MAX}` });
  try {
    const route = Routes.threadMembers(threadId);
    const listed = (await rest.get(route, { query })) as RESTGetAPIChannelThreadMembersResult;
    const told = listed.flatMap(({ user_id: userId, member }) =>
      userId && member ? { userId, roles: member.roles, isBot: member.user.bot ?? false } : [],
    );
    const isAll = told.length === listed.length && listed.length < THREAD_MEMBERS_MAX;
    return isAll ? told.filter(({ isBot }) => !isBot) : null;
  } catch (error) {
    // Without the intent the list is not for us.
    if (error instanceof DiscordAPIError && error.status === FORBIDDEN) return null;
    throw error;
  }
}

async function there<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (isGone(error)) return null;
    throw failure(error);
  }
}
