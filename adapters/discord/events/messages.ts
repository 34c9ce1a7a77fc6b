import { type APIAttachment, type APIMessage, MessageFlags, MessageType } from "discord.js";
import type {
  FileShared,
  Incoming,
  Mention,
  MessageDeleted,
  Place,
  Said,
} from "../../../src/events.ts";
import { keyOf, madeAtMs, permalinkOf } from "../place.ts";
import { calls, callsOthers, plain } from "./plain.ts";

/** Messages that people write; every other type is Discord's own, or an app's. */
const WRITTEN: ReadonlySet<MessageType> = new Set([MessageType.Default, MessageType.Reply]);
/** A later edit is no question any more, see the core; and keys of events are forgotten after days. */
const EDIT_MS_MAX = 10 * 60_000;
/** In the place of a guild's id, as in Discord's own links. */
const DIRECT = "@me";

/** What we read of a message, whether the gateway or the REST API has it. */
export type Message = Pick<
  APIMessage,
  | "id"
  | "channel_id"
  | "author"
  | "content"
  | "type"
  | "flags"
  | "attachments"
  | "mentions"
  | "edited_timestamp"
  | "webhook_id"
  | "message_reference"
  | "message_snapshots"
> & {
  referenced_message?:
    | (Pick<APIMessage, "id" | "author" | "attachments" | "flags" | "type"> &
        Partial<Pick<APIMessage, "webhook_id" | "message_reference" | "message_snapshots">>)
    | null;
};

/** Where a message stands, and who reads it. */
export interface Here {
  place: Place;
  within: "channel" | "thread" | "direct";
  botUserId: string;
}

/** What a message means to us, in the order in which it must be handed in. */
export function fromMessage(message: Message, here: Here): Incoming[] {
  if (!isByPerson(message)) return [];
  const handedOver = isForUs(message, here);
  const said = { place: here.place, userId: message.author.id, messageId: message.id };
  const sharing = { ...said, at: whereabouts(message, here), handedOver };
  const shares = attachmentsOf(message).map((file) => fileShared(sharing, file));
  const brought = handedOver ? [...shares, ...answered(message, here)] : shares;
  const text = plain(message.content, here.botUserId, message.mentions);
  const words = { ...said, text, fileIds: brought.map(({ fileId }) => fileId) };
  if (handedOver) return [...brought, ...mention(message, words, here)];
  return [...shares, ...saidInThread(message, words, here)];
}

/** The same for a message that is read back. */
export function fromHistory(message: Message, here: Here): Incoming[] {
  const saidAtMs = madeAtMs(message.id);
  return fromMessage(message, here).map((event) =>
    event.kind === "said" ? { ...event, saidAtMs } : event,
  );
}

/** Discord "changes" a message also for its link previews; only people's edits have a time. */
export function fromEdit(message: Message, here: Here): Incoming[] {
  const { id, edited_timestamp: editedAt, author, content, mentions } = message;
  if (!isByPerson(message) || !editedAt || isWithheld(message)) return [];
  const isYoung = Date.parse(editedAt) - madeAtMs(id) <= EDIT_MS_MAX;
  // What was handed in before is no news; a mention may have been put in now.
  const asNew = isYoung ? fromMessage(message, here) : [];
  return [
    ...asNew.filter(({ kind }) => kind !== "said"),
    {
      kind: "message_changed",
      key: keyOf(...whereabouts(message, here), id, "edited", String(Date.parse(editedAt))),
      place: here.place,
      userId: author.id,
      messageId: id,
      text: plain(content, here.botUserId, mentions),
      fileIds: attachmentsOf(message).map((file) => file.id),
    },
  ];
}

/** Without the intent for it, Discord shows what people write only where it is for us. */
function isWithheld(message: Message): boolean {
  return message.content === "" && attachmentsOf(message).length === 0;
}

/** Discord says no more of a deleted message than where it stood. */
export function fromDeletion(
  { id, channel_id }: Pick<Message, "id" | "channel_id">,
  here: Here,
): MessageDeleted {
  const key = keyOf(...whereabouts({ channel_id }, here), id, "deleted");
  return { kind: "message_deleted", key, place: here.place, userId: "", messageId: id };
}

type Whereabouts = readonly [guildId: string, channelId: string];

/** A direct message is the same one whatever guild its person chooses next. */
function whereabouts({ channel_id }: Pick<Message, "channel_id">, here: Here): Whereabouts {
  return [here.within === "direct" ? DIRECT : here.place.workspaceId, channel_id];
}

