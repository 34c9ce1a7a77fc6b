import { type APIChannel, RESTJSONErrorCodes as Code, Routes } from "discord.js";
import type { Place } from "../../../src/events.ts";
import { type Discord, errorCode, failure } from "../client.ts";
import { permalinkOf } from "../place.ts";
import type { Body } from "./body.ts";
import { channelsOf } from "./whereabouts.ts";

/** They take no direct messages from Docent: that is their right, and no failure. */
const CLOSED = new Set<number>([
  Code.CannotSendMessagesToThisUser,
  Code.CannotSendMessagesToThisUserDueToHavingNoMutualGuilds,
  Code.UnknownUser,
  Code.UnknownChannel,
  Code.MissingAccess,
  Code.MissingPermissions,
]);

/**
 * Says something in somebody's direct messages.
 * @param bodyIn the message, for the channel of these
 * @returns false where they take none
 */
export async function sayDirectly(
  { rest }: Pick<Discord, "rest">,
  userId: string,
  bodyIn: (channelId: string) => Body,
): Promise<boolean> {
  try {
    const opened = await rest.post(Routes.userChannels(), { body: { recipient_id: userId } });
    const { id } = opened as APIChannel;
    await rest.post(Routes.channelMessages(id), { body: bodyIn(id) });
    return true;
  } catch (error) {
    if (CLOSED.has(errorCode(error) ?? 0)) return false;
    throw failure(error);
  }
}

/** What a direct message is about, where that is not plain: who may see the channel sees its name. */
export function about(place: Place, messageId?: string): string {
  const { workspaceId, channelId } = place;
  if (messageId === undefined) return `\n-# About <#${channelId}>`;
  const [standsIn = channelId] = channelsOf(place, messageId);
  return `\n-# About ${permalinkOf(workspaceId, standsIn, messageId)}`;
}
