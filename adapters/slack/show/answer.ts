import { setTimeout as wait } from "node:timers/promises";
import type { types } from "@slack/bolt";
import type { Posts } from "../../../src/chat.ts";
import { split } from "../../shared/split.ts";
import { errorCode, failure } from "../client.ts";
import { smallPrint } from "./clean.ts";
import type { Thread } from "./thread.ts";

/** Of one streamed message: Slack takes 12,000 per call, and 13,200 with the blocks under it. */
const STREAM_CHARS_MAX = 11_000;
/** Slack ends a stream after about five minutes, whatever comes. */
const STREAM_LIFE_MS = 4.5 * 60_000;
const UPDATE_CHARS_MAX = 4_000;
const EDIT_EVERY_MS = 3_000;
const LINE = "\n\n---\n\n";
const STOPPED = smallPrint("Stopped, as asked.");

/** No other way of posting helps against these. */
const HOPELESS = new Set([
  "channel_not_found",
  "is_archived",
  "not_in_channel",
  "restricted_action",
  "restricted_action_read_only_channel",
  "thread_not_found",
]);

/** One answer in a thread, in as many messages as it needs. */
export interface Answer {
  /** False when someone stopped it: nothing more is shown, but that. */
  readonly wanted: boolean;
  /** @throws {ServiceError} @throws {ConfigError} */
  write(text: string): Promise<void>;
  /** Takes back what was written, as far as Slack allows it. */
  restart(note: string): Promise<void>;
  /** @param under what stands below the last message */
  finish(under: types.KnownBlock[]): Promise<void>;
  /** Leaves what is shown as it is. */
  breakOff(): Promise<void>;
}

/** A message that still takes text. */
interface Live {
  id: string;
  text: string;
  startedAtMs: number;
}

/** Messages that are written anew as a whole, once the text is known. */
interface Rewriting {
  ids: readonly string[];
  text: string;
  editedAtMs: number;
  /** Longer text stands above, which can't be taken back. */
  below: boolean;
}

interface State {
  wanted: boolean;
  live: Live | null;
  /** A message of this answer is complete. */
  continued: boolean;
  /** Set for good when streaming is over. */
  rewriting: Rewriting | null;
}

interface Parts {
  thread: Thread;
  posts: Posts;
  state: State;
}

/**
 * What an earlier try posted is written anew; else the answer is streamed.
 * @param settleMs in which another answer that has just begun in this thread has its message stored
 */
export async function createAnswer(
  thread: Thread,
  posts: Posts,
  settleMs: number,
): Promise<Answer> {
  const state: State = { wanted: true, live: null, continued: false, rewriting: null };
  const parts = { thread, posts, state };
  const ids = [...posts.posted, ...(await adoptOrphans(thread, posts, settleMs))];
  if (ids.length > 0) rewrite(parts, { ids, text: "", below: false });
  return {
    get wanted() {
      return state.wanted;
    },
    write: (text) => write(parts, text),
    restart: (note) => restart(parts, note),
    finish: (under) => finish(parts, under),
    breakOff: async () => {
      if (state.live) await thread.stop(state.live.id);
    },
  };
}

/** Messages that an earlier try posted and could not say so: now they are this answer's. */
async function adoptOrphans(thread: Thread, posts: Posts, settleMs: number): Promise<string[]> {
  if (!posts.orphans) return [];
  const own = await thread.own();
  const strange = own.filter((id) => !posts.posted.includes(id));
  if (strange.length === 0) return [];
  await wait(settleMs);
  const orphans = await posts.orphans(strange);
  for (const id of orphans) await posts.onPosted(id);
  return orphans;
}

async function write(parts: Parts, text: string): Promise<void> {
  const { state } = parts;
  if (text === "" || !state.wanted) return;
  if (state.rewriting) {
    state.rewriting.text += text;
    await showProgress(parts.thread, state.rewriting);
  } else await stream(parts, text);
}

async function stream(parts: Parts, text: string): Promise<void> {
  const { state, thread } = parts;
  let rest = text;
  while (rest !== "") {
    if (state.live && isFull(parts, state.live)) await next(parts, state.live);
    const room = STREAM_CHARS_MAX - (state.live?.text.length ?? 0);
    const piece = split(rest, room)[0] ?? "";
    try {
      if (state.live) await thread.append(state.live.id, piece);
      else state.live = await start(parts, piece);
    } catch (error) {
      await fallBack(parts, rest, error);
      return;
    }
    // The whole text is posted at its end, as far as it isn't streamed.
    if (!state.live) return rewrite(parts, { ids: [], text: rest, below: state.continued });
    if (state.live.text === "") await parts.posts.onPosted(state.live.id);
    state.live.text += piece;
    rest = rest.slice(piece.length);
  }
}

async function start({ thread }: Parts, piece: string): Promise<Live | null> {
  const id = await thread.start(piece);
  return id === null ? null : { id, text: "", startedAtMs: thread.nowMs() };
}

