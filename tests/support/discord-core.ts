/** The whole core on the stage of stage.ts, with Discord's adapter on a loopback in the place of the chat in memory. */
import { pino } from "pino";
import { createDiscord, type DiscordOptions } from "../../adapters/discord/discord.ts";
import type { Adapter } from "../../src/chat.ts";
import { type LoopbackDiscord, startDiscord } from "./discord.ts";
import { QUICK } from "./discord-ears.ts";
import { type Talk, talkOn } from "./discord-talk.ts";
import { run, type Stage, type Wanted } from "./stage.ts";

export interface Play extends Talk {
  discord: LoopbackDiscord;
  adapter: Adapter;
  /** Everything that the adapter logged. */
  logged(): string;
  /** As if the process had ended. */
  stop(): Promise<void>;
  /** As another process, on the same database. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface PlayOptions extends Omit<Wanted, "adapter"> {
  times?: DiscordOptions["times"];
  loopback?: Parameters<typeof startDiscord>[0];
  /** Before anybody listens. */
  furnish?(discord: LoopbackDiscord): void;
}

export async function play(stage: Stage, options: PlayOptions = {}): Promise<Play> {
  const { times, loopback, furnish, ...wanted } = options;
  const discord = await startDiscord(loopback);
  furnish?.(discord);
  const lines: string[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void lines.push(line) });
  const { token, apiUrl, host } = discord;
  const reached = { token, apiUrl, fileHosts: [host], times: { ...QUICK, ...times } };
  const made = () => createDiscord({ ...reached, paceMs: 0, log }).adapter;
  let adapter = made();
  const start = () => {
    adapter = made();
    const channels = { include: ["*"], exclude: [] };
    return run(stage, { channels, ...wanted, adapter });
  };
  const stop = async () => {
    await adapter.close();
    await stage.worker?.close(0);
    await stage.models?.close();
    Object.assign(stage, { worker: null, models: null });
  };
  await start();
  return {
    ...talkOn(discord),
    ...{ discord, start, stop, logged: () => lines.join("") },
    get adapter() {
      return adapter;
    },
    close: async () => {
      await stop();
      await discord.close();
    },
  };
}
