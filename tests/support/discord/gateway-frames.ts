/** What comes over a connection of the gateway, and what it leads to. */
import {
  GatewayCloseCodes as Close,
  GatewayDispatchEvents as Event,
  type GatewayReadyDispatchData,
  GatewayIntentBits as Intent,
  GatewayOpcodes as Op,
} from "discord.js";
import type { WebSocket } from "ws";
import { isIntended, shardOf } from "./events.ts";
import { close, push, type Session, type State, tell } from "./gateway-sessions.ts";
import { applicationFlags, guildCreateShape, memberShape, userShape } from "./shapes.ts";
import { found, type PrivilegedIntent } from "./world.ts";

export interface Opening {
  version: string;
  heartbeat_interval: number;
}

const API_VERSION = "10";
const ALL_INTENTS = Object.values(Intent)
  .filter((bit) => typeof bit === "number")
  .reduce((all: number, bit) => all | bit, 0);
const PRIVILEGED: Record<PrivilegedIntent, number> = {
  members: Intent.GuildMembers,
  content: Intent.MessageContent,
  presences: Intent.GuildPresences,
};

interface Identify {
  token?: string;
  intents?: number;
  shard?: [id: number, count: number];
}

interface Resume {
  token?: string;
  session_id?: string;
  seq?: number;
}

interface MembersRequest {
  guild_id: string;
  query?: string;
  limit?: number;
  user_ids?: string | string[];
  nonce?: string;
}

export function receive(state: State, socket: WebSocket, raw: string, opening: Opening) {
  const frame = parsed(raw);
  if (!frame) return close(socket, Close.DecodeError);
  if (frame.op === Op.Heartbeat) return tell(socket, { op: Op.HeartbeatAck });
  if (frame.op === Op.Identify) return identify(state, socket, frame.d as Identify, opening);
  if (frame.op === Op.Resume) return resume(state, socket, frame.d as Resume);
  const session = state.bound.get(socket);
  if (!session) return close(socket, Close.NotAuthenticated);
  if (frame.op === Op.RequestGuildMembers) {
    return tellMembers(state, session, frame.d as MembersRequest);
  }
  if (frame.op !== Op.PresenceUpdate) close(socket, Close.UnknownOpcode);
}

function parsed(raw: string): { op: number; d: unknown } | null {
  try {
    return JSON.parse(raw);
  } catch {
    // Whoever sends no JSON gets a close code, as from Discord.
    return null;
  }
}

function identify(state: State, socket: WebSocket, wish: Identify, { version }: Opening) {
  if (state.bound.has(socket)) return close(socket, Close.AlreadyAuthenticated);
  const refusal = state.rejectCode ?? refused(state, wish, version);
  if (refusal !== null) return close(socket, refusal);
  const [shard, shardCount] = wish.shard ?? [0, 1];
  const id = state.world.nextId();
  const intents = wish.intents ?? 0;
  const session: Session = { id, shard, shardCount, intents, sequence: 0, sent: [] };
  state.sessions.set(id, session);
  state.bound.set(socket, session);
  state.counts.identified += 1;
  push(state, session, Event.Ready, readyShape(state, session));
  for (const guild of guildsOf(state, session)) {
    const isSent = guild.state === "in" && isIntended(Event.GuildCreate, intents, whole(guild.id));
    if (isSent) push(state, session, Event.GuildCreate, guildCreateShape(state.world, guild));
  }
  state.server.emit("bound");
}

function whole(guildId: string) {
  return { guildId };
}

/** The close code of an IDENTIFY that Discord doesn't take. */
function refused({ world, shards }: State, wish: Identify, version: string): Close | null {
  const { token, intents = 0, shard: [id, count] = [0, 1] } = wish;
  if (version !== API_VERSION) return Close.InvalidAPIVersion;
  if (token !== world.token) return Close.AuthenticationFailed;
  if ((intents & ~ALL_INTENTS) !== 0) return Close.InvalidIntents;
  for (const [name, bit] of Object.entries(PRIVILEGED)) {
    const isAllowed = [...world.privileged].some((allowed) => allowed === name);
    if ((intents & bit) !== 0 && !isAllowed) return Close.DisallowedIntents;
  }
  if (id >= count) return Close.InvalidShard;
  return count < shards ? Close.ShardingRequired : null;
}

function guildsOf({ world }: State, { shard, shardCount }: Session) {
  return [...world.guilds.values()].filter(
    ({ id, state }) => state !== "left" && shardOf(id, shardCount) === shard,
  );
}

function readyShape(state: State, session: Session): GatewayReadyDispatchData {
  const { world, url } = state;
  const flags = applicationFlags(world);
  return {
    v: Number(API_VERSION),
    user: userShape(found(world.users, world.botId, "user")),
    guilds: guildsOf(state, session).map(({ id }) => ({ id, unavailable: true })),
    session_id: session.id,
    resume_gateway_url: url,
    shard: [session.shard, session.shardCount],
    application: { id: world.botId, flags, flags_new: String(flags) },
  };
}

function resume(state: State, socket: WebSocket, { token, session_id, seq = 0 }: Resume) {
  if (token !== state.world.token) return close(socket, Close.AuthenticationFailed);
  const session = state.sessions.get(session_id ?? "");
  if (!session) return tell(socket, { op: Op.InvalidSession, d: false });
  if (seq > session.sequence) return close(socket, Close.InvalidSeq);
  for (const [other, { id }] of state.bound) if (id === session.id) state.bound.delete(other);
  state.bound.set(socket, session);
  state.counts.resumed += 1;
  for (const frame of session.sent) if (frame.s > seq) tell(socket, frame);
  push(state, session, Event.Resumed, {});
  state.server.emit("bound");
}

/** All of them at once; with a name to begin with, or by ids. */
function tellMembers(state: State, session: Session, asked: MembersRequest): void {
  const guild = state.world.guilds.get(asked.guild_id);
  if (!guild) return;
  const ids = asked.user_ids === undefined ? null : [asked.user_ids].flat();
  const mayList = (session.intents & Intent.GuildMembers) !== 0 || ids !== null;
  const members = [...guild.members.values()].filter(({ userId }) => {
    if (ids) return ids.includes(userId);
    const { name } = found(state.world.users, userId, "user");
    return mayList && name.startsWith(asked.query ?? "");
  });
  push(state, session, Event.GuildMembersChunk, {
    guild_id: guild.id,
    members: members.map((member) => memberShape(state.world, member)),
    ...{ chunk_index: 0, chunk_count: 1 },
    not_found: ids?.filter((id) => !guild.members.has(id)) ?? [],
    ...(asked.nonce !== undefined && { nonce: asked.nonce }),
  });
}
