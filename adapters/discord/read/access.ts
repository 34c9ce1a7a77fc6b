import {
  type APIChannel,
  type APIGuildChannel,
  type APIThreadChannel,
  ChannelType,
  PermissionFlagsBits as Right,
} from "discord.js";
import type { Adapter, Readers, Standing } from "../../../src/chat.ts";
import { ServiceError } from "../../../src/errors.ts";
import type { Place } from "../../../src/events.ts";
import { createMemory } from "../../shared/memory.ts";
import { type Discord, failure, reasonOf } from "../client.ts";
import { directChannel } from "../direct.ts";
import { isDirect, isThread } from "../place.ts";
import { doorOf, type Facts, holdsMessages, type PrivateThread, readersIn } from "./audience.ts";
import { type Gate, gateOf, isAdmin, isModerator, type Person, realmOf } from "./permissions.ts";
import { type Known, letsIn } from "./readers.ts";
import type { World } from "./world.ts";

/** Where more people have overwrites of their own, nobody is asked after: they could have any role. */
const PEOPLE_ASKED_MAX = 25;
/** A thread with more people is taken to be read by all who see the channel that it hangs on. */
const THREAD_PEOPLE_MAX = 30;
/** More private threads than this are not looked into for one person. */
const THREADS_ASKED_MAX = 100;
/** The channel of direct messages with somebody stays the same. */
const DIRECT_KEPT_MS = 24 * 3_600_000;
const DIRECT_MAX = 5_000;

export type Access = Pick<Adapter, "readers" | "readable" | "standing" | "forget">;

const UNKNOWN: Readers = {
  visibility: "private",
  channelName: null,
  outsiders: null,
  alsoReadable: [],
};
const DIRECT: Readers = { ...UNKNOWN, visibility: "direct", outsiders: false };

interface Deps {
  world: World;
  discord: Pick<Discord, "rest" | "log">;
  /** The channel of direct messages with somebody. */
  directWith(userId: string): Promise<string>;
}

export function createAccess(world: World, discord: Deps["discord"]): Access {
  const direct = createMemory<string>({ keptMs: DIRECT_KEPT_MS, entriesMax: DIRECT_MAX });
  const directWith = (userId: string) => direct.get(userId, () => directChannel(discord, userId));
  const deps = { world, discord, directWith };
  return {
    readers: (place) => readersNow(deps, place),
    readable: (guildId, userId) => readableNow(deps, guildId, userId),
    standing: (place, userId) => standingNow(world, place, userId),
    forget: ({ workspaceId, channelId }) => world.forget({ guildId: workspaceId, channelId }),
  };
}

async function readersNow(deps: Deps, { workspaceId, channelId }: Place): Promise<Readers> {
  const facts = await factsOf(deps.world, workspaceId);
  const found = await find(deps.world, facts, channelId);
  if (found === "direct") return DIRECT;
  if (!(facts && found)) return UNKNOWN;
  const { home, thread } = found;
  const known = await knownOf(deps, facts, home);
  const isPrivate = thread?.type === ChannelType.PrivateThread;
  const within = isPrivate ? await withPeople(deps, thread) : undefined;
  return readersIn({ ...facts, known }, home, within);
}

async function factsOf(world: World, guildId: string): Promise<Facts | null> {
  const [guild, channels] = await Promise.all([world.guild(guildId), world.channels(guildId)]);
  return guild && { guildId, realm: realmOf(guild), channels, known: new Map() };
}

interface Found {
  /** Whose overwrites hold: a thread has none of its own. */
  home: APIGuildChannel;
  thread: APIThreadChannel | null;
}

/** Null: gone, hidden, or not of this guild. */
async function find(
  world: World,
  facts: Facts | null,
  channelId: string,
): Promise<Found | "direct" | null> {
  const listed = facts?.channels.find(({ id }) => id === channelId);
  if (listed) return { home: listed, thread: null };
  const channel = await world.channel(channelId);
  if (!channel) return null;
  if (isDirect(channel)) return "direct";
  if (!("guild_id" in channel) || channel.guild_id !== facts?.guildId) return null;
  // A channel may be newer than the list.
  if (!isThreadChannel(channel)) return { home: channel, thread: null };
  const home = facts.channels.find(({ id }) => id === channel.parent_id);
  return home ? { home, thread: channel } : null;
}

