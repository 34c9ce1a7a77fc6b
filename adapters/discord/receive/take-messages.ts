import { type APIMessage, type RESTGetAPIChannelMessagesResult, Routes } from "discord.js";
import type { Incoming } from "../../../src/events.ts";
import { type Discord, failure } from "../client.ts";
import {
  attachmentsOf,
  fromDeletion,
  fromEdit,
  fromHistory,
  fromMessage,
  type Here,
  isByPerson,
  type Message,
} from "../events/messages.ts";
import { placeOf } from "../place.ts";
import type { AskBack } from "./direct.ts";
import type { RootOf } from "./roots.ts";
import type { Where } from "./where.ts";

/** Of what somebody wrote while they had not chosen a server yet. */
const WAITING_MAX = 50;

export interface TakeMessagesDeps {
  discord: Discord;
  where: Pick<Where, "find" | "served">;
  rootOf: RootOf;
  askBack: AskBack;
  /** Resolves once it is stored. */
  accept(event: Incoming): Promise<void>;
}

/** A guild's message; a direct one has no guild. */
interface OfGuild {
  guild_id?: string;
}

/** Each resolves once all that it means is stored; the same twice is one. @throws {ServiceError} */
export interface TakeMessages {
  written(message: Message & OfGuild): Promise<void>;
  edited(message: Message & OfGuild): Promise<void>;
  deleted(gone: { ids: readonly string[]; channel_id: string } & OfGuild): Promise<void>;
  /** It was written while nobody listened. */
  readBack(message: Message & OfGuild): Promise<void>;
  /** A direct message that waited for its person to choose a server, with all that came after it. */
  waited(message: APIMessage): Promise<void>;
}

export function createTakeMessages(deps: TakeMessagesDeps): TakeMessages {
  const { discord, accept } = deps;
  const take = async (
    message: Message & OfGuild,
    mean: (message: Message, here: Here) => Incoming[],
    isNew = false,
  ) => {
    if (!isByPerson(message)) return;
    const here = await locate(deps, message, isNew);
    for (const event of here ? mean(message, here) : []) await accept(event);
  };
  return {
    written: (message) => take(message, fromMessage, true),
    edited: (message) => take(message, fromEdit),
    readBack: (message) => take(message, fromHistory, true),
    deleted: async ({ ids, channel_id, guild_id: guildId }) => {
      const { botUserId } = await discord.identity();
      for (const id of ids) {
        const at = { guildId, channelId: channel_id, rootId: id };
        for (const here of await standing(deps.where, at)) {
          await accept(fromDeletion({ id, channel_id }, { ...here, botUserId }));
        }
      }
    },
    waited: async (message) => {
      const later = await writtenAfter(discord, message);
      for (const one of [message, ...later]) await take(one, fromMessage);
    },
  };
}

async function locate(
  { discord, where, rootOf, askBack }: TakeMessagesDeps,
  message: Message & OfGuild,
  isNew: boolean,
): Promise<Here | null> {
  const { id, guild_id: guildId, channel_id: channelId, author } = message;
  const isDirect = guildId === undefined;
  if (isDirect && message.content === "" && attachmentsOf(message).length === 0) return null;
  const found = await where.find({ guildId, channelId, userId: author.id, rootId: id });
  if (isNew && isDirect) await askBack(message, found);
  if (found.kind !== "here") return null;
  const { botUserId } = await discord.identity();
  if (found.within !== "channel") return { ...found, botUserId };
  const place = { ...found.place, threadId: await rootOf(message) };
  return { ...found, place, botUserId };
}

/**
 * Where a message may stand that is gone: a direct one in any guild, since its person may have chosen another one
 * since, or left.
 */
async function standing(
  where: TakeMessagesDeps["where"],
  at: { guildId: string | undefined; channelId: string; rootId: string },
): Promise<Omit<Here, "botUserId">[]> {
  const { guildId, channelId } = at;
  if (guildId !== undefined) {
    const found = await where.find({ ...at, userId: "" });
    return found.kind === "here" ? [found] : [];
  }
  const guilds = await where.served();
  // Each is told by itself, so the guild is part of what it is known by.
  return guilds.map(({ id }) => ({ place: placeOf(id, channelId, channelId), within: "channel" }));
}

async function writtenAfter({ rest }: Discord, { id, channel_id }: APIMessage) {
  const query = new URLSearchParams({ after: id, limit: String(WAITING_MAX) });
  try {
    const route = Routes.channelMessages(channel_id);
    const listed = (await rest.get(route, { query })) as RESTGetAPIChannelMessagesResult;
    return listed.toReversed();
  } catch (error) {
    throw failure(error);
  }
}
