import { type APIMessage, Routes } from "discord.js";
import type { Place } from "../../../src/events.ts";
import { type Discord, isGone, reasonOf } from "../client.ts";

const MESSAGES_MAX = 100;
const ID = /^\d+$/;

/** See `Adapter.retract`: what somebody wrote after the answer may be about it, so then it stays. */
export async function retract(
  discord: Discord,
  place: Place,
  messageIds: readonly string[],
): Promise<void> {
  // What one person alone saw has no id, and can't be taken back.
  const ids = messageIds.filter((id) => ID.test(id));
  const [first] = ids;
  if (first === undefined) return;
  const { channelId, threadId } = place;
  try {
    for (const at of new Set([threadId ?? channelId, channelId])) {
      const below = await messagesFrom(discord, at, first);
      if (!below.some(({ id }) => ids.includes(id))) continue;
      if (isSpokenOf(below, ids, at === threadId)) return;
      for (const id of ids) await takeBack(discord, at, id);
    }
  } catch (error) {
    const reason = reasonOf(error);
    discord.log.info({ reason, channelId }, "an answer stays");
  }
}

/** From this message on; none where it never stood. */
async function messagesFrom({ rest }: Discord, channelId: string, first: string) {
  const after = String(BigInt(first) - 1n);
  const query = new URLSearchParams({ after, limit: String(MESSAGES_MAX) });
  try {
    return (await rest.get(Routes.channelMessages(channelId), { query })) as APIMessage[];
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** In a thread whatever people say there may be; in a channel what answers it. More than can be looked through is. */
function isSpokenOf(messages: APIMessage[], ids: readonly string[], isThread: boolean): boolean {
  if (messages.length >= MESSAGES_MAX) return true;
  return messages.some(
    ({ author, message_reference }) =>
      !author.bot && (isThread || ids.includes(message_reference?.message_id ?? "")),
  );
}

async function takeBack({ rest, log }: Discord, channelId: string, id: string): Promise<void> {
  await rest.delete(Routes.channelMessage(channelId, id)).catch((error: unknown) => {
    log.debug({ reason: reasonOf(error), channelId }, "a message stays");
  });
}
