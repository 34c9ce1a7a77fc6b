/** The shapes of Slack's events, as far as we read them. */
import * as v from "valibot";

const optionalText = v.nullish(v.string());

const File = v.object({
  id: v.string(),
  name: optionalText,
  size: v.nullish(v.number()),
  mode: optionalText,
  file_access: optionalText,
});

/** A message as it stands in an event, or in another message's event about it. */
const said = {
  ts: optionalText,
  thread_ts: optionalText,
  user: optionalText,
  bot_id: optionalText,
  subtype: optionalText,
  text: optionalText,
  files: v.nullish(v.array(File)),
};
const Said = v.object(said);

const Message = v.object({
  ...said,
  type: v.picklist(["message", "app_mention"]),
  ts: v.string(),
  channel: v.string(),
  channel_type: optionalText,
  deleted_ts: optionalText,
  message: v.nullish(Said),
  previous_message: v.nullish(Said),
});

const FileDeleted = v.object({
  type: v.literal("file_deleted"),
  file_id: v.string(),
  channel_ids: v.nullish(v.array(v.string())),
  event_ts: v.string(),
});

const FileUnshared = v.object({
  type: v.literal("file_unshared"),
  file_id: v.string(),
  channel_id: v.string(),
  user_id: optionalText,
  event_ts: v.string(),
});

/** Everything after which other people may read a channel than before. */
export const ACCESS_EVENTS = [
  "member_joined_channel",
  "member_left_channel",
  "channel_shared",
  "channel_unshared",
  "channel_archive",
  "channel_deleted",
  "group_archive",
  "group_deleted",
] as const;

const Access = v.object({
  type: v.picklist(ACCESS_EVENTS),
  channel: v.string(),
  user: optionalText,
});

export const Envelope = v.object({
  event_id: v.string(),
  team_id: optionalText,
  context_team_id: optionalText,
  event: v.variant("type", [Message, FileDeleted, FileUnshared, Access]),
});

export type File = v.InferOutput<typeof File>;
export type Said = v.InferOutput<typeof Said>;
export type Message = v.InferOutput<typeof Message>;
export type FileDeleted = v.InferOutput<typeof FileDeleted>;
export type FileUnshared = v.InferOutput<typeof FileUnshared>;
export type Access = v.InferOutput<typeof Access>;

/** Every type of event that is listened to. */
export const EVENT_TYPES = [
  "message",
  "app_mention",
  "file_deleted",
  "file_unshared",
  ...ACCESS_EVENTS,
] as const;
