/** The shapes of Slack's events, as far as we read them. */
import * as v from "valibot";

const optionalText = v.nullish(v.string());

const File = v.object({
  id: v.string(),
  name: optionalText,
  title: optionalText,
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
  edited: v.nullish(v.object({ ts: v.string() })),
};
const Said = v.object(said);

export const Message = v.object({
  ...said,
  type: v.picklist(["message", "app_mention"]),
  ts: v.string(),
  channel: v.string(),
  deleted_ts: optionalText,
  message: v.nullish(Said),
  previous_message: v.nullish(Said),
});

const FileDeleted = v.object({
  type: v.literal("file_deleted"),
  file_id: v.string(),
  event_ts: v.string(),
});

const FileUnshared = v.object({
  type: v.literal("file_unshared"),
  file_id: v.string(),
  channel_id: v.string(),
  user_id: optionalText,
  event_ts: v.string(),
});

/** Of a file that must be looked up: neither says in which message it is. */
const FileTouched = v.object({
  type: v.picklist(["file_shared", "file_change"]),
  file_id: v.string(),
  channel_id: optionalText,
  user_id: optionalText,
  event_ts: optionalText,
});

const MEMBER_EVENTS = ["member_joined_channel", "member_left_channel"] as const;

const Member = v.object({
  type: v.picklist(MEMBER_EVENTS),
  channel: v.string(),
  user: v.string(),
  inviter: optionalText,
});

/** Everything else after which other people may read a channel than before. */
const ACCESS_EVENTS = [
  "channel_shared",
  "channel_unshared",
  "channel_unarchive",
  "group_unarchive",
] as const;

/** After these nobody reads it, or Docent does not. */
const GONE_EVENTS = [
  "channel_archive",
  "channel_deleted",
  "channel_left",
  "group_archive",
  "group_deleted",
  "group_left",
] as const;

const about = { channel: v.string(), user: optionalText, actor_id: optionalText };
const Access = v.object({ type: v.picklist(ACCESS_EVENTS), ...about });
const Gone = v.object({ type: v.picklist(GONE_EVENTS), ...about });

const PERSON_EVENTS = ["team_join", "user_change"] as const;

/** What Slack tells of a person when they come or change; what it leaves out is not so. */
const Person = v.object({
  id: v.string(),
  team_id: v.optional(v.string()),
  deleted: v.optional(v.boolean()),
  is_restricted: v.optional(v.boolean()),
  is_ultra_restricted: v.optional(v.boolean()),
  is_stranger: v.optional(v.boolean()),
});

const PersonChanged = v.object({ type: v.picklist(PERSON_EVENTS), user: Person });

/** `tab`: also the one for messages is part of what Slack calls the home. */
const HomeOpened = v.object({
  type: v.literal("app_home_opened"),
  user: v.string(),
  channel: optionalText,
  tab: optionalText,
});

/** Somebody pressed Stop in the agent view. */
const SessionStopped = v.object({
  type: v.literal("agent_session_stopped"),
  channel: v.string(),
  thread_ts: optionalText,
  user: v.string(),
});

const Uninstalled = v.object({ type: v.literal("app_uninstalled") });
const TokensRevoked = v.object({
  type: v.literal("tokens_revoked"),
  tokens: v.object({ bot: v.nullish(v.array(v.string())) }),
});

export const Envelope = v.object({
  event_id: v.string(),
  team_id: optionalText,
  context_team_id: optionalText,
  event: v.variant("type", [
    Message,
    FileDeleted,
    FileUnshared,
    FileTouched,
    Member,
    Access,
    Gone,
    PersonChanged,
    HomeOpened,
    SessionStopped,
    Uninstalled,
    TokensRevoked,
  ]),
});

export type File = v.InferOutput<typeof File>;
export type Said = v.InferOutput<typeof Said>;
export type Message = v.InferOutput<typeof Message>;
export type Member = v.InferOutput<typeof Member>;
export type Person = v.InferOutput<typeof Person>;
export type SessionStopped = v.InferOutput<typeof SessionStopped>;
export type Envelope = v.InferOutput<typeof Envelope>;

/** Every type of event that is listened to: exactly what the app subscribes to, in its largest variant. */
export const EVENT_TYPES = [
  "message",
  "app_mention",
  "file_shared",
  "file_change",
  "file_deleted",
  "file_unshared",
  ...MEMBER_EVENTS,
  ...ACCESS_EVENTS,
  ...GONE_EVENTS,
  ...PERSON_EVENTS,
  "app_home_opened",
  "agent_session_stopped",
  "app_uninstalled",
  "tokens_revoked",
] as const;
