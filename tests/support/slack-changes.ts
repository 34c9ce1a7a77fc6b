/** What changes in a loopback workspace beside messages: files, channels, people, and whether the app is there. */
import { userFacts } from "./slack-methods/users.ts";
import type { Envelope } from "./slack-post.ts";
import { type Channel, TEAM, teamOf, type User, type World } from "./slack-world.ts";

type Deliver = (event: object, teamId?: string) => Promise<Envelope>;

export interface FileChanges {
  /** Deletes a file. */
  remove(fileId: string): Promise<Envelope>;
  /** Takes a file out of one channel. */
  unshare(fileId: string, channel: string): Promise<Envelope>;
  /** Changes a file, its content as well where there is any: file_change. */
  change(fileId: string, content?: Uint8Array): Promise<Envelope>;
  /** The other signal of an upload: file_shared, which knows no message. */
  announce(fileId: string): Promise<Envelope>;
}

export interface ChannelChanges {
  archive(channel: string): Promise<Envelope>;
  unarchive(channel: string): Promise<Envelope>;
  rename(channel: string, name: string): Promise<Envelope>;
  /** Makes a channel private or public; Slack says so by a message. */
  convert(channel: string, kind: "public" | "private"): Promise<Envelope>;
  /** Deletes a channel. */
  erase(channel: string): Promise<Envelope>;
  /** Shares a channel with another workspace. */
  connect(channel: string): Promise<Envelope>;
  /** Somebody joins, or the bot is invited: member_joined_channel, and a message about it. */
  join(channel: string, user: string, inviter?: string): Promise<Envelope[]>;
  /** Somebody leaves. Of the bot itself Slack says channel_left (group_left), and member_left_channel. */
  leave(channel: string, user: string): Promise<Envelope[]>;
}

export interface PeopleChanges {
  /** Somebody new in the workspace: team_join. */
  arrive(user: User): Promise<Envelope>;
  /** Somebody becomes a guest, a member, an admin, is deactivated: user_change. */
  alter(userId: string, to: Partial<User>): Promise<Envelope>;
  /** Opens the app's own page. */
  openHome(user: string, tab?: "home" | "messages"): Promise<Envelope>;
  /** The app is removed: app_uninstalled; its token is good for nothing. */
  uninstall(teamId?: string): Promise<Envelope>;
  /** Its token is revoked: tokens_revoked. */
  revoke(teamId?: string): Promise<Envelope>;
}

export function fileChanges(world: World, deliver: Deliver): FileChanges {
  const fileAt = (fileId: string) => {
    const file = world.files.get(fileId);
    if (!file) throw new Error(`no file ${fileId}`);
    return file;
  };
  const event = (type: string, file_id: string, more: object) => ({
    type,
    file_id,
    file: { id: file_id },
    ...more,
    event_ts: world.nextTs(),
  });
  return {
    remove: (fileId) => {
      const file = fileAt(fileId);
      file.deleted = true;
      const event_ts = world.nextTs();
      const channel_ids = file.channels;
      return deliver({ type: "file_deleted", file_id: fileId, channel_ids, event_ts });
    },
    unshare: (fileId, channel_id) => {
      const file = fileAt(fileId);
      file.channels = file.channels.filter((id) => id !== channel_id);
      return deliver(event("file_unshared", fileId, { user_id: file.userId, channel_id }));
    },
    change: (fileId, content) => {
      const file = fileAt(fileId);
      if (content) file.content = content;
      return deliver(event("file_change", fileId, { user_id: file.userId }));
    },
    announce: (fileId) => {
      const { userId: user_id, channels } = fileAt(fileId);
      return deliver(event("file_shared", fileId, { user_id, channel_id: channels[0] }));
    },
  };
}

