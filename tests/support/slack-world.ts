/** What a loopback Slack knows: workspaces, people, channels, files and messages. Ids look like Slack's own. */
import type { Block, View } from "./slack-blocks.ts";
import type { Quota } from "./slack-quota.ts";

export const TEAM = "T1";
export const BOT = { userId: "UBOT", botId: "BBOT" };
export const BOT_TOKEN = "xoxb-1-loopback-bot";
export const APP_TOKEN = "xapp-1-loopback-app";
export const SIGNING_SECRET = "loopback-signing-secret";
/** The second workspace, with channel C9, in which U9 is. */
export const TEAM_2 = "T2";
export const BOT_TOKEN_2 = "xoxb-2-loopback-bot";
/** The app's, for installing it by OAuth. */
export const CLIENT = { id: "1.2", secret: "loopback-client-secret" };
export const APP_ID = "A1";

/** What Docent's manifest asks for. */
const SCOPES = [
  ...["app_mentions:read", "chat:write", "commands", "files:read", "reactions:write", "users:read"],
  ...["channels:history", "groups:history", "mpim:history", "im:history"],
  ...["channels:read", "groups:read", "mpim:read", "im:read", "im:write", "channels:join"],
];
/** Slack ends a stream, whatever comes. */
const STREAM_LIFE_MS = 5 * 60_000;
const START_MS = 1_700_000_000_000;
const LIST_PAGE = 2;
const MESSAGES_PAGE = 15;

export interface Team {
  id: string;
  url: string;
  botToken: string;
  botUserId: string;
  botId: string;
  /** What the token may do; named in `x-oauth-scopes`, and enforced. */
  scopes: string[];
  /** `revoked`: the token_revoked of auth.revoke; `gone`: the app was removed, account_inactive. */
  state: "installed" | "revoked" | "gone";
}

export interface User {
  id: string;
  guest: boolean;
  /** T1 where it is left out. */
  teamId?: string;
  name?: string;
  /** A guest of one channel alone. */
  ultra?: boolean;
  /** Of another workspace, and never seen here but in shared channels. */
  stranger?: boolean;
  admin?: boolean;
  owner?: boolean;
  bot?: boolean;
  deleted?: boolean;
}

export interface Channel {
  id: string;
  kind: "public" | "private" | "im" | "mpim";
  members: string[];
  external: boolean;
  /** T1 where it is left out. */
  teamId?: string;
  name?: string;
  archived?: boolean;
  /** Shared with other workspaces of one organisation. */
  orgShared?: boolean;
}

export interface StoredFile {
  id: string;
  name: string;
  mimetype: string;
  content: Uint8Array;
  channels: string[];
  deleted: boolean;
  /** Where the file host sends those who ask for it. */
  redirect: string | null;
  /** hosted where it is left out; snippet, post, quip (a canvas), external, tombstone, hidden_by_limit. */
  mode?: string;
  filetype?: string;
  /** What the uploader claims; the content's own length where it is left out. */
  size?: number;
  userId?: string;
  /** Where an external file really is. */
  externalUrl?: string;
  /** Of files.info: access_denied, file_not_found. */
  access?: string;
  /** The message it was shared with. */
  ts?: string;
  /** files.list tells its channels, but not in which of their messages it is. */
  sparse?: boolean;
}

export interface Message {
  channel: string;
  ts: string;
  threadTs: string | null;
  userId: string;
  text: string;
  streaming: boolean;
  /** Its asker pressed Stop. */
  stopped: boolean;
  unfurls: boolean;
  reactions: string[];
  blocks?: Block[];
  /** Its text is shown, above its blocks; else the blocks stand in the text's place. */
  streamed?: boolean;
  startedMs?: number;
  fileIds?: string[];
  botId?: string;
  subtype?: string;
  editedTs?: string;
}

export interface Ephemeral {
  channel: string;
  user: string;
  text: string;
  ts: string;
  threadTs: string | null;
  blocks?: Block[];
}

/** A view that was opened, and what became of it. */
export interface StoredView {
  id: string;
  teamId: string;
  userId: string;
  hash: string;
  view: View;
  open: boolean;
}

/** What a response_url stands for. */
export interface Hook {
  id: string;
  channel: string;
  user: string;
  /** The message that was pressed on. */
  originalTs: string | null;
  uses: number;
  untilMs: number;
  /** Everything that was posted to it. */
  posts: HookPost[];
}

export interface HookPost {
  text?: string;
  blocks?: Block[];
  response_type?: "ephemeral" | "in_channel";
  replace_original?: boolean;
  delete_original?: boolean;
  thread_ts?: string;
}

export interface Call {
  method: string;
  args: Record<string, string>;
}

