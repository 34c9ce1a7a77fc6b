import { setTimeout as sleep } from "node:timers/promises";
import type { Gap } from "../../../src/chat.ts";
import { ConfigError, ServiceError } from "../../../src/errors.ts";
import type { Incoming } from "../../../src/events.ts";
import { failure, type Slack } from "../client.ts";
import { fromHistory } from "../events/messages.ts";
import { isDirect, keyOf, placeOf } from "../place.ts";

/** Slack takes fifty calls of history a minute: live questions need some of them. */
const PACE_MS = 1_500;
const TRIES_MAX = 4;
const RETRY_AFTER_MAX_MS = 60_000;
/** What was on its way when the connection was lost, and a clock that is not quite Slack's. */
const MARGIN_MS = 60_000;
/** In so short a time Slack gives nothing up: what was not acknowledged it delivers again. */
const SHORT_GAP_MS = 60_000;
const DAYS_MAX = 14;
const DAY_MS = 86_400_000;
const PAGE = 200;
const CHANNEL_PAGES_MAX = 10;
const MESSAGE_PAGES_MAX = 10;
const THREADS_MAX = 1_000;
const TYPES = "public_channel,private_channel,mpim,im";

export interface ReadBackDeps {
  /** Resolves once it is stored; the same event twice is one. */
  accept(event: Incoming): Promise<void>;
  /** Least time between two calls; shorter in tests. */
  paceMs?: number | undefined;
}

export interface Counts {
  channels: number;
  messages: number;
  /** Channels and threads that Slack does not give. */
  refused: number;
  /** Lists that are longer than we read. */
  cut: number;
  /** Channels that Docent is in no more. */
  gone: number;
}

interface Reading {
  slack: Slack;
  /** Slack's timestamp after which everything is read. */
  oldest: string;
  paceMs: number;
  signal: AbortSignal;
  counts: Counts;
}

/** A message as Slack lists it: without its channel. */
interface Listed {
  ts?: string;
  latest_reply?: string;
}

/**
 * Hands in all messages of the conversations that Docent is in since the gap began, oldest first in each; and
 * before them which of the known channels it is in no more.
 * @throws {ServiceError} when Slack failed, which may be tried again
 */
export async function readBack(
  { accept, paceMs = PACE_MS }: ReadBackDeps,
  slack: Slack,
  gap: Gap,
  signal: AbortSignal,
): Promise<Counts> {
  const self = await slack.identity();
  const sinceMs = Math.max(gap.sinceMs - MARGIN_MS, Date.now() - DAYS_MAX * DAY_MS);
  const counts: Counts = { channels: 0, messages: 0, refused: 0, cut: 0, gone: 0 };
  const oldest = (sinceMs / 1_000).toFixed(6);
  const reading: Reading = { slack, oldest, paceMs, signal, counts };
  const listed = await conversations(reading);
  for (const event of unlisted(reading, self.teamId, gap, listed)) {
    signal.throwIfAborted();
    await accept(event);
    counts.gone += 1;
  }
  // Each thread costs a call of the few that Slack takes, which a connection made anew is not worth.
  const wanted = Date.now() - gap.sinceMs < SHORT_GAP_MS ? [] : gap.threads;
  for (const channelId of listed) {
    const threads = wanted.filter((thread) => thread.channelId === channelId);
    const threadIds = threads.flatMap(({ threadId }) => threadId ?? []);
    const where = { workspaceId: self.teamId, channelId };
    for (const message of await messagesOf(reading, channelId, threadIds)) {
      for (const event of fromHistory(where, message, self)) {
        signal.throwIfAborted();
        await accept(event);
      }
      counts.messages += 1;
    }
    counts.channels += 1;
  }
  return counts;
}

/** None where the list is not whole. A direct message ends for nobody, and may not be listed while it is closed. */
function unlisted({ counts }: Reading, teamId: string, gap: Gap, listed: string[]): Incoming[] {
  if (counts.cut > 0) return [];
  const within = new Set(listed);
  const gone = gap.channels.filter((channelId) => !(within.has(channelId) || isDirect(channelId)));
  return gone.map((channelId) => ({
    kind: "channel_gone",
    key: keyOf(teamId, channelId, "unheard", String(gap.sinceMs)),
    place: placeOf(teamId, channelId, null),
    userId: "",
  }));
}

async function conversations(reading: Reading): Promise<string[]> {
  const list = { types: TYPES, exclude_archived: true, limit: PAGE };
  const channels = await all(reading, CHANNEL_PAGES_MAX, async (at) => {
    const page = await reading.slack.read.users.conversations({ ...list, ...at });
    return { items: page.channels ?? [], next: page.response_metadata?.next_cursor };
  });
  return channels.flatMap(({ id }) => id ?? []);
}

/** Slack's history of a channel leaves out what is written in threads. */
async function messagesOf(
  reading: Reading,
  channel: string,
  threadIds: string[],
): Promise<Listed[]> {
  const { slack, oldest } = reading;
  const since = { channel, oldest, inclusive: false, limit: PAGE };
  const listed: Listed[] = await given(reading, async (at) => {
    const page = await slack.read.conversations.history({ ...since, ...at });
    return { items: page.messages ?? [], next: page.response_metadata?.next_cursor };
  });
  const answered = listed.filter(({ latest_reply = "" }) => latest_reply > oldest);
  const threads = [...new Set([...threadIds, ...answered.map(({ ts = "" }) => ts)])];
  if (threads.length > THREADS_MAX) reading.counts.cut += 1;
  for (const ts of threads.slice(0, THREADS_MAX)) {
    const replies = await given(reading, async (at) => {
      const page = await slack.read.conversations.replies({ ...since, ts, ...at });
      return { items: page.messages ?? [], next: page.response_metadata?.next_cursor };
    });
    listed.push(...replies);
  }
  // A thread comes with its first message, however old.
  const missed = listed.filter(({ ts = "" }) => ts > oldest);
  const byTs = new Map(missed.map((message) => [message.ts ?? "", message]));
  return [...byTs].sort(([one], [two]) => (one < two ? -1 : 1)).map(([, message]) => message);
}

interface Page<T> {
  items: T[];
  next: string | undefined;
}

type Load<T> = (at: { cursor?: string }) => Promise<Page<T>>;

/** What Slack gives of a channel or thread; nothing where it is gone, or not for us. */
async function given<T>(reading: Reading, load: Load<T>): Promise<T[]> {
  try {
    return await all(reading, MESSAGE_PAGES_MAX, load);
  } catch (error) {
    const isFinal =
      error instanceof ConfigError || (error instanceof ServiceError && !error.retryable);
    if (!isFinal) throw error;
    reading.counts.refused += 1;
    return [];
  }
}

async function all<T>(reading: Reading, pagesMax: number, load: Load<T>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let count = 0; count < pagesMax; count += 1) {
    const at = cursor ? { cursor } : {};
    const page = await patiently(reading, () => load(at));
    items.push(...page.items);
    cursor = page.next;
    if (!cursor) return items;
  }
  reading.counts.cut += 1;
  return items;
}

async function patiently<T>({ paceMs, signal }: Reading, call: () => Promise<T>): Promise<T> {
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
