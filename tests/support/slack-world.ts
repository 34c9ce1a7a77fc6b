/** What a loopback Slack knows: people, channels, files and messages. Ids look like Slack's own. */

export const TEAM = "T1";
export const BOT = { userId: "UBOT", botId: "BBOT" };
export const BOT_TOKEN = "xoxb-1-loopback-bot";
export const APP_TOKEN = "xapp-1-loopback-app";

export interface User {
  id: string;
  guest: boolean;
}

export interface Channel {
  id: string;
  kind: "public" | "private" | "im" | "mpim";
  members: string[];
  external: boolean;
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
}

export interface Ephemeral {
  channel: string;
  user: string;
  text: string;
}

export interface Call {
  method: string;
  args: Record<string, string>;
}

export interface World {
  users: Map<string, User>;
  channels: Map<string, Channel>;
  files: Map<string, StoredFile>;
  messages: Message[];
  ephemerals: Ephemeral[];
  /** Every call of the Web API, in order, without its token. */
  calls: Call[];
  /** What the next calls of a method answer instead of what they should. */
  faults: Map<string, Fault[]>;
  nextTs(): string;
}

export type Fault = { error: string } | { status: number; retryAfterS?: number };

/** A member and a guest in #general, the member alone with the bot in a private channel and in a direct message. */
export function createWorld(): World {
  let count = 0;
  const nextTs = () => {
    count += 1;
    return `1700000000.${String(count).padStart(6, "0")}`;
  };
  const users = [
    { id: "U1", guest: false },
    { id: "UGUEST", guest: true },
    { id: BOT.userId, guest: false },
  ];
  const channels: Channel[] = [
    { id: "C1", kind: "public", members: ["U1", "UGUEST", BOT.userId], external: false },
    { id: "C2", kind: "private", members: ["U1", BOT.userId], external: false },
    { id: "C3", kind: "public", members: ["U1", BOT.userId], external: false },
    { id: "C4", kind: "private", members: ["U1", BOT.userId], external: true },
    { id: "D1", kind: "im", members: ["U1", BOT.userId], external: false },
  ];
  return {
    users: new Map(users.map((user) => [user.id, user])),
    channels: new Map(channels.map((channel) => [channel.id, channel])),
    files: new Map(),
    messages: [],
    ephemerals: [],
    calls: [],
    faults: new Map(),
    nextTs,
  };
}
