import { type APIChannel, ChannelType } from "discord.js";
import type { Place } from "../../src/events.ts";

const PLATFORM = "discord";
/** Discord counts from the first of January 2015. */
const EPOCH_MS = 1_420_070_400_000n;
const TIME_SHIFT = 22n;

export function placeOf(workspaceId: string, channelId: string, threadId: string | null): Place {
  return { platform: PLATFORM, workspaceId, channelId, threadId };
}

/** @param ids of the kind of thing first, then of what happened there */
export function keyOf(...ids: string[]): string {
  return [PLATFORM, ...ids].join(":");
}

/** When what has this id was made, in milliseconds since 1970. */
export function madeAtMs(id: string): number {
  return Number((BigInt(id) >> TIME_SHIFT) + EPOCH_MS);
}

/** The least id of what is made from then on. */
export function idAt(ms: number): string {
  const since = BigInt(Math.trunc(ms)) - EPOCH_MS;
  return ((since > 0n ? since : 0n) << TIME_SHIFT).toString();
}

/** For people, to a message. @param guildId null in a direct message */
export function permalinkOf(guildId: string | null, channelId: string, messageId: string): string {
  return `https://discord.com/channels/${guildId ?? "@me"}/${channelId}/${messageId}`;
}

const THREADS: ReadonlySet<ChannelType> = new Set([
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
  ChannelType.AnnouncementThread,
]);

export function isThread({ type }: Pick<APIChannel, "type">): boolean {
  return THREADS.has(type);
}

/** A direct message is a place of its own, of the workspace that its person has chosen. */
export function isDirect({ type }: Pick<APIChannel, "type">): boolean {
  return type === ChannelType.DM;
}

/**
 * Where something in this channel belongs. A private thread has readers of its own, and so is a channel of its own;
 * any other thread belongs to the channel that it hangs on. A direct message is one conversation.
 * @param rootId the message that begins a thread, for what stands in the channel itself
 */
export function placeIn(
  workspaceId: string,
  channel: Pick<APIChannel, "id" | "type"> & { parent_id?: string | null | undefined },
  rootId: string | null,
): Place {
  if (isDirect(channel)) return placeOf(workspaceId, channel.id, channel.id);
  if (channel.type === ChannelType.PrivateThread) {
    return placeOf(workspaceId, channel.id, channel.id);
  }
  if (isThread(channel) && channel.parent_id) {
    return placeOf(workspaceId, channel.parent_id, channel.id);
  }
  return placeOf(workspaceId, channel.id, rootId);
}