export interface World {
  teams: Map<string, Team>;
  users: Map<string, User>;
  channels: Map<string, Channel>;
  files: Map<string, StoredFile>;
  messages: Message[];
  ephemerals: Ephemeral[];
  views: StoredView[];
  hooks: Map<string, Hook>;
  /** Each opens one view, within three seconds. */
  triggers: Map<string, { userId: string; atMs: number; used: boolean }>;
  /** OAuth codes that somebody consented to, with their workspace; each can be used once. */
  codes: Map<string, string>;
  /** Every call of the Web API, in order, without its token. */
  calls: Call[];
  /** What the next calls of a method answer instead of what they should. */
  faults: Map<string, Fault[]>;
  quotas: Map<string, Quota>;
  /** How many of one list and of messages are on one page at most, whatever is asked for. */
  pageMax: { list: number; messages: number };
  /** Milliseconds since 1970, by the world's own clock. */
  nowMs(): number;
  /** How far the test has moved that clock. */
  passedMs: number;
  nextTs(): string;
}

export type Fault = { error: string } | { status: number; retryAfterS?: number };

export interface WorldOptions {
  /** Messages bear the time of day; else it stands still in November 2023. */
  realTime?: boolean;
}

/** A member and a guest in #general, the member alone with the bot in a private channel and in a direct message. */
export function createWorld({ realTime = false }: WorldOptions = {}): World {
  let count = 0;
  const users: User[] = [
    { id: "U1", guest: false },
    { id: "UGUEST", guest: true },
    { id: BOT.userId, guest: false, bot: true },
    { id: "U9", guest: false, teamId: TEAM_2 },
    { id: "UBOT2", guest: false, bot: true, teamId: TEAM_2 },
  ];
  const world: World = {
    teams: new Map(teams().map((team) => [team.id, team])),
    users: new Map(users.map((user) => [user.id, user])),
    channels: new Map(channels().map((channel) => [channel.id, channel])),
    files: new Map(),
    messages: [],
    ephemerals: [],
    views: [],
    hooks: new Map(),
    triggers: new Map(),
    codes: new Map(),
    calls: [],
    faults: new Map(),
    quotas: new Map(),
    pageMax: { list: LIST_PAGE, messages: MESSAGES_PAGE },
    passedMs: 0,
    nowMs: () => (realTime ? Date.now() : START_MS) + world.passedMs,
    nextTs: () => {
      count += 1;
      return `${Math.floor(world.nowMs() / 1_000)}.${String(count).padStart(6, "0")}`;
    },
  };
  return world;
}

function teams(): Team[] {
  const installed = { state: "installed", scopes: [...SCOPES] } as const;
  const first = { id: TEAM, url: "https://acme.slack.com/", botToken: BOT_TOKEN };
  const second = { id: TEAM_2, url: "https://umbrella.slack.com/", botToken: BOT_TOKEN_2 };
  return [
    { ...first, botUserId: BOT.userId, botId: BOT.botId, ...installed, scopes: [...SCOPES] },
    { ...second, botUserId: "UBOT2", botId: "BBOT2", ...installed, scopes: [...SCOPES] },
  ];
}

function channels(): Channel[] {
  return [
    { id: "C1", kind: "public", members: ["U1", "UGUEST", BOT.userId], external: false },
    { id: "C2", kind: "private", members: ["U1", BOT.userId], external: false },
    { id: "C3", kind: "public", members: ["U1", BOT.userId], external: false },
    { id: "C4", kind: "private", members: ["U1", BOT.userId], external: true },
    { id: "D1", kind: "im", members: ["U1", BOT.userId], external: false },
    { id: "C9", kind: "public", members: ["U9", "UBOT2"], external: false, teamId: TEAM_2 },
  ];
}

/** The workspace of a channel or a person. */
export function teamOf(world: World, of: { teamId?: string } | undefined): Team {
  const team = world.teams.get(of?.teamId ?? TEAM);
  if (!team) throw new Error(`no such workspace: ${of?.teamId}`);
  return team;
}

/** @throws {Error} when there is none: the test names what isn't there */
export function messageAt(world: World, ts: string): Message {
  const found = world.messages.find((message) => message.ts === ts);
  if (!found) throw new Error(`no message ${ts}`);
  return found;
}

/** Moves the world's clock: quotas open, response URLs and streams end. */
export function pass(world: World, ms: number): void {
  world.passedMs += ms;
  const live = world.messages.filter(({ streaming }) => streaming);
  for (const message of live) {
    const startedMs = message.startedMs ?? 0;
    if (world.nowMs() - startedMs >= STREAM_LIFE_MS) message.streaming = false;
  }
}
