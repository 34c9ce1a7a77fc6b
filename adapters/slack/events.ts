import { safeParse } from "valibot";
import type { FileRemoved, FileShared, Incoming, Mention, Place } from "../../src/events.ts";
import type { Identity } from "./client.ts";
import { Envelope, type File, type FileDeleted, type Message, type Said } from "./payloads.ts";
import { plain } from "./plain.ts";

/** Slack tells only by a message that a channel is no longer for the same people. */
const CONVERTED = new Set(["channel_convert_to_private", "channel_convert_to_public"]);
/** Messages that people write; every other subtype is Slack's own or about another message. */
const WRITTEN = new Set(["", "file_share", "thread_broadcast"]);
const GONE_MODES = new Set(["tombstone", "hidden_by_limit"]);
const GONE_ACCESS = new Set(["access_denied", "file_not_found"]);

/** What an event means to us, in the order in which it must be handed in. Nothing for what is not ours. */
export function toIncoming(body: unknown, self: Identity): Incoming[] {
  const parsed = safeParse(Envelope, body);
  if (!parsed.success) return [];
  const { event, event_id } = parsed.output;
  // With channels shared between workspaces team_id may be the author's; context_team_id is the receiver's.
  const teamId = parsed.output.context_team_id ?? parsed.output.team_id ?? self.teamId;
  switch (event.type) {
    case "app_mention":
    case "message":
      if (CONVERTED.has(event.subtype ?? "")) return accessChanged(teamId, event_id, event);
      return fromMessage(teamId, event, self);
    case "file_deleted":
      return fromDeletion(teamId, event);
    case "file_unshared": {
      const place = placeOf(teamId, event.channel_id, null);
      return [removed(place, event.file_id, event.user_id, event.event_ts)];
    }
    default:
      return accessChanged(teamId, event_id, event);
  }
}

function accessChanged(
  teamId: string,
  eventId: string,
  { channel, user }: { channel: string; user?: string | null | undefined },
): Incoming[] {
  const place = placeOf(teamId, channel, null);
  return [{ kind: "access_changed", key: keyOf(teamId, eventId), place, userId: user ?? "" }];
}

function fromDeletion(teamId: string, event: FileDeleted): FileRemoved[] {
  return (event.channel_ids ?? []).map((channelId) =>
    removed(placeOf(teamId, channelId, null), event.file_id, null, event.event_ts),
  );
}

function fromMessage(teamId: string, message: Message, self: Identity): Incoming[] {
  if (message.subtype === "message_deleted" || message.subtype === "message_changed") {
    return filesGone(teamId, message);
  }
  const { user } = message;
  if (!user || !WRITTEN.has(message.subtype ?? "") || isBot(message, self)) return [];
  const place = placeOf(teamId, message.channel, message.thread_ts ?? message.ts);
  const files = (message.files ?? []).filter(isReadable);
  const shares = files.map((file) => shared({ place, userId: user, message, file }, self));
  const fileIds = files.map((file) => file.id);
  return [...shares, ...mentions({ place, userId: user, message, fileIds }, self)];
}

interface InMessage {
  place: Place;
  userId: string;
  message: Message;
}

function shared({ place, userId, message, file }: InMessage & { file: File }, self: Identity) {
  return {
    kind: "file_shared",
    key: keyOf(place.workspaceId, place.channelId, message.ts, file.id),
    place,
    userId,
    messageId: message.ts,
    fileId: file.id,
    name: file.name || file.id,
    bytes: file.size ?? 0,
    handedOver: isForUs(message, self),
    permalink: permalink(self.workspaceUrl, place, message.ts),
    sharedAtMs: Math.round(Number(message.ts) * 1_000),
  } satisfies FileShared;
}

function isForUs(message: Message, self: Identity): boolean {
  return message.channel_type === "im" || (message.text ?? "").includes(`<@${self.botUserId}>`);
}

/** A mention in a channel comes as app_mention and as message: only the first is a question there. */
function mentions(
  { place, userId, message, fileIds }: InMessage & { fileIds: string[] },
  self: Identity,
): Mention[] {
  const text = plain(message.text ?? "", self.botUserId);
  const direct = message.type === "message" && message.channel_type === "im" && text !== "";
  if (message.type !== "app_mention" && !direct) return [];
  const key = keyOf(place.workspaceId, place.channelId, message.ts);
  return [{ kind: "mention", key, place, userId, messageId: message.ts, text, fileIds }];
}

/**
 * A deleted message takes its files along; a deleted file leaves its message with a tombstone. A message with
 * replies is "changed" into one without files.
 */
function filesGone(teamId: string, message: Message): FileRemoved[] {
  const before = message.previous_message;
  if (!before) return [];
  const kept = (message.message?.files ?? []).filter(isReadable).map((file) => file.id);
  const gone = (before.files ?? []).filter((file) => !kept.includes(file.id));
  const place = placeOf(teamId, message.channel, threadOf(before, message));
  return gone.map((file) => removed(place, file.id, before.user, message.ts));
}

function threadOf(before: Said, message: Message): string | null {
  return before.thread_ts ?? before.ts ?? message.deleted_ts ?? null;
}

function removed(
  place: Place,
  fileId: string,
  userId: string | null | undefined,
  eventTs: string,
): FileRemoved {
  const key = keyOf(place.workspaceId, place.channelId, fileId, "removed", eventTs);
  return { kind: "file_removed", key, place, userId: userId ?? "", fileId };
}

/** Two bots that answer each other never stop: whatever an app wrote is not for us. */
function isBot(message: Message, self: Identity): boolean {
  return Boolean(message.bot_id) || message.user === self.botUserId || message.user === "USLACKBOT";
}

function isReadable(file: File): boolean {
  const mode = file.mode ?? "";
  return !GONE_MODES.has(mode) && mode !== "external" && !GONE_ACCESS.has(file.file_access ?? "");
}

function placeOf(workspaceId: string, channelId: string, threadId: string | null): Place {
  return { platform: "slack", workspaceId, channelId, threadId };
}

function permalink(workspaceUrl: string, { channelId, threadId }: Place, ts: string): string {
  const link = `${workspaceUrl}archives/${channelId}/p${ts.replace(".", "")}`;
  return threadId === ts ? link : `${link}?thread_ts=${threadId}&cid=${channelId}`;
}

function keyOf(...ids: string[]): string {
  return ["slack", ...ids].join(":");
}
