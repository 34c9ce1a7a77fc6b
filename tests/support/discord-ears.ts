/** Discord's adapter on a loopback Discord, with an inbox that only writes down what is handed in. */
import { type Logger, pino } from "pino";
import { createDiscord, type DiscordOptions } from "../../adapters/discord/discord.ts";
import type { Adapter, Command, Gap, Inbox } from "../../src/chat.ts";
import type { Incoming } from "../../src/events.ts";
import { type LoopbackDiscord, startDiscord } from "./discord.ts";
import { noCommands } from "./inbox.ts";
import { until } from "./until.ts";

export interface Ears {
  adapter: Adapter;
  /** What was handed in, each key once, as the core has it. */
  events: Incoming[];
  commands: Command[];
  /** Of the guilds that were caught up: up to when, the last one last. */
  notes: { workspaceId: string; untilMs: number }[];
  /** Whose readers are to be asked anew. */
  moved: string[];
  logged: string[];
  /** Nothing can be stored, so many times. */
  failNext(times: number): void;
  /** The first event of this kind about a message, or at all; waits for it. */
  heard<K extends Incoming["kind"]>(
    kind: K,
    messageId?: string,
  ): Promise<Extract<Incoming, { kind: K }>>;
  /** Resolves once all that was said in this channel so far is handed in, by saying one thing more. */
  settled(channel: string, user: string): Promise<void>;
  close(): Promise<void>;
}

export interface EarsOptions extends Partial<Omit<DiscordOptions, "log">> {
  serves?: (guildId: string) => boolean;
  home?: () => string | null;
  gap?: () => Gap | null;
}

/** For the adapter's times. */
export const QUICK = {
  backoffMinMs: 1,
  noteEveryMs: 5,
  readBackPaceMs: 0,
  identifyAtOnce: true,
};

/** Before anything of it is connected: `adapter.listen` does that. */
export function makeEars(discord: LoopbackDiscord, options: EarsOptions = {}) {
  const { serves = () => true, home = () => null, gap = () => null, ...rest } = options;
  const logged: string[] = [];
  const log: Logger = pino({ level: "debug" }, { write: (line: string) => void logged.push(line) });
  const { token, apiUrl, host } = discord;
  const times = { ...QUICK, ...rest.times };
  const { adapter } = createDiscord({ token, apiUrl, fileHosts: [host], log, ...rest, times });
  const byKey = new Map<string, Incoming>();
  const events: Incoming[] = [];
  const notes: Ears["notes"] = [];
  const [moved, commands]: [string[], Command[]] = [[], []];
  let failures = 0;
  const inbox: Inbox = {
    ...noCommands,
    accept: async (event) => {
      if (failures > 0) {
        failures -= 1;
        throw new Error("the database is away");
      }
      if (byKey.has(event.key)) return;
      byKey.set(event.key, event);
      events.push(event);
    },
    command: async (command) => {
      commands.push(command);
      return { done: true, text: "Done." };
    },
    serves: async ({ workspaceId }) => serves(workspaceId),
    home: async () => home(),
    gap: async () => gap(),
    caughtUp: async ({ workspaceId }, untilMs) => void notes.push({ workspaceId, untilMs }),
    peopleChanged: async ({ workspaceId }) => void moved.push(workspaceId),
  };
  const heard: Ears["heard"] = (kind, messageId) =>
    until(() => {
      for (const event of events) {
        const isIt =
          messageId === undefined || ("messageId" in event && event.messageId === messageId);
        if (event.kind === kind && isIt) return event as Extract<Incoming, { kind: typeof kind }>;
      }
      return undefined;
    });
  const ears: Ears = {
    ...{ adapter, events, commands, notes, moved, logged, heard },
    failNext: (times) => {
      failures = times;
    },
    settled: async (channel, user) => {
      const { id } = discord.say({ channel, user, text: `<@${discord.world.botId}> settled?` });
      await heard("mention", id);
    },
    close: () => adapter.close(),
  };
  return { ears, inbox };
}

export async function openEars(
  options: EarsOptions = {},
  loopback: Parameters<typeof startDiscord>[0] = {},
): Promise<{ discord: LoopbackDiscord; ears: Ears; close(): Promise<void> }> {
  const discord = await startDiscord(loopback);
  const { ears, inbox } = makeEars(discord, options);
  await ears.adapter.listen(inbox);
  return {
    discord,
    ears,
    close: async () => {
      await ears.close();
      await discord.close();
    },
  };
}
