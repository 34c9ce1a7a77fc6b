/** One route of the REST API: what it is asked with, and what it may answer. */
import type { Upload } from "../acts.ts";
import type { Hub } from "../posting.ts";
import { may, type RightName, rights } from "../rights.ts";
import type { Channel, Guild, World } from "../world.ts";

export interface Call extends Hub {
  /** Ids from the path. */
  params: Record<string, string>;
  query: Record<string, string>;
  body: Body;
  files: Upload[];
}

/** What was sent, not checked by anybody yet. */
export type Body = Record<string, unknown>;

/** Answers JSON, or nothing: 204. */
export type Handler = (call: Call) => object | undefined | Promise<object | undefined>;

export interface Route {
  method: string;
  /** `/channels/:channel/messages`. */
  pattern: string;
  handle: Handler;
  /** Interactions and their webhooks need no token of the bot. */
  open?: boolean;
}

/** By method and pattern, as `GET /users/@me`. */
export function routes(table: Record<string, Handler>, { open = false } = {}): Route[] {
  return Object.entries(table).map(([name, handle]) => {
    const [method = "", pattern = ""] = name.split(" ");
    return { method, pattern, handle, open };
  });
}

/** An answer that is an error, in Discord's words. */
export class DiscordSays extends Error {
  readonly status: number;
  readonly code: number;
  /** What is wrong with a form, by field. */
  readonly errors: object | undefined;

  constructor(status: number, code: number, message: string, errors?: object) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

export const MISSING_ACCESS = () => new DiscordSays(403, 50001, "Missing Access");
export const MISSING_PERMISSIONS = () => new DiscordSays(403, 50013, "Missing Permissions");

/** 50035, with the path of the field: `content`, `embeds.0.title`. */
export function invalidForm(field: string, message: string): DiscordSays {
  const leaf: object = { _errors: [{ code: "BASE_TYPE_BAD", message }] };
  const errors = field.split(".").reduceRight((inner, key) => ({ [key]: inner }), leaf);
  return new DiscordSays(400, 50035, "Invalid Form Body", errors);
}

/** The channel of this call: the bot must see it and may do these things in it. */
export function channelFor({ world, params }: Call, ...names: RightName[]): Channel {
  const channel = world.channels.get(params.channel ?? "");
  if (!channel) throw new DiscordSays(404, 10003, "Unknown Channel");
  need(world, channel.id, names);
  return channel;
}

/** @throws {DiscordSays} 50001 where the bot doesn't see the channel, 50013 where it may not do that */
export function need(world: World, channelId: string, names: RightName[]): void {
  if (rights(world, world.botId, channelId) === 0n) throw MISSING_ACCESS();
  if (!may(world, world.botId, channelId, ...names)) throw MISSING_PERMISSIONS();
}

/** The guild of this call, if the bot is in it. */
export function guildFor({ world, params }: Call): Guild {
  const guild = world.guilds.get(params.guild ?? "");
  if (!guild) throw new DiscordSays(404, 10004, "Unknown Guild");
  if (guild.state === "left") throw MISSING_ACCESS();
  if (guild.state === "down") throw new DiscordSays(503, 0, "Service Unavailable");
  return guild;
}

/** @throws {DiscordSays} for a number that is none, or is beyond its bounds */
export function limitIn(
  { limit }: Record<string, string>,
  least: number,
  most: number,
): number | undefined {
  if (limit === undefined) return undefined;
  const wished = Number(limit);
  if (Number.isInteger(wished) && wished >= least && wished <= most) return wished;
  throw invalidForm("limit", `int value should be between ${least} and ${most}.`);
}
