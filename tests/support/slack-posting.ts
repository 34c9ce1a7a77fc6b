/** A loopback Slack and the adapter's client on it, for all that is posted; time passes as soon as nothing else does. */
import { pino } from "pino";
import type { Clock } from "../../adapters/shared/clock.ts";
import { createClient, type Slack } from "../../adapters/slack/client.ts";
import { post } from "../../adapters/slack/show/post.ts";
import type { Turns } from "../../adapters/slack/turns.ts";
import type { Posts, ReplyPart } from "../../src/chat.ts";
import type { Mention } from "../../src/events.ts";
import { type LoopbackSlack, startSlack } from "./slack.ts";
import { BOT_TOKEN, TEAM } from "./slack-world.ts";

export const SECRET_KEY = "the-operator's-secret-key";
const PACE = { everyMs: 0, charsMin: 200 };

export interface Posting {
  slack: LoopbackSlack;
  client: Slack;
  /** Everything that was logged. */
  logged(): string;
  /** U1 asks in this channel: in this thread, or in a new one. */
  ask(channel: string, threadTs?: string): Mention;
  post(to: Mention, parts: AsyncIterable<ReplyPart>, posts?: Posts): Promise<void>;
  /** The arguments of every call of a method so far. */
  called(method: string): Record<string, string>[];
  close(): Promise<void>;
}

export async function openPosting(): Promise<Posting> {
  const slack = await startSlack();
  const lines: string[] = [];
  const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const clock = createClock(slack);
  const client = createClient({ botToken: BOT_TOKEN, apiUrl: slack.apiUrl, clock, log });
  Object.assign(client.turns, counted({ ...client.turns }, clock));
  const { signal } = new AbortController();
  return {
    slack,
    client,
    logged: () => lines.join(""),
    ask: (channel, threadTs) => asked(slack, channel, threadTs),
    post: (to, parts, known = posts()) =>
      post(client, to, { parts, posts: known, pace: PACE, secretKey: SECRET_KEY }, signal),
    called: (method) =>
      slack.world.calls.filter((call) => call.method === method).map(({ args }) => args),
    close: () => slack.close(),
  };
}

function asked({ world }: LoopbackSlack, channel: string, threadTs?: string): Mention {
  const ts = world.nextTs();
  const flags = { streaming: false, stopped: false, unfurls: false, reactions: [] };
  const message = { channel, ts, threadTs: threadTs ?? null, userId: "U1", text: "How many?" };
  world.messages.push({ ...message, ...flags });
  return {
    kind: "mention",
    key: `slack:${TEAM}:${channel}:${ts}`,
    place: { platform: "slack", workspaceId: TEAM, channelId: channel, threadId: threadTs ?? ts },
    userId: "U1",
    messageId: ts,
    text: "How many?",
    fileIds: [],
  };
}

interface IdleClock extends Clock {
  /** Time stands still while this call is under way. */
  during<T>(call: () => Promise<T>): Promise<T>;
}

function createClock(slack: LoopbackSlack): IdleClock {
  const sleepers = new Set<{ atMs: number; wake: () => void }>();
  const nowMs = () => performance.now() + slack.world.passedMs;
  let underWay = 0;
  const wakeFirst = () => {
    const [first] = [...sleepers].sort((a, b) => a.atMs - b.atMs);
    if (!first || underWay > 0) return;
    sleepers.delete(first);
    slack.pass(Math.max(0, first.atMs - nowMs()));
    first.wake();
    setImmediate(wakeFirst);
  };
  return {
    nowMs,
    sleep: (ms, signal) =>
      new Promise((wake, reject) => {
        const sleeper = { atMs: nowMs() + ms, wake };
        sleepers.add(sleeper);
        signal.addEventListener("abort", () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
        setImmediate(wakeFirst);
      }),
    during: async (call) => {
      underWay += 1;
      try {
        return await call();
      } finally {
        underWay -= 1;
        setImmediate(wakeFirst);
      }
    },
  };
}

function counted(turns: Turns, clock: IdleClock): Turns {
  return {
    ...turns,
    take: (turn, call) => turns.take(turn, () => clock.during(call)),
    tryTake: (method, call) => turns.tryTake(method, () => clock.during(call)),
  };
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
