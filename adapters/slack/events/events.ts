import { safeParse } from "valibot";
import type { FileRemoved, Incoming, Place } from "../../../src/events.ts";
import type { Identity } from "../client.ts";
import { keyOf, placeOf } from "../place.ts";
import type { FileLookup } from "./look-up.ts";
import { fileRemoved, fromMessage } from "./messages.ts";
import { Envelope, type FileDeleted, type Member, type Person } from "./payloads.ts";

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
    case "file_deleted":
      return fromFileDeletion(at.teamId, event);
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

/** A file's content may be another than the one that was read; null for every other event. */
export function changed(body: unknown): FileLookup | null {
  return lookup(body, "file_change");
}

/** A file was shared, which its message says better: for when that one did not come. */
export function backstop(body: unknown): FileLookup | null {
  return lookup(body, "file_shared");
}

/** Who came into a channel: not Docent itself. */
export interface Came {
  workspaceId: string;
  userId: string;
}

/** Somebody came into a channel; null for every other event. */
export function cameIn(body: unknown, self: Identity): Came | null {
  const parsed = safeParse(Envelope, body);
  if (!parsed.success) return null;
  const { event } = parsed.output;
  if (event.type !== "member_joined_channel" || event.user === self.botUserId) return null;
  return { workspaceId: teamOf(parsed.output) ?? self.teamId, userId: event.user };
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

function lookup(body: unknown, type: "file_shared" | "file_change"): FileLookup | null {
  const parsed = safeParse(Envelope, body);
  if (!parsed.success || parsed.output.event.type !== type) return null;
  const { event_id, event } = parsed.output;
  const workspaceId = teamOf(parsed.output);
  if (!workspaceId) return null;
  const where = { workspaceId, fileId: event.file_id, channelId: event.channel_id ?? null };
  return { ...where, changedAt: type === "file_change" ? (event.event_ts ?? event_id) : null };
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

function workspaceGone({ teamId, id }: Happening): Incoming {
  const place = placeOf(teamId, "", null);
  return { kind: "workspace_gone", key: keyOf(teamId, id), place, userId: "" };
}

function fromFileDeletion(teamId: string, event: FileDeleted): FileRemoved[] {
  return (event.channel_ids ?? []).map((channelId) =>
    fileRemoved(placeOf(teamId, channelId, null), event.file_id, null, event.event_ts),
  );
}
