/** What a test can do with a loopback Discord, and see of it. */
import type {
  APIApplicationCommandOptionChoice,
  APIEmbed,
  APIInteractionResponse,
  APIMessageTopLevelComponent,
  APIModalInteractionResponseCallbackData,
} from "discord.js";
import type { ApiFault, QuotaOptions } from "./faults.ts";
import type { Channel, ChannelKind, LedgerEntry, Message, Pings, Role } from "./world.ts";

/** A file as somebody uploads it. */
export interface Upload {
  name: string;
  content: Uint8Array;
  contentType?: string;
  /** What is claimed, where that differs from the truth. */
  size?: number;
}

export interface Saying {
  /** A channel, a thread, or what `openDm` gave. */
  channel: string;
  user: string;
  /** Discord's own markup: a mention of the bot is <@BOT>; `mentions` is made from it. */
  text?: string;
  files?: Upload[];
  /** The message it answers. */
  replyTo?: string;
  /** A reply that doesn't ping. */
  silent?: boolean;
  /** The message it forwards, which may be in another channel. */
  forward?: string;
  embeds?: APIEmbed[];
  /** Said through a webhook, with no member behind it. */
  webhook?: boolean;
  /** When it was said, where that was before now. */
  atMs?: number;
}

/** Of a message: its id, and the ids of its attachments, in order. */
export interface Said {
  id: string;
  fileIds: string[];
}

export interface People {
  say(saying: Saying): Said;
  /** Its author edits it: `files` are the attachments that stay. */
  edit(messageId: string, change: { text?: string; files?: string[] }): void;
  /** Discord adds a preview of a link: MESSAGE_UPDATE, though nobody edited anything. */
  unfurl(messageId: string): void;
  deleteMessage(messageId: string): void;
  bulkDelete(channelId: string, messageIds: string[]): void;
  react(messageId: string, user: string, emoji: string): void;
  unreact(messageId: string, user: string, emoji: string): void;
  /** The direct message channel with somebody. */
  openDm(user: string): string;
}

export interface NewChannel {
  kind?: Exclude<ChannelKind, "thread" | "newsThread" | "privateThread" | "dm">;
  id?: string;
  guild?: string;
  name?: string;
  category?: string;
  adult?: boolean;
  /** Who may see it: nobody else then, but administrators. */
  onlyRoles?: string[];
}

export interface NewThread {
  channel: string;
  user: string;
  name?: string;
  /** The message that it hangs on. */
  from?: string;
  private?: boolean;
  /** Beside who made it. */
  members?: string[];
  /** What is said in it at once; a forum post must say something. */
  text?: string;
  files?: Upload[];
}

export interface Channels {
  createChannel(channel: NewChannel): string;
  updateChannel(channelId: string, change: Partial<Pick<Channel, "name" | "adult">>): void;
  /** Of a role's or a member's id; both empty takes the overwrite away. */
  overwrite(channelId: string, of: string, rights: { allow?: bigint; deny?: bigint }): void;
  deleteChannel(channelId: string): void;
  /** A thread, or a forum's post; `messageId` is of what is said in it at once. */
  createThread(thread: NewThread): { id: string; messageId: string | null; fileIds: string[] };
  updateThread(
    threadId: string,
    change: { archived?: boolean; locked?: boolean; name?: string },
  ): void;
  deleteThread(threadId: string): void;
  joinThread(threadId: string, user: string): void;
  leaveThread(threadId: string, user: string): void;
}

export interface NewGuild {
  id?: string;
  name?: string;
  owner?: string;
  /** What @everyone may; what people usually may where it is left out. */
  everyone?: bigint;
  /** What the bot's own role may; what Docent's invite link asks for where it is left out. */
  bot?: bigint;
}

export interface Guilds {
  /** The bot is invited: a guild with one channel, #general. */
  createGuild(guild?: NewGuild): { id: string; channel: string };
  /** The bot is kicked, or the guild is deleted. */
  removeGuild(guildId: string): void;
  /** An outage: the guild is unavailable, until `restoreGuild`. */
  loseGuild(guildId: string): void;
  restoreGuild(guildId: string): void;
  createRole(role: Partial<Role> & { guild?: string }): string;
  updateRole(roleId: string, change: Partial<Omit<Role, "id">>): void;
  deleteRole(roleId: string): void;
  createUser(user?: { id?: string; name?: string; bot?: boolean; closedDms?: boolean }): string;
  /** `joinedMs` is now where it is left out. */
  join(user: string, as?: { guild?: string; roles?: string[]; joinedMs?: number }): void;
  leave(user: string, guildId?: string): void;
  ban(user: string, guildId?: string): void;
  setRoles(user: string, roles: string[], guildId?: string): void;
  timeOut(user: string, untilMs: number | null, guildId?: string): void;
}

