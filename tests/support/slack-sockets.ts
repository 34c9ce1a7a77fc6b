/** Socket Mode as a loopback: connections that greet, or don't, that come and go, and one event to one of them. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";

export interface SocketsOptions {
  /** How often Slack pings; never where it is left out. */
  pingEveryMs?: number;
}

/** What can go wrong with connections. */
export interface SocketFaults {
  /** How many are open now. */
  connections(): number;
  /** Resolves once so many are open and greeted. */
  connected(count?: number): Promise<void>;
  /** Slack wants every connection made anew: warning, refresh_requested. Resolves once there are as many again. */
  refresh(): Promise<void>;
  /** Says goodbye to all connections with this reason, such as link_disabled. */
  dismiss(reason: string): void;
  /** Ends all connections at once, as a lost network does. */
  cut(): Promise<void>;
  /** New connections open but never say hello, until `greet(true)`. */
  greet(on: boolean): void;
  /** All open connections go dead without a word: no pings, no pongs, no events, no goodbye. */
  freeze(): void;
  /** They come back to life. */
  thaw(): void;
  /** Pings all connections now. */
  ping(): void;
}

export interface Sockets extends SocketFaults {
  url: string;
  /** Sends a frame to one connection, to each in turn, once there is any. */
  send(frame: object): Promise<void>;
  close(): Promise<void>;
}

interface State {
  server: WebSocketServer;
  greeted: Set<WebSocket>;
  frozen: Set<WebSocket>;
  greets: boolean;
  turn: number;
}

/** @param heard gets what comes back over any connection */
export async function openSockets(
  heard: (frame: { envelope_id?: string; payload?: unknown }) => void,
  { pingEveryMs }: SocketsOptions = {},
): Promise<Sockets> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const state: State = { server, greeted: new Set(), frozen: new Set(), greets: true, turn: 0 };
  server.on("connection", (socket) => welcome(state, socket, heard));
  const pings = pingEveryMs === undefined ? null : setInterval(() => ping(state), pingEveryMs);
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/?ticket=secret`,
    send: async (frame) => {
      const socket = await nextOf(state);
      // A dead connection swallows what is sent over it.
      if (!state.frozen.has(socket)) socket.send(JSON.stringify(frame));
    },
    connections: () => open(state).length,
    connected: (count = 1) => connected(state, count),
    refresh: () => refresh(state),
    dismiss: (reason) => tellAll(state, { type: "disconnect", reason }),
    cut: () => cut(server),
    greet: (on) => {
      state.greets = on;
    },
    freeze: () => freeze(state),
    thaw: () => thaw(state),
    ping: () => ping(state),
    close: async () => {
      if (pings) clearInterval(pings);
      await cut(server);
      server.close();
    },
  };
}

function welcome(
  { greeted, greets, server }: State,
  socket: WebSocket,
  heard: (frame: object) => void,
): void {
  socket.on("message", (frame) => heard(JSON.parse(String(frame))));
  socket.on("close", () => greeted.delete(socket));
  if (!greets) return;
  const hello = { type: "hello", num_connections: server.clients.size, connection_info: {} };
  socket.send(JSON.stringify(hello));
  greeted.add(socket);
  server.emit("greeted");
}

function open({ greeted }: State): WebSocket[] {
  return [...greeted].filter(({ readyState }) => readyState === WebSocket.OPEN);
}

async function nextOf(state: State): Promise<WebSocket> {
  await connected(state, 1);
  const sockets = open(state);
  const socket = sockets[state.turn % sockets.length];
  state.turn += 1;
  return socket ?? (await nextOf(state));
}

async function connected(state: State, count: number): Promise<void> {
  while (open(state).length < count) await once(state.server, "greeted");
}

async function refresh(state: State): Promise<void> {
  const before = open(state);
  tellAll(state, { type: "disconnect", reason: "warning" });
  tellAll(state, { type: "disconnect", reason: "refresh_requested" });
  const isNew = (socket: WebSocket) => !before.includes(socket);
  while (open(state).filter(isNew).length < before.length) await once(state.server, "greeted");
}

function tellAll(state: State, frame: object): void {
  for (const socket of open(state)) socket.send(JSON.stringify({ ...frame, debug_info: {} }));
}

/** What is not read is not answered either: neither a ping nor a goodbye. */
function freeze({ server, frozen }: State): void {
  for (const socket of server.clients) {
    frozen.add(socket);
    socket.pause();
  }
}

function thaw({ frozen }: State): void {
  for (const socket of frozen) socket.resume();
  frozen.clear();
}

function ping(state: State): void {
  for (const socket of open(state)) if (!state.frozen.has(socket)) socket.ping();
}

async function cut(server: WebSocketServer): Promise<void> {
  const closed = [...server.clients].map((socket) => once(socket, "close"));
  for (const socket of server.clients) socket.terminate();
  await Promise.all(closed);
}
