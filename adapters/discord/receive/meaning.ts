import {
  type APIInteraction,
  type APIMessageComponentInteraction,
  ComponentType,
  InteractionType,
  PermissionFlagsBits,
} from "discord.js";
import type { Inbox } from "../../../src/chat.ts";
import type { OnlyFor } from "../../../src/events.ts";
import { type Action, isAsk, toAction, userIdOf } from "../events/interactions.ts";
import { isDirect, isThread, placeOf } from "../place.ts";
import type { World } from "../read/world.ts";
import { homeMenu } from "../show/buttons.ts";
import type { Way } from "../show/private.ts";
import { decodeOther, NOTHING_WAITS } from "../show/target.ts";
import type { Words } from "./respond.ts";
import type { Located, Shape, Where } from "./where.ts";

const NOWHERE =
  "I don't work in this server yet. Whoever runs me can let me; its admins know whom to ask.";
const STRANGER =
  "I only know the files of servers that I work in, and I don't find you in one of them. Join one, then try again.";
const SEVERAL = "You are in several servers that I work in. Choose one, then try again.";
const BLIND =
  "I can't read and write in this channel. A moderator can let me in; or send me the file in a direct message.";
const MUTE =
  "You can't write in this channel, so I don't ask here for you. Ask me in private, with /docent ask.";
const UNKNOWN = "I don't know that any more. Ask me again, then use the new buttons.";

/** What an interaction wants, or why that can't be. */
export type Meaning = Action | { do: "refuse"; words: Words };

export interface MeaningDeps {
  world: Pick<World, "member">;
  where: Pick<Where, "find" | "learn">;
  inbox: Pick<Inbox, "serves">;
  onlyFor(way: Way): OnlyFor;
}

/** @throws {ServiceError} when Discord failed */
export async function meaningOf(deps: MeaningDeps, interaction: APIInteraction): Promise<Meaning> {
  if (isAsk(interaction) || askedAbout(interaction) !== null) {
    if (isBlind(interaction)) return refuse(BLIND);
    if (isMute(interaction)) return refuse(MUTE);
  }
  const found = await locate(deps, interaction);
  switch (found.kind) {
    case "nowhere":
      return refuse(NOWHERE);
    case "stranger":
      return refuse(STRANGER);
    case "several":
      return {
        do: "refuse",
        words: { text: SEVERAL, rows: [homeMenu(found.guilds, NOTHING_WAITS)] },
      };
    case "here": {
      const { token } = interaction;
      const userId = userIdOf(interaction);
      const onlyFor = deps.onlyFor({ token, channelId: channelIdOf(interaction), userId });
      return toAction(interaction, { place: found.place, userId, onlyFor }) ?? refuse(UNKNOWN);
    }
    default:
      return found satisfies never;
  }
}

function refuse(text: string): Meaning {
  return { do: "refuse", words: { text } };
}

export function channelIdOf({ channel, channel_id }: APIInteraction): string {
  return channel?.id ?? channel_id ?? "";
}

async function locate(deps: MeaningDeps, interaction: APIInteraction): Promise<Located> {
  const { where } = deps;
  const channelId = channelIdOf(interaction);
  const userId = userIdOf(interaction);
  const guildId = namedGuild(interaction);
  if (guildId !== null) return await inGuild(deps, guildId, channelId, userId);
  // Commands work also where Docent sees no channel: what it looks like is said with them.
  const shape = shapeIn(interaction);
  if (shape) where.learn(shape);
  const rootId = askedAbout(interaction);
  return await where.find({ guildId: interaction.guild_id, channelId, userId, rootId });
}

/** What was offered in a direct message names the guild that it is about. */
async function inGuild(
  { world, inbox }: MeaningDeps,
  guildId: string,
  channelId: string,
  userId: string,
): Promise<Located> {
  const place = placeOf(guildId, channelId, null);
  const isTheirs = (await inbox.serves(place)) && (await world.member(guildId, userId)) !== null;
  return isTheirs ? { kind: "here", place, within: "channel" } : { kind: "nowhere" };
}

function namedGuild(interaction: APIInteraction): string | null {
  if (interaction.type !== InteractionType.MessageComponent) return null;
  const other = decodeOther(interaction.data.custom_id);
  if (!other || other.action === "asked") return null;
  return (other.action === "home" ? chosenOf(interaction) : other.ids[0]) ?? null;
}

function chosenOf({ data }: APIMessageComponentInteraction): string | undefined {
  return data.component_type === ComponentType.StringSelect ? data.values[0] : undefined;
}

/** The message that the answer's thread begins with. */
function askedAbout(interaction: APIInteraction): string | null {
  if (interaction.type !== InteractionType.ModalSubmit) return null;
  const other = decodeOther(interaction.data.custom_id);
  return other?.action === "asked" ? (other.ids[0] ?? null) : null;
}

function shapeIn({ channel }: APIInteraction): Shape | null {
  if (!channel || isDirect(channel)) return null;
  const parent_id = "parent_id" in channel ? channel.parent_id : undefined;
  if (isThread(channel) && !parent_id) return null;
  return { id: channel.id, type: channel.type, parent_id };
}

const { ViewChannel, ReadMessageHistory, SendMessages, SendMessagesInThreads } =
  PermissionFlagsBits;

/** In a server, where Docent could neither find the message nor answer below it. */
function isBlind({ guild_id, channel, app_permissions }: APIInteraction): boolean {
  if (guild_id === undefined) return false;
  const needed = ViewChannel | ReadMessageHistory | writing(channel);
  return (BigInt(app_permissions) & needed) !== needed;
}

/** Nobody is to have Docent say what they may not say there themselves. */
function isMute({ member, channel }: APIInteraction): boolean {
  return member !== undefined && (BigInt(member.permissions) & writing(channel)) === 0n;
}

function writing(channel: APIInteraction["channel"]): bigint {
  return channel && isThread(channel) ? SendMessagesInThreads : SendMessages;
}
