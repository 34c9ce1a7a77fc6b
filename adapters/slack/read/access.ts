import type { ConversationsInfoResponse } from "@slack/web-api";
import type { Readers, Standing } from "../../../src/chat.ts";
import type { Place } from "../../../src/events.ts";
import { createMemory } from "../../shared/memory.ts";
import { errorCode, failure, reasonOf, type Slack } from "../client.ts";
import type { Person } from "../events/payloads.ts";

const KEPT_MS = 3 * 60_000;
const ENTRIES_MAX = 2_000;
// People seldom become guests, and a gateway hears of it.
const GUESTS_KEPT_MS = 15 * 60_000;
const PAGE = 1_000;
// A workspace of more people is not looked through: whether guests read along counts as not known.
const PEOPLE_PAGES_MAX = 100;
// In a channel of more people it is the guests who are asked where they are.
const MEMBER_PAGES_MAX = 5;
const GUESTS_ASKED_MAX = 500;
const GUESTS_AT_ONCE = 5;
const PAGES_MAX = 20;
const TYPES = "public_channel,private_channel,mpim,im";

type Channel = NonNullable<ConversationsInfoResponse["channel"]>;
type User = Pick<Person, "is_restricted" | "is_ultra_restricted" | "is_stranger">;

export interface Access {
  readers(place: Place): Promise<Readers>;
  readable(userId: string): Promise<string[]>;
  standing(userId: string): Promise<Standing>;
  /** The guests that Slack has told of so far. */
  guestsKnown: Set<string>;
  /** Call when who can read this channel has changed. */
  forget(channelId: string): void;
  /** Call when somebody has become a guest, or is one no more. */
  forgetPeople(): void;
}

const UNKNOWN: Readers = {
  visibility: "private",
  channelName: null,
  outsiders: null,
  alsoReadable: [],
};

export function createAccess(slack: Slack): Access {
  const readersOf = createMemory<Readers>({ keptMs: KEPT_MS, entriesMax: ENTRIES_MAX });
  const readableBy = createMemory<string[]>({ keptMs: KEPT_MS, entriesMax: ENTRIES_MAX });
  const guests = createMemory<Set<string> | null>({ keptMs: GUESTS_KEPT_MS, entriesMax: 1 });
  const guestIn = createMemory<string[]>({ keptMs: GUESTS_KEPT_MS, entriesMax: GUESTS_ASKED_MAX });
  const guestsKnown = new Set<string>();
  const guestsNow = async () => {
    const listed = await guestsOf(slack);
    if (listed) guestsKnown.clear();
    for (const id of listed ?? []) guestsKnown.add(id);
    return listed;
  };
  const directory: Directory = {
    guests: () => guests.get("", guestsNow),
    channelsOf: (guest) => guestIn.get(guest, () => conversationsOf(slack, guest)),
  };
  return {
    readers: ({ channelId }) =>
      readersOf.get(channelId, () => readersNow(slack, channelId, directory)),
    readable: (userId) => readableBy.get(userId, () => readableNow(slack, userId)),
    standing: (userId) => standingNow(slack, userId),
    guestsKnown,
    forget: (channelId) => {
      readersOf.forget(channelId);
      // Whom it concerns is not always said. Who is a guest stays: the list of all people is long.
      for (const memory of [readableBy, guestIn]) memory.forget();
    },
    forgetPeople: () => {
      for (const memory of [readersOf, readableBy, guests, guestIn]) memory.forget();
    },
  };
}

/** The workspace's guests and people from elsewhere. */
interface Directory {
  /** Null: there are too many people to tell. */
  guests(): Promise<Set<string> | null>;
  channelsOf(guest: string): Promise<string[]>;
}

/** Slack knows no moderators of a channel; its owners and admins are the workspace's. */
async function standingNow(slack: Slack, userId: string): Promise<Standing> {
  try {
    const { user } = await slack.read.users.info({ user: userId });
    return { admin: Boolean(user?.is_admin || user?.is_owner), moderator: false };
  } catch (error) {
    throw failure(error);
  }
}

async function readersNow(slack: Slack, channelId: string, directory: Directory): Promise<Readers> {
  const channel = await channelOf(slack, channelId);
  if (!channel) return UNKNOWN;
  const outsiders = await outsidersIn(slack, channel, channelId, directory);
  // A group's name is made of its people's names, and nobody uses it.
  const channelName = channel.is_im || channel.is_mpim ? null : (channel.name ?? null);
  const visibility = visibilityOf(channel);
  return { visibility, channelName, outsiders, external: isExternal(channel), alsoReadable: [] };
}

