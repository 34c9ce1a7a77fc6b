import { RESTJSONErrorCodes as Code, DiscordAPIError } from "discord.js";
import type { Posts } from "../../../src/chat.ts";
import { errorCode, failure } from "../client.ts";
import type { Row } from "./buttons.ts";
import { addText, MESSAGE_CHARS_MAX, type Passage, piecesOf } from "./pieces.ts";
import type { Said, Thread } from "./thread.ts";

/** The first message names the asker. */
const PIECE_CHARS_MAX = MESSAGE_CHARS_MAX - 30;
/** Edits notify nobody, so the first message waits for a sentence; but no longer than for so many characters. */
const FIRST_CHARS_MIN = 200;
const SENTENCE = /[.!?…:。！？]["'”’)\]*_`]*(?:\s|$)/;

/** One answer, in as many messages as it needs. They are edited until all of it is there. */
export interface Answer {
  /** False when somebody took it away, or its question: nothing more is shown. */
  readonly wanted: boolean;
  /** Something of it is to be seen. */
  readonly hasBegun: boolean;
  /** @param under what stands below it for now @throws {ServiceError} @throws {ConfigError} */
  write(markdown: string, under: readonly Row[]): Promise<void>;
  /** Our own words, shown with what comes next. */
  add(markdown: string): void;
  /** Takes back all of it. @param note in its place */
  restart(note: string, under: readonly Row[]): Promise<void>;
  /** @param under what stands below the last message */
  finish(under: readonly Row[]): Promise<void>;
}

interface Shown {
  id: string;
  /** What it shows, as far as this try knows. */
  text: string | null;
  /** This try posted it. */
  isNew: boolean;
  editedAtMs: number;
}

interface State {
  wanted: boolean;
  passages: Passage[];
  messages: Shown[];
  /** How many messages this answer has ever had. */
  count: number;
}

interface Parts {
  thread: Thread;
  posts: Posts;
  state: State;
  /** Least time between two edits of a message. */
  everyMs: number;
}

/** What earlier tries posted is written anew. */
export async function createAnswer(thread: Thread, posts: Posts, everyMs: number): Promise<Answer> {
  const ids = await earlier(thread, posts);
  const messages = ids.map((id) => ({ id, text: null, isNew: false, editedAtMs: 0 }));
  const state: State = { wanted: true, passages: [], messages, count: ids.length };
  const parts = { thread, posts, state, everyMs };
  return {
    get wanted() {
      return state.wanted;
    },
    get hasBegun() {
      return state.messages.some(({ text }) => text !== null);
    },
    write: (markdown, under) => write(parts, markdown, under),
    add: (markdown) => void state.passages.push({ own: true, markdown }),
    restart: (note, under) => restart(parts, note, under),
    finish: (under) => finish(parts, under),
  };
}

/** Messages that an earlier try could tell nobody of are this answer's now; what it said meanwhile goes. */
async function earlier(thread: Thread, posts: Posts): Promise<string[]> {
  if (posts.posted.length > 0) await thread.find(posts.posted);
  if (!posts.orphans) return [...posts.posted];
  const { answers, statuses } = await thread.left();
  const strange = answers.filter((id) => !posts.posted.includes(id));
  const orphans = strange.length > 0 ? await posts.orphans(strange) : [];
  for (const id of orphans) await posts.onPosted(id);
  for (const id of statuses) await thread.remove(id);
  return [...posts.posted, ...orphans];
}

async function write(parts: Parts, markdown: string, under: readonly Row[]): Promise<void> {
  const { passages, messages } = parts.state;
  addText(passages, markdown);
  if (messages.length > 0 || isSpeakable(passages)) await showProgress(parts, under);
}

function isSpeakable(passages: readonly Passage[]): boolean {
  const text = passages.map(({ markdown }) => markdown).join("");
  return text.length >= FIRST_CHARS_MIN || SENTENCE.test(text);
}

async function restart(parts: Parts, note: string, under: readonly Row[]): Promise<void> {
  const { state, thread } = parts;
  state.passages = [{ own: true, markdown: note }];
  if (state.messages.length === 0) return;
  const isStale = ({ text }: Shown) => text !== null;
  for (const { id } of state.messages.slice(1).filter(isStale)) await thread.remove(id);
  state.messages = state.messages.filter((message, index) => index === 0 || !isStale(message));
  await showProgress(parts, under);
}

/** What can't be edited now is skipped: the next edit has it as well. */
async function showProgress(parts: Parts, under: readonly Row[]): Promise<void> {
  const { thread, state } = parts;
  for (const [index, said] of saidOf(state.passages, under).entries()) {
    if (!state.wanted) return;
    const message = state.messages[index];
    if (!message) await say(parts, said);
    else if (message.text !== textOf(said) && isDue(parts, message)) {
      message.editedAtMs = thread.nowMs();
      if (await thread.refresh(message.id, said)) message.text = textOf(said);
    }
  }
}

function isDue({ thread, everyMs }: Parts, { id, editedAtMs }: Shown): boolean {
  return thread.takesEdits(id) && thread.nowMs() - editedAtMs >= everyMs;
}

async function finish(parts: Parts, under: readonly Row[]): Promise<void> {
  const { state, thread } = parts;
  const all = saidOf(state.passages, under);
  if (all.length === 0) return;
  for (const [index, said] of all.entries()) {
    if (!state.wanted) return;
    await settle(parts, index, said);
  }
  if (!state.wanted) return;
  for (const { id } of state.messages.splice(all.length)) await thread.remove(id);
}

function saidOf(passages: readonly Passage[], under: readonly Row[]): Said[] {
  const pieces = piecesOf(passages, PIECE_CHARS_MAX);
  return pieces.map((content, index) => ({
    content,
    under: index === pieces.length - 1 ? under : [],
    isFirst: index === 0,
  }));
}

/** One message shows what it is to show in the end. */
async function settle(parts: Parts, index: number, said: Said): Promise<void> {
  const { state, thread } = parts;
  const message = state.messages[index];
  if (message?.text === textOf(said)) return;
  if (message && (await replace(parts, message, said))) return;
  if (!state.wanted) return;
  // What follows would stand above it.
  for (const { id } of state.messages.splice(index)) await thread.remove(id);
  await say(parts, said);
  const posted = state.messages.at(-1);
  // What an earlier try posted still shows what that one said.
  if (posted && posted.text === null) await replace(parts, posted, said);
}

/** @returns false when this message can't be edited */
async function replace(parts: Parts, message: Shown, said: Said): Promise<boolean> {
  const { thread, state, everyMs } = parts;
  if (!thread.takesEdits(message.id)) return false;
  const waitMs = message.editedAtMs + everyMs - thread.nowMs();
  if (waitMs > 0) await thread.sleep(waitMs);
  try {
    await thread.edit(message.id, said);
    message.text = textOf(said);
    return true;
  } catch (error) {
    const isRefused = error instanceof DiscordAPIError && error.status < 500;
    if (!isRefused) throw failure(error);
    // Somebody has taken away what was being written.
    if (message.isNew && errorCode(error) === Code.UnknownMessage) state.wanted = false;
    return false;
  }
}

async function say({ thread, posts, state }: Parts, said: Said): Promise<void> {
  const posted = await thread.say(said, state.count).catch((error: unknown) => {
    throw failure(error);
  });
  if (posted === null) {
    state.wanted = false;
    return;
  }
  const { id, isNew } = posted;
  state.messages.push({ id, text: isNew ? textOf(said) : null, isNew, editedAtMs: 0 });
  state.count += 1;
  await posts.onPosted(id);
}

function textOf(said: Said): string {
  return JSON.stringify(said);
}
