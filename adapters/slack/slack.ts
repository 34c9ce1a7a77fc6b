import { Hono } from "hono";
import type { Pool } from "pg";
import type { Adapter, Inbox } from "../../src/chat.ts";
import type { People } from "../../src/directory.ts";
import { ConfigError } from "../../src/errors.ts";
import type { Incoming, Place } from "../../src/events.ts";
import type { Log } from "../../src/log.ts";
import type { Clock } from "../shared/clock.ts";
import type { Pace } from "../shared/pace.ts";
import { sealer } from "../shared/seal.ts";
import { createClient, reasonOf, type Slack } from "./client.ts";
import { lookUp } from "./events/look-up.ts";
import { unlessAborted } from "./in-time.ts";
import { installRoutes } from "./install/install.ts";
import { type Accesses, createAccesses } from "./read/accesses.ts";
import { createDirectory } from "./read/directory.ts";
import { createPresence, download, gone, type Presence } from "./read/files.ts";
import { shared } from "./read/history.ts";
import { voices } from "./read/voices.ts";
import { createApp, type Receiving } from "./receive/app.ts";
import { type Behind, createBehind } from "./receive/behind.ts";
import { createCatchUp } from "./receive/catch-up.ts";
import { createHttpReceiver } from "./receive/http.ts";
import { createPeople } from "./receive/people.ts";
import { SocketReceiver, type SocketTimes } from "./receive/receiver.ts";
import { createTake } from "./receive/take.ts";
import { createMarks } from "./show/mark.ts";
import { post } from "./show/post.ts";
import { announce, nod, tell } from "./show/tell.ts";
import { retract } from "./show/thread.ts";
import { createTeams, singleTeam, type Teams } from "./teams.ts";

/** Slack takes about a hundred appends a minute for the whole workspace. */
const PACE_MS = 1_000;
const PIECE_CHARS_MIN = 200;
/** Nothing tells of the requests that did not reach us, once Slack has given them up. */
const READ_BACK_EVERY_MS = 3_600_000;
const TOKENS_PURPOSE = "slack tokens";
/** After these other people can read a channel than before. */
const MOVED: ReadonlySet<string> = new Set(["access_changed", "channel_gone", "joined"]);

export interface SlackOptions {
  /** xoxb-…; null where workspaces are added by OAuth. */
  botToken: string | null;
  /** xapp-…, for Socket Mode, which is used where both are set. */
  appToken?: string | null | undefined;
  /** For events by HTTP. */
  signingSecret?: string | null | undefined;
  oauth?: OAuthOptions | null | undefined;
  /** SECRET_KEY. */
  secretKey?: string | null | undefined;
  /** Where the Web API is, when it is not Slack's own. */
  apiUrl?: string | null | undefined;
  /** Hosts (host or host:port) beside Slack's own that files may come from; they are sent the bot token. */
  fileHosts?: readonly string[] | undefined;
  /** Workspaces that are served. None: the one that the token belongs to, or the first that is added. */
  teams?: readonly string[] | undefined;
  /** What is written down of what `directory` tells. */
  people: People;
  /** Least time between two pieces of a streamed answer. */
  paceMs?: number | undefined;
  /** Other times, for tests. */
  times?: Partial<Times> | undefined;
  log: Log;
}

export interface OAuthOptions {
  clientId: string;
  clientSecret: string;
  publicUrl: string;
  secretKey: string;
  db: Pick<Pool, "query">;
}

export interface Times extends SocketTimes {
  clock: Clock;
  ackWithinMs: number;
  askWithinMs: number;
  noteEveryMs: number;
  readBackEveryMs: number;
}

export interface SlackChat {
  adapter: Adapter;
  /** To be mounted at `/`, without anything that asks who comes; null where Slack has nothing to ask for. */
  routes: Hono | null;
}

export function createSlack(options: SlackOptions): SlackChat {
  const { fileHosts = [], paceMs = PACE_MS, secretKey = null } = options;
  const closing = new AbortController();
  const { teams, ready, installing } = workspaces(options, closing.signal);
  const { receiver, receiving } = createReceiver(options, ready);
  const accesses = createAccesses(options.people);
  const behind = createBehind(options.log);
  const marks = createMarks();
  const presence = createPresence();
  const pace: Pace = { everyMs: paceMs, charsMin: PIECE_CHARS_MIN };
  const of = (place: Place) => teams.of(place.workspaceId);
  const accessOf = async (teamId: string) => accesses.of(teamId, await teams.of(teamId));
  const kindly = bestEffort(teams, options.log);
  const adapter: Adapter = {
    platform: "slack",
    directory: createDirectory((workspaceId) => teams.of(workspaceId)),
    listen: (inbox) => listen({ options, teams, receiver, accesses, presence, behind }, inbox),
    close: async () => {
      await receiver.stop();
      await behind.close();
      closing.abort();
    },
    download: async function* (file, bytesMax, signal) {
      const slack = await of(file.place);
      yield* download({ slack, fileHosts }, file, bytesMax, signal);
    },
    post: async (to, parts, posts, signal) =>
      post(await of(to.place), to, { parts, posts, pace, secretKey }, signal),
    mark: (file, state) => kindly(file.place, (slack) => marks.mark(slack, file, state)),
    readers: async (place) => (await accessOf(place.workspaceId)).readers(place),
    readable: async (teamId, userId) => (await accessOf(teamId)).readable(userId),
    standing: async (place, userId) => (await accessOf(place.workspaceId)).standing(userId),
    forget: (place) => accesses.forget(place),
    retract: (place, ids) => kindly(place, (slack) => retract(slack, place, ids)),
    tell: async (place, userId, note) => {
      const told = await kindly(place, (slack) => tell(slack, place, userId, note));
      return told ?? false;
    },
    announce: async (place, note) => {
      const said = await kindly(place, (slack) => announce(slack, place, note));
      return said ?? false;
    },
    nod: async (place, messageId) =>
      (await kindly(place, (slack) => nod(slack, place, messageId))) ?? false,
    voices: async (place) => voices(await of(place), place),
    shared: async (place, cursor, signal, idsOnly) =>
      shared(await of(place), { place, cursor, idsOnly }, signal),
    lookUp: async (touched, signal) =>
      unlessAborted(lookUp(await of(touched.place), touched), signal),
    gone: async (files, signal) => {
      const [file] = files;
      return file ? gone(await of(file.place), files, signal) : [];
    },
    trouble: () => receiver.trouble(),
    present: async (files, signal) => {
      const [file] = files;
      return file ? presence.present(await of(file.place), files, signal) : [];
    },
  };
  return { adapter, routes: together(receiving, installing) };
}

