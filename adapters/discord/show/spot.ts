import { type APIThreadChannel, ChannelType, RESTJSONErrorCodes as Code, Routes } from "discord.js";
import type { AnswerStyle } from "../../../src/chat.ts";
import type { Mention } from "../../../src/events.ts";
import { type Discord, errorCode, failure } from "../client.ts";
import type { World } from "../read/world.ts";

/** Says nothing of the question: whoever can read the channel can read its name, and it outlives the question. */
const THREAD_NAME = "Docent · answer";
const THREAD_OPEN_MINUTES = 60;

/** A thread is not to be had here: the answer stands below the question instead. */
const NO_THREAD = new Set<number>([
  Code.MissingAccess,
  Code.MissingPermissions,
  Code.CannotExecuteActionOnThisChannelType,
  Code.InvalidFormBodyOrContentType,
  Code.ThreadLocked,
  Code.MaximumActiveThreads,
]);

/** Where an answer stands. */
export interface Spot {
  channelId: string;
  /** The question stands there too, so that the answer can be a reply to it. */
  replies: boolean;
  /** A thread that was made for this answer. */
  isNew: boolean;
}

/** Where the question itself stands, or at least its channel. */
export function beside(channelId: string): Spot {
  return { channelId, replies: true, isNew: false };
}

/** @returns null when the question is gone, and nobody waits for an answer */
export async function spotFor(
  discord: Pick<Discord, "rest">,
  world: Pick<World, "channel">,
  { place, messageId }: Mention,
  style: AnswerStyle | undefined,
): Promise<Spot | null> {
  const { channelId, threadId } = place;
  if (threadId === channelId) return beside(channelId);
  // A conversation that is not in a thread goes on by replies.
  if (threadId !== null && threadId !== messageId) {
    return beside((await world.channel(threadId)) ? threadId : channelId);
  }
  const type = (await world.channel(channelId))?.type;
  if (type === ChannelType.GuildForum || type === ChannelType.GuildMedia) {
    return beside(threadId ?? channelId);
  }
  if (style === "reply") return beside(channelId);
  return await threadFrom(discord, channelId, messageId);
}

async function threadFrom(
  { rest }: Pick<Discord, "rest">,
  channelId: string,
  messageId: string,
): Promise<Spot | null> {
  const body = { name: THREAD_NAME, auto_archive_duration: THREAD_OPEN_MINUTES };
  const made = (id: string): Spot => ({ channelId: id, replies: false, isNew: true });
  try {
    const route = Routes.threads(channelId, messageId);
    const { id } = (await rest.post(route, { body })) as APIThreadChannel;
    return made(id);
  } catch (error) {
    const code = errorCode(error);
    if (code === Code.ThreadAlreadyCreatedForMessage) return made(messageId);
    if (code === Code.UnknownMessage) return null;
    if (code !== undefined && NO_THREAD.has(code)) return beside(channelId);
    throw failure(error);
  }
}
