/**
 * A loopback Slack: its Web API, file host and response URLs over HTTP, Socket Mode over WebSocket, or signed
 * requests to Docent. It does what a workspace's people do and keeps what they would see.
 */
import { listen } from "./loopback.ts";
import { serve } from "./slack-api.ts";
import {
  type ChannelChanges,
  channelChanges,
  type FileChanges,
  fileChanges,
  type PeopleChanges,
  peopleChanges,
} from "./slack-changes.ts";
import { createGestures, type Gestures, showAnswer } from "./slack-gestures.ts";
import {
  type Forgery,
  type HttpAddress,
  type HttpAnswer,
  type HttpRequest,
  sendHttp,
} from "./slack-http.ts";
import { grant } from "./slack-methods/oauth.ts";
import { createPeople, type People } from "./slack-people.ts";
import { acknowledge, createPost, type Envelope, type Post } from "./slack-post.ts";
import { type QuotaOptions, TIERS } from "./slack-quota.ts";
import { openSockets, type SocketFaults, type SocketsOptions } from "./slack-sockets.ts";
import {
  createWorld,
  type Fault,
  type Message,
  messageAt,
  pass,
  type World,
  type WorldOptions,
} from "./slack-world.ts";

export type { Envelope } from "./slack-post.ts";

/**
 * All that a test can do and see. Beside what stands here:
 * - people (slack-people.ts): `say`, `edit`, `unsay`, `echo`, `deliver`
 * - gestures (slack-gestures.ts): `press`, `shortcut`, `submit`, `closeView`, `slash`; `openView`, `responses`
 * - files: `remove`, `unshare`, `change`, `announce`; channels: `archive`, `unarchive`, `rename`, `convert`, `erase`,
 *   `connect`, `join`, `leave`; people and app: `arrive`, `alter`, `openHome`, `uninstall`, `revoke` (slack-changes.ts)
 * - delivery (slack-post.ts): `envelopes`, `redeliver`, `useHttp` (all of the above then by signed HTTP requests)
 * - sockets (slack-sockets.ts): `connections`, `connected`, `refresh`, `dismiss`, `cut`, `greet`, `freeze`, `thaw`, `ping`
 * - what people see of a message with blocks: `seen` (slack-blocks.ts)
 */
export interface LoopbackSlack
  extends People,
    Gestures,
    FileChanges,
    ChannelChanges,
    PeopleChanges,
    Omit<Post, "dispatch">,
    SocketFaults {
  world: World;
  apiUrl: string;
  /** The file host, for `fileHosts`. */
  host: string;
  /** What the bot has in this thread, oldest first. */
  replies(threadTs: string): Message[];
  /** Makes the next calls of a method fail. */
  fail(method: string, ...faults: Fault[]): void;
  /** So many calls of a method in a window, a minute by default; the rest gets a 429. */
  limit(method: string, max: number, options?: QuotaOptions): void;
  /** Slack's own limits on all that Docent calls: the tiers, and one post a second in each channel. */
  limitAll(): void;
  /** How many calls of a method got a 429 for its limit. */
  refused(method: string): number;
  /** Moves the clock of streams, response URLs, triggers and limits. */
  pass(ms: number): void;
  /** All streams are over, as after five minutes. */
  expireStreams(): void;
  /** The asker presses Stop on a streaming message; with `tell` the agent view's event is sent too. */
  stopStream(ts: string, user: string, options?: { tell: boolean }): Promise<void>;
  /** Somebody consents to the installation: the code that comes back to the redirect URL. */
  consent(teamId: string): string;
  /** One request to Docent, signed or forged, without an envelope being kept: `url_verification` as well. */
  deliverHttp(address: HttpAddress, request: HttpRequest, forgery?: Forgery): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export type SlackOptions = WorldOptions & SocketsOptions;

export async function startSlack(options: SlackOptions = {}): Promise<LoopbackSlack> {
  const world = createWorld(options);
  const envelopes: Envelope[] = [];
  const shown = (envelope: Envelope) => showAnswer(world, envelope);
  const heard = (frame: object) => {
    const envelope = acknowledge(envelopes, frame);
    if (envelope) shown(envelope);
  };
  const sockets = await openSockets(heard, options);
  const { send: _send, close: closeSockets, url: socketUrl, ...faults } = sockets;
  const http = await listen((request, response) => serve({ world, socketUrl }, request, response));
  const { dispatch, ...post } = createPost(envelopes, sockets, shown);
  const people = createPeople(world, http.url, dispatch);
  return {
    world,
    apiUrl: `${http.url}/api/`,
    host: new URL(http.url).host,
    ...faults,
    ...post,
    ...people,
    ...createGestures(world, http.url, dispatch),
    ...fileChanges(world, people.deliver),
    ...channelChanges(world, people.deliver),
    ...peopleChanges(world, people.deliver),
    ...conditions(world),
    replies: (threadTs) => repliesIn(world, threadTs),
    stopStream: async (ts, user, { tell } = { tell: false }) => {
      const event = stopped(world, ts, user);
      if (tell) await people.deliver(event);
    },
    deliverHttp: sendHttp,
    close: async () => {
      await closeSockets();
      await http.close();
    },
  };
}

function repliesIn(world: World, threadTs: string): Message[] {
  const bots = new Set([...world.teams.values()].map(({ botUserId }) => botUserId));
  return world.messages.filter((one) => one.threadTs === threadTs && bots.has(one.userId));
}

type Conditions = Pick<
  LoopbackSlack,
  "fail" | "limit" | "limitAll" | "refused" | "pass" | "expireStreams" | "consent"
>;

function conditions(world: World): Conditions {
  const limit = (method: string, max: number, options: QuotaOptions = {}) => {
    world.quotas.set(method, { ...options, max, refused: 0, windows: new Map() });
  };
  return {
    fail: (method, ...faults) => {
      world.faults.set(method, [...(world.faults.get(method) ?? []), ...faults]);
    },
    limit,
    limitAll: () => {
      for (const [method, max] of Object.entries(TIERS)) limit(method, max);
      limit("chat.postMessage", 1, { windowMs: 1_000, perChannel: true });
    },
    refused: (method) => world.quotas.get(method)?.refused ?? 0,
    pass: (ms) => pass(world, ms),
    expireStreams: () => {
      for (const message of world.messages) message.streaming = false;
    },
    consent: (teamId) => grant(world, teamId),
  };
}

function stopped(world: World, ts: string, user: string): object {
  const message = messageAt(world, ts);
  message.stopped = true;
  message.streaming = false;
  const { channel, threadTs: thread_ts } = message;
  const where = { channel, thread_ts, user, streaming_message_ts: [ts] };
  return { type: "agent_session_stopped", ...where, event_ts: world.nextTs() };
}
