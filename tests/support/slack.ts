/**
 * A loopback Slack: its Web API and file host over HTTP, Socket Mode over WebSocket. It does what a workspace's
 * people do (`say`, `share`, `remove`) and keeps what they would see.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { listen, readBody } from "./loopback.ts";
import { METHODS, SlackSays } from "./slack-methods.ts";
import {
  APP_TOKEN,
  BOT,
  BOT_TOKEN,
  createWorld,
  type Fault,
  type Message,
  TEAM,
  type World,
} from "./slack-world.ts";

const LOGIN_PAGE = "<!DOCTYPE html><html><title>Sign in to Acme | Slack</title></html>";

export interface Envelope {
  id: string;
  payload: object;
  /** How often Docent acknowledged it, over all its deliveries. */
  acks: number;
  deliveries: number;
}

export interface Saying {
  channel: string;
  user: string;
  /** Slack's own markup: a mention of the bot is <@UBOT>. */
  text: string;
  threadTs?: string;
  files?: { name: string; content: Uint8Array; mimetype?: string }[];
  bot?: boolean;
}

export interface LoopbackSlack {
  world: World;
  apiUrl: string;
  /** The file host, for `fileHosts`. */
  host: string;
  /** Everything delivered so far, oldest first. */
  envelopes: Envelope[];
  /** Delivers one event over the socket, once there is one. */
  deliver(event: object): Promise<Envelope>;
  /** Delivers once more what was not acknowledged, or this envelope. */
  redeliver(envelope?: Envelope): Promise<void>;
  /** Somebody writes: the events that Slack makes of it. In a channel with a mention these are two. */
  say(saying: Saying): Promise<{ ts: string; envelopes: Envelope[] }>;
  /** Deletes a file. */
  remove(fileId: string): Promise<Envelope>;
  /** What the bot has in this thread, oldest first. */
  replies(threadTs: string): Message[];
  /** Makes the next calls of a method fail. */
  fail(method: string, ...faults: Fault[]): void;
  /** Ends all sockets, as a lost network does. */
  cut(): Promise<void>;
  close(): Promise<void>;
}

export async function startSlack(): Promise<LoopbackSlack> {
  const world = createWorld();
  const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(sockets, "listening");
  const socketUrl = `ws://127.0.0.1:${(sockets.address() as AddressInfo).port}/?ticket=secret`;
  const http = await listen(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://slack").pathname;
    if (path.startsWith("/files/")) serveFile(world, path.slice(7), request, response);
    else await callMethod(world, path.slice(5), request, response, socketUrl);
  });
  const envelopes: Envelope[] = [];
  serveSockets(sockets, envelopes);
  const send = async (envelope: Envelope) => {
    while (sockets.clients.size === 0) await once(sockets, "connection");
    const [socket] = sockets.clients;
    socket?.send(JSON.stringify(framed(envelope)));
    envelope.deliveries += 1;
  };
  const deliver = async (event: object) => {
    const payload = enveloped(event);
    const envelope = { id: randomUUID(), payload, acks: 0, deliveries: 0 };
    envelopes.push(envelope);
    await send(envelope);
    return envelope;
  };
  return {
    world,
    apiUrl: `${http.url}/api/`,
    host: new URL(http.url).host,
    envelopes,
    deliver,
    redeliver: async (envelope) => {
      const again = envelope ? [envelope] : envelopes.filter(({ acks }) => acks === 0);
      for (const one of again) await send(one);
    },
    say: async (saying) => {
      const message = written(world, saying);
      const sent: Envelope[] = [];
      for (const event of eventsOf(world, message)) sent.push(await deliver(event));
      return { ts: message.ts, envelopes: sent };
    },
    remove: (fileId) => {
      const file = world.files.get(fileId);
      if (file) file.deleted = true;
      const event_ts = world.nextTs();
      return deliver({
        type: "file_deleted",
        file_id: fileId,
        channel_ids: file?.channels,
        event_ts,
      });
    },
    replies: (threadTs) =>
      world.messages.filter((other) => other.threadTs === threadTs && other.userId === BOT.userId),
    fail: (method, ...faults) => {
      world.faults.set(method, [...(world.faults.get(method) ?? []), ...faults]);
    },
    cut: () => cut(sockets),
    close: async () => {
      await cut(sockets);
      sockets.close();
      await http.close();
    },
  };
}

async function cut(sockets: WebSocketServer): Promise<void> {
  const closed = [...sockets.clients].map((socket) => once(socket, "close"));
  for (const socket of sockets.clients) socket.terminate();
  await Promise.all(closed);
}