export function channelChanges(world: World, deliver: Deliver): ChannelChanges {
  const at = (id: string) => channelAt(world, id);
  const event = (type: string, more: object) => ({ type, ...more, event_ts: world.nextTs() });
  const set = (id: string, what: string, to: Partial<Channel>) => {
    Object.assign(at(id), to);
    return deliver(event(`${prefix(at(id))}_${what}`, { channel: id, user: "U1" }));
  };
  return {
    archive: (id) => set(id, "archive", { archived: true }),
    unarchive: (id) => set(id, "unarchive", { archived: false }),
    rename: (id, name) => {
      at(id).name = name;
      const channel = { id, name, name_normalized: name, is_channel: true, is_mpim: false };
      return deliver(event(`${prefix(at(id))}_rename`, { channel }), at(id).teamId);
    },
    convert: (id, kind) => {
      at(id).kind = kind;
      const text = `made this channel *${kind}*.`;
      return deliver(notice(world, id, `channel_convert_to_${kind}`, { user: "U1", text }));
    },
    erase: async (id) => {
      const { teamId } = at(id);
      const deleted = event(`${prefix(at(id))}_deleted`, { channel: id });
      world.channels.delete(id);
      return await deliver(deleted, teamId ?? TEAM);
    },
    connect: (id) => {
      at(id).external = true;
      return deliver(event("channel_shared", { channel: id, connected_team_id: "TOTHER" }));
    },
    join: (id, user, inviter) => joined(world, deliver, { id, user, inviter }),
    leave: (id, user) => left(world, deliver, { id, user }),
  };
}

function channelAt(world: World, id: string): Channel {
  const channel = world.channels.get(id);
  if (!channel) throw new Error(`no channel ${id}`);
  return channel;
}

interface Move {
  id: string;
  user: string;
  inviter?: string | undefined;
}

async function joined(
  world: World,
  deliver: Deliver,
  { id, user, inviter }: Move,
): Promise<Envelope[]> {
  const channel = channelAt(world, id);
  if (!channel.members.includes(user)) channel.members.push(user);
  const by = inviter === undefined ? {} : { inviter };
  const text = `<@${user}> has joined the channel`;
  return [
    await deliver({ ...moved(world, "member_joined_channel", channel, user), ...by }),
    await deliver(notice(world, id, "channel_join", { user, text, ...by })),
  ];
}

async function left(world: World, deliver: Deliver, { id, user }: Move): Promise<Envelope[]> {
  const channel = channelAt(world, id);
  channel.members = channel.members.filter((member) => member !== user);
  const isBot = teamOf(world, channel).botUserId === user;
  const type = `${prefix(channel)}_left`;
  const own = { type, channel: id, actor_id: "U1", event_ts: world.nextTs() };
  return [
    ...(isBot ? [await deliver(own)] : []),
    await deliver(moved(world, "member_left_channel", channel, user)),
  ];
}

function moved(world: World, type: string, channel: Channel, user: string): object {
  const channel_type = channel.kind === "public" ? "C" : "G";
  const team = channel.teamId ?? TEAM;
  return { type, user, channel: channel.id, channel_type, team, event_ts: world.nextTs() };
}

/** A message of Slack's own about the channel. */
function notice(world: World, id: string, subtype: string, more: object): object {
  const ts = world.nextTs();
  const { kind } = channelAt(world, id);
  const channel_type = kind === "public" ? "channel" : "group";
  return { type: "message", subtype, channel: id, channel_type, ts, event_ts: ts, ...more };
}

function prefix({ kind }: Channel): "channel" | "group" {
  return kind === "public" ? "channel" : "group";
}

export function peopleChanges(world: World, deliver: Deliver): PeopleChanges {
  const event = (type: string, more: object = {}) => ({ type, ...more, event_ts: world.nextTs() });
  return {
    arrive: (user) => {
      world.users.set(user.id, user);
      return deliver(event("team_join", { user: userFacts(user) }), user.teamId ?? TEAM);
    },
    alter: (userId, to) => {
      const user = world.users.get(userId);
      if (!user) throw new Error(`no user ${userId}`);
      Object.assign(user, to);
      return deliver(event("user_change", { user: userFacts(user) }), user.teamId ?? TEAM);
    },
    openHome: (user, tab = "home") => {
      const channel = [...world.channels.values()].find(
        ({ kind, members }) => kind === "im" && members.includes(user),
      )?.id;
      return deliver(event("app_home_opened", { user, channel, tab }));
    },
    uninstall: (teamId = TEAM) => {
      teamOf(world, { teamId }).state = "gone";
      return deliver(event("app_uninstalled"), teamId);
    },
    revoke: (teamId = TEAM) => {
      const team = teamOf(world, { teamId });
      team.state = "revoked";
      const tokens = { oauth: [], bot: [team.botUserId] };
      return deliver(event("tokens_revoked", { tokens }), teamId);
    },
  };
}
