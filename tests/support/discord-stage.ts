import {
  type APIInteraction,
  Client,
  GatewayDispatchEvents,
  type GatewayDispatchPayload,
  GatewayIntentBits,
} from "discord.js";
import { pino } from "pino";
import { createClient, type Discord, restOptions } from "../../adapters/discord/client.ts";
import { registerCommands } from "../../adapters/discord/install/commands.ts";
import { createWorld } from "../../adapters/discord/read/world.ts";
import { createDispatch } from "../../adapters/discord/receive/dispatch.ts";
import { createWhere } from "../../adapters/discord/receive/where.ts";
import type { Choice, Command, CommandReply, Completing } from "../../src/chat.ts";
import type { Incoming } from "../../src/events.ts";
import { type DiscordOptions, type LoopbackDiscord, startDiscord } from "./discord.ts";

const ACK_WITHIN_MS = 1_000;
const log = pino({ level: "silent" });

/** What people do with Docent's commands and buttons, over the real discord.js; the core is played by the test. */
export interface Stage {
  loopback: LoopbackDiscord;
  discord: Discord;
  /** What the core was handed in, and asked for. */
  events: Incoming[];
  commands: Command[];
  /** Messages that were taken as if they had been written now. */
  heard: string[];
  homes: Map<string, string>;
  reply(command: Command): Promise<CommandReply>;
  choices(completing: Completing): Promise<Choice[]>;
  refusal(): Promise<string | null>;
  accept(event: Incoming): Promise<void>;
  isServed(guildId: string): boolean;
  /** One more process that has the bot's token. */
  connect(): Promise<void>;
  stop(): Promise<void>;
}

export async function startStage(options: DiscordOptions = {}): Promise<Stage> {
  const loopback = await startDiscord(options);
  const { token, apiUrl } = loopback;
  const discord = createClient({ token, apiUrl, log });
  const clients: Client[] = [];
  const stage: Stage = {
    ...{ loopback, discord, events: [], commands: [], heard: [], homes: new Map() },
    reply: async () => ({ done: true, text: "Done." }),
    choices: async () => [],
    refusal: async () => null,
    accept: async (event) => void stage.events.push(event),
    isServed: () => true,
    connect: async () => {
      const client = new Client({
        intents: [GatewayIntentBits.Guilds],
        rest: restOptions(apiUrl),
      });
      const dispatch = dispatchOf(stage);
      client.on("raw", ({ t: type, d: payload }: GatewayDispatchPayload) => {
        if (type === GatewayDispatchEvents.InteractionCreate) void dispatch(payload);
      });
      clients.push(client);
      await client.login(token);
      await loopback.connected(clients.length);
    },
    stop: async () => {
      await Promise.all(clients.map((client) => client.destroy()));
      await loopback.close();
    },
  };
  await registerCommands(discord);
  await stage.connect();
  return stage;
}

function dispatchOf(stage: Stage): (interaction: APIInteraction) => Promise<void> {
  const { discord } = stage;
  const world = createWorld(discord);
  const inbox = inboxOf(stage);
  const serves = async (guildId: string) => stage.isServed(guildId);
  const where = createWhere({ discord, world, inbox, serves });
  const hear = async ({ content }: { content: string }) => void stage.heard.push(content);
  const ackWithinMs = ACK_WITHIN_MS;
  return createDispatch({
    ...{ discord, world, where, inbox, secretKey: null, hear, ackWithinMs, log },
  });
}

function inboxOf(stage: Stage) {
  return {
    accept: (event: Incoming) => stage.accept(event),
    command: async (command: Command) => {
      const { kind, userId, place } = command;
      stage.commands.push(command);
      if (kind === "choose_workspace") stage.homes.set(userId, place.workspaceId);
      return await stage.reply(command);
    },
    complete: (completing: Completing) => stage.choices(completing),
    refusal: () => stage.refusal(),
    serves: async ({ workspaceId }: { workspaceId: string }) => stage.isServed(workspaceId),
    home: async ({ userId }: { userId: string }) => stage.homes.get(userId) ?? null,
  };
}
