import type { Adapter, Inbox } from "../../src/chat.ts";
import type { Incoming } from "../../src/events.ts";
import type { Log } from "../../src/log.ts";
import { type Clock, realClock } from "../shared/clock.ts";
import type { Pace } from "../shared/pace.ts";
import { createClient, type Discord, reasonOf } from "./client.ts";
import { registerCommands } from "./install/commands.ts";
import { createAccess } from "./read/access.ts";
import { download, gone, present } from "./read/files.ts";
import { createHistory } from "./read/history.ts";
import { voices } from "./read/voices.ts";
import { createWorld, type World } from "./read/world.ts";
import { createCatchUp } from "./receive/catch-up.ts";
import { createAskBack } from "./receive/direct.ts";
import { createDispatch } from "./receive/dispatch.ts";
import { Gateway, type GatewayTimes, type Shards } from "./receive/gateway.ts";
import { createRetry } from "./receive/retry.ts";
import { createRootOf } from "./receive/roots.ts";
import { createServes } from "./receive/served.ts";
import { createTake } from "./receive/take.ts";
import { createTakeMessages } from "./receive/take-messages.ts";
import { createWhere } from "./receive/where.ts";
import { createMarks } from "./show/mark.ts";
import { post } from "./show/post.ts";
import { retract } from "./show/retract.ts";
import { announce, nod, tell } from "./show/tell.ts";

/** People have measured five edits in five seconds for each channel, and nobody reads faster than this. */
const PACE_MS = 2_000;
/** A first sentence should not wait long for the second. */
const PIECE_CHARS_MIN = 80;

export interface DiscordOptions {
  /** Of the bot. */
  token: string;
  /** Where the REST API is, without its version; Discord's own by default. */
  apiUrl?: string | null | undefined;
  /** Hosts (host or host:port) beside Discord's own that files may come from. */
  fileHosts?: readonly string[] | undefined;
  /** SECRET_KEY. */
  secretKey?: string | null | undefined;
  /** Which shards this process listens to; by default as many as Discord advises. */
  shards?: Shards | null | undefined;
  /** Whether to read messages that are not for Docent; by default where Discord lets us. */
  messageContent?: boolean | undefined;
  /** Least time between two edits of an answer. */
  paceMs?: number | undefined;
  clock?: Clock | undefined;
  /** Other times, for tests. */
  times?: Partial<Times> | undefined;
  log: Log;
}

export interface Times extends GatewayTimes {
  noteEveryMs: number;
  readBackPaceMs: number;
  ackWithinMs: number;
}

export function createDiscord(options: DiscordOptions): { adapter: Adapter } {
  const { token, apiUrl, fileHosts = [], secretKey = null, shards = null, log } = options;
  const { paceMs = PACE_MS, clock = realClock, messageContent, times } = options;
  const discord = createClient({ token, apiUrl, log });
  const world = createWorld(discord);
  const stage = { discord, world, clock };
  const files = { discord, fileHosts, secretKey };
  const pace: Pace = { everyMs: paceMs, charsMin: PIECE_CHARS_MIN };
  const marks = createMarks(clock);
  const gateway = new Gateway({ token, apiUrl, shards, messageContent, times, log });
  let stop = async () => gateway.stop();
  const adapter: Adapter = {
    platform: "discord",
    communities: true,
    listen: async (inbox) => {
      const listening = listen({ ...options, discord, world, gateway }, inbox);
      stop = listening.stop;
      await listening.connected;
    },
    close: () => stop(),
    download: (file, bytesMax, signal) => download(files, file, bytesMax, signal),
    post: (to, parts, posts, signal) => post(stage, to, { parts, posts, pace, secretKey }, signal),
    mark: (file, state) => marks.mark(discord, file, state),
    ...createAccess(world, discord),
    ...createHistory(world, discord),
    retract: (place, ids) => retract(discord, place, ids),
    tell: (place, userId, note) => tell(discord, place, userId, note),
    announce: (place, note) => announce(stage, place, note),
    nod: (place, messageId) => nod(discord, place, messageId),
    voices: (place) => voices(discord, place),
    gone: (some, signal) => gone(files, some, signal),
    trouble: () => gateway.trouble(),
    present: (some, signal) => present(files, some, signal),
  };
  return { adapter };
}

interface Listening extends DiscordOptions {
  discord: Discord;
  world: World;
  gateway: Gateway;
}

/** From here on everything that Discord sends is handed in. */
function listen(
  { discord, world, gateway, secretKey = null, times = {}, log }: Listening,
  inbox: Inbox,
): { connected: Promise<void>; stop(): Promise<void> } {
  const accept = (event: Incoming) => inbox.accept(event);
  const serves = createServes(inbox, log);
  const where = createWhere({ discord, world, inbox, serves });
  const [rootOf, askBack] = [createRootOf(discord), createAskBack(discord)];
  const messages = createTakeMessages({ discord, where, rootOf, askBack, accept });
  const { backoffMinMs, noteEveryMs, readBackPaceMs: paceMs, ackWithinMs } = times;
  const retry = createRetry({ missed: (guildId) => catchUp.missed(guildId), log, backoffMinMs });
  const catchUp = createCatchUp({
    ...{ discord, world, messages, accept, inbox, serves, paceMs, noteEveryMs, log },
    hears: (shardId) => gateway.hears(shardId),
    waitingSinceMs: retry.waitingSinceMs,
  });
  const hear = messages.waited;
  const dispatching = { discord, world, where, inbox, secretKey, hear, ackWithinMs, log };
  const [dispatch, dispatched] = owned(createDispatch(dispatching));
  const take = createTake({
    ...{ world, where, serves, inbox, messages, catchUp, retry, accept, dispatch },
  });
  registerCommands(discord).catch((error: unknown) => {
    // Those of before still work.
    log.warn({ reason: reasonOf(error) }, "the slash commands could not be registered");
  });
  const listening = new AbortController();
  const keepingUp = catchUp.run(listening.signal);
  return {
    connected: gateway.start(take),
    stop: async () => {
      listening.abort();
      await gateway.stop();
      await Promise.all([keepingUp, retry.close(), dispatched()]);
    },
  };
}

/** What is under way may end: the second one waits for it. */
function owned<T>(work: (what: T) => Promise<void>): [typeof work, () => Promise<unknown>] {
  const running = new Set<Promise<void>>();
  const begin = (what: T) => {
    const done = work(what).finally(() => running.delete(done));
    running.add(done);
    return done;
  };
  return [begin, () => Promise.all(running)];
}
