/** The way back to whoever pressed or typed something: for them alone, and good for fifteen minutes. */
import {
  type APIInteraction,
  type APIInteractionResponse,
  MessageFlags,
  RESTJSONErrorCodes,
  Routes,
} from "discord.js";
import { split } from "../../shared/split.ts";
import { type Discord, errorCode, failure, reasonOf } from "../client.ts";
import { userIdOf } from "../events/interactions.ts";
import { NOBODY, once } from "../show/body.ts";
import type { Row } from "../show/buttons.ts";
import { sayDirectly } from "../show/direct.ts";
import { literal } from "../show/literal.ts";

const PIECE_CHARS_MAX = 2_000;

/** What is said to one person, as plain text. */
export interface Words {
  text: string;
  rows?: Row[];
}

const ALONE = MessageFlags.Ephemeral | MessageFlags.SuppressEmbeds;

/** Another process with the same token was faster, or Discord has given up waiting. */
const TAKEN = new Set<number | undefined>([
  RESTJSONErrorCodes.UnknownInteraction,
  RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged,
]);

/** The fifteen minutes are over. */
const OVER = new Set<number | undefined>([
  RESTJSONErrorCodes.UnknownInteraction,
  RESTJSONErrorCodes.UnknownWebhook,
  RESTJSONErrorCodes.InvalidWebhookToken,
]);

/** The first answer. @returns false when there is no more to be done about it here */
export async function acknowledge(
  { rest, log }: Discord,
  { id, token }: APIInteraction,
  body: APIInteractionResponse,
): Promise<boolean> {
  try {
    await rest.post(Routes.interactionCallback(id, token), { body, auth: false });
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (TAKEN.has(code)) log.info({ code }, "an interaction was answered elsewhere, or is over");
    else log.warn({ reason: reasonOf(error) }, "an interaction could not be answered");
    return false;
  }
}

/** One message for one person, as a first answer or a follow-up. */
export function messageOf({ text, rows = [] }: Words) {
  return { content: text, flags: ALONE, components: rows, allowed_mentions: NOBODY };
}

/**
 * Says it whole, in as many messages as it takes; where Discord waits no more, in a direct message.
 * @param instead in the place of "thinking…"; else below what they pressed
 * @throws {ServiceError} when Discord failed
 */
export async function say(
  discord: Discord,
  interaction: APIInteraction,
  words: Words,
  instead: boolean,
): Promise<void> {
  const pieces = split(literal(words.text), PIECE_CHARS_MAX).map((text): Words => ({ text }));
  const last = pieces.at(-1);
  if (last && words.rows) last.rows = words.rows;
  let way: Way = instead ? "original" : "follow_up";
  for (const [index, piece] of pieces.entries()) {
    way = await sayPiece(discord, interaction, { ...piece, index }, way);
    if (way === "original") way = "follow_up";
  }
}

type Way = "original" | "follow_up" | "direct";

/** @returns the way that worked */
async function sayPiece(
  discord: Discord,
  interaction: APIInteraction,
  piece: Words & { index: number },
  way: Way,
): Promise<Way> {
  const { rest } = discord;
  const { id, application_id, token } = interaction;
  const alone = messageOf(piece);
  const open = { ...alone, flags: MessageFlags.SuppressEmbeds };
  try {
    if (way === "original") {
      const route = Routes.webhookMessage(application_id, token);
      await rest.patch(route, { body: open, auth: false });
    } else if (way === "follow_up") {
      await rest.post(Routes.webhook(application_id, token), { body: alone, auth: false });
    }
    if (way !== "direct") return way;
  } catch (error) {
    if (!OVER.has(errorCode(error))) throw failure(error);
  }
  const said = { ...open, ...once(id, piece.index) };
  const isSaid = await sayDirectly(discord, userIdOf(interaction), () => said);
  if (!isSaid) discord.log.info("a reply to one person found no way to them");
  return "direct";
}

/** "Thinking…" ends without a word. */
export async function hush(
  { rest }: Discord,
  { application_id, token }: APIInteraction,
): Promise<void> {
  await rest.delete(Routes.webhookMessage(application_id, token), { auth: false });
}

/** What they pressed gives way to words. */
export async function replace(
  { rest }: Discord,
  { application_id, token }: APIInteraction,
  text: string,
): Promise<void> {
  const body = { content: literal(text), components: [], allowed_mentions: NOBODY };
  await rest.patch(Routes.webhookMessage(application_id, token), { body, auth: false });
}
