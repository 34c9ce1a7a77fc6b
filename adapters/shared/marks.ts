import type { FileState } from "../../src/chat.ts";
import type { SharedFile } from "../../src/events.ts";

/** A file that is read sooner shows nothing until it is done. */
const QUIET_MS = 5_000;
const MESSAGES_MAX = 2_000;

/** What became of a message's files, as one reaction. */
export type Sign = "reading" | "done" | "failed";

/** How a platform shows signs. */
export interface Signs {
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  put(sign: Sign, file: SharedFile): Promise<void>;
  take(sign: Sign, file: SharedFile): Promise<void>;
  /** A sign could neither be put nor taken. */
  onFailed(error: unknown, file: SharedFile): void;
  /** Says why a file can't be read, to its sharer alone. */
  explain(reason: string, file: SharedFile): Promise<void>;
}

/** Signs on messages with files. */
export interface Marks {
  /**
   * See `Adapter.mark`: one reaction for all files of a message, when they are done; a failure's reason goes to its
   * sharer alone.
   */
  mark(signs: Signs, file: SharedFile, state: FileState): Promise<void>;
}

/** What is known of a message with files. */
interface Marked {
  reading: Set<string>;
  failed: Set<string>;
  searchable: boolean;
  /** Ends the wait for a sign of reading. */
  wait: AbortController | null;
  /** The reaction that stands there. */
  shown: Sign | null;
  /** Reactions come and go in the order in which they were wanted. */
  last: Promise<void>;
}

interface Marking {
  signs: Signs;
  marked: Marked;
}

export function createMarks(): Marks {
  const messages = new Map<string, Marked>();
  return {
    mark: (signs, file, state) => mark({ signs, marked: markedOf(messages, file) }, file, state),
  };
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

async function mark(marking: Marking, file: SharedFile, state: FileState): Promise<void> {
  const { signs, marked } = marking;
  switch (state.kind) {
    case "received":
      return;
    case "reading":
      if (marked.reading.size === 0) signLater(marking, file);
      marked.reading.add(file.fileId);
      return;
    case "unread":
      return await done(marking, file);
    case "searchable":
      marked.searchable = true;
      marked.failed.delete(file.fileId);
      return await done(marking, file);
    case "failed":
      marked.failed.add(file.fileId);
      await done(marking, file);
      return await signs.explain(state.reason, file);
    default:
      state satisfies never;
  }
}

function signLater(marking: Marking, file: SharedFile): void {
  const wait = new AbortController();
  marking.marked.wait = wait;
  marking.signs.sleep(QUIET_MS, wait.signal).then(
    () => show(marking, file, "reading"),
    // The file is done.
    () => undefined,
  );
}

async function done(marking: Marking, file: SharedFile): Promise<void> {
  const { marked } = marking;
  marked.reading.delete(file.fileId);
  if (marked.reading.size > 0) return;
  marked.wait?.abort();
  await show(marking, file, signOf(marked));
}

function signOf({ failed, searchable }: Marked): Sign | null {
  if (failed.size > 0) return "failed";
  return searchable ? "done" : null;
}

/** Best effort: this reaction alone stands there then. */
function show({ signs, marked }: Marking, file: SharedFile, sign: Sign | null): Promise<void> {
  marked.last = marked.last.then(async () => {
    const before = marked.shown;
    if (before === sign) return;
    try {
      if (sign !== null) await signs.put(sign, file);
      marked.shown = sign;
      if (before !== null) await signs.take(before, file);
    } catch (error) {
      signs.onFailed(error, file);
    }
  });
  return marked.last;
}
