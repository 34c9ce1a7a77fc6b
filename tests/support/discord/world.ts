/** What a loopback Discord knows: guilds, roles, channels, people, messages. Ids are snowflakes, as Discord's are. */
import type {
  APIApplicationCommand,
  APIEmbed,
  APIInteractionResponse,
  APIMessageTopLevelComponent,
  MessageType,
} from "discord.js";
import type { ApiFault, Quota } from "./faults.ts";

export const TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAwMQ.loopback.bot-token";
/** January 1st 2015, where Discord's ids begin. */
const EPOCH_MS = 1_420_070_400_000;
const IDS_PER_MS = 1n << 22n;

/** What is there from the start; the bot's user and its application have one id. */
export const IDS = {
  bot: "1000000000000000001",
  /** Of the guild and, as Discord has it, of its @everyone role. */
  guild: "1100000000000000000",
  owner: "1200000000000000001",
  /** Has no role at all. */
  ana: "1200000000000000002",
  /** Has the role `verified`. */
  ben: "1200000000000000003",
  /** Has the role `mods`. */
  mod: "1200000000000000004",
  /** In no guild with the bot. */
  stranger: "1200000000000000005",
  roles: {
    bot: "1300000000000000001",
    verified: "1300000000000000002",
    mods: "1300000000000000003",
  },
  channels: {
    /** Open to all. */
    general: "1400000000000000001",
    /** Open to all. */
    help: "1400000000000000002",
    /** To be seen with the role `verified` only. */
    guides: "1400000000000000003",
    /** To be seen with the role `mods` only. */
    staff: "1400000000000000004",
    forum: "1400000000000000005",
    news: "1400000000000000006",
    voice: "1400000000000000007",
    /** Age-restricted. */
    adult: "1400000000000000008",
  },
} as const;

export type ChannelKind =
  | "text"
  | "voice"
  | "stage"
  | "category"
  | "news"
  | "forum"
  | "thread"
  | "newsThread"
  | "privateThread"
  | "dm";

export interface User {
  id: string;
  name: string;
  displayName: string | null;
  bot: boolean;
  /** Takes no direct messages from the bot: 50007. */
  closedDms: boolean;
}

export interface Member {
  userId: string;
  roles: string[];
  nick: string | null;
  joinedMs: number;
  timedOutUntilMs: number | null;
  /** Has not agreed to the guild's rules yet. */
  pending: boolean;
}

export interface Role {
  id: string;
  name: string;
  permissions: bigint;
  position: number;
  mentionable: boolean;
  managed: boolean;
}

export interface Overwrite {
  id: string;
  type: "role" | "member";
  allow: bigint;
  deny: bigint;
}

/** What only threads have. */
export interface ThreadState {
  ownerId: string;
  members: string[];
  archived: boolean;
  locked: boolean;
  autoArchiveMinutes: number;
  archivedMs: number;
  createdMs: number;
}

export interface Channel {
  id: string;
  kind: ChannelKind;
  /** `null` for direct messages. */
  guildId: string | null;
  name: string;
  /** A thread's channel, or a channel's category. */
  parentId: string | null;
  topic: string | null;
  /** Age-restricted. */
  adult: boolean;
  position: number;
  overwrites: Overwrite[];
  thread: ThreadState | null;
  /** Whom a direct message channel is with. */
  recipientId: string | null;
}

export interface Guild {
  id: string;
  name: string;
  ownerId: string;
  roles: Map<string, Role>;
  members: Map<string, Member>;
  bans: Set<string>;
  /** `down`: an outage of Discord's; `left`: the bot is not in it any more. */
  state: "in" | "down" | "left";
  botJoinedMs: number;
}

export interface StoredFile {
  id: string;
  /** As Discord makes it: without blanks and special characters. */
  filename: string;
  /** What the file was called, where that differs. */
  title: string | null;
  content: Uint8Array;
  contentType: string | null;
  /** What is claimed; the content's own length where it is left out. */
  size: number;
  channelId: string;
  ephemeral: boolean;
  deleted: boolean;
}

/** Who was really notified by a message. */
export interface Pings {
  users: string[];
  roles: string[];
  everyone: boolean;
}

export interface Snapshot {
  content: string;
  fileIds: string[];
  embeds: APIEmbed[];
  atMs: number;
}

export interface Message {
  id: string;
  channelId: string;
  authorId: string;
  type: MessageType;
  content: string;
  atMs: number;
  editedMs: number | null;
  fileIds: string[];
  embeds: APIEmbed[];
  components: APIMessageTopLevelComponent[];
  flags: number;
  /** The message it answers or forwards; a thread's starter message points into its parent. */
  reference: { kind: "reply" | "forward" | "starter"; channelId: string; messageId: string } | null;
  snapshots: Snapshot[];
  mentions: Pings;
  pings: Pings;
  nonce: string | null;
  /** Emoji, with who chose it. */
  reactions: Map<string, Set<string>>;
  /** Who alone sees it. */
  ephemeralFor: string | null;
  /** The interaction that it answers. */
  interactionId: string | null;
  webhookId: string | null;
  /** Every content and embed it has had, oldest first, the present one last. */
  revisions: { content: string; embeds: APIEmbed[]; components: APIMessageTopLevelComponent[] }[];
}