function isThreadChannel(channel: APIChannel): channel is APIThreadChannel & APIChannel {
  return isThread(channel);
}

/** What people are of whom a channel says something, as far as Discord tells. */
async function knownOf(
  { world, discord }: Deps,
  { guildId }: Facts,
  { permission_overwrites }: APIGuildChannel,
): Promise<Known> {
  const { people } = gateOf(guildId, permission_overwrites);
  const known = new Map<string, readonly string[] | null>();
  if (people.size > PEOPLE_ASKED_MAX) return known;
  const ask = async (userId: string) => {
    const member = await kindly(discord, () => world.member(guildId, userId));
    if (member !== undefined) known.set(userId, member && !member.user.bot ? member.roles : null);
  };
  await Promise.all([...people.keys()].map(ask));
  return known;
}

async function withPeople(
  { world, discord }: Deps,
  { id, name }: APIThreadChannel,
): Promise<PrivateThread> {
  const people = await kindly(discord, () => world.threadPeople(id));
  const isFew = people && people.length <= THREAD_PEOPLE_MAX;
  return { name, people: isFew ? people : null };
}

async function readableNow(deps: Deps, guildId: string, userId: string): Promise<string[]> {
  const { world, discord, directWith } = deps;
  // Of the roles that people lose Discord tells only with an intent that we don't ask for.
  world.forgetMember(guildId, userId);
  const facts = await factsOf(world, guildId);
  const member = facts && (await world.member(guildId, userId));
  if (!member || member.user.bot) return [];
  const person = { userId, roles: member.roles };
  const open = facts.channels.filter(
    (one) => holdsMessages(one) && letsIn(facts.realm, doorOf(facts, one), person),
  );
  const [threads, direct] = await Promise.all([
    threadsOf(deps, { ...facts, channels: open }, person),
    kindly(discord, () => directWith(userId)),
  ]);
  return [...open.map(({ id }) => id), ...threads, ...(direct ? [direct] : [])];
}

/** Private threads of these channels, but archived ones: those that somebody is in, or sees as a moderator. */
async function threadsOf(
  { world, discord }: Deps,
  { guildId, realm, channels }: Facts,
  person: Person,
): Promise<string[]> {
  const gates = new Map(
    channels.map((one): [string, Gate] => [one.id, gateOf(guildId, one.permission_overwrites)]),
  );
  const threads = (await world.threads(guildId)).flatMap((thread) => {
    const gate = isThreadChannel(thread) && gates.get(thread.parent_id ?? "");
    return gate && thread.type === ChannelType.PrivateThread ? { id: thread.id, gate } : [];
  });
  const asked = threads.slice(0, THREADS_ASKED_MAX);
  const open = await Promise.all(
    asked.map(async ({ id, gate }) => {
      if (letsIn(realm, { gate, needs: Right.ManageThreads }, person)) return id;
      return (await kindly(discord, () => world.isInThread(id, person.userId))) ? id : null;
    }),
  );
  return open.filter((id) => id !== null);
}

async function standingNow(world: World, place: Place, userId: string): Promise<Standing> {
  const { workspaceId: guildId, channelId } = place;
  const guild = await world.guild(guildId);
  const known = guild && (await world.member(guildId, userId));
  if (!known) return { admin: false, moderator: false, roles: [] };
  const realm = realmOf(guild);
  const member = { ...known, userId };
  const found = await find(world, await factsOf(world, guildId), channelId);
  const home = found === "direct" ? null : found?.home;
  const gate = gateOf(guildId, home?.permission_overwrites);
  const roles = guild.roles.filter(({ id }) => known.roles.includes(id));
  const joinedMs = Date.parse(known.joined_at ?? "");
  return {
    admin: isAdmin(realm, member, Date.now()),
    moderator: home ? isModerator(realm, { type: home.type, gate }, member, Date.now()) : false,
    roles: roles.map(({ id, name }) => ({ id, name })),
    memberSinceMs: Number.isNaN(joinedMs) ? null : joinedMs,
  };
}

/** What Discord does not say is not known, and so counts as no. */
async function kindly<T>({ log }: Deps["discord"], ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(failure(error) instanceof ServiceError)) throw error;
    log.info({ reason: reasonOf(error) }, "Discord does not say all of who can read what");
    return undefined;
  }
}