interface Workspaces {
  teams: Teams;
  /** Rejects when Slack refuses the token that is a setting. */
  ready(): Promise<unknown>;
  installing: Hono | null;
}

function workspaces(options: SlackOptions, closing: AbortSignal): Workspaces {
  const { botToken, oauth, teams: served = [], times, log } = options;
  const apiUrl = options.apiUrl ?? undefined;
  const connect = (token: string) =>
    createClient({ botToken: token, apiUrl, clock: times?.clock, closing, log });
  if (botToken !== null) {
    const slack = connect(botToken);
    const ready = () => slack.identity();
    return { teams: singleTeam(slack, served), ready, installing: null };
  }
  if (!oauth) throw new ConfigError("Slack needs SLACK_BOT_TOKEN, or SLACK_CLIENT_ID for OAuth.");
  const tokens = sealer(oauth.secretKey, TOKENS_PURPOSE);
  const teams = createTeams({ db: oauth.db, sealer: tokens, connect, teams: served, log });
  const installing = installRoutes({ ...oauth, apiUrl, teams, log });
  return { teams, ready: async () => undefined, installing };
}

function createReceiver(
  { appToken, signingSecret, apiUrl, times, log }: SlackOptions,
  ready: Workspaces["ready"],
): { receiver: Receiving; receiving: Hono | null } {
  if (appToken) {
    const socket = { appToken, apiUrl: apiUrl ?? undefined, times, ready, log };
    return { receiver: new SocketReceiver(socket), receiving: null };
  }
  if (!signingSecret) {
    throw new ConfigError("Slack needs SLACK_APP_TOKEN, or SLACK_SIGNING_SECRET for HTTP.");
  }
  const http = createHttpReceiver({ signingSecret, ready, log });
  return { receiver: http, receiving: http.routes };
}

interface Listening {
  options: SlackOptions;
  teams: Teams;
  receiver: Receiving;
  accesses: Accesses;
  presence: Presence;
  behind: Behind;
}

async function listen(
  { options, teams, receiver, accesses, presence, behind }: Listening,
  inbox: Inbox,
): Promise<void> {
  const { appToken, secretKey = null, times = {}, log } = options;
  const accept = async (event: Incoming): Promise<void> => {
    if (MOVED.has(event.kind)) accesses.forget(event.place);
    if ("fileId" in event) presence.forget(event.place.workspaceId, event.fileId);
    await inbox.accept(event);
    if (event.kind === "workspace_gone") await teams.remove(event.place.workspaceId);
  };
  const { ackWithinMs, askWithinMs, noteEveryMs } = times;
  const readBackEveryMs = appToken ? null : (times.readBackEveryMs ?? READ_BACK_EVERY_MS);
  const reading = { teams, inbox, accept, readBackEveryMs, noteEveryMs, log };
  const { whileHearing, missed } = createCatchUp(reading);
  const people = createPeople(inbox);
  const handing = { teams, inbox, accept, missed, people, behind, secretKey, log };
  createApp(receiver, createTake({ ...handing, ackWithinMs, askWithinMs }), log);
  await receiver.start(whileHearing);
}

/** A workspace that is gone, or whose token is, shows nothing; that is no failure of what was to be shown. */
function bestEffort(teams: Teams, log: Log) {
  return async <T>(
    { workspaceId }: Place,
    show: (slack: Slack) => Promise<T>,
  ): Promise<T | undefined> => {
    try {
      return await show(await teams.of(workspaceId));
    } catch (error) {
      log.warn({ workspaceId, reason: reasonOf(error) }, "something could not be shown in Slack");
      return undefined;
    }
  };
}

function together(...parts: (Hono | null)[]): Hono | null {
  const some = parts.filter((part) => part !== null);
  const routes = new Hono();
  for (const part of some) routes.route("/", part);
  return some.length > 0 ? routes : null;
}
