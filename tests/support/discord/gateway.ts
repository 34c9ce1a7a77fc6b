/** The gateway: connections that identify and resume, sessions that remember what they missed, and faults by script. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type GatewayDispatchEvents as Event, GatewayOpcodes as Op } from "discord.js";
import { type WebSocket, WebSocketServer } from "ws";
import type { GatewayFaults } from "./acts.ts";
import { type Dispatch, isIntended, shardOf, type Where } from "./events.ts";
import { type Opening, receive } from "./gateway-frames.ts";
import { push, type State, tell } from "./gateway-sessions.ts";
import { rights } from "./rights.ts";
import type { World } from "./world.ts";

export interface GatewayOptions {
  /** How many shards Discord recommends, and must have. */
  shards?: number;
  heartbeatMs?: number;
}

export interface Gateway extends GatewayFaults {
  url: string;
  dispatch: Dispatch;
  close(): Promise<void>;
}

/** As Discord has it. */
const HEARTBEAT_MS = 41_250;
const MESSAGE_CONTENT = 1 << 15;

export async function openGateway(world: World, options: GatewayOptions = {}): Promise<Gateway> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const state: State = {
    world,
    server,
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shards: options.shards ?? 1,
    sessions: new Map(),
    bound: new Map(),
    frozen: new Set(),
    isOnline: true,
    rejectCode: null,
    last: null,
    counts: { identified: 0, resumed: 0 },
  };
  const heartbeat_interval = options.heartbeatMs ?? HEARTBEAT_MS;
  server.on("connection", (socket, request) => {
    if (!state.isOnline) return socket.terminate();
    const version = new URL(request.url ?? "/", state.url).searchParams.get("v") ?? "";
    welcome(state, socket, { version, heartbeat_interval });
  });
  return {
    url: state.url,
    dispatch: (event, where, about) => {
      const made = typeof about === "function" ? about : () => about;
      spread(state, event, where, made);
    },
    ...faultsOf(state),
    close: async () => {
      dropAll(state);
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function welcome(state: State, socket: WebSocket, opening: Opening): void {
  socket.on("message", (raw) => {
    if (!state.frozen.has(socket)) receive(state, socket, String(raw), opening);
  });
  socket.on("close", (code) => {
    const session = state.bound.get(socket);
    state.bound.delete(socket);
    state.frozen.delete(socket);
    // Whoever says goodbye like that doesn't come back: Discord forgets the session.
    if (session && (code === 1_000 || code === 1_001)) state.sessions.delete(session.id);
  });
  const { heartbeat_interval } = opening;
  if (!state.frozen.has(socket)) tell(socket, { op: Op.Hello, d: { heartbeat_interval } });
}

/** One event to every session that wants it; those without a connection get it when they resume. */
function spread(state: State, event: Event, where: Where, about: (sees: boolean) => unknown): void {
  const { world } = state;
  if (where.channelId !== undefined && rights(world, world.botId, where.channelId) === 0n) return;
  for (const session of state.sessions.values()) {
    const isHere = shardOf(where.guildId, session.shardCount) === session.shard;
    if (!(isHere && isIntended(event, session.intents, where))) continue;
    const sees = world.privileged.has("content") && (session.intents & MESSAGE_CONTENT) !== 0;
    const d = about(sees);
    push(state, session, event, d);
    state.last = { event, where, frame: d };
  }
}

function faultsOf(state: State): GatewayFaults {
  const { server, sessions, bound, frozen } = state;
  const each = (act: (socket: WebSocket) => void) => {
    for (const socket of [...server.clients]) if (!frozen.has(socket)) act(socket);
  };
  return {
    connections: () => bound.size,
    connected: async (count = 1) => {
      while (bound.size < count) await once(server, "bound");
    },
    drop: () => dropAll(state),
    closeWith: (code) => each((socket) => socket.close(code)),
    rejectWith: (code) => {
      state.rejectCode = code;
    },
    askReconnect: () => each((socket) => tell(socket, { op: Op.Reconnect, d: null })),
    invalidate: (resumable) => {
      if (!resumable) sessions.clear();
      each((socket) => {
        bound.delete(socket);
        tell(socket, { op: Op.InvalidSession, d: resumable });
      });
    },
    forget: () => sessions.clear(),
    ...outages(state),
    emit: (event, about, guildId) => {
      const where = { guildId: guildId ?? null };
      for (const session of sessions.values()) {
        const isHere = shardOf(where.guildId, session.shardCount) === session.shard;
        if (isHere || guildId === undefined) push(state, session, event, about);
      }
    },
    repeat: () => {
      if (state.last) spread(state, state.last.event, state.last.where, lastOf(state.last));
    },
    identified: () => state.counts.identified,
    resumed: () => state.counts.resumed,
  };
}

function lastOf({ frame }: { frame: unknown }): () => unknown {
  return () => frame;
}

function outages(state: State): Pick<GatewayFaults, "offline" | "online" | "freeze" | "thaw"> {
  return {
    offline: () => {
      state.isOnline = false;
      state.sessions.clear();
      dropAll(state);
    },
    online: () => {
      state.isOnline = true;
    },
    freeze: () => {
      for (const socket of state.server.clients) state.frozen.add(socket);
    },
    thaw: () => {
      for (const socket of state.frozen) socket.terminate();
    },
  };
}

/** Without a goodbye. Nobody is counted as connected any more at once, not only when the sockets are closed. */
function dropAll({ server, bound }: State): void {
  bound.clear();
  for (const socket of server.clients) socket.terminate();
}
