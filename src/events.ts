/**
 * THE SEAM, first half: what happens on a chat platform. Types only, and only plain JSON data: an event is stored,
 * and may be handled by another process than the one that received it. The other half is chat.ts.
 */

/** Where something was said, and where the reply belongs. Ids are the platform's own. */
export interface Place {
  platform: string;
  workspaceId: string;
  channelId: string;
  /** The thread that a reply belongs in: the id of its first message. Null only for a channel as such. */
  threadId: string | null;
}

/** One appearance of a file in one message of one channel. */
export interface SharedFile {
  place: Place;
  messageId: string;
  fileId: string;
  /** Who shared it. */
  userId: string;
}

interface EventBase {
  /** The platform's own id of what happened, made unique over platforms. The same key twice is one event. */
  key: string;
  place: Place;
  userId: string;
}

export interface FileShared extends EventBase {
  kind: "file_shared";
  messageId: string;
  fileId: string;
  name: string;
  /** What the platform claims; 0 where it claims nothing. Never trusted: a download is bounded as it streams. */
  bytes: number;
  /** It came with a question or a mention: then it is read also where others are not. */
  handedOver: boolean;
  /** Who handed it over, where that was not who shared it. */
  handedOverBy?: string;
  /** A link for people to the place where it was shared. */
  permalink: string | null;
  /** Milliseconds since 1970. */
  sharedAtMs: number;
}

export interface FileRemoved extends EventBase {
  kind: "file_removed";
  fileId: string;
  /** It is deleted wherever it was shared: only the place's workspace counts then. */
  everywhere?: boolean;
}

/** Something became of a file of which the platform says too little: `Adapter.lookUp` says where it is shared. */
export interface FileTouched extends EventBase {
  kind: "file_touched";
  fileId: string;
  /** Wherever it is shared: only the place's workspace counts then. */
  everywhere: boolean;
  /** Its content may have changed then, by a word of the platform's; null: it was shared. */
  changedAt: string | null;
}

/** Somebody asks: a mention, a direct message or a follow-up. `text` has no mention of the bot in it. */
export interface Mention extends EventBase {
  kind: "mention";
  messageId: string;
  text: string;
  /** Files that came with the question: it waits until they are read. */
  fileIds: string[];
  /** Asked in private: the answer is for the asker alone, and may use all that they can read. */
  onlyFor?: OnlyFor;
}

/** The platform's way back to one person alone, for a while. Opaque, and sealed by the adapter that made it. */
export interface OnlyFor {
  handle: string;
  /** Milliseconds since 1970. */
  untilMs: number;
}

/** Somebody wrote in a thread in which Docent answers, without mentioning it: to it perhaps. */
export interface Said extends EventBase {
  kind: "said";
  messageId: string;
  text: string;
  fileIds: string[];
  /** It mentions somebody, or answers somebody's message. */
  toOthers: boolean;
  /** In milliseconds since 1970, where it is read back: an answer of later was no reason to say it. */
  saidAtMs?: number;
}

/** The text of a message was edited, or what it shares. */
export interface MessageChanged extends EventBase {
  kind: "message_changed";
  messageId: string;
  text: string;
  /** All files that it shares now, where the platform tells: what else it shared before is gone. */
  fileIds?: string[];
}

export interface MessageDeleted extends EventBase {
  kind: "message_deleted";
  messageId: string;
}

/** What somebody thinks of an answer. As with all that follows, `messageId` is the question's. */
export interface Rated extends EventBase {
  kind: "rated";
  messageId: string;
  rating: "up" | "down";
  /** Why, in their own words; empty when they did not say. */
  reason: string;
}

/** Somebody wants an answer to stop where it is. */
export interface Stopped extends EventBase {
  kind: "stopped";
  /** Null: all that is being written in the place's thread. */
  messageId: string | null;
}

/** Somebody wants another answer in the place of the one that stands there. */
export interface RegenerateWanted extends EventBase {
  kind: "regenerate_wanted";
  messageId: string;
}

/** Who can read what has changed in this channel: whatever was remembered about it must go. */
export interface AccessChanged extends EventBase {
  kind: "access_changed";
  /** Docent is in the channel for sure, also where it was gone. */
  within?: boolean;
}

/** Docent was added to a channel, by this person. */
export interface Joined extends EventBase {
  kind: "joined";
}

/** Somebody wants the files read that were shared in this channel before. */
export interface BackfillAccepted extends EventBase {
  kind: "backfill_accepted";
}

/** The channel is gone, archived, or Docent is no longer in it; with a `threadId`, that thread of it alone is gone. */
export interface ChannelGone extends EventBase {
  kind: "channel_gone";
}

/** Docent was removed from the workspace: everything of it goes. Only the place's workspace counts. */
export interface WorkspaceGone extends EventBase {
  kind: "workspace_gone";
}

/** Somebody was put out of the workspace for good. Only the place's workspace counts; `userId` is theirs. */
export interface Banned extends EventBase {
  kind: "banned";
  name: string;
}

export type Incoming =
  | FileShared
  | FileRemoved
  | FileTouched
  | Mention
  | Said
  | MessageChanged
  | MessageDeleted
  | Rated
  | Stopped
  | RegenerateWanted
  | AccessChanged
  | Joined
  | BackfillAccepted
  | ChannelGone
  | WorkspaceGone
  | Banned;