async function channelOf(slack: Slack, channelId: string): Promise<Channel | null> {
  try {
    const { channel } = await slack.read.conversations.info({ channel: channelId });
    return channel ?? null;
  } catch (error) {
    if (errorCode(error) === "channel_not_found") return null;
    throw failure(error);
  }
}

function visibilityOf(channel: Channel): Readers["visibility"] {
  if (channel.is_im) return "direct";
  return channel.is_private || channel.is_mpim ? "private" : "public";
}

/** True as well for a channel shared with other workspaces, whose people can't be told from here. */
async function outsidersIn(
  slack: Slack,
  channel: Channel,
  channelId: string,
  directory: Directory,
): Promise<boolean | null> {
  if (isExternal(channel)) return true;
  try {
    const guests = await directory.guests();
    if (guests === null || guests.size === 0) return guests && false;
    const members = await membersOf(slack, channelId);
    if (members) return members.some((member) => guests.has(member));
    return await isAnyIn(channelId, [...guests], directory);
  } catch (error) {
    slack.log.warn(
      { channelId, reason: reasonOf(error) },
      "Slack does not say who reads a channel",
    );
    return null;
  }
}

function isExternal(channel: Channel): boolean {
  return Boolean(channel.is_ext_shared || channel.is_pending_ext_shared || channel.is_org_shared);
}

/** Is one of these guests in the channel? Null: there are too many to ask. */
async function isAnyIn(
  channelId: string,
  guests: readonly string[],
  { channelsOf }: Directory,
): Promise<boolean | null> {
  if (guests.length > GUESTS_ASKED_MAX) return null;
  for (let next = 0; next < guests.length; next += GUESTS_AT_ONCE) {
    const some = guests.slice(next, next + GUESTS_AT_ONCE);
    const channels = await Promise.all(some.map(channelsOf));
    if (channels.some((ids) => ids.includes(channelId))) return true;
  }
  return false;
}

/** Ids of the workspace's guests; null when there are too many people to look through. */
async function guestsOf(slack: Slack): Promise<Set<string> | null> {
  const users = await pages(async (cursor) => {
    const page = await slack.read.users.list({ limit: PAGE, ...cursor });
    return { items: page.members ?? [], next: page.response_metadata?.next_cursor };
  }, PEOPLE_PAGES_MAX);
  return users && new Set(users.filter(isGuest).map((user) => user.id ?? ""));
}

export function isGuest(user: User): boolean {
  return Boolean(user.is_restricted || user.is_ultra_restricted || user.is_stranger);
}

async function membersOf(slack: Slack, channelId: string): Promise<string[] | null> {
  return await pages(async (cursor) => {
    const page = await slack.read.conversations.members({
      channel: channelId,
      limit: PAGE,
      ...cursor,
    });
    return { items: page.members ?? [], next: page.response_metadata?.next_cursor };
  }, MEMBER_PAGES_MAX);
}

/** A person's own conversations with the bot in them; for full members the public channels too. */
async function readableNow(slack: Slack, userId: string): Promise<string[]> {
  try {
    const { user } = await slack.read.users.info({ user: userId });
    if (!user || user.deleted) return [];
    const own = await conversationsOf(slack, userId);
    const { teamId } = await slack.identity();
    const isMember = !isGuest(user) && user.team_id === teamId;
    const open = isMember ? await publicChannels(slack) : [];
    return [...new Set([...own, ...open])];
  } catch (error) {
    if (errorCode(error) === "user_not_found") return [];
    throw failure(error);
  }
}

async function conversationsOf(slack: Slack, userId: string): Promise<string[]> {
  const list = { user: userId, types: TYPES, limit: PAGE };
  const own = await pages(async (cursor) => {
    const page = await slack.read.users.conversations({ ...list, ...cursor });
    return { items: page.channels ?? [], next: page.response_metadata?.next_cursor };
  });
  return (own ?? []).flatMap((channel) => channel.id ?? []);
}

async function publicChannels(slack: Slack): Promise<string[]> {
  const found = await pages(async (cursor) => {
    const list = { types: "public_channel", limit: PAGE };
    const page = await slack.read.conversations.list({ ...list, ...cursor });
    return { items: page.channels ?? [], next: page.response_metadata?.next_cursor };
  });
  return (found ?? []).flatMap((channel) => channel.id ?? []);
}

type Page<T> = { items: T[]; next: string | undefined };

/** All items of all pages; null when there are more than `pagesMax`. */
async function pages<T>(
  load: (at: { cursor?: string }) => Promise<Page<T>>,
  pagesMax = PAGES_MAX,
): Promise<T[] | null> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let count = 0; count < pagesMax; count += 1) {
    const page = await load(cursor ? { cursor } : {});
    items.push(...page.items);
    cursor = page.next;
    if (!cursor) return items;
  }
  return null;
}
