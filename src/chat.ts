/**
 * THE SEAM between chat platforms and the bot. Types only; what happens on a platform stands in events.ts.
 *
 * An adapter knows one platform and nothing of retrieval; the core knows no platform.
 */
import type { Incoming, Mention, Place, SharedFile } from "./events.ts";

/** Which files of a channel are read: all documents shared there, only what is handed over, or none. */
export type ChannelMode = "auto" | "ask" | "off";

/** What somebody wants done at once, with a word about it: both platforms give three seconds. */
export type Command = { place: Place; userId: string } & (
  | { kind: "set_mode"; mode: ChannelMode }
  | { kind: "opt_out"; out: boolean }
  | { kind: "forget_file"; fileId: string }
  | { kind: "status" }
);

/** `text` is for who asked, and for nobody else. */
export interface CommandReply {
  done: boolean;
  text: string;
}

/** Where in a file a passage stands. Only what the kind of file has is there. */
export interface Locator {
  /** Counted from 1, as the file's own order of pages. */
  page?: number;
  /** The page's printed label, where it differs from the number ("iv", "F-12"). */
  pageLabel?: string;
  /** First and last line, counted from 1. */
  lines?: [number, number];
  /** First and last row of a table, counted from 1; its header is row 1. */
  rows?: [number, number];
  /** The headings above the passage, outermost first. */
  headings?: string[];
}

export interface Citation {
  /** The number that stands in the text as [1]. */
  number: number;
  file: SharedFile;
  fileName: string;
  locator: Locator;
  /** The locator for people: "page 12", "lines 3–9", "Pricing › Discounts". */
  where: string;
  /** A line of the source itself, never of the model's. */
  quote: string;
  /** Position of the passage in its file, for opening it there. */
  position: number;
  permalink: string | null;
  sharedAtMs: number;
}

/** A piece of a reply, in order. Text is CommonMark and comes in deltas; `restart` takes back all text so far. */
export type ReplyPart =
  | { kind: "status"; text: string }
  | { kind: "text"; text: string }
  | { kind: "restart"; note: string }
  | { kind: "citations"; citations: Citation[] }
  | { kind: "footer"; text: string };

/** What became of a file, for showing in the chat. */
export type FileState =
  | { kind: "received" }
  | { kind: "reading"; pagesDone: number; pages: number | null }
  | { kind: "searchable"; pages: number | null; note: string | null }
  /** By consent: the channel, or who shared it, does not want it read. Chats of others don't show it. */
  | { kind: "unread"; reason: string }
  | { kind: "failed"; reason: string };

/** What the platform knows of who can read a place, right now. Facts only: answer/scope.ts decides. */
export interface Readers {
  visibility: "public" | "private" | "direct";
  /** The channel's name for people, without a sign before it; null where it has none. */
  channelName: string | null;
  /** Are guests or people of other organisations among the readers? Null: not known, which counts as yes. */
  outsiders: boolean | null;
  /** Other channels that the platform proves to be readable by every reader of this place. */
  alsoReadable: string[];
}

/** What a person is in a channel, as the platform has it. */
export interface Standing {
  /** Of the workspace. */
  admin: boolean;
  /** Of the channel. */
  moderator: boolean;
}

/** What an answer has put into the chat so far, so that a retry does not put it there twice. */
export interface Posts {
  /** Ids of the messages that earlier tries of the same answer posted, oldest first. */
  posted: readonly string[];
  /** Resolves once the id is stored; a second append waits for it. */
  onPosted(messageId: string): Promise<void>;
  /**
   * There on a later try alone: which of these messages of ours no answer knows of. The earlier try posted them,
   * and crashed before it could say so.
   */
  orphans?(messageIds: string[]): Promise<string[]>;
}

/** Where adapters hand in what happened. */
export interface Inbox {
  /** Resolves once the event can't be lost; only then may the platform be told that it arrived. */
  accept(event: Incoming): Promise<void>;
  /** Does it, or says why not. Whether this person may is decided here (rights.ts). */
  command(command: Command): Promise<CommandReply>;
}

/** `listen` runs in gateways alone; everything else works in any process. */
export interface Adapter {
  readonly platform: string;
  listen(inbox: Inbox): Promise<void>;
  /** Stops listening; what is being posted may finish. */
  close(): Promise<void>;
  /**
   * The file's bytes as they come, from the platform's own hosts only.
   * @throws {FileRejected} too_large as soon as more than bytesMax came; refused when it is not to be had
   * @throws {ServiceError} when the platform failed
   */
  download(file: SharedFile, bytesMax: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /**
   * Shows a reply to a question, in the question's thread, as it comes. Resolves when all of it is shown.
   * @throws {ServiceError} when the platform failed; the same call may be made again with what `posts` then holds
   */
  post(
    to: Mention,
    reply: AsyncIterable<ReplyPart>,
    posts: Posts,
    signal: AbortSignal,
  ): Promise<void>;
  /** Shows what became of a shared file. Best effort: it never throws for the platform's sake. */
  mark(file: SharedFile, state: FileState): Promise<void>;
  readers(place: Place): Promise<Readers>;
  /** Ids of the channels that this person can read now. */
  readable(workspaceId: string, userId: string): Promise<string[]>;
  standing(place: Place, userId: string): Promise<Standing>;
  /** Takes messages of ours back, because their question is gone. Best effort. */
  retract(place: Place, messageIds: readonly string[]): Promise<void>;
  /** Which of these files are still there and may still be shown. Unknown counts as gone. */
  present(files: SharedFile[], signal: AbortSignal): Promise<SharedFile[]>;
}
