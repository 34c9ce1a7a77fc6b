/** The Web API's methods that Docent may call, with the checks and error codes of the real one. */
import {
  BOT,
  type Channel,
  type Message,
  type StoredFile,
  TEAM,
  type World,
} from "./slack-world.ts";

const STREAM_CHARS_MAX = 12_000;
const UPDATE_CHARS_MAX = 4_000;

/** An answer `{ok: false, error}`. */
export class SlackSays extends Error {}

type Args = Record<string, string>;
type Method = (world: World, args: Args, self: { url: string }) => object;

export const METHODS: Record<string, Method> = {
  "auth.test": () => ({
    url: "https://acme.slack.com/",
    team_id: TEAM,
    user_id: BOT.userId,
    bot_id: BOT.botId,
  }),
  "assistant.threads.setStatus": (world, args) => {
    channelIn(world, args.channel_id);
    threadTs(args);
    return {};
  },
  "chat.startStream": startStream,
  "chat.appendStream": (world, args) => {
    const message = streaming(world, args);
    message.text += textIn(args, STREAM_CHARS_MAX);
    return { channel: message.channel, ts: message.ts };
  },
  "chat.stopStream": (world, args) => {
    const message = streaming(world, args);
    message.text += args.markdown_text ?? "";
    message.streaming = false;
    return { channel: message.channel, ts: message.ts };
  },
  "chat.postMessage": (world, args) => {
    const unfurls = args.unfurl_links !== "false" || args.unfurl_media !== "false";
    const text = textIn(args, STREAM_CHARS_MAX);
    return posted(world, args, { text, streaming: false, unfurls });
  },
  "chat.update": (world, args) => {
    const message = own(world, args);
    if (message.streaming) throw new SlackSays("streaming_state_conflict");
    message.text = textIn(args, UPDATE_CHARS_MAX);
    return { channel: message.channel, ts: message.ts };
  },
  "chat.delete": (world, args) => {
    const message = own(world, args);
    world.messages = world.messages.filter((other) => other !== message);
    return {};
  },
  "chat.postEphemeral": (world, args) => {
    const { id, members } = channelIn(world, args.channel);
    const { user = "", text = "" } = args;
    if (!members.includes(user)) throw new SlackSays("user_not_in_channel");
    world.ephemerals.push({ channel: id, user, text });
    return { message_ts: world.nextTs() };
  },
  "reactions.add": (world, { channel, timestamp, name = "" }) => {
    const message = world.messages.find(
      (other) => other.channel === channel && other.ts === timestamp,
    );
    if (!message) throw new SlackSays("message_not_found");
    if (message.reactions.includes(name)) throw new SlackSays("already_reacted");
    message.reactions.push(name);
    return {};
  },
  "files.info": (world, args, { url }) => {
    const file = world.files.get(args.file ?? "");
    if (!file) throw new SlackSays("file_not_found");
    if (file.deleted) throw new SlackSays("file_deleted");
    return { file: fileFacts(world, file, url) };
  },
  "conversations.info": (world, args) => ({
    channel: channelFacts(channelIn(world, args.channel)),
  }),
  "conversations.members": (world, args) =>
    paged(channelIn(world, args.channel).members, args, "members"),
  "conversations.list": (world, args) => {
    const open = [...world.channels.values()].filter(({ kind }) => kind === "public");
    return paged(open.map(channelFacts), args, "channels");
  },
  "conversations.replies": (world, { channel, ts, oldest = "0" }) => {
    const inThread = world.messages.filter(
      (message) => message.channel === channel && [message.threadTs, message.ts].includes(ts ?? ""),
    );
    const since = inThread.filter((message) => message.ts >= oldest);
    return { messages: since.map(({ userId: user, ...message }) => ({ ...message, user })) };
  },
  "users.info": (world, args) => ({ user: userFacts(world, args.user) }),
  "users.list": (world, args) => {
    const users = [...world.users.keys()].map((id) => userFacts(world, id));
    return paged(users, args, "members");
  },
  "users.conversations": (world, args) => {
    const { id } = userFacts(world, args.user);
    const own = [...world.channels.values()].filter(({ members }) => members.includes(id));
    return paged(own.map(channelFacts), args, "channels");
  },
};

