import type { ConversationsInfoResponse } from "@slack/web-api";
import type { Readers, Standing } from "../../../src/chat.ts";
import type { People } from "../../../src/directory.ts";
import type { Place } from "../../../src/events.ts";
import { createMemory } from "../../shared/memory.ts";
import { errorCode, failure, reasonOf, type Slack } from "../client.ts";
import { conversationsOf, kindOf } from "./directory.ts";
import { pages } from "./pages.ts";

const KEPT_MS = 3 * 60_000;
const ENTRIES_MAX = 2_000;
const PAGE = 1_000;
// The members of a channel of more people are not listed: it counts where the outsiders were when they were asked about.
const MEMBER_PAGES_MAX = 5;

type Channel = NonNullable<ConversationsInfoResponse["channel"]>;

export interface Access {
  readers(place: Place): Promise<Readers>;
  readable(userId: string): Promise<string[]>;
  standing(userId: string): Promise<Standing>;
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

export function createAccess(slack: Slack, people: People): Access {
  const readersOf = createMemory<Readers>({ keptMs: KEPT_MS, entriesMax: ENTRIES_MAX });
  const readableBy = createMemory<string[]>({ keptMs: KEPT_MS, entriesMax: ENTRIES_MAX });
  return {
    readers: (place) => readersOf.get(place.channelId, () => readersNow(slack, place, people)),
    readable: (userId) => readableBy.get(userId, () => readableNow(slack, userId)),
    standing: (userId) => standingNow(slack, userId),
    forget: (channelId) => {
      readersOf.forget(channelId);
      // Whom it concerns is not always said.
      readableBy.forget();
    },
    forgetPeople: () => {
      readersOf.forget();
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

async function readersNow(slack: Slack, place: Place, people: People): Promise<Readers> {
  const channel = await channelOf(slack, place.channelId);
  if (!channel) return UNKNOWN;
  const external = isExternal(channel);
  // The people of other workspaces can't be told from here.
  const outsiders = external || (await outsidersIn(slack, place, people));
  // A group's name is made of its people's names, and nobody uses it.
  const channelName = channel.is_im || channel.is_mpim ? null : (channel.name ?? null);
  return { visibility: visibilityOf(channel), channelName, outsiders, external, alsoReadable: [] };
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

/** Null: not known. */
async function outsidersIn(
  slack: Slack,
  { workspaceId, channelId }: Place,
  people: People,
): Promise<boolean | null> {
  const any = await people.outsiders(workspaceId, "all");
  if (any !== true) return any;
  let members: string[] | null;
  try {
    members = await membersOf(slack, channelId);
  } catch (error) {
    const reason = reasonOf(error);
    slack.log.warn({ channelId, reason }, "Slack does not say who reads a channel");
    return null;
  }
  return await people.outsiders(workspaceId, members ? { userIds: members } : { channelId });
}

function isExternal(channel: Channel): boolean {
  return Boolean(channel.is_ext_shared || channel.is_pending_ext_shared || channel.is_org_shared);
}

/** Null: there are too many to list. */
async function membersOf(slack: Slack, channelId: string): Promise<string[] | null> {
  const list = { channel: channelId, limit: PAGE };
  return await pages(async (cursor) => {
    const page = await slack.read.conversations.members({ ...list, ...cursor });
    return { items: page.members ?? [], next: page.response_metadata?.next_cursor };
  }, MEMBER_PAGES_MAX);
}

/** A person's own conversations with the bot in them; for full members the public channels too. */
async function readableNow(slack: Slack, userId: string): Promise<string[]> {
  try {
    const { user } = await slack.read.users.info({ user: userId });
    if (!user || user.deleted) return [];
    const own = (await conversationsOf(slack.read, userId)) ?? [];
    const { teamId } = await slack.identity();
    const isMember = kindOf(user) === null && user.team_id === teamId;
    const open = isMember ? await publicChannels(slack) : [];
    return [...new Set([...own, ...open])];
  } catch (error) {
    if (errorCode(error) === "user_not_found") return [];
    throw failure(error);
  }
}

async function publicChannels(slack: Slack): Promise<string[]> {
  const found = await pages(async (cursor) => {
    const list = { types: "public_channel", limit: PAGE };
    const page = await slack.read.conversations.list({ ...list, ...cursor });
    return { items: page.channels ?? [], next: page.response_metadata?.next_cursor };
  });
  return (found ?? []).flatMap((channel) => channel.id ?? []);
}
