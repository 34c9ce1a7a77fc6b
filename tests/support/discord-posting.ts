/** A loopback Discord and the adapter's client on it, for all that is posted; time passes when the test says so. */
import { pino } from "pino";
import { createClient } from "../../adapters/discord/client.ts";
import { createWorld } from "../../adapters/discord/read/world.ts";
import { post } from "../../adapters/discord/show/post.ts";
import type { Stage } from "../../adapters/discord/show/thread.ts";
import type { Posts, ReplyPart } from "../../src/chat.ts";
import type { Mention, Place } from "../../src/events.ts";
import { IDS } from "./discord/world.ts";
import { type LoopbackDiscord, startDiscord } from "./discord.ts";

export const SECRET_KEY = "the-operator's-secret-key";
export const PACE = { everyMs: 0, charsMin: 20 };

export interface Posting {
  loopback: LoopbackDiscord;
  stage: Stage;
  /** Everything that was logged. */
  logged(): string;
  /** Ana asks in a channel: in the conversation of this root, or begins one. */
  ask(channelId: string, threadId?: string, said?: { channel: string }): Mention;
  post(
    to: Mention,
    parts: AsyncIterable<ReplyPart>,
    posts?: Posts,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Lets time pass for all that waits for it. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

export async function openPosting(): Promise<Posting> {
  const loopback = await startDiscord();
  const lines: string[] = [];
  const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const discord = createClient({ token: loopback.token, apiUrl: loopback.apiUrl, log });
  const clock = createClock();
  const stage = { discord, world: createWorld(discord), clock };
  return {
    loopback,
    stage,
    logged: () => lines.join(""),
    ask: (channelId, threadId, said = { channel: channelId }) => {
      const { id } = loopback.say({ ...said, user: IDS.ana, text: "How many?" });
      return mention(placeIn(channelId, threadId ?? id), id);
    },
    post: (to, parts, known = posts(), signal = new AbortController().signal) =>
      post(stage, to, { parts, posts: known, pace: PACE, secretKey: SECRET_KEY }, signal),
    pass: clock.pass,
    close: () => loopback.close(),
  };
}

export function placeIn(channelId: string, threadId: string | null): Place {
  return { platform: "discord", workspaceId: IDS.guild, channelId, threadId };
}

function mention(place: Place, messageId: string): Mention {
  const about = { kind: "mention", key: `discord:${messageId}`, userId: IDS.ana } as const;
  return { ...about, place, messageId, text: "How many?", fileIds: [] };
}

interface Sleeper {
  atMs: number;
  wake: () => void;
}

function createClock() {
  const sleepers = new Set<Sleeper>();
  let passedMs = 0;
  const nowMs = () => Date.now() + passedMs;
  return {
    nowMs,
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((wake, reject) => {
        const sleeper = { atMs: nowMs() + ms, wake };
        sleepers.add(sleeper);
        signal.addEventListener("abort", () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      }),
    pass: async (ms: number) => {
      passedMs += ms;
      for (const sleeper of sleepers) {
        if (sleeper.atMs > nowMs()) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
      await new Promise(setImmediate);
    },
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
