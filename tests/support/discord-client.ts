/** A client of discord.js at a loopback Discord, with the intents that Docent asks for. */
import { once } from "node:events";
import {
  ChannelType,
  Client,
  type ClientOptions,
  Events,
  GatewayIntentBits as Intent,
  Partials,
  REST,
  type TextChannel,
} from "discord.js";
import type { LoopbackDiscord } from "./discord.ts";

export const INTENTS = [
  Intent.Guilds,
  Intent.GuildMessages,
  Intent.DirectMessages,
  Intent.MessageContent,
  Intent.GuildMembers,
];

type At = Pick<LoopbackDiscord, "apiUrl" | "token">;

/** Not logged in yet. */
export function createBot({ apiUrl }: At, options: Partial<ClientOptions> = {}): Client {
  return new Client({
    intents: INTENTS,
    partials: [Partials.Channel, Partials.Message],
    allowedMentions: { parse: [], repliedUser: false },
    // A shard that identifies again at once would otherwise wait five seconds and more.
    ws: { buildIdentifyThrottler: async () => ({ waitForIdentify: async () => undefined }) },
    rest: { api: apiUrl, retries: 2 },
    ...options,
  });
}

export async function logIn(at: At, bot: Client): Promise<Client> {
  const isReady = once(bot, Events.ClientReady);
  await bot.login(at.token);
  await isReady;
  return bot;
}

export function restAt({ apiUrl, token }: At): REST {
  return new REST({ api: apiUrl, retries: 0 }).setToken(token);
}

/** Everything of one kind that the client hears from now on. */
export function hearing<T>(bot: Client, event: string): T[] {
  const all: T[] = [];
  bot.on(event, (one: T) => all.push(one));
  return all;
}

export async function textChannel(bot: Client, id: string): Promise<TextChannel> {
  const channel = await bot.channels.fetch(id);
  if (channel?.type !== ChannelType.GuildText) throw new Error(`${id} is no text channel`);
  return channel;
}
