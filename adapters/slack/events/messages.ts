import { safeParse } from "valibot";
import type {
  FileRemoved,
  FileShared,
  Incoming,
  Mention,
  Place,
  Said as SaidInThread,
} from "../../../src/events.ts";
import type { Identity } from "../client.ts";
import { isDirect, keyOf, permalinkOf, placeOf } from "../place.ts";
import { isGone, isLink, nameOf } from "./file-kinds.ts";
import { type File, Message, type Said } from "./payloads.ts";
import { calls, callsOthers, plain } from "./plain.ts";

/** Messages that people write; every other subtype is Slack's own or about another message. */
const WRITTEN = new Set(["", "file_share", "thread_broadcast"]);
/** What stands in the place of a deleted message that has replies. */
const TOMBSTONE = "tombstone";

/** What a message event means to us. */
export function fromMessage(teamId: string, message: Message, self: Identity): Incoming[] {
  switch (message.subtype) {
    case "message_deleted":
      return fromDeletion(teamId, message, self);
    case "message_changed":
      if (message.message?.subtype === TOMBSTONE) return fromDeletion(teamId, message, self);
      return [...filesGone(teamId, message), ...fromEdit(teamId, message, self)];
    default:
      return fromWords(teamId, message, self);
  }
}

/** The same for a message as Slack's lists of them have it, which leave out where it was written. */
export function fromHistory(
  { workspaceId, channelId }: Pick<Place, "workspaceId" | "channelId">,
  message: object,
  self: Identity,
): Incoming[] {
  const parsed = safeParse(Message, { ...message, type: "message", channel: channelId });
  if (!parsed.success) return [];
  const saidAtMs = Math.round(Number(parsed.output.ts) * 1_000);
  return fromWords(workspaceId, parsed.output, self).map((event) =>
    event.kind === "said" ? { ...event, saidAtMs } : event,
  );
}

function fromWords(teamId: string, message: Message, self: Identity): Incoming[] {
  const { user, ts, channel } = message;
  if (!user || !isByPerson(message, self)) return [];
  const handedOver = isForUs(message, self);
  // Nobody asked for the files of others that are only linked here; who hands one over is told.
  const isOurs = (file: File) => !isGone(file) && (handedOver || !isLink(file));
  const files = (message.files ?? []).filter(isOurs);
  const place = placeOf(teamId, channel, message.thread_ts ?? ts);
  const shares = files.map((file) =>
    fileShared({ place, userId: user, messageId: ts, handedOver }, file, self),
  );
  const text = plain(message.text ?? "", self.botUserId);
  const said = { place, userId: user, messageId: ts, text, fileIds: files.map(({ id }) => id) };
  if (handedOver) return [...shares, ...mention(said)];
  return [...shares, ...saidInThread(said, message, self)];
}

export interface Sharing {
  place: Place;
  userId: string;
  messageId: string;
  handedOver: boolean;
}

export function fileShared(sharing: Sharing, file: File, self: Identity): FileShared {
  const { place, messageId, handedOver } = sharing;
  const key = keyOf(place.workspaceId, place.channelId, messageId, file.id);
  return {
    kind: "file_shared",
    // What was only seen before, and perhaps left unread, may be handed over later.
    key: handedOver ? `${key}:handed_over` : key,
    ...sharing,
    fileId: file.id,
    name: nameOf(file),
    bytes: file.size ?? 0,
    permalink: permalinkOf(self.workspaceUrl, place, messageId),
    sharedAtMs: Math.round(Number(messageId) * 1_000),
  };
}

type Words = Omit<Mention, "kind" | "key">;

/** In a channel it comes twice, as app_mention and as message: with one key. */
function mention(said: Words): Mention[] {
  const { place, messageId, text } = said;
  // A file that is sent to Docent without a word is read, and marked: that is answer enough.
  if (isDirect(place.channelId) && text === "") return [];
  const key = keyOf(place.workspaceId, place.channelId, messageId);
  return [{ kind: "mention", key, ...said }];
}

/** What is said to all in a channel is nobody's question; in a thread it may be one to Docent. */
function saidInThread(
  said: Words,
  { type, thread_ts, text }: Message,
  self: Identity,
): SaidInThread[] {
  const isReply = type === "message" && thread_ts && thread_ts !== said.messageId;
  if (!isReply || said.text === "") return [];
  // Another key than the question's, which it becomes when a mention is put in later.
  const key = keyOf(said.place.workspaceId, said.place.channelId, said.messageId, "said");
  return [{ kind: "said", key, ...said, toOthers: callsOthers(text ?? "", self.botUserId) }];
}

/** Slack "changes" a message also for its link previews, its replies and our own edits of answers. */
function fromEdit(teamId: string, message: Message, self: Identity): Incoming[] {
  const { message: after, previous_message: before, channel } = message;
  if (!(after?.ts && after.user && after.edited) || !isByPerson(after, self)) return [];
  if (after.text === before?.text) return [];
  const now: Message = { ...after, type: "message", ts: after.ts, channel };
  const isNewlyForUs = isForUs(now, self) && before && !isForUs({ ...before, channel }, self);
  if (isNewlyForUs) return fromWords(teamId, now, self);
  return [
    {
      kind: "message_changed",
      key: keyOf(teamId, channel, after.ts, "edited", after.edited.ts),
      place: placeOf(teamId, channel, after.thread_ts ?? after.ts),
      userId: after.user,
      messageId: after.ts,
      text: plain(after.text ?? "", self.botUserId),
    },
  ];
}

function fromDeletion(teamId: string, message: Message, self: Identity): Incoming[] {
  const { previous_message: before, channel } = message;
  const files = filesGone(teamId, message);
  const messageId = message.deleted_ts ?? before?.ts ?? message.message?.ts;
  if (!messageId || (before && !isByPerson(before, self))) return files;
  return [
    ...files,
    {
      kind: "message_deleted",
      key: keyOf(teamId, channel, messageId, "deleted"),
      place: placeOf(teamId, channel, before?.thread_ts ?? messageId),
      userId: before?.user ?? "",
      messageId,
    },
  ];
}

/** A deleted message takes its files along; a deleted file leaves its message with a tombstone. */
function filesGone(teamId: string, message: Message): FileRemoved[] {
  const before = message.previous_message;
  if (!before) return [];
  const files = message.message?.files ?? [];
  const kept = files.filter((file) => !isGone(file)).map(({ id }) => id);
  const gone = (before.files ?? []).filter(({ id }) => !kept.includes(id));
  const threadId = before.thread_ts ?? before.ts ?? message.deleted_ts ?? null;
  const place = placeOf(teamId, message.channel, threadId);
  return gone.map(({ id }) => fileRemoved(place, id, before.user, message.ts));
}

export function fileRemoved(
  place: Place,
  fileId: string,
  userId: string | null | undefined,
  eventTs: string,
): FileRemoved {
  const key = keyOf(place.workspaceId, place.channelId, fileId, "removed", eventTs);
  return { kind: "file_removed", key, place, userId: userId ?? "", fileId };
}

function isForUs({ channel, text }: Pick<Message, "channel" | "text">, self: Identity): boolean {
  return isDirect(channel) || calls(text ?? "", self.botUserId);
}

/** Two bots that answer each other never stop: whatever an app wrote is not for us. */
function isByPerson({ user, bot_id, subtype }: Said, self: Identity): boolean {
  const isBot = Boolean(bot_id) || user === self.botUserId || user === "USLACKBOT";
  return Boolean(user) && !isBot && WRITTEN.has(subtype ?? "");
}
