/** A loopback Slack with the adapter on it, an inbox that a test can script, and a log that it can read. */
import { pino } from "pino";
import { createSlack } from "../../adapters/slack/slack.ts";
import type { Adapter, Inbox, Posts, ReplyPart } from "../../src/chat.ts";
import type { Incoming, Mention } from "../../src/events.ts";
import { noCommands } from "./inbox.ts";
import { type LoopbackSlack, startSlack } from "./slack.ts";
import { APP_TOKEN, BOT_TOKEN } from "./slack-world.ts";

export interface Bench {
  slack: LoopbackSlack;
  adapter: Adapter;
  /** Everything that was stored, in order. */
  stored: Incoming[];
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
}

export async function openBench(options: BenchOptions = {}): Promise<Bench> {
  const slack = await startSlack();
  const lines: string[] = [];
  const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const { botToken = BOT_TOKEN, teams = [], storing } = options;
  const tokens = { botToken, appToken: APP_TOKEN };
  const hosts = { apiUrl: slack.apiUrl, fileHosts: [slack.host] };
  const adapter = createSlack({ ...tokens, ...hosts, teams, paceMs: 0, log });
  const stored: Incoming[] = [];
  const inbox: Inbox = {
    ...noCommands,
    accept: async (event) => {
      await storing?.(event);
      stored.push(event);
    },
  };
  const close = async () => {
    await adapter.close();
    await slack.close();
  };
  const bench = { slack, adapter, stored, logged: () => lines.join(""), close };
  await adapter.listen(inbox).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { ...bench, ask: (channel, text) => ask(bench, channel, text) };
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

/** What `post` needs to know and tell. */
export function posts(posted: string[] = []): Posts & { told: string[] } {
  const told: string[] = [];
  return { posted, told, onPosted: async (id) => void told.push(id) };
}

/** A reply whose parts come one by one, each after the one before it was taken. */
export async function* reply(...parts: (ReplyPart | string)[]): AsyncGenerator<ReplyPart> {
  for (const part of parts) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    yield typeof part === "string" ? { kind: "text", text: part } : part;
  }
}