function isFull({ thread }: Parts, live: Live): boolean {
  const isLong = live.text.length >= STREAM_CHARS_MAX;
  return isLong || thread.nowMs() - live.startedAtMs > STREAM_LIFE_MS;
}

async function next({ thread, state }: Parts, live: Live): Promise<void> {
  await thread.stop(live.id);
  state.live = null;
  state.continued = true;
}

/** Streaming failed: what is short enough is written anew in its place, else the rest follows in a new message. */
async function fallBack(parts: Parts, rest: string, error: unknown): Promise<void> {
  const { live, continued } = parts.state;
  const code = errorCode(error);
  if (code === "stopped_by_user") {
    parts.state.wanted = false;
    return;
  }
  // Without an answer from Slack the message may be there, and a second one would be one too many.
  const isUnclear = code === undefined && !live;
  const reason = failure(error);
  if (isUnclear) throw reason;
  if (code !== undefined && HOPELESS.has(code)) throw reason;
  if (live && live.text.length + rest.length <= UPDATE_CHARS_MAX) {
    rewrite(parts, { ids: [live.id], text: live.text + rest, below: continued });
    return;
  }
  if (live) await parts.thread.stop(live.id);
  rewrite(parts, { ids: [], text: rest, below: continued || live !== null });
}

function rewrite({ thread, state }: Parts, rewriting: Omit<Rewriting, "editedAtMs">): void {
  state.live = null;
  state.rewriting = { ...rewriting, editedAtMs: thread.nowMs() };
}

async function restart(parts: Parts, note: string): Promise<void> {
  const { state, thread } = parts;
  const { live, continued, rewriting } = state;
  const heading = `_${note}_\n\n`;
  if (rewriting) {
    rewriting.text = rewriting.below ? `${LINE}${heading}` : heading;
    return;
  }
  if (!live && !continued) return;
  if (!live || continued || live.text.length > UPDATE_CHARS_MAX) {
    await write(parts, `${LINE}_${note} What stands above this line does not count._\n\n`);
    return;
  }
  rewrite(parts, { ids: [live.id], text: heading, below: false });
  await edit(thread, live.id, heading);
}

/** The first message is brought up to date now and then, so that nobody looks at an old text for long. */
async function showProgress(thread: Thread, rewriting: Rewriting): Promise<void> {
  const [id] = rewriting.ids;
  if (id === undefined || rewriting.text.length > UPDATE_CHARS_MAX) return;
  if (thread.nowMs() - rewriting.editedAtMs < EDIT_EVERY_MS) return;
  rewriting.editedAtMs = thread.nowMs();
  await thread.refresh(id, rewriting.text);
}

/** Best effort: what can't be edited now is written when the text is complete. */
async function edit(thread: Thread, ...message: Parameters<Thread["update"]>): Promise<void> {
  await thread.update(...message).catch(() => undefined);
}

async function finish(parts: Parts, under: types.KnownBlock[]): Promise<void> {
  const { state, thread } = parts;
  if (!state.wanted) await sayStopped(thread, state.live, under);
  else if (state.rewriting) await settle(parts, state.rewriting, under);
  else if (state.live) await complete(thread, state.live, under);
}

/** Best effort: what is longer stays as it is. */
async function sayStopped(
  thread: Thread,
  live: Live | null,
  under: types.KnownBlock[],
): Promise<void> {
  const text = `${live?.text ?? ""}${STOPPED}`;
  if (live && text.length <= UPDATE_CHARS_MAX) await edit(thread, live.id, text, under);
}

/** Never fails: the answer is there, whatever becomes of what should stand under it. */
async function complete(thread: Thread, live: Live, under: types.KnownBlock[]): Promise<void> {
  try {
    await thread.complete(live.id, under);
  } catch {
    if (under.length === 0) return;
    if (live.text.length <= UPDATE_CHARS_MAX) await edit(thread, live.id, live.text, under);
    else await thread.stop(live.id);
  }
}

async function settle(
  { thread, posts }: Parts,
  { ids, text }: Rewriting,
  under: types.KnownBlock[],
): Promise<void> {
  const pieces = split(text, UPDATE_CHARS_MAX);
  for (const [index, piece] of pieces.entries()) {
    const id = ids[index];
    const below = index === pieces.length - 1 ? under : [];
    if (id !== undefined && (await replace(thread, id, piece, below))) continue;
    await posts.onPosted(await said(thread, piece, below));
  }
  for (const id of ids.slice(pieces.length)) await thread.remove(id);
}

async function said(thread: Thread, text: string, under: types.KnownBlock[]): Promise<string> {
  try {
    return await thread.say(text, under);
  } catch (error) {
    throw failure(error);
  }
}

/** @returns false when the message can't be updated; it is taken away then, so that there is never a second answer */
async function replace(thread: Thread, ...message: Parameters<Thread["update"]>): Promise<boolean> {
  const [id] = message;
  try {
    await thread.update(...message);
    return true;
  } catch (error) {
    if (errorCode(error) === undefined) throw failure(error);
    await thread.remove(id);
    return false;
  }
}
