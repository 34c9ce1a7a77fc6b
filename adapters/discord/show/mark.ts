import { Routes } from "discord.js";
import type { FileState } from "../../../src/chat.ts";
import type { SharedFile } from "../../../src/events.ts";
import type { Clock } from "../../shared/clock.ts";
import { type Discord, errorCode, reasonOf } from "../client.ts";
import { tell } from "./tell.ts";
import { where } from "./whereabouts.ts";

/** A file that is read sooner shows nothing until it is done. */
const QUIET_MS = 5_000;
const MESSAGES_MAX = 2_000;

const READING = "👀";
const DONE = "✅";
const FAILED = "⚠️";

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
   * See `Adapter.mark`: one reaction for all files of a message, when they are done. A failure's reason goes to its
   * sharer's direct messages; where these are closed the reaction has to do.
   */
  mark(discord: Discord, file: SharedFile, state: FileState): Promise<void>;
}

export function createMarks(clock: Clock): Marks {
  const messages = new Map<string, Marked>();
  return {
    mark: (discord, file, state) =>
      mark({ discord, clock, marked: markedOf(messages, file) }, file, state),
  };
}

interface Marking {
  discord: Discord;
  clock: Clock;
  marked: Marked;
}

function markedOf(messages: Map<string, Marked>, { place, messageId }: SharedFile): Marked {
  const key = `${place.channelId} ${messageId}`;
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
  const { discord, marked } = marking;
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
      await tell(discord, file.place, file.userId, { text: state.reason }, file.messageId);
      return;
    default:
      state satisfies never;
  }
}

function signLater(marking: Marking, file: SharedFile): void {
  const wait = new AbortController();
  marking.marked.wait = wait;
  marking.clock.sleep(QUIET_MS, wait.signal).then(
    () => show(marking, file, READING),
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

function signOf({ failed, searchable }: Marked): string | null {
  if (failed.size > 0) return FAILED;
  return searchable ? DONE : null;
}

/** Best effort: this reaction alone stands there then. */
function show({ discord, marked }: Marking, file: SharedFile, sign: string | null): Promise<void> {
  marked.last = marked.last.then(async () => {
    const before = marked.shown;
    if (before === sign) return;
    try {
      if (sign !== null) await react(discord, file, "put", sign);
      marked.shown = sign;
      if (before !== null) await react(discord, file, "delete", before);
    } catch (error) {
      const about = { channelId: file.place.channelId, code: errorCode(error) };
      discord.log.warn(
        { ...about, reason: reasonOf(error) },
        "what became of a file could not be shown",
      );
    }
  });
  return marked.last;
}

async function react({ rest }: Discord, file: SharedFile, how: "put" | "delete", sign: string) {
  const { place, messageId } = file;
  await where(place, messageId, (channelId) =>
    rest[how](Routes.channelMessageOwnReaction(channelId, messageId, sign)),
  );
}
