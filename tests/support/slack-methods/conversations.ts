/** conversations.* */
import { type Channel, type Message, TEAM, type World } from "../slack-world.ts";
import { fileFacts } from "./files.ts";
import {
  type Args,
  type Caller,
  channelIn,
  channelSeen,
  type Methods,
  page,
  paged,
  SlackSays,
} from "./method.ts";

const TYPES = { public: "public_channel", private: "private_channel", im: "im", mpim: "mpim" };

export const CONVERSATIONS: Methods = {
  "conversations.info": (world, args, caller) => ({
    channel: channelFacts(channelSeen(world, args.channel, caller), caller),
  }),
  "conversations.members": (world, args, caller) =>
    paged(world, channelSeen(world, args.channel, caller).members, args, "members"),
  "conversations.list": (world, args, caller) => {
    const all = listed(world, args).filter(
      ({ kind, members, teamId = TEAM }) =>
        teamId === caller.team.id && (kind === "public" || members.includes(caller.team.botUserId)),
    );
    const facts = all.map((channel) => channelFacts(channel, caller));
    return paged(world, facts, args, "channels");
  },
  "conversations.history": (world, args, caller) => {
    const { id } = channelIn(world, args.channel, caller);
    const top = world.messages.filter(
      ({ channel, threadTs, ts, subtype }) =>
        channel === id && (threadTs === null || threadTs === ts || subtype === "thread_broadcast"),
    );
    const messages = between(top, args).sort((a, b) => (a.ts < b.ts ? 1 : -1));
    return messagesPage(world, messages, args, caller);
  },
  "conversations.replies": (world, args, caller) => {
    const { id } = channelIn(world, args.channel, caller);
    const all = world.messages.filter(({ channel }) => channel === id);
    const root = all.find(({ ts }) => ts === args.ts);
    const replies = all.filter(({ threadTs, ts }) => threadTs === args.ts && ts !== args.ts);
    if (!root && replies.length === 0) throw new SlackSays("thread_not_found");
    const messages = [...(root ? [root] : []), ...between(replies, args)];
    return messagesPage(world, messages, args, caller);
  },
  "conversations.open": (world, { channel, users = "" }, caller) => {
    if (channel !== undefined) return { channel: { id: channelIn(world, channel, caller).id } };
    const people = users.split(",").filter((id) => id !== "");
    if (people.length === 0) throw new SlackSays("not_enough_users");
    if (people.some((id) => !world.users.has(id))) throw new SlackSays("user_not_found");
    return { channel: { id: opened(world, people, caller) } };
  },
  "conversations.join": (world, args, caller) => {
    const channel = channelSeen(world, args.channel, caller);
    const { botUserId } = caller.team;
    if (channel.kind !== "public") throw new SlackSays("method_not_supported_for_channel_type");
    if (channel.archived) throw new SlackSays("is_archived");
    if (!channel.members.includes(botUserId)) channel.members.push(botUserId);
    return { channel: channelFacts(channel, caller) };
  },
  "conversations.leave": (world, args, caller) => {
    const channel = channelIn(world, args.channel, caller);
    channel.members = channel.members.filter((id) => id !== caller.team.botUserId);
    return {};
  },
};

/** What `types` and `exclude_archived` leave. */
export function listed(world: World, { types, exclude_archived }: Args): Channel[] {
  const wanted = (types ?? "public_channel").split(",");
  return [...world.channels.values()].filter(
    ({ kind, archived }) =>
      wanted.includes(TYPES[kind]) && !(archived && exclude_archived === "true"),
  );
}

function opened(world: World, people: string[], { team }: Caller): string {
  const members = [...people, team.botUserId];
  const kind = people.length === 1 ? "im" : "mpim";
  const known = [...world.channels.values()].find(
    (channel) =>
      channel.kind === kind &&
      channel.members.length === members.length &&
      members.every((id) => channel.members.includes(id)),
  );
  if (known) return known.id;
  const id = `${kind === "im" ? "D" : "G"}${world.channels.size + 1}`;
  world.channels.set(id, { id, kind, members, external: false, teamId: team.id });
  return id;
}

function between(messages: Message[], { oldest = "0", latest, inclusive }: Args): Message[] {
  const closed = inclusive === "true";
  return messages.filter(({ ts }) => {
    const isAfter = Number(ts) > Number(oldest) || (closed && Number(ts) === Number(oldest));
    if (latest === undefined) return isAfter;
    return isAfter && (Number(ts) < Number(latest) || (closed && Number(ts) === Number(latest)));
  });
}

function messagesPage(world: World, messages: Message[], args: Args, caller: Caller): object {
  const facts = messages.map((message) => messageFacts(world, message, caller.url));
  return page(facts, args, "messages", world.pageMax.messages);
}

/** A message as history, replies and events have it. */
export function messageFacts(world: World, message: Message, url: string): object {
  const { ts, threadTs, text, blocks, fileIds, botId, subtype, editedTs } = message;
  const files = (fileIds ?? []).map((id) => {
    const file = world.files.get(id);
    if (!file || file.deleted) return { id, mode: "tombstone" };
    return fileFacts(world, file, url);
  });
  const replies = world.messages.filter((other) => other.threadTs === ts && other.ts !== ts);
  const thread = replies.length > 0 ? ts : threadTs;
  return {
    type: "message",
    user: message.userId,
    text,
    ts,
    team: world.users.get(message.userId)?.teamId ?? TEAM,
    ...(thread !== null && { thread_ts: thread }),
    ...(replies.length > 0 && {
      reply_count: replies.length,
      latest_reply: replies.at(-1)?.ts,
      reply_users: [...new Set(replies.map(({ userId }) => userId))],
    }),
    ...(files.length > 0 && { files }),
    ...(blocks && { blocks }),
    ...(botId !== undefined && { bot_id: botId }),
    ...(subtype !== undefined && { subtype }),
    ...(editedTs !== undefined && { edited: { user: message.userId, ts: editedTs } }),
    ...(message.reactions.length > 0 && {
      reactions: message.reactions.map((name) => ({ name, count: 1, users: ["UBOT"] })),
    }),
  };
}

export function channelFacts(channel: Channel, { team }: Pick<Caller, "team">): object {
  const { id, kind, external, members } = channel;
  const isMember = members.includes(team.botUserId);
  return {
    id,
    name: kind === "im" ? undefined : (channel.name ?? id.toLowerCase()),
    is_channel: kind === "public" || (kind === "private" && id.startsWith("C")),
    is_im: kind === "im",
    is_mpim: kind === "mpim",
    is_private: kind !== "public",
    is_archived: channel.archived ?? false,
    is_ext_shared: external,
    is_org_shared: channel.orgShared ?? false,
    is_shared: external || (channel.orgShared ?? false),
    is_pending_ext_shared: false,
    context_team_id: channel.teamId ?? TEAM,
    ...(kind === "im"
      ? { user: members.find((member) => member !== team.botUserId) }
      : { is_member: isMember, num_members: members.length }),
  };
}
