import { safeParse } from "valibot";
import type { FileTouched, Incoming, Place } from "../../../src/events.ts";
import type { Identity } from "../client.ts";
import { keyOf, placeOf } from "../place.ts";
import { fileRemoved, fromMessage } from "./messages.ts";
import { Envelope, type Member, type Person, type SessionStopped } from "./payloads.ts";

/** Slack tells only by a message that a channel is no longer for the same people. */
const CONVERTED = new Set(["channel_convert_to_private", "channel_convert_to_public"]);

/** What an event means to us, in the order in which it must be handed in. Nothing for what is not ours. */
export function toIncoming(body: unknown, self: Identity): Incoming[] {
  const parsed = safeParse(Envelope, body);
  if (!parsed.success) return [];
  const { event } = parsed.output;
  const at: Happening = {
    teamId: teamOf(parsed.output) ?? self.teamId,
    id: parsed.output.event_id,
  };
  switch (event.type) {
    case "app_mention":
    case "message":
      if (CONVERTED.has(event.subtype ?? "")) return [ofChannel("access_changed", at, event)];
      return fromMessage(at.teamId, event, self);
    case "file_deleted": {
      const everywhere = placeOf(at.teamId, "", null);
      return [
        { ...fileRemoved(everywhere, event.file_id, null, event.event_ts), everywhere: true },
      ];
    }
    case "file_unshared": {
      const place = placeOf(at.teamId, event.channel_id, null);
      return [fileRemoved(place, event.file_id, event.user_id, event.event_ts)];
    }
    case "member_joined_channel":
    case "member_left_channel":
      return [fromMember(at, event, self)];
    case "channel_shared":
    case "channel_unshared":
    case "channel_unarchive":
    case "group_unarchive":
      return [ofChannel("access_changed", at, event)];
    case "channel_archive":
    case "channel_deleted":
    case "channel_left":
    case "group_archive":
    case "group_deleted":
    case "group_left":
      return [ofChannel("channel_gone", at, event)];
    case "agent_session_stopped":
      return [sessionStopped(at, event)];
    case "tokens_revoked":
      return event.tokens.bot?.length ? [workspaceGone(at)] : [];
    case "app_uninstalled":
      return [workspaceGone(at)];
    // What these mean must be asked of Slack, or is for Slack alone: see the functions below.
    case "file_shared":
    case "file_change":
    case "team_join":
    case "user_change":
    case "app_home_opened":
      return [];
    default:
      return event satisfies never;
  }
}

/**
 * A file changed, or it was shared, which its message says better: that is for when the message did not come. Null for
 * every other event.
 */
export function touched(body: unknown): FileTouched | null {
  const parsed = safeParse(Envelope, body);
  if (!parsed.success) return null;
  const { event_id, event } = parsed.output;
  const workspaceId = teamOf(parsed.output);
  if (!workspaceId || (event.type !== "file_change" && event.type !== "file_shared")) return null;
  const changedAt = event.type === "file_change" ? (event.event_ts ?? event_id) : null;
  return {
    kind: "file_touched",
    key: keyOf(workspaceId, event_id),
    place: placeOf(workspaceId, event.channel_id ?? "", null),
    userId: event.user_id ?? "",
    fileId: event.file_id,
    everywhere: changedAt !== null || !event.channel_id,
    changedAt,
  };
}

/** Who came into a channel: not Docent itself. */
export interface Came {
  workspaceId: string;
  channelId: string;
  userId: string;
}

/** Somebody came into a channel; null for every other event. */
export function cameIn(body: unknown, self: Identity): Came | null {
  const parsed = safeParse(Envelope, body);
  if (!parsed.success) return null;
  const { event } = parsed.output;
  if (event.type !== "member_joined_channel" || event.user === self.botUserId) return null;
  const workspaceId = teamOf(parsed.output) ?? self.teamId;
  return { workspaceId, channelId: event.channel, userId: event.user };
}

/** Id of the channel that is in use again; null for every other event. */
export function unarchived(body: unknown): string | null {
  const parsed = safeParse(Envelope, body);
  if (!parsed.success) return null;
  const { event } = parsed.output;
  const isBack = event.type === "channel_unarchive" || event.type === "group_unarchive";
  return isBack ? event.channel : null;
}

export interface PersonChange {
  workspaceId: string;
  user: Person;
}

/** Somebody came to the workspace, or what they are there changed; null for every other event. */
export function outsiderChange(body: unknown): PersonChange | null {
  const parsed = safeParse(Envelope, body);
  if (!parsed.success) return null;
  const { event } = parsed.output;
  const workspaceId = teamOf(parsed.output);
  if (!workspaceId || (event.type !== "team_join" && event.type !== "user_change")) return null;
  return { workspaceId, user: event.user };
}

/** Who looks at a page, and the direct message that it stands beside. */
export interface HomeOpened {
  key: string;
  place: Place;
  userId: string;
}

/** Somebody opened Docent's Home tab; null for every other event. */
export function homeOpened(body: unknown): HomeOpened | null {
  const parsed = safeParse(Envelope, body);
  if (!parsed.success || parsed.output.event.type !== "app_home_opened") return null;
  const { event_id, event } = parsed.output;
  const workspaceId = teamOf(parsed.output);
  if (!workspaceId || !event.channel || event.tab !== "home") return null;
  const place = placeOf(workspaceId, event.channel, null);
  return { key: keyOf(workspaceId, event_id), place, userId: event.user };
}

/** With channels shared between workspaces team_id may be the author's; context_team_id is the receiver's. */
function teamOf({ context_team_id, team_id }: Envelope): string | null {
  return context_team_id ?? team_id ?? null;
}

interface Happening {
  teamId: string;
  /** Slack's id of it. */
  id: string;
}

interface OfChannel {
  channel: string;
  user?: string | null | undefined;
  actor_id?: string | null | undefined;
}

function ofChannel<Kind extends "access_changed" | "channel_gone" | "joined">(
  kind: Kind,
  { teamId, id }: Happening,
  { channel, user, actor_id }: OfChannel,
) {
  const place = placeOf(teamId, channel, null);
  return { kind, key: keyOf(teamId, id), place, userId: user ?? actor_id ?? "" };
}

function fromMember(at: Happening, event: Member, self: Identity): Incoming {
  if (event.user !== self.botUserId) return ofChannel("access_changed", at, event);
  if (event.type === "member_left_channel") return ofChannel("channel_gone", at, event);
  return ofChannel("joined", at, { channel: event.channel, user: event.inviter });
}

/** The session is the thread; without one, all that they asked there. */
function sessionStopped({ teamId, id }: Happening, event: SessionStopped): Incoming {
  const place = placeOf(teamId, event.channel, event.thread_ts ?? null);
  return { kind: "stopped", key: keyOf(teamId, id), place, userId: event.user, messageId: null };
}

function workspaceGone({ teamId, id }: Happening): Incoming {
  const place = placeOf(teamId, "", null);
  return { kind: "workspace_gone", key: keyOf(teamId, id), place, userId: "" };
}
