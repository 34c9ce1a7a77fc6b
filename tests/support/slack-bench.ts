/** A loopback Slack with the adapter on it, an inbox that a test can script, and a log that it can read. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { pino } from "pino";
import { createSlack, type SlackChat, type Times } from "../../adapters/slack/slack.ts";
import type { Adapter, Inbox } from "../../src/chat.ts";
import type { Incoming, Mention } from "../../src/events.ts";
import { noCommands } from "./inbox.ts";
import { type Kept, keptOutsiders } from "./outsiders.ts";
import { type LoopbackSlack, type SlackOptions, startSlack } from "./slack.ts";
import { APP_TOKEN, BOT_TOKEN, SIGNING_SECRET } from "./slack-world.ts";

export interface Bench {
  slack: LoopbackSlack;
  adapter: Adapter;
  /** Everything that was stored, in order. */
  stored: Incoming[];
  /** Who is an outsider: those of the start, and what the adapter has handed in since. */
  kept: Kept;
  /** Everything that was logged. */
  logged(): string;
  /** Somebody in this channel asks, in a thread of its own. */
  ask(channel: string, text: string): Promise<Mention>;
  close(): Promise<void>;
}

export interface BenchOptions {
  botToken?: string;
  /** As the configuration has it: none where none are named. */
  teams?: string[];
  /** Runs before an event is stored; what it throws is a failure to store it. */
  storing?: (event: Incoming) => Promise<void>;
  /** What the inbox does beside storing: commands, gaps. */
  inbox?: Partial<Omit<Inbox, "accept">>;
  /** By signed requests instead of over a socket. */
  http?: boolean;
  /** The adapter's. */
  times?: Partial<Times>;
  /** The loopback's. */
  loopback?: SlackOptions;
}

export async function openBench(options: BenchOptions = {}): Promise<Bench> {
  const slack = await startSlack(options.loopback);
  const lines: string[] = [];
  const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const { botToken = BOT_TOKEN, teams = [], storing, http = false, times } = options;
  const way = http ? { signingSecret: SIGNING_SECRET } : { appToken: APP_TOKEN };
  const hosts = { apiUrl: slack.apiUrl, fileHosts: [slack.host] };
  const kept = keptOutsiders(slack.world);
  const more = { teams, people: kept, paceMs: 0, times, log };
  const chat = createSlack({ botToken, ...way, ...hosts, ...more });
  const { adapter } = chat;
  const served = http ? await serve(slack, chat) : async () => undefined;
  const stored: Incoming[] = [];
  const inbox: Inbox = {
    ...noCommands,
    personChanged: kept.personChanged,
    ...options.inbox,
    accept: async (event) => {
      await storing?.(event);
      stored.push(event);
    },
  };
  const close = async () => {
    await adapter.close();
    await served();
    await slack.close();
  };
  const bench = { slack, adapter, stored, kept, logged: () => lines.join(""), close };
  await adapter.listen(inbox).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { ...bench, ask: (channel, text) => ask(bench, channel, text) };
}

/** Serves the adapter's own routes, and lets the loopback know where. @returns what ends it */
export async function serve(
  slack: LoopbackSlack,
  { routes }: SlackChat,
): Promise<() => Promise<void>> {
  if (!routes) throw new Error("the adapter has nothing to serve");
  const server = createAdaptorServer({ fetch: routes.fetch });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/slack/events`;
  slack.useHttp({ url, signingSecret: SIGNING_SECRET });
  return async () => {
    await new Promise<unknown>((resolve) => server.close(resolve));
  };
}

async function ask(
  { slack, stored }: Pick<Bench, "slack" | "stored">,
  channel: string,
  text: string,
): Promise<Mention> {
  const { ts } = await slack.say({ channel, user: "U1", text });
  for (;;) {
    const found = stored.find((event) => event.kind === "mention" && event.messageId === ts);
    if (found?.kind === "mention") return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
