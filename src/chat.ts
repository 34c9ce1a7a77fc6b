/**
 * THE SEAM between chat platforms and the bot. Types only; what happens on a platform stands in events.ts.
 *
 * An adapter knows one platform and nothing of retrieval; the core knows no platform.
 */
import type { Directory, PersonChange } from "./directory.ts";
import type {
  FileShared,
  FileTouched,
  Incoming,
  Mention,
  OnlyFor,
  Place,
  SharedFile,
} from "./events.ts";

/** Which files of a channel are read: all documents shared there, only what is handed over, or none. */
export type ChannelMode = "auto" | "ask" | "off";

/** What somebody wants done at once, with a word about it: both platforms give three seconds. */
export type Command = { place: Place; userId: string } & (
  | { kind: "set_mode"; mode: ChannelMode }
  | { kind: "opt_out"; out: boolean }
  | { kind: "forget_file"; fileId: string }
  | { kind: "status" }
  /** The newest files of all that this person can read, for them alone. */
  | { kind: "my_files" }
  /** The same question again, answered for this person alone. `key` is the platform's own id of the wish. */
  | { kind: "ask_privately"; messageId: string; key: string; onlyFor: OnlyFor }
  /** All sources of the answer to this question. */
  | { kind: "sources"; messageId: string }
  /** In a thread: whether Docent stays quiet there until it is mentioned. */
  | { kind: "mute"; muted: boolean }
  /**
   * As somebody typed it: `files`, `channel ask`, `ask How many?`. `key` is the platform's own id of it; `aloud`:
   * everybody in the place will read the reply.
   */
  | { kind: "typed"; text: string; key: string; onlyFor?: OnlyFor; aloud?: boolean }
  /** Which workspace their direct messages search: that of `place`. */
  | { kind: "choose_workspace" }
  /** All that this person has shared in the workspace goes. */
  | { kind: "forget_person"; personId: string }
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
  /** Somebody who may has said that this file counts before others. */
  official?: boolean;
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
  /** It is shared with other organisations. */
  external?: boolean;
  /** For adults alone: its files are used only where that holds as well. */
  ageRestricted?: boolean;
  /** Not the whole workspace reads it, but whoever has certain roles: `alsoReadable` is all that they share. */
  byRoles?: boolean;
  /** Other channels that the platform proves to be readable by every reader of this place. */
  alsoReadable: string[];
}

/** What a person is in a channel, as the platform has it. */
export interface Standing {
  /** Of the workspace. */
  admin: boolean;
  /** Of the channel. */
  moderator: boolean;
  /** Where the platform has roles. */
  roles?: Role[];
  /** When they came into the workspace, in milliseconds since 1970; null: it is not said of this member. */
  memberSinceMs?: number | null;
}

/** A role of people, by the platform's id and its name. */
export interface Role {
  id: string;
  name: string;
}

/** Where an answer to a mention stands: in a thread of its own, below the question, or with the asker alone. */
export type AnswerStyle = "thread" | "reply" | "private";

