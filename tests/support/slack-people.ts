/** What the people of a loopback workspace do, and the events that Slack makes of it. */
import { randomUUID } from "node:crypto";
import { messageFacts } from "./slack-methods/conversations.ts";
import type { Envelope } from "./slack-post.ts";
import { APP_ID, type Message, messageAt, teamOf, type World } from "./slack-world.ts";

/** A file as somebody uploads it, or as Slack has it otherwise. */
export interface Upload {
  name: string;
  content: Uint8Array;
  mimetype?: string;
  /** snippet, post, quip (a canvas), external; hosted where it is left out. */
  mode?: string;
  filetype?: string;
  /** What is claimed, where that differs from the truth. */
  size?: number;
  externalUrl?: string;
}

export interface Saying {
  channel: string;
  user: string;
  /** Slack's own markup: a mention of the bot is <@UBOT>. */
  text: string;
  threadTs?: string;
  files?: Upload[];
  bot?: boolean;
  /** Such as thread_broadcast, me_message. */
  subtype?: string;
  /** Nobody is told: it is found in the history alone, as after a gap. */
  unheard?: boolean;
}

export interface People {
  /** Delivers one event, in the name of the workspace that its channel belongs to. */
  deliver(event: object, teamId?: string): Promise<Envelope>;
  /** Somebody writes: the events that Slack makes of it. In a channel with a mention these are two. */
  say(saying: Saying): Promise<{ ts: string; fileIds: string[]; envelopes: Envelope[] }>;
  /** The event of a message that is there, such as one of the bot's own. */
  echo(ts: string): Promise<Envelope>;
  /** Its author edits a message; with `files` its files are then these alone. */
  edit(ts: string, text: string, files?: { fileIds: string[] }): Promise<Envelope>;
  /** Its author deletes a message. Where there are replies under it Slack leaves a tombstone: message_changed. */
  unsay(ts: string): Promise<Envelope>;
}

export function createPeople(
  world: World,
  url: string,
  dispatch: (type: "events_api", payload: object) => Promise<Envelope>,
): People {
  const deliver = (event: object, teamId?: string) =>
    dispatch("events_api", enveloped(world, event, teamId));
  const about = (message: Message) => messageFacts(world, message, url);
  return {
    deliver,
    say: async (saying) => {
      const message = written(world, saying);
      const envelopes: Envelope[] = [];
      const events = saying.unheard ? [] : eventsOf(world, message, saying, about(message));
      for (const event of events) envelopes.push(await deliver(event));
      return { ts: message.ts, fileIds: message.fileIds ?? [], envelopes };
    },
    echo: (ts) => {
      const message = messageAt(world, ts);
      return deliver({ ...about(message), ...where(world, message.channel), event_ts: ts });
    },
    edit: (ts, text, files) => {
      const message = messageAt(world, ts);
      const previous_message = about(message);
      Object.assign(message, { text, editedTs: world.nextTs(), ...files });
      const both = { message: about(message), previous_message };
      return deliver(hidden(world, message.channel, "message_changed", both));
    },
    unsay: (ts) => deliver(deletion(world, ts, about)),
  };
}

function deletion(world: World, ts: string, about: (message: Message) => object): object {
  const message = messageAt(world, ts);
  const previous_message = about(message);
  const { channel } = message;
  if (world.messages.some((other) => other.threadTs === ts && other.ts !== ts)) {
    const tombstone = { subtype: "tombstone", userId: "USLACKBOT", fileIds: [] };
    Object.assign(message, { ...tombstone, text: "This message was deleted." });
    const both = { message: { ...about(message), hidden: true }, previous_message };
    return hidden(world, channel, "message_changed", both);
  }
  world.messages = world.messages.filter((other) => other !== message);
  return hidden(world, channel, "message_deleted", { deleted_ts: ts, previous_message });
}

function hidden(world: World, channel: string, subtype: string, more: object): object {
  const ts = world.nextTs();
  const event = { type: "message", subtype, hidden: true, ts, event_ts: ts };
  return { ...event, ...where(world, channel), ...more };
}

/** A channel as message events name it. */
export function where(world: World, channel: string): object {
  const { kind = "im" } = world.channels.get(channel) ?? {};
  const channel_type = { public: "channel", private: "group", im: "im", mpim: "mpim" }[kind];
  return { channel, channel_type };
}

/** The body of an event. With several workspaces it is the channel's, the team's own, or the first. */
function enveloped(world: World, event: object, teamId?: string): object {
  const channelId = "channel" in event ? String(event.channel) : "";
  const channel = world.channels.get(channelId);
  const team = teamOf(world, teamId === undefined ? channel : { teamId });
  return {
    token: "loopback",
    type: "event_callback",
    team_id: team.id,
    context_team_id: team.id,
    context_enterprise_id: null,
    api_app_id: APP_ID,
    event_id: `Ev${randomUUID()}`,
    event_time: Math.floor(world.nowMs() / 1_000),
    is_ext_shared_channel: channel?.external ?? false,
    authorizations: [{ team_id: team.id, user_id: team.botUserId, is_bot: true }],
    event,
  };
}

function written(world: World, saying: Saying): Message {
  const ts = world.nextTs();
  const { channel, user: userId, text, threadTs = null, files = [], bot, subtype } = saying;
  const flags = { streaming: false, stopped: false, unfurls: false, reactions: [] };
  const fileIds = files.map((upload) => stored(world, upload, { channel, userId, ts }));
  const more = {
    ...(fileIds.length > 0 && { fileIds }),
    ...(bot && { botId: "BOTHER" }),
    ...(subtype !== undefined && { subtype }),
  };
  const message: Message = { channel, ts, threadTs, userId, text, ...flags, ...more };
  world.messages.push(message);
  return message;
}

function stored(
  world: World,
  { mimetype = "text/plain", ...upload }: Upload,
  { channel, userId, ts }: { channel: string; userId: string; ts: string },
): string {
  const id = `F${world.files.size + 1}`;
  const place = { channels: [channel], userId, ts };
  world.files.set(id, { id, mimetype, ...upload, ...place, deleted: false, redirect: null });
  return id;
}

function eventsOf(world: World, message: Message, saying: Saying, facts: object): object[] {
  const { channel, ts, text, fileIds = [] } = message;
  const { kind, external } = world.channels.get(channel) ?? {};
  // In channels shared with other workspaces events hold stubs: files.info knows the rest.
  const stubs = fileIds.map((id) => ({ id, file_access: "check_file_info" }));
  const said = {
    ...facts,
    event_ts: ts,
    ...(external && fileIds.length > 0 && { files: stubs }),
  };
  const subtype = fileIds.length > 0 ? { subtype: "file_share" } : {};
  const first = { ...said, ...subtype, ...where(world, channel) };
  const botUserId = teamOf(world, world.channels.get(channel)).botUserId;
  const isMention = text.includes(`<@${botUserId}>`) && kind !== "im" && !saying.bot;
  return isMention ? [first, { ...said, type: "app_mention", channel }] : [first];
}