/** Of a slash command: a file, or who or what is picked. */
export type OptionValue =
  | string
  | number
  | boolean
  | Upload
  | { user: string }
  | { channel: string }
  | { role: string };

export interface Slash {
  channel: string;
  user: string;
  /** Command and subcommand: `docent ask`. */
  command: string;
  options?: Record<string, OptionValue>;
}

/** What somebody did and what became of it; read it again after waiting. */
export interface Gesture {
  id: string;
  token: string;
  /** The bot's first answer, as soon as it is there. */
  answered: Promise<APIInteractionResponse>;
  response(): APIInteractionResponse | null;
  /** "Docent is thinking…" */
  thinking(): boolean;
  /** The messages that answer it, oldest first, those that only this person sees as well. */
  messages(): Message[];
  /** The modal that it opened. */
  modal(): APIModalInteractionResponseCallbackData | null;
  /** What autocomplete offered. */
  choices(): APIApplicationCommandOptionChoice[];
}

export interface Gestures {
  slash(slash: Slash): Gesture;
  /** Somebody is typing the option `focused`. */
  complete(slash: Slash & { focused: string }): Gesture;
  /** A command of the context menu of a message. */
  messageCommand(command: string, messageId: string, user: string): Gesture;
  /** @throws where the message has no such button, or it is disabled */
  press(messageId: string, customId: string, user: string): Gesture;
  select(messageId: string, customId: string, values: string[], user: string): Gesture;
  /** Sends off the modal that `opener` opened: text by the custom id of its input. */
  submit(opener: Gesture, texts: Record<string, string>): Gesture;
}

export interface GatewayFaults {
  /** How many connections are identified or resumed now. */
  connections(): number;
  /** Resolves once so many are. */
  connected(count?: number): Promise<void>;
  /** Ends all connections without a goodbye, as a lost network does; sessions can be resumed. */
  drop(): void;
  /** Ends all connections with a close code. */
  closeWith(code: number): void;
  /** Every following IDENTIFY is answered with this close code, until `null`. */
  rejectWith(code: number | null): void;
  /** Op 7 on all connections: Discord wants them made anew. */
  askReconnect(): void;
  /** Op 9 on all connections; not resumable forgets their sessions. */
  invalidate(resumable: boolean): void;
  /** All sessions are forgotten: the next RESUME gets op 9, and what was missed is lost. */
  forget(): void;
  /** No connection is taken, those that are end, sessions are forgotten: until `online`. */
  offline(): void;
  online(): void;
  /** All that are open now go dead without a word: no ACK, no events; new connections are well. */
  freeze(): void;
  /** Ends those that are dead. */
  thaw(): void;
  /** Delivers any event to every session, or to those of one guild's shard. */
  emit(event: string, data: object, guildId?: string): void;
  /** The last event again, as happens after a resume. */
  repeat(): void;
  /** How many IDENTIFY and RESUME there have been. */
  identified(): number;
  resumed(): number;
}

/** A message as a person sees it. */
export interface SeenMessage {
  id: string;
  author: string;
  content: string;
  embeds: APIEmbed[];
  components: APIMessageTopLevelComponent[];
  files: string[];
  pings: Pings;
  ephemeral: boolean;
  replyTo: string | null;
}

export interface Views {
  /** Oldest first; with `as` also what only this person sees. */
  messagesOf(channelId: string, as?: string): SeenMessage[];
  /** What the bot has in a channel, oldest first, what only single persons see as well. */
  botMessages(channelId: string): Message[];
  threadsOf(channelId: string): Channel[];
  /** All requests to a route so far, such as `POST /channels/:channel/messages`. */
  calls(route: string): LedgerEntry[];
  /** What a person may do in a channel or thread. */
  rightsOf(user: string, channelId: string): bigint;
}

export interface Conditions {
  /** Makes the next requests to a route go wrong; `*` is any route. */
  fail(route: string, ...faults: ApiFault[]): void;
  /** So many requests to a route in a window (5 s unless named), for each channel; the rest gets a 429. */
  limit(route: string, max: number, options?: QuotaOptions): void;
  /** The limits that people have measured: 5 posts and 5 edits in 5 s in each channel. */
  limitAll(): void;
  /** How many requests to a route got a 429 for its limit. */
  refused(route: string): number;
  /** Moves the clock of tokens, file URLs and limits. */
  pass(ms: number): void;
  /** The bot's token is not good any more: 401, close code 4004. */
  revoke(): void;
}
