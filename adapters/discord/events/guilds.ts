import { type APIChannel, type APIUser, ChannelType } from "discord.js";
import type { Incoming, Place } from "../../../src/events.ts";
import { keyOf, placeOf } from "../place.ts";

const DAY_MS = 86_400_000;
const WRITTEN_IN = [ChannelType.GuildText, ChannelType.GuildAnnouncement];

/**
 * Discord gives what happens to channels no id. Each process makes one of its own, and that it is heard twice does
 * no harm.
 */
function ofChannel(kind: "access_changed" | "channel_gone", place: Place, nowMs: number): Incoming {
  const { workspaceId, channelId, threadId } = place;
  const key = keyOf(workspaceId, threadId ?? channelId, kind, String(nowMs));
  return { kind, key, place, userId: "" };
}

export function accessChanged(guildId: string, channelId: string, nowMs: number): Incoming {
  return ofChannel("access_changed", placeOf(guildId, channelId, null), nowMs);
}

export function channelGone(guildId: string, channelId: string, nowMs: number): Incoming {
  return ofChannel("channel_gone", placeOf(guildId, channelId, null), nowMs);
}

/** A private thread is a channel of its own. */
export function threadGone(
  guildId: string,
  thread: { id: string; type: ChannelType; parent_id?: string | null | undefined },
  nowMs: number,
): Incoming {
  const { id, type, parent_id } = thread;
  if (type === ChannelType.PrivateThread || !parent_id) return channelGone(guildId, id, nowMs);
  return ofChannel("channel_gone", placeOf(guildId, parent_id, id), nowMs);
}

export function guildGone(guildId: string): Incoming {
  const place = placeOf(guildId, "", null);
  return { kind: "workspace_gone", key: keyOf(guildId, "gone"), place, userId: "" };
}

export function banned(guildId: string, user: APIUser, nowMs: number): Incoming {
  // The same ban reaches each process of ours.
  const day = String(Math.floor(nowMs / DAY_MS));
  const place = placeOf(guildId, "", null);
  const name = user.global_name || user.username;
  const key = keyOf(guildId, "banned", user.id, day);
  return { kind: "banned", key, place, userId: user.id, name };
}

/** What Discord tells of a guild that Docent came into. */
interface Arrival {
  id: string;
  owner_id: string;
  joined_at: string;
  system_channel_id: string | null;
  channels: readonly Pick<APIChannel, "id" | "type">[];
}

/**
 * Docent was added to the guild: that belongs to the channel in which Discord itself greets people, or the first one.
 * Who added it Discord doesn't say, so it is the owner's to hear.
 */
export function joined(guild: Arrival): Incoming[] {
  const { id, owner_id: userId, joined_at, system_channel_id, channels } = guild;
  const first = channels.find(({ type }) => WRITTEN_IN.includes(type));
  const channelId = system_channel_id ?? first?.id;
  if (!channelId) return [];
  const key = keyOf(id, "joined", String(Date.parse(joined_at)));
  return [{ kind: "joined", key, place: placeOf(id, channelId, null), userId }];
}
