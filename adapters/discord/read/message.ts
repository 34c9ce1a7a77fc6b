import { type APIMessage, RESTJSONErrorCodes, Routes } from "discord.js";
import type { Place, SharedFile } from "../../../src/events.ts";
import { type Discord, errorCode, failure } from "../client.ts";

/** It is not in this channel, or what was taken for a thread is none: for sure, unlike what we may not see. */
const NOT_THERE: ReadonlySet<number | undefined> = new Set([
  RESTJSONErrorCodes.UnknownChannel,
  RESTJSONErrorCodes.UnknownMessage,
  RESTJSONErrorCodes.CannotExecuteActionOnThisChannelType,
]);

/**
 * The message in which a file was shared, as it is now.
 * @returns null when Discord says that it is gone
 * @throws {ServiceError} when Discord says nothing of it
 */
export async function messageOf(
  { rest }: Pick<Discord, "rest">,
  { place, messageId }: Pick<SharedFile, "place" | "messageId">,
  signal: AbortSignal,
): Promise<APIMessage | null> {
  for (const channelId of whereItMayBe(place, messageId)) {
    try {
      const route = Routes.channelMessage(channelId, messageId);
      return (await rest.get(route, { signal })) as APIMessage;
    } catch (error) {
      if (!isNotThere(error)) throw failure(error);
    }
  }
  return null;
}

export function isNotThere(error: unknown): boolean {
  return NOT_THERE.has(errorCode(error));
}

/**
 * The message that begins a thread stands in the channel, but that of a forum's post in the post; and an answer to
 * a message makes no thread, though it has a place of its own.
 */
function whereItMayBe({ channelId, threadId }: Place, messageId: string): string[] {
  if (threadId === null || threadId === channelId) return [channelId];
  return threadId === messageId ? [channelId, threadId] : [threadId, channelId];
}
