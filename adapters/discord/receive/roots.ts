import { type APIMessage, Routes } from "discord.js";
import { createMemory } from "../../shared/memory.ts";
import { type Discord, failure, isGone } from "../client.ts";
import { answersUs, type Message } from "../events/messages.ts";

const KEPT_MS = 24 * 3_600_000;
const MESSAGES_MAX = 20_000;
const STEPS_MAX = 10;

/**
 * Where a conversation began that goes on in a channel itself: who answers an answer of ours goes on with its
 * question. @returns the id of the first question's message; the message's own where it begins one
 */
export type RootOf = (message: Message) => Promise<string>;

export function createRootOf(discord: Discord): RootOf {
  const roots = createMemory<string>({ keptMs: KEPT_MS, entriesMax: MESSAGES_MAX });
  const above = async (message: Message, steps: number): Promise<string> => {
    const { botUserId } = await discord.identity();
    const answer = answersUs(message, botUserId) ? message.referenced_message : null;
    const questionId = answer?.message_reference?.message_id;
    if (!questionId || steps >= STEPS_MAX) return message.id;
    return await roots.get(questionId, async () => {
      const question = await messageIn(discord, message.channel_id, questionId);
      return question ? await above(question, steps + 1) : questionId;
    });
  };
  return (message) => roots.get(message.id, () => above(message, 0));
}

/** Null: it is gone, or not ours to see. */
export async function messageIn(
  { rest }: Pick<Discord, "rest">,
  channelId: string,
  messageId: string,
): Promise<APIMessage | null> {
  try {
    return (await rest.get(Routes.channelMessage(channelId, messageId))) as APIMessage;
  } catch (error) {
    if (isGone(error)) return null;
    throw failure(error);
  }
}