function serveSockets(sockets: WebSocketServer, envelopes: Envelope[]): void {
  sockets.on("connection", (socket: WebSocket) => {
    socket.send(JSON.stringify({ type: "hello", num_connections: 1, connection_info: {} }));
    socket.on("message", (frame) => {
      const { envelope_id } = JSON.parse(String(frame)) as { envelope_id: string };
      const envelope = envelopes.find(({ id }) => id === envelope_id);
      if (envelope) envelope.acks += 1;
    });
  });
}

function framed({ id, payload, deliveries }: Envelope): object {
  return {
    envelope_id: id,
    type: "events_api",
    accepts_response_payload: false,
    retry_attempt: deliveries,
    retry_reason: deliveries > 0 ? "timeout" : "",
    payload,
  };
}

function enveloped(event: object): object {
  return {
    type: "event_callback",
    team_id: TEAM,
    context_team_id: TEAM,
    api_app_id: "A1",
    event_id: `Ev${randomUUID()}`,
    event_time: 1_700_000_000,
    is_ext_shared_channel: false,
    authorizations: [{ team_id: TEAM, user_id: BOT.userId, is_bot: true }],
    event,
  };
}

interface Written extends Saying {
  ts: string;
  shared: object[];
}

function written(world: World, saying: Saying): Written {
  const ts = world.nextTs();
  const { channel, user, text, threadTs = null, files = [] } = saying;
  const flags = { streaming: false, stopped: false, unfurls: false, reactions: [] };
  world.messages.push({ channel, ts, threadTs, userId: user, text, ...flags });
  const shared = files.map(({ name, content, mimetype = "text/plain" }) => {
    const id = `F${world.files.size + 1}`;
    const file = { id, name, mimetype, content, channels: [channel], deleted: false };
    world.files.set(id, { ...file, redirect: null });
    return { id, name, mimetype, mode: "hosted", size: content.byteLength };
  });
  return { ...saying, ts, shared };
}

function eventsOf(
  world: World,
  { channel, user, text, threadTs, ts, shared, bot }: Written,
): object[] {
  const kind = world.channels.get(channel)?.kind;
  const message = {
    user,
    text,
    ts,
    channel,
    ...(threadTs !== undefined && { thread_ts: threadTs }),
    ...(shared.length > 0 && { files: shared }),
    ...(bot && { bot_id: "BOTHER" }),
  };
  const channel_type = { public: "channel", private: "group", im: "im", mpim: "mpim" }[
    kind ?? "im"
  ];
  const subtype = shared.length > 0 ? { subtype: "file_share" } : {};
  const events: object[] = [{ type: "message", ...subtype, channel_type, ...message }];
  const isMention = text.includes(`<@${BOT.userId}>`) && kind !== "im";
  return isMention ? [...events, { type: "app_mention", ...message }] : events;
}

async function callMethod(
  world: World,
  method: string,
  request: IncomingMessage,
  response: ServerResponse,
  socketUrl: string,
): Promise<void> {
  const args = Object.fromEntries(new URLSearchParams(await readBody(request)));
  const { token: _token, ...said } = args;
  world.calls.push({ method, args: said });
  const fault = world.faults.get(method)?.shift();
  if (fault && "status" in fault) {
    response.writeHead(fault.status, { "retry-after": String(fault.retryAfterS ?? 1) }).end("{}");
    return;
  }
  const answer = fault
    ? { ok: false, ...fault }
    : answered(world, method, args, request, socketUrl);
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(answer));
}

function answered(
  world: World,
  method: string,
  args: Record<string, string>,
  { headers }: IncomingMessage,
  socketUrl: string,
): object {
  const isSocket = method === "apps.connections.open";
  if (headers.authorization !== `Bearer ${isSocket ? APP_TOKEN : BOT_TOKEN}`) {
    return { ok: false, error: "invalid_auth" };
  }
  if (isSocket) return { ok: true, url: socketUrl };
  const run = METHODS[method];
  if (!run) return { ok: false, error: "unknown_method" };
  try {
    return { ok: true, ...run(world, args, { url: `http://${headers.host}` }) };
  } catch (error) {
    if (error instanceof SlackSays) return { ok: false, error: error.message };
    throw error;
  }
}

/** Whoever may not have a file gets the login page, with status 200. */
function serveFile(
  world: World,
  fileId: string,
  { headers }: IncomingMessage,
  response: ServerResponse,
): void {
  const file = world.files.get(fileId);
  world.calls.push({ method: "file", args: { host: headers.host ?? "" } });
  if (headers.authorization !== `Bearer ${BOT_TOKEN}` || !file || file.deleted) {
    response.setHeader("content-type", "text/html; charset=utf-8").end(LOGIN_PAGE);
  } else if (file.redirect) {
    response.writeHead(302, { location: file.redirect }).end();
  } else {
    response.setHeader("content-disposition", `attachment; filename="${file.name}"`);
    response.setHeader("content-type", file.mimetype).end(file.content);
  }
}
