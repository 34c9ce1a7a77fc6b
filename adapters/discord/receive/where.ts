import { type APIChannel, type RESTGetAPICurrentUserGuildsResult, Routes } from "discord.js";
import type { Inbox } from "../../../src/chat.ts";
import type { Place } from "../../../src/events.ts";
import { createMemory } from "../../shared/memory.ts";
import { type Discord, failure } from "../client.ts";
import { isDirect, isThread, placeIn, placeOf } from "../place.ts";
import type { World } from "../read/world.ts";
import type { Serves } from "./served.ts";

/** What kind of channel it is, and on what it hangs, changes as good as never. */
const SHAPE_KEPT_MS = 3_600_000;
const SHAPES_MAX = 20_000;
const GUILDS_KEPT_MS = 3 * 60_000;
const GUILDS_PAGE = 200;
const GUILD_PAGES_MAX = 10;
/** Each of them is a question to Discord whether somebody is in it. */
const GUILDS_ASKED_MAX = 100;
/** A menu of Discord's has no more. */
const CHOICES_MAX = 25;

/** What must be known of a channel for saying where something in it belongs. */
export type Shape = Pick<APIChannel, "id" | "type"> & { parent_id?: string | null | undefined };

export interface GuildName {
  id: string;
  name: string;
}

export type Located =
  | { kind: "here"; place: Place; within: "channel" | "thread" | "direct" }
  /** The channel is gone or not ours to see, or its guild is not served. */
  | { kind: "nowhere" }
  /** A direct message of somebody who is in no guild that is served. */
  | { kind: "stranger" }
  /** A direct message of somebody who has to say first which of these it is about. */
  | { kind: "several"; guilds: GuildName[] };

export interface Somewhere {
  /** Not there in direct messages. */
  guildId?: string | undefined;
  channelId: string;
  userId: string;
  /** The message that begins a thread, for what stands in a channel itself. */
  rootId?: string | null | undefined;
}

export interface Where {
  /** @throws {ServiceError} when Discord failed */
  find(somewhere: Somewhere): Promise<Located>;
  /** The guilds that direct messages may be about. @throws {ServiceError} */
  served(): Promise<GuildName[]>;
  /** What Discord has just said of a channel need not be asked for. */
  learn(channel: Shape): void;
  forget(channelId: string): void;
  /** Null: it is gone, or not ours to see. */
  shapeOf(channelId: string): Promise<Shape | null>;
}

export interface WhereDeps {
  discord: Discord;
  world: Pick<World, "channel" | "member">;
  inbox: Pick<Inbox, "home">;
  serves: Serves;
}

export function createWhere(deps: WhereDeps): Where {
  const shapes = createMemory<Shape | null>({ keptMs: SHAPE_KEPT_MS, entriesMax: SHAPES_MAX });
  const guilds = createMemory<GuildName[]>({ keptMs: GUILDS_KEPT_MS, entriesMax: 1 });
  const shapeOf = async (channelId: string) => {
    const shape = await shapes.get(channelId, () => deps.world.channel(channelId));
    // It may be ours to see soon.
    if (!shape) shapes.forget(channelId);
    return shape;
  };
  const ours = () => guilds.get("", () => guildsOf(deps.discord));
  return {
    shapeOf,
    served: async () => await served(deps.serves, await ours()),
    forget: shapes.forget,
    learn: ({ id, type, parent_id }) => {
      shapes.forget(id);
      void shapes.get(id, async () => ({ id, type, parent_id }));
    },
    find: async (somewhere) => {
      const { guildId, channelId, userId, rootId = null } = somewhere;
      if (guildId === undefined) return await direct(deps, ours, channelId, userId);
      if (!(await deps.serves(guildId))) return { kind: "nowhere" };
      const shape = await shapeOf(channelId);
      if (!shape || isDirect(shape)) return { kind: "nowhere" };
      const place = placeIn(guildId, shape, rootId);
      return { kind: "here", place, within: isThread(shape) ? "thread" : "channel" };
    },
  };
}

/** A direct message is about one guild: the one that its person has chosen, or the only one. */
async function direct(
  { world, inbox, serves }: WhereDeps,
  ours: () => Promise<GuildName[]>,
  channelId: string,
  userId: string,
): Promise<Located> {
  const isTheirs = async (guildId: string) =>
    (await serves(guildId)) && (await world.member(guildId, userId)) !== null;
  const here = (guildId: string): Located => {
    return { kind: "here", place: placeOf(guildId, channelId, channelId), within: "direct" };
  };
  const home = await inbox.home({ platform: "discord", userId });
  if (home !== null && (await isTheirs(home))) return here(home);
  const guilds: GuildName[] = [];
  for (const guild of await served(serves, await ours())) {
    if (guilds.length < CHOICES_MAX && (await isTheirs(guild.id))) guilds.push(guild);
  }
  const [first, second] = guilds;
  if (!first) return { kind: "stranger" };
  return second ? { kind: "several", guilds } : here(first.id);
}

async function served(serves: Serves, guilds: readonly GuildName[]): Promise<GuildName[]> {
  const some: GuildName[] = [];
  for (const guild of guilds) if (await serves(guild.id)) some.push(guild);
  return some.slice(0, GUILDS_ASKED_MAX);
}

/** All guilds that Docent is in. */
async function guildsOf({ rest }: Discord): Promise<GuildName[]> {
  const guilds: GuildName[] = [];
  try {
    for (let page = 0; page < GUILD_PAGES_MAX; page += 1) {
      const after = guilds.at(-1)?.id ?? "0";
      const query = new URLSearchParams({ limit: String(GUILDS_PAGE), after });
      const some = (await rest.get(Routes.userGuilds(), {
        query,
      })) as RESTGetAPICurrentUserGuildsResult;
      guilds.push(...some.map(({ id, name }) => ({ id, name })));
      if (some.length < GUILDS_PAGE) break;
    }
    return guilds;
  } catch (error) {
    throw failure(error);
  }
}
