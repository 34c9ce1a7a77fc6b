/** What every family of methods needs: how a method looks, and the checks that many of them share. */
import type { Channel, Message, Team, World } from "../slack-world.ts";

/** An answer `{ok: false, error}`, with the detail that Slack gives to developers. */
export class SlackSays extends Error {
  readonly detail: string | undefined;

  constructor(error: string, detail?: string) {
    super(error);
    this.detail = detail;
  }
}

export type Args = Record<string, string>;

/** Who calls: where the loopback is, and the workspace whose token came along. */
export interface Caller {
  url: string;
  team: Team;
}

export type Method = (world: World, args: Args, caller: Caller) => object;

/** The methods of one family, by their full name. */
export type Methods = Record<string, Method>;

/** A channel that the bot can see: all public ones of its workspace, others as a member. */
export function channelSeen(world: World, id: string | undefined, { team }: Caller): Channel {
  const channel = world.channels.get(id ?? "");
  const isIn = channel?.members.includes(team.botUserId) ?? false;
  const isOpen = channel?.kind === "public" && (channel.teamId ?? "T1") === team.id;
  if (!(channel && (isIn || isOpen))) throw new SlackSays("channel_not_found");
  return channel;
}

/** A channel that the bot is in. */
export function channelIn(world: World, id: string | undefined, caller: Caller): Channel {
  const channel = channelSeen(world, id, caller);
  if (!channel.members.includes(caller.team.botUserId)) throw new SlackSays("not_in_channel");
  return channel;
}

export function own(world: World, { channel, ts }: Args, { team }: Caller): Message {
  const message = world.messages.find((other) => other.channel === channel && other.ts === ts);
  if (!message) throw new SlackSays("message_not_found");
  if (message.userId !== team.botUserId) throw new SlackSays("cant_update_message");
  return message;
}

/** Two a page at most, so that whoever reads only the first page is found out. */
export function paged(world: World, items: readonly unknown[], args: Args, name: string): object {
  return page(items, args, name, world.pageMax.list);
}

/** One page: as many as were asked for, `max` at most. */
export function page(items: readonly unknown[], args: Args, name: string, max: number): object {
  const { limit, cursor } = args;
  const from = Number(cursor || 0);
  if (Number.isNaN(from)) throw new SlackSays("invalid_cursor");
  const to = from + Math.min(max, Number(limit ?? max));
  const has_more = to < items.length;
  const response_metadata = { next_cursor: has_more ? String(to) : "" };
  return { [name]: items.slice(from, to), has_more, response_metadata };
}

export function threadTs(args: Args): void {
  if (!/^\d{10}\.\d{6}$/.test(args.thread_ts ?? "")) throw new SlackSays("invalid_thread_ts");
}