export interface Sharing {
  place: Place;
  userId: string;
  messageId: string;
  /** Where the message itself stands: its guild, or `@me`, and its channel or thread. */
  at: Whereabouts;
  handedOver: boolean;
  handedOverBy?: string;
}

export function fileShared(sharing: Sharing, file: APIAttachment): FileShared {
  const { at, ...facts } = sharing;
  const { messageId, handedOver } = facts;
  const [guildId, channelId] = at;
  const key = keyOf(guildId, channelId, messageId, file.id);
  return {
    kind: "file_shared",
    // What was only seen before, and perhaps left unread, may be handed over later.
    key: handedOver ? `${key}:handed_over` : key,
    ...facts,
    fileId: file.id,
    name: file.title ? titled(file.title, file.filename) : file.filename,
    bytes: file.size,
    permalink: permalinkOf(guildId === DIRECT ? null : guildId, channelId, messageId),
    sharedAtMs: madeAtMs(messageId),
  };
}

/** Files of a message and of what it forwards; never a voice message, which is speech among people. */
export function attachmentsOf(
  message: Pick<APIMessage, "attachments" | "flags"> &
    Partial<Pick<APIMessage, "message_snapshots">>,
): APIAttachment[] {
  const forwarded = (message.message_snapshots ?? []).map((one) => one.message);
  return [message, ...forwarded]
    .filter(({ flags = 0 }) => (flags & MessageFlags.IsVoiceMessage) === 0)
    .flatMap(({ attachments = [] }) => attachments);
}

/** Two bots that answer each other never stop: whatever an app or a webhook wrote is not for us. */
export function isByPerson({
  author,
  webhook_id,
  type,
}: Pick<APIMessage, "author" | "type" | "webhook_id">): boolean {
  return !(author.bot || author.system || webhook_id) && WRITTEN.has(type);
}

/** Whom it answers; undefined for what answers nothing, or what is deleted. */
function answeredAuthor({ type, referenced_message }: Message): string | undefined {
  return type === MessageType.Reply ? referenced_message?.author.id : undefined;
}

export function answersUs(message: Message, botUserId: string): boolean {
  return answeredAuthor(message) === botUserId;
}

function isForUs(message: Message, { within, botUserId }: Here): boolean {
  if (within === "direct" || calls(message.content, botUserId)) return true;
  return answersUs(message, botUserId) && !callsOthers(message.content, botUserId);
}

/** Who answers somebody's message with a question to us hands over its files. */
function answered(message: Message, here: Here): FileShared[] {
  const { author, type, referenced_message: other } = message;
  if (type !== MessageType.Reply || !other || !isByPerson(other)) return [];
  const place = here.within === "channel" ? { ...here.place, threadId: other.id } : here.place;
  const handing = other.author.id === author.id ? {} : { handedOverBy: author.id };
  const said = { place, userId: other.author.id, messageId: other.id };
  const sharing = { ...said, at: whereabouts(message, here), handedOver: true, ...handing };
  return attachmentsOf(other).map((file) => fileShared(sharing, file));
}

type Words = Omit<Mention, "kind" | "key">;

function mention(message: Message, words: Words, here: Here): Mention[] {
  const isCalled = calls(message.content, here.botUserId);
  // A file that is sent to Docent without a word is read, and marked: that is answer enough.
  if (words.text === "" && !(isCalled && here.within !== "direct")) return [];
  return [
    { kind: "mention", key: keyOf(...whereabouts(message, here), words.messageId), ...words },
  ];
}

/** What is said to all in a channel is nobody's question; in a thread it may be one to Docent. */
function saidInThread(message: Message, words: Words, here: Here): Said[] {
  if (here.within !== "thread" || words.text === "") return [];
  const { botUserId } = here;
  // Another key than the question's, which it becomes when a mention is put in later.
  const key = keyOf(...whereabouts(message, here), words.messageId, "said");
  const answersOther =
    message.type === MessageType.Reply &&
    ![botUserId, words.userId].includes(answeredAuthor(message) ?? "");
  const toOthers = answersOther || callsOthers(message.content, botUserId);
  return [{ kind: "said", key, ...words, toOthers }];
}

/** Discord's title has no ending of the file's name, and is what people see. */
function titled(title: string, filename: string): string {
  const [ending = ""] = /\.[^.]+$/.exec(filename) ?? [];
  return title.toLowerCase().endsWith(ending.toLowerCase()) ? title : `${title}${ending}`;
}
