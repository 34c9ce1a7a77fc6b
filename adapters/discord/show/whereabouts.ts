import type { Place } from "../../../src/events.ts";
import { isGone } from "../client.ts";

/**
 * The channels of Discord's in which a message of this place may stand, likeliest first: a place names a thread by
 * the message that begins it, which may stand in the channel or, in a forum, in the thread.
 */
export function channelsOf({ channelId, threadId }: Place, messageId: string): string[] {
  if (threadId === null || threadId === channelId) return [channelId];
  return threadId === messageId ? [channelId, threadId] : [threadId, channelId];
}

/** Does something with a message where it stands. @returns undefined where there is none */
export async function where<T>(
  place: Place,
  messageId: string,
  call: (channelId: string) => Promise<T>,
): Promise<T | undefined> {
  for (const channelId of channelsOf(place, messageId)) {
    try {
      return await call(channelId);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
  return undefined;
}
