import { Routes } from "discord.js";
import type { Note } from "../../../src/chat.ts";
import type { Place } from "../../../src/events.ts";
import { type Discord, reasonOf } from "../client.ts";
import type { World } from "../read/world.ts";
import { type Body, body, once } from "./body.ts";
import { offerRow } from "./buttons.ts";
import { about, sayDirectly } from "./direct.ts";
import { MESSAGE_CHARS_MAX, piecesOf } from "./pieces.ts";
import { where } from "./whereabouts.ts";

const THANKS = "👍";
const PIECES_MAX = 5;
/** For the line on what it is about. */
const UNDER_CHARS_MAX = 120;

/**
 * See `Adapter.tell`: by direct message. Where these are closed nothing is said: it is for nobody else.
 * @param messageId the message that it is about, where it is not about the place as a whole
 */
export async function tell(
  discord: Discord,
  place: Place,
  userId: string,
  note: Note,
  messageId?: string,
): Promise<boolean> {
  const said = bodies(place, note, [userId, messageId ?? ""]);
  try {
    for (const [index, message] of said.entries()) {
      const isLast = index === said.length - 1;
      const bodyIn = (channelId: string) =>
        isLast && channelId !== place.channelId ? withAbout(message, place, messageId) : message;
      if (!(await sayDirectly(discord, userId, bodyIn))) return false;
    }
    return said.length > 0;
  } catch (error) {
    const reason = reasonOf(error);
    discord.log.warn({ channelId: place.channelId, reason }, "a note could not be told");
    return false;
  }
}

function withAbout(message: Body, place: Place, messageId: string | undefined): Body {
  return { ...message, content: `${message.content}${about(place, messageId)}` };
}

interface Announcing {
  discord: Discord;
  world: Pick<World, "channel">;
}

/** See `Adapter.announce`. What is said of one guild stays in it, whichever channel the settings name. */
export async function announce(
  { discord: { rest, log }, world }: Announcing,
  place: Place,
  note: Note,
): Promise<boolean> {
  const { workspaceId, channelId } = place;
  const said = bodies(place, note);
  try {
    const channel = await world.channel(channelId);
    if (!(channel && "guild_id" in channel && channel.guild_id === workspaceId)) return false;
    for (const message of said) {
      await rest.post(Routes.channelMessages(channelId), { body: message });
    }
    return said.length > 0;
  } catch (error) {
    log.warn({ channelId, reason: reasonOf(error) }, "an announcement could not be made");
    return false;
  }
}

/**
 * What is offered stands under the last.
 * @param told what tells this note from others of the same words
 */
function bodies(place: Place, { text, offer }: Note, told: string[] = []): Body[] {
  const { workspaceId, channelId } = place;
  const charsMax = MESSAGE_CHARS_MAX - UNDER_CHARS_MAX;
  const all = piecesOf([{ own: false, markdown: text }], charsMax, workspaceId);
  const shown = all.slice(0, PIECES_MAX);
  return shown.map((piece, index) => {
    const isLast = index === shown.length - 1;
    const content = isLast && all.length > PIECES_MAX ? `${piece}\n…` : piece;
    const under = isLast && offer ? [offerRow(place, offer)] : [];
    const facts = [JSON.stringify(offer ?? null), ...told];
    return { ...body(content, under), ...once(channelId, index, text, ...facts) };
  });
}

/** See `Adapter.nod`. */
export async function nod(
  { rest, log }: Discord,
  place: Place,
  messageId: string,
): Promise<boolean> {
  const react = async (channelId: string) => {
    await rest.put(Routes.channelMessageOwnReaction(channelId, messageId, THANKS));
    return true;
  };
  try {
    return (await where(place, messageId, react)) ?? false;
  } catch (error) {
    log.debug({ reason: reasonOf(error) }, "a sign of thanks did not work");
    return false;
  }
}
