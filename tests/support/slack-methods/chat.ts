/** chat.*, reactions.* and the status of a thread. */
import { type Block, blocksIn, checked } from "../slack-blocks.ts";
import type { Message, World } from "../slack-world.ts";
import {
  type Args,
  type Caller,
  channelIn,
  channelSeen,
  type Methods,
  own,
  SlackSays,
  threadTs,
} from "./method.ts";

const MARKDOWN_CHARS_MAX = 12_000;
const TEXT_CHARS_MAX = 40_000;
const UPDATE_CHARS_MAX = 4_000;

export const CHAT: Methods = {
  "assistant.threads.setStatus": (world, args, caller) => {
    channelIn(world, args.channel_id, caller);
    threadTs(args);
    return {};
  },
  "assistant.threads.setSuggestedPrompts": (world, args, caller) => {
    channelIn(world, args.channel_id, caller);
    return {};
  },
  "assistant.threads.setTitle": (world, args, caller) => {
    channelIn(world, args.channel_id, caller);
    return {};
  },
  "chat.startStream": startStream,
  "chat.appendStream": (world, args, caller) => {
    const message = streaming(world, args, caller);
    grow(message, args, true);
    return { channel: message.channel, ts: message.ts };
  },
  "chat.stopStream": (world, args, caller) => {
    const message = streaming(world, args, caller);
    grow(message, args, false);
    const blocks = blocksIn(args.blocks);
    if (blocks) message.blocks = [...(message.blocks ?? []), ...blocks];
    message.streaming = false;
    return { channel: message.channel, ts: message.ts };
  },
  "chat.postMessage": (world, args, caller) => {
    const unfurls = args.unfurl_links !== "false" || args.unfurl_media !== "false";
    const said = saidIn(args, TEXT_CHARS_MAX);
    return posted(world, args, { ...said, streaming: false, unfurls }, caller);
  },
  "chat.update": (world, args, caller) => {
    const message = own(world, args, caller);
    if (message.streaming) throw new SlackSays("streaming_state_conflict");
    const { text, blocks } = saidIn(args, UPDATE_CHARS_MAX);
    message.text = text;
    if (blocks) Object.assign(message, { blocks, streamed: false });
    message.editedTs = world.nextTs();
    return { channel: message.channel, ts: message.ts, text };
  },
  "chat.delete": (world, args, caller) => {
    const message = own(world, args, caller);
    world.messages = world.messages.filter((other) => other !== message);
    return { channel: message.channel, ts: message.ts };
  },
  "chat.postEphemeral": (world, args, caller) => {
    const { id, members } = channelIn(world, args.channel, caller);
    const { user = "" } = args;
    if (!members.includes(user)) throw new SlackSays("user_not_in_channel");
    const ts = world.nextTs();
    const said = saidIn(args, TEXT_CHARS_MAX);
    const thread = { channel: id, threadTs: args.thread_ts ?? null };
    world.ephemerals.push({ ...thread, user, ts, ...said });
    return { message_ts: ts };
  },
  "chat.getPermalink": (world, { channel, message_ts = "" }, caller) => {
    const { id } = channelSeen(world, channel, caller);
    const message = world.messages.find((one) => one.channel === id && one.ts === message_ts);
    if (!message) throw new SlackSays("message_not_found");
    const link = `${caller.team.url}archives/${id}/p${message_ts.replace(".", "")}`;
    const thread = message.threadTs ? `?thread_ts=${message.threadTs}&cid=${id}` : "";
    return { channel: id, permalink: link + thread };
  },
  "reactions.add": (world, args, caller) => {
    const { message, name } = reaction(world, args, caller);
    if (message.reactions.includes(name)) throw new SlackSays("already_reacted");
    message.reactions.push(name);
    return {};
  },
  "reactions.remove": (world, args, caller) => {
    const { message, name } = reaction(world, args, caller);
    if (!message.reactions.includes(name)) throw new SlackSays("no_reaction");
    message.reactions = message.reactions.filter((other) => other !== name);
    return {};
  },
};

function startStream(world: World, args: Args, caller: Caller): object {
  const channel = channelIn(world, args.channel, caller);
  if (channel.kind !== "im") {
    if (!args.recipient_team_id) throw new SlackSays("missing_recipient_team_id");
    if (!args.recipient_user_id) throw new SlackSays("missing_recipient_user_id");
  }
  threadTs(args);
  const empty: Pick<Message, "text" | "blocks"> = { text: "" };
  const grown = grow(empty, args, false);
  const kind = { ...grown, streaming: true, streamed: true, unfurls: false };
  return posted(world, args, { ...kind, startedMs: world.nowMs() }, caller);
}

type Kind = Pick<Message, "text" | "streaming" | "unfurls"> &
  Partial<Pick<Message, "blocks" | "streamed" | "startedMs">>;

function posted(world: World, args: Args, kind: Kind, caller: Caller): object {
  const channel = channelIn(world, args.channel, caller);
  if (channel.archived) throw new SlackSays("is_archived");
  const { botUserId: userId, botId } = caller.team;
  const ts = world.nextTs();
  const thread = { channel: channel.id, ts, threadTs: args.thread_ts ?? null };
  world.messages.push({ ...thread, userId, botId, stopped: false, reactions: [], ...kind });
  return { channel: channel.id, ts };
}

/** Text or Markdown, and blocks; Markdown stands alone. */
function saidIn(args: Args, charsMax: number): { text: string; blocks?: Block[] } {
  const { markdown_text, text = "" } = args;
  const blocks = blocksIn(args.blocks);
  if (markdown_text !== undefined && (text !== "" || blocks)) {
    throw new SlackSays("markdown_text_conflict");
  }
  const said = markdown_text ?? text;
  if (said === "" && !blocks?.length) throw new SlackSays("no_text");
  const max = markdown_text === undefined ? charsMax : Math.min(charsMax, MARKDOWN_CHARS_MAX);
  if (said.length > max) throw new SlackSays("msg_too_long");
  return { text: said, ...(blocks && { blocks }) };
}

interface Chunk {
  type: string;
  text?: string;
  blocks?: Block[];
}

/** What a call adds to a stream, as Markdown or in chunks. */
function grow<T extends Pick<Message, "text" | "blocks">>(
  message: T,
  args: Args,
  mustSay: boolean,
): T {
  const chunks = args.chunks === undefined ? [] : (JSON.parse(args.chunks) as Chunk[]);
  const inChunks = chunks.map(({ type, text = "" }) => (type === "markdown_text" ? text : ""));
  const added = [args.markdown_text ?? "", ...inChunks].join("");
  if (mustSay && added === "" && chunks.length === 0) throw new SlackSays("no_text");
  if (added.length > MARKDOWN_CHARS_MAX) throw new SlackSays("msg_too_long");
  const blocks = chunks.flatMap((chunk) => checked(chunk.blocks ?? []));
  message.text += added;
  if (blocks.length > 0) message.blocks = [...(message.blocks ?? []), ...blocks];
  return message;
}

function streaming(world: World, args: Args, caller: Caller): Message {
  const message = own(world, args, caller);
  if (message.stopped) throw new SlackSays("stopped_by_user");
  if (!message.streaming) throw new SlackSays("message_not_in_streaming_state");
  return message;
}

function reaction(world: World, { channel, timestamp, name = "" }: Args, caller: Caller) {
  channelIn(world, channel, caller);
  const message = world.messages.find((one) => one.channel === channel && one.ts === timestamp);
  if (!message) throw new SlackSays("message_not_found");
  return { message, name };
}