/** What an answer has put into the chat so far, so that a retry does not put it there twice. */
export interface Posts {
  /** How this channel wants its answers; the platform's own way where nobody has said. */
  style?: AnswerStyle;
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

/** What may have happened while nobody listened. */
export interface Gap {
  /** Milliseconds since 1970: what happened before this has been handed in. */
  sinceMs: number;
  /** Threads with answers or files of the last days: platforms don't list what is written in them. */
  threads: Place[];
  /** Ids of the channels in which Docent was when last heard of. */
  channels: string[];
}

/** A word to one person alone. */
export interface Note {
  text: string;
  /** One thing that they can say yes to, as a button. */
  offer?:
    | { kind: "backfill"; label: string }
    | { kind: "forget_person"; personId: string; label: string };
}

/** What somebody is typing, for completing it. */
export interface Completing {
  place: Place;
  userId: string;
  /** Files that this person may have forgotten. */
  what: "file";
  text: string;
}

/** One way to complete it: what is shown, and what is typed then. */
export interface Choice {
  label: string;
  value: string;
}

/** A page of what was shared in a channel, newest first. */
export interface SharedPage {
  files: FileShared[];
  /** Ids of all that is listed, also of what the platform tells no more of. */
  listed: string[];
  /** Of all pages together, where the platform says. */
  total: number | null;
  /** Null: this was the last page. */
  next: string | null;
}

/** Where adapters hand in what happened. */
export interface Inbox {
  /** Resolves once the event can't be lost; only then may the platform be told that it arrived. */
  accept(event: Incoming): Promise<void>;
  /** Does it, or says why not. Whether this person may is decided here (rights.ts). */
  command(command: Command): Promise<CommandReply>;
  /** What keeps this person from using Docent in this place, in words for them alone; null: nothing does. */
  refusal(who: { place: Place; userId: string }): Promise<string | null>;
  /** At most 25, best first. Nothing that this person can't read now. */
  complete(completing: Completing): Promise<Choice[]>;
  /** Is this workspace served? One that is not is left alone. The first one of a platform is, unless settings say. */
  serves(place: Pick<Place, "platform" | "workspaceId">): Promise<boolean>;
  /** The workspace that this person has chosen for direct messages; null: none yet. */
  home(person: { platform: string; userId: string }): Promise<string | null>;
  /** What to read back after a time without connection. Null: nothing of this workspace was ever handed in. */
  gap(place: Pick<Place, "platform" | "workspaceId">): Promise<Gap | null>;
  /** Everything of this workspace up to then has been handed in; to be called now and then while connected. */
  caughtUp(place: Pick<Place, "platform" | "workspaceId">, untilMs: number): Promise<void>;
  /** Other people can read much in the workspace: whatever any process remembers of readers must go. */
  peopleChanged(place: Pick<Place, "platform" | "workspaceId">): Promise<void>;
  /** What somebody is, or where they came in. Resolves once it is stored; mostly it is no news, which costs little. */
  personChanged(change: PersonChange): Promise<void>;
}

/** `listen` runs in gateways alone; everything else works in any process. */
export interface Adapter {
  readonly platform: string;
  /** Strangers come and go there, and people have roles: `standing` tells these, and what is not asked for is not read. */
  readonly communities?: true;
  /** Where there is none, the platform knows who reads a place without the core. */
  readonly directory?: Directory;
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
  /** Says something to this person alone, in this place. Best effort. @returns whether it was said */
  tell(place: Place, userId: string, note: Note): Promise<boolean>;
  /** Says something in a channel, to all who read it. Best effort. @returns whether it was said */
  announce(place: Place, note: Note): Promise<boolean>;
  /** A sign of thanks on a message. Best effort. @returns whether it stands there */
  nod(place: Place, messageId: string): Promise<boolean>;
  /** Ids of the people (no bots) who wrote in this thread. @throws {ServiceError} when the platform does not say */
  voices(place: Place): Promise<string[]>;
  /**
   * What was shared in this channel before.
   * @param cursor `next` of the page before; null for the first
   * @param idsOnly what is listed is wanted alone: `files` may be empty
   */
  shared(
    place: Place,
    cursor: string | null,
    signal: AbortSignal,
    idsOnly?: boolean,
  ): Promise<SharedPage>;
  /** Where such a file is shared now. Of adapters that hand in such events. @throws {ServiceError} */
  lookUp?(touched: FileTouched, signal: AbortSignal): Promise<FileShared[]>;
  /** Which of these files the platform says are deleted, or no longer shared there. What it does not say is not gone. */
  gone(files: SharedFile[], signal: AbortSignal): Promise<SharedFile[]>;
  /** Drops what is remembered of who can read this channel; without one, of the whole workspace or all of them. */
  forget(place: Partial<Pick<Place, "workspaceId" | "channelId">>): void;
  /** What keeps a gateway from hearing of events, in a few words; null while it hears of them. */
  trouble(): string | null;
  /** Which of these files are still there and may still be shown. Unknown counts as gone. */
  present(files: SharedFile[], signal: AbortSignal): Promise<SharedFile[]>;
}