/** A press, a command, a modal: what a person did and what the bot answered. */
export interface StoredInteraction {
  id: string;
  token: string;
  kind: "command" | "autocomplete" | "component" | "modal";
  userId: string;
  guildId: string | null;
  channelId: string;
  atMs: number;
  /** The message with the component, for buttons and what comes of them. */
  messageId: string | null;
  /** The bot's first answer. */
  response: APIInteractionResponse | null;
  /** The message of the first answer: `@original`. */
  originalId: string | null;
  /** It shows "thinking" so far. */
  deferred: boolean;
}

/** One HTTP request, without its token. */
export interface LedgerEntry {
  method: string;
  /** As it was asked for, without the query. */
  path: string;
  /** Method and path with names for the ids: `POST /channels/:channel/messages`. */
  route: string;
  query: Record<string, string>;
  body: unknown;
  /** Whether an Authorization header came with it. */
  authorized: boolean;
  /** 0 until it is answered, and for good when it was left without an answer. */
  status: number;
}

export interface World {
  token: string;
  /** The bot's user, and its application. */
  botId: string;
  /** Where its files are, without a slash at the end. */
  url: string;
  /** Which privileged intents the portal's toggles allow. */
  privileged: Set<PrivilegedIntent>;
  publicBot: boolean;
  users: Map<string, User>;
  guilds: Map<string, Guild>;
  channels: Map<string, Channel>;
  files: Map<string, StoredFile>;
  messages: Map<string, Message>;
  interactions: Map<string, StoredInteraction>;
  /** Who waits for the answer to an interaction. */
  answered: Map<string, (response: APIInteractionResponse) => void>;
  /** Registered commands: of a guild's id, or under "" those for everywhere. */
  commands: Map<string, APIApplicationCommand[]>;
  requests: LedgerEntry[];
  /** Where the file host sends those who ask for a file. */
  fileRedirects: Map<string, string>;
  /** How often typing was shown, by channel. */
  typing: Map<string, number>;
  faults: Map<string, ApiFault[]>;
  quotas: Map<string, Quota>;
  /** How many messages one page has at most, whatever is asked for. */
  pageMax: number;
  /** How many threads a guild may have at once. */
  activeThreadsMax: number;
  /** How many edits of messages older than an hour are left; `null`: no such limit. */
  oldEditsLeft: number | null;
  nowMs(): number;
  /** How far the test has moved the clock. */
  passedMs: number;
  nextId(): string;
}

export type PrivilegedIntent = "members" | "content" | "presences";

export interface WorldOptions {
  token?: string;
  /** The portal's toggles; members and content unless named. */
  privileged?: PrivilegedIntent[];
  publicBot?: boolean;
  /** The time of day unless named; `pass` adds to it. */
  nowMs?: () => number;
}

const ACTIVE_THREADS_MAX = 1_000;
const MESSAGES_PAGE_MAX = 100;

/** A world without guilds. */
export function emptyWorld({ token, privileged, publicBot, nowMs }: WorldOptions): World {
  const clock = nowMs ?? Date.now;
  let last = 0n;
  const world: World = {
    token: token ?? TOKEN,
    botId: IDS.bot,
    url: "",
    privileged: new Set(privileged ?? ["members", "content"]),
    publicBot: publicBot ?? false,
    users: new Map(),
    guilds: new Map(),
    channels: new Map(),
    files: new Map(),
    messages: new Map(),
    interactions: new Map(),
    answered: new Map(),
    commands: new Map(),
    requests: [],
    fileRedirects: new Map(),
    typing: new Map(),
    faults: new Map(),
    quotas: new Map(),
    pageMax: MESSAGES_PAGE_MAX,
    activeThreadsMax: ACTIVE_THREADS_MAX,
    oldEditsLeft: null,
    passedMs: 0,
    nowMs: () => clock() + world.passedMs,
    nextId: () => {
      const now = idAt(world.nowMs());
      last = now > last ? now : last + 1n;
      return String(last);
    },
  };
  return world;
}

/** The first id of this moment. */
export function idAt(atMs: number): bigint {
  return BigInt(atMs - EPOCH_MS) * IDS_PER_MS;
}

/** @throws {Error} where there is none: the test names what isn't there */
export function found<T>(from: Map<string, T>, id: string, what: string): T {
  const one = from.get(id);
  if (!one) throw new Error(`no ${what} ${id}`);
  return one;
}

/** A channel's messages, oldest first. */
export function messagesIn(world: World, channelId: string): Message[] {
  return [...world.messages.values()]
    .filter((message) => message.channelId === channelId)
    .sort((a, b) => byId(a.id, b.id));
}

/** Older ids first. */
export function byId(a: string, b: string): number {
  return Number(BigInt(a) - BigInt(b));
}
