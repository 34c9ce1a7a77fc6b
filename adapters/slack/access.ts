import type { ConversationsInfoResponse } from "@slack/web-api";
import type { Readers, Standing } from "../../src/chat.ts";
import type { Place } from "../../src/events.ts";
import { createMemory } from "../shared/memory.ts";
import { errorCode, failure, reasonOf, type Slack } from "./client.ts";

const KEPT_MS = 3 * 60_000;
const ENTRIES_MAX = 2_000;
const PAGE = 1_000;
// A workspace or channel of more people than this is not looked through: its readers count as not known.
const PAGES_MAX = 5;
const TYPES = "public_channel,private_channel,mpim,im";

type Channel = NonNullable<ConversationsInfoResponse["channel"]>;
type User = { deleted?: boolean; is_restricted?: boolean; is_ultra_restricted?: boolean };

export interface Access {
  readers(place: Place): Promise<Readers>;
  readable(userId: string): Promise<string[]>;
  standing(userId: string): Promise<Standing>;
  /** Call when who can read this channel has changed. */
  forget(channelId: string): void;
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
  const guests = createMemory<Set<string> | null>({ keptMs: KEPT_MS, entriesMax: 1 });
  const guestsNow = () => guests.get("", () => guestsOf(slack));
  return {
    readers: ({ channelId }) =>
      readersOf.get(channelId, () => readersNow(slack, channelId, guestsNow)),
    readable: (userId) => readableBy.get(userId, () => readableNow(slack, userId)),
    standing: (userId) => standingNow(slack, userId),
    forget: (channelId) => {
      readersOf.forget(channelId);
      // Who has joined may be a guest of today.
      guests.forget();
      // Whom it concerns is not always said.
      readableBy.forget();
    },
  };
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

type Guests = () => Promise<Set<string> | null>;

async function readersNow(slack: Slack, channelId: string, guests: Guests): Promise<Readers> {
  const channel = await channelOf(slack, channelId);
  if (!channel) return UNKNOWN;
  const outsiders = await outsidersIn(slack, channel, channelId, guests);
  // A group's name is made of its people's names, and nobody uses it.
  const channelName = channel.is_im || channel.is_mpim ? null : (channel.name ?? null);
  return { visibility: visibilityOf(channel), channelName, outsiders, alsoReadable: [] };
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
  guestsNow: Guests,
): Promise<boolean | null> {
  if (channel.is_ext_shared || channel.is_pending_ext_shared || channel.is_org_shared) return true;
  try {
    const guests = await guestsNow();
    if (guests === null) return null;
    if (guests.size === 0) return false;
    const members = await membersOf(slack, channelId);
    return members === null ? null : members.some((member) => guests.has(member));
  } catch (error) {
    slack.log.warn(
      { channelId, reason: reasonOf(error) },
      "Slack does not say who reads a channel",
    );
    return null;
  }
}

/** Ids of the workspace's guests; null when there are too many people to look through. */
async function guestsOf(slack: Slack): Promise<Set<string> | null> {
  const users = await pages(async (cursor) => {
    const page = await slack.read.users.list({ limit: PAGE, ...cursor });
    return { items: page.members ?? [], next: page.response_metadata?.next_cursor };
  });
  return users && new Set(users.filter(isGuest).map((user) => user.id ?? ""));
}

function isGuest(user: User & { is_stranger?: boolean }): boolean {
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
  });
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

/** All items of all pages; null when there are more than PAGES_MAX. */
async function pages<T>(load: (at: { cursor?: string }) => Promise<Page<T>>): Promise<T[] | null> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let count = 0; count < PAGES_MAX; count += 1) {
    const page = await load(cursor ? { cursor } : {});
    items.push(...page.items);
    cursor = page.next;
    if (!cursor) return items;
  }
  return null;
}