function startStream(world: World, args: Args): object {
  const channel = channelIn(world, args.channel);
  if (channel.kind !== "im") {
    if (!args.recipient_team_id) throw new SlackSays("missing_recipient_team_id");
    if (!args.recipient_user_id) throw new SlackSays("missing_recipient_user_id");
  }
  threadTs(args);
  const text = textIn(args, STREAM_CHARS_MAX);
  return posted(world, args, { text, streaming: true, unfurls: false });
}

type Kind = Pick<Message, "text" | "streaming" | "unfurls">;

function posted(world: World, args: Args, kind: Kind): object {
  const channel = channelIn(world, args.channel);
  if (!channel.members.includes(BOT.userId)) throw new SlackSays("not_in_channel");
  const ts = world.nextTs();
  const thread = { channel: channel.id, ts, threadTs: args.thread_ts ?? null };
  const message = { ...thread, userId: BOT.userId, stopped: false, reactions: [], ...kind };
  world.messages.push(message);
  return { channel: channel.id, ts };
}

function threadTs(args: Args): void {
  if (!/^\d{10}\.\d{6}$/.test(args.thread_ts ?? "")) throw new SlackSays("invalid_thread_ts");
}

function textIn(args: Args, charsMax: number): string {
  const text = args.markdown_text ?? args.text ?? "";
  if (text === "") throw new SlackSays("no_text");
  if (text.length > charsMax) throw new SlackSays("msg_too_long");
  return text;
}

function own(world: World, { channel, ts }: Args): Message {
  const message = world.messages.find((other) => other.channel === channel && other.ts === ts);
  if (!message) throw new SlackSays("message_not_found");
  if (message.userId !== BOT.userId) throw new SlackSays("cant_update_message");
  return message;
}

function streaming(world: World, args: Args): Message {
  const message = own(world, args);
  if (message.stopped) throw new SlackSays("stopped_by_user");
  if (!message.streaming) throw new SlackSays("message_not_in_streaming_state");
  return message;
}

function channelIn(world: World, id: string | undefined): Channel {
  const channel = world.channels.get(id ?? "");
  if (!channel?.members.includes(BOT.userId)) throw new SlackSays("channel_not_found");
  return channel;
}

function channelFacts({ id, kind, external }: Channel): object {
  return {
    id,
    name: kind === "im" ? undefined : id.toLowerCase(),
    is_im: kind === "im",
    is_mpim: kind === "mpim",
    is_private: kind !== "public",
    is_ext_shared: external,
  };
}

function userFacts(world: World, id: string | undefined) {
  const user = world.users.get(id ?? "");
  if (!user) throw new SlackSays("user_not_found");
  return { id: user.id, team_id: TEAM, deleted: false, is_restricted: user.guest };
}

function fileFacts(world: World, file: StoredFile, url: string): object {
  const kinds = file.channels.map((id) => ({ id, kind: world.channels.get(id)?.kind }));
  const idsOf = (...wanted: string[]) =>
    kinds.filter(({ kind }) => wanted.includes(kind ?? "")).map(({ id }) => id);
  return {
    id: file.id,
    name: file.name,
    mimetype: file.mimetype,
    mode: "hosted",
    size: file.content.byteLength,
    url_private_download: `${url}/files/${file.id}`,
    channels: idsOf("public"),
    groups: idsOf("private", "mpim"),
    ims: idsOf("im"),
  };
}

/** Two a page at most, so that whoever reads only the first page is found out. */
function paged(items: readonly unknown[], { limit, cursor }: Args, name: string): object {
  const from = Number(cursor ?? 0);
  const to = from + Math.min(2, Number(limit ?? 2));
  const next_cursor = to < items.length ? String(to) : "";
  return { [name]: items.slice(from, to), response_metadata: { next_cursor } };
}
