import type { FileState } from "../../../src/chat.ts";
import type { Place, SharedFile } from "../../../src/events.ts";
import { errorCode, reasonOf, type Slack } from "../client.ts";
import { tell } from "./tell.ts";

/** A file that is read sooner shows nothing until it is done. */
const QUIET_MS = 5_000;
const MESSAGES_MAX = 2_000;

const READING = "eyes";
const DONE = "white_check_mark";
const FAILED = "warning";

/** What is known of a message with files. */
interface Marked {
  reading: Set<string>;
  failed: Set<string>;
  searchable: boolean;
  /** Ends the wait for a sign of reading. */
  wait: AbortController | null;
  /** The reaction that stands there. */
  shown: string | null;
  /** Reactions come and go in the order in which they were wanted. */
  last: Promise<void>;
}

/** Signs on messages with files. */
export interface Marks {
  /**
   * See `Adapter.mark`: one reaction for all files of a message, when they are done; a failure's reason goes to its
   * sharer alone.
   */
  mark(slack: Slack, file: SharedFile, state: FileState): Promise<void>;
}

export function createMarks(): Marks {
  const messages = new Map<string, Marked>();
  return { mark: (slack, file, state) => mark(slack, markedOf(messages, file), file, state) };
}

function markedOf(messages: Map<string, Marked>, { place, messageId }: SharedFile): Marked {
  const key = `${place.workspaceId} ${place.channelId} ${messageId}`;
  const marked = messages.get(key) ?? unmarked();
  messages.delete(key);
  messages.set(key, marked);
  const [oldest] = messages.keys();
  if (messages.size > MESSAGES_MAX && oldest !== undefined) messages.delete(oldest);
  return marked;
}

function unmarked(): Marked {
  const files = { reading: new Set<string>(), failed: new Set<string>(), searchable: false };
  return { ...files, wait: null, shown: null, last: Promise.resolve() };
}

async function mark(slack: Slack, marked: Marked, file: SharedFile, state: FileState) {
  switch (state.kind) {
    case "received":
      return;
    case "reading":
      if (marked.reading.size === 0) signLater(slack, marked, file);
      marked.reading.add(file.fileId);
      return;
    case "unread":
      return await done(slack, marked, file);
    case "searchable":
      marked.searchable = true;
      marked.failed.delete(file.fileId);
      return await done(slack, marked, file);
    case "failed":
      marked.failed.add(file.fileId);
      await done(slack, marked, file);
      await tell(slack, placeOf(file), file.userId, { text: state.reason });
      return;
    default:
      state satisfies never;
  }
}

/** What one person alone sees in a thread is seen only where the thread is there already. */
function placeOf({ place, messageId }: SharedFile): Place {
  return place.threadId === messageId ? { ...place, threadId: null } : place;
}

function signLater(slack: Slack, marked: Marked, file: SharedFile): void {
  const wait = new AbortController();
  marked.wait = wait;
  slack.turns.clock.sleep(QUIET_MS, wait.signal).then(
    () => show(slack, marked, file, READING),
    // The file is done.
    () => undefined,
  );
}

async function done(slack: Slack, marked: Marked, file: SharedFile): Promise<void> {
  marked.reading.delete(file.fileId);
  if (marked.reading.size > 0) return;
  marked.wait?.abort();
  await show(slack, marked, file, signOf(marked));
}

function signOf({ failed, searchable }: Marked): string | null {
  if (failed.size > 0) return FAILED;
  return searchable ? DONE : null;
}

/** Best effort: this reaction alone stands there then. */
function show(slack: Slack, marked: Marked, file: SharedFile, sign: string | null): Promise<void> {
  marked.last = marked.last.then(async () => {
    const before = marked.shown;
    if (before === sign) return;
    try {
      if (sign !== null) await react(slack, file, "add", sign);
      marked.shown = sign;
      if (before !== null) await react(slack, file, "remove", before);
    } catch (error) {
      const reason = reasonOf(error);
      slack.log.warn({ fileId: file.fileId, reason }, "what became of a file could not be shown");
    }
  });
  return marked.last;
}

async function react(slack: Slack, file: SharedFile, how: "add" | "remove", name: string) {
  const message = { channel: file.place.channelId, timestamp: file.messageId, name };
  try {
    await slack.read.reactions[how](message);
  } catch (error) {
    const code = errorCode(error) ?? "";
    if (code !== "already_reacted" && code !== "no_reaction") throw error;
  }
}
