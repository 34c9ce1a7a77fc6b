/** Sessions of the gateway: numbered events, kept for a resume, and the connection that gets them. */
import {
  GatewayCloseCodes as Close,
  type GatewayDispatchEvents as Event,
  GatewayOpcodes as Op,
} from "discord.js";
import type { WebSocket, WebSocketServer } from "ws";
import type { Where } from "./events.ts";
import type { World } from "./world.ts";

interface Frame {
  op: number;
  t: string;
  s: number;
  d: unknown;
}

export interface Session {
  id: string;
  shard: number;
  shardCount: number;
  intents: number;
  sequence: number;
  /** Everything it was sent, for a resume. */
  sent: Frame[];
}

export interface State {
  world: World;
  server: WebSocketServer;
  url: string;
  shards: number;
  sessions: Map<string, Session>;
  /** Which session a connection has identified for. */
  bound: Map<WebSocket, Session>;
  frozen: Set<WebSocket>;
  isOnline: boolean;
  rejectCode: number | null;
  last: { event: Event; where: Where; frame: unknown } | null;
  counts: { identified: number; resumed: number };
}

export function tell(socket: WebSocket, frame: object): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
}

/** Numbered, kept for a resume, and sent if somebody is there. */
export function push(state: State, session: Session, event: string, d: unknown): void {
  session.sequence += 1;
  const frame: Frame = { op: Op.Dispatch, t: event, s: session.sequence, d };
  session.sent.push(frame);
  for (const [socket, { id }] of state.bound) {
    if (id === session.id && !state.frozen.has(socket)) tell(socket, frame);
  }
}

export function close(socket: WebSocket, code: Close): void {
  socket.close(code, Close[code]);
}
