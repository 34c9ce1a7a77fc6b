import type { Gap } from "../../../src/chat.ts";
import { ConfigError, ServiceError } from "../../../src/errors.ts";
import type { Incoming } from "../../../src/events.ts";
import { failure, type Slack } from "../client.ts";
import { fromHistory } from "../events/messages.ts";
import { unlessAborted } from "../in-time.ts";
import { isDirect, keyOf, placeOf } from "../place.ts";
import { type DueThread, dueThreads, type Round } from "./due-threads.ts";

const TRIES_MAX = 4;
const RETRY_MS = 1_000;
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
}

export interface ToRead extends Gap {
  /** Null: there was a gap, of which all is read. */
  round: Round | null;
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
  { accept }: ReadBackDeps,
  slack: Slack,
  gap: ToRead,
  signal: AbortSignal,
): Promise<Counts> {
  const self = await slack.identity();
  const sinceMs = Math.max(gap.sinceMs - MARGIN_MS, Date.now() - DAYS_MAX * DAY_MS);
  const counts: Counts = { channels: 0, messages: 0, refused: 0, cut: 0, gone: 0 };
  const reading: Reading = { slack, oldest: stampOf(sinceMs), signal, counts };
  const listed = await conversations(reading);
  for (const event of unlisted(reading, self.teamId, gap, listed)) {
    signal.throwIfAborted();
    await accept(event);
    counts.gone += 1;
  }
  // Each thread costs a call of the few that Slack takes, which a connection made anew is not worth.
  const isShort = Date.now() - gap.sinceMs < SHORT_GAP_MS;
  const due = isShort ? [] : dueThreads(gap.threads, sinceMs, gap.round);
  for (const channelId of listed) {
    const threads = due.filter((thread) => thread.channelId === channelId);
    const where = { workspaceId: self.teamId, channelId };
    for (const message of await messagesOf(reading, channelId, threads)) {
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
    const page = await reading.slack.background.users.conversations({ ...list, ...at });
    return { items: page.channels ?? [], next: page.response_metadata?.next_cursor };
  });
  return channels.flatMap(({ id }) => id ?? []);
}

function stampOf(ms: number): string {
  return (ms / 1_000).toFixed(6);
}

/** Slack's history of a channel leaves out what is written in threads. */
async function messagesOf(
  reading: Reading,
  channel: string,
  threads: DueThread[],
): Promise<Listed[]> {
  const { slack, oldest } = reading;
  const listed = await historyOf(reading, channel, threads.length > 0);
  const missed = listed.filter(({ ts = "" }) => ts > oldest);
  const due = withNews(reading, listed, threads);
  if (due.size > THREADS_MAX) reading.counts.cut += 1;
  for (const [ts, since] of [...due].slice(0, THREADS_MAX)) {
    const thread = { channel, ts, oldest: since, inclusive: false, limit: PAGE };
    const replies = await given<Listed>(reading, async (at) => {
      const page = await slack.background.conversations.replies({ ...thread, ...at });
      return { items: page.messages ?? [], next: page.response_metadata?.next_cursor };
    });
    // A thread comes with its first message, however old.
    missed.push(...replies.filter(({ ts = "" }) => ts > since));
  }
  const byTs = new Map(missed.map((message) => [message.ts ?? "", message]));
  return [...byTs].sort(([one], [two]) => (one < two ? -1 : 1)).map(([, message]) => message);
}

/** @param whole with older messages as far as they come on the same page: they tell of news in their threads */
function historyOf(reading: Reading, channel: string, whole: boolean): Promise<Listed[]> {
  const { slack, oldest } = reading;
  const wanted = { channel, limit: PAGE, ...(!whole && { oldest, inclusive: false }) };
  return given<Listed>(reading, async (at) => {
    const page = await slack.background.conversations.history({ ...wanted, ...at });
    const items = page.messages ?? [];
    const isAll = items.some(({ ts = "" }) => ts <= oldest);
    return { items, next: isAll ? undefined : page.response_metadata?.next_cursor };
  });
}

/** Ids of the threads to read, and from when on: of those that are listed, the ones in which something is new. */
function withNews(
  { oldest }: Reading,
  listed: Listed[],
  threads: DueThread[],
): Map<string, string> {
  const due = new Map(threads.map(({ threadId, sinceMs }) => [threadId, stampOf(sinceMs)]));
  for (const { ts = "", latest_reply = "" } of listed) {
    const since = due.get(ts) ?? oldest;
    if (latest_reply > since) due.set(ts, since);
    else due.delete(ts);
  }
  return due;
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

async function patiently<T>({ slack, signal }: Reading, call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    try {
      return await unlessAborted(call(), signal);
    } catch (error) {
      signal.throwIfAborted();
      const known = failure(error);
      if (!(known instanceof ServiceError && known.retryable) || tries === TRIES_MAX) throw known;
      const waitMs = known.retryAfterMs ?? RETRY_MS * 2 ** tries;
      await slack.turns.clock.sleep(Math.min(waitMs, RETRY_AFTER_MAX_MS), signal);
    }
  }
}
