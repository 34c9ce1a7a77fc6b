/** The HTTP side of a loopback Discord: its REST API and its file host. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Upload } from "./acts.ts";
import type { ApiFault } from "./faults.ts";
import { serveFile } from "./files.ts";
import type { Hub } from "./posting.ts";
import { spend } from "./quota.ts";
import { COMMAND_ROUTES } from "./rest/commands.ts";
import { GUILD_ROUTES, USER_ROUTES } from "./rest/guilds.ts";
import { INTERACTION_ROUTES } from "./rest/interactions.ts";
import { MESSAGE_ROUTES } from "./rest/messages.ts";
import { type Body, type Call, DiscordSays, type Route, routes } from "./rest/route.ts";
import { THREAD_ROUTES } from "./rest/threads.ts";
import type { LedgerEntry } from "./world.ts";

const API_PATH = "/api/v10";
const FILES_PATH = "/attachments/";
const IDENTIFIES_MAX = 1_000;
const IDENTIFY_RESET_MS = 24 * 60 * 60_000;
const CONCURRENCY = 16;

export interface Api extends Hub {
  gatewayUrl: string;
  shards: number;
}

const KNOWN: Route[] = [
  ...[...MESSAGE_ROUTES, ...THREAD_ROUTES, ...GUILD_ROUTES, ...USER_ROUTES],
  ...[...INTERACTION_ROUTES, ...COMMAND_ROUTES],
];

export async function serve(api: Api, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? "/", "http://discord");
  const entry: LedgerEntry = {
    method: request.method ?? "GET",
    path: url.pathname,
    route: `${request.method} ${url.pathname}`,
    query: Object.fromEntries(url.searchParams),
    body: null,
    authorized: request.headers.authorization !== undefined,
    status: 0,
  };
  api.world.requests.push(entry);
  response.on("finish", () => {
    entry.status = response.statusCode;
  });
  if (url.pathname.startsWith(FILES_PATH)) serveFile(api.world, entry, response);
  else await serveApi(api, { entry, request, response });
}

interface Exchange {
  entry: LedgerEntry;
  request: IncomingMessage;
  response: ServerResponse;
}

async function serveApi(api: Api, exchange: Exchange): Promise<void> {
  const { entry, request, response } = exchange;
  const { body, files } = await bodyOf(request);
  const matched = match([...KNOWN, ...gatewayRoutes(api)], entry);
  entry.body = body;
  if (matched) entry.route = `${entry.method} ${matched.route.pattern}`;
  const fault = nextFault(api, entry.route);
  if (fault && (await isEnough(fault, response))) return;
  const params = matched?.params ?? {};
  const spent = quotaOf(api, entry, params);
  for (const [name, value] of Object.entries(spent.headers)) response.setHeader(name, value);
  if (spent.isOver) return tooMany(response, spent.resetAfterS, "user");
  const call: Call = { ...api, params, query: entry.query, body, files };
  const { status, answer } = await answered(call, matched?.route, request.headers.authorization);
  if (fault && "cut" in fault) return cut(fault, response);
  response.statusCode = status;
  if (answer === undefined) return void response.end();
  response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
}

function gatewayRoutes({ gatewayUrl: url, shards }: Api): Route[] {
  const session_start_limit = {
    ...{ total: IDENTIFIES_MAX, remaining: IDENTIFIES_MAX },
    ...{ reset_after: IDENTIFY_RESET_MS, max_concurrency: CONCURRENCY },
  };
  return routes({
    "GET /gateway": () => ({ url }),
    "GET /gateway/bot": () => ({ url, shards, session_start_limit }),
  });
}

interface Matched {
  route: Route;
  params: Record<string, string>;
}

/** The first whose pattern fits: words before ids. */
function match(known: Route[], { method, path }: LedgerEntry): Matched | null {
  if (!path.startsWith(`${API_PATH}/`)) return null;
  const parts = path.slice(API_PATH.length).split("/");
  const fits = known.flatMap((route) => {
    const params = route.method === method ? paramsOf(route.pattern, parts) : null;
    return params ? [{ route, params }] : [];
  });
  fits.sort((a, b) => Object.keys(a.params).length - Object.keys(b.params).length);
  return fits[0] ?? null;
}

function paramsOf(pattern: string, parts: string[]): Record<string, string> | null {
  const wanted = pattern.split("/");
  if (wanted.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (const [at, want] of wanted.entries()) {
    const part = decodeURIComponent(parts[at] ?? "");
    if (want.startsWith(":")) params[want.slice(1)] = part;
    else if (want !== part) return null;
  }
  return params;
}

async function answered(call: Call, route: Route | undefined, authorization = "") {
  try {
    if (!route) throw new DiscordSays(404, 0, "404: Not Found");
    if (!route.open && authorization !== `Bot ${call.world.token}`) {
      throw new DiscordSays(401, 0, "401: Unauthorized");
    }
    const answer = await route.handle(call);
    return { status: answer === undefined ? 204 : 200, answer };
  } catch (error) {
    if (!(error instanceof DiscordSays)) throw error;
    const { status, code, message, errors } = error;
    return { status, answer: { message, code, ...(errors && { errors }) } };
  }
}

function nextFault({ world }: Api, route: string): ApiFault | undefined {
  return world.faults.get(route)?.shift() ?? world.faults.get("*")?.shift();
}

/** Whether a fault is the whole answer. */
async function isEnough(fault: ApiFault, response: ServerResponse): Promise<boolean> {
  if ("until" in fault) await fault.until;
  if ("hang" in fault) return true;
  if ("cut" in fault && fault.cut === "before") cut(fault, response);
  else if ("retryAfterS" in fault) tooMany(response, fault.retryAfterS, fault.scope ?? "user");
  else if ("status" in fault) {
    const { status, code = 0, message = `${status}: loopback` } = fault;
    const head = { "content-type": "application/json" };
    response.writeHead(status, head).end(JSON.stringify({ message, code }));
  } else return false;
  return true;
}

/** discord.js tries again after a reset, but not after a mere close. */
function cut({ how = "reset" }: { how?: "reset" | "close" }, { socket }: ServerResponse): void {
  if (how === "reset") socket?.resetAndDestroy();
  else socket?.destroy();
}

/** `retry-after` is in seconds, as is the body's. */
function tooMany(response: ServerResponse, retryAfterS: number, scope: string): void {
  const isGlobal = scope === "global";
  response.writeHead(429, {
    "content-type": "application/json",
    "retry-after": String(retryAfterS),
    "x-ratelimit-scope": scope,
    "x-ratelimit-reset-after": String(retryAfterS),
    via: "1.1 loopback",
    ...(isGlobal ? { "x-ratelimit-global": "true" } : { "x-ratelimit-remaining": "0" }),
  });
  const message = "You are being rate limited.";
  response.end(JSON.stringify({ message, retry_after: retryAfterS, global: isGlobal }));
}

function quotaOf({ world }: Api, { route }: LedgerEntry, params: Record<string, string>) {
  const quota = world.quotas.get(route);
  if (!quota) return { headers: {}, isOver: false, resetAfterS: 0 };
  const major = params.channel ?? params.guild ?? params.token ?? "";
  const spent = spend(quota, major, world.nowMs());
  const headers = {
    "x-ratelimit-bucket": Buffer.from(route).toString("hex").slice(0, 32),
    "x-ratelimit-limit": String(quota.max),
    "x-ratelimit-remaining": String(spent.remaining),
    "x-ratelimit-reset-after": String(spent.resetAfterS),
    "x-ratelimit-reset": String(world.nowMs() / 1_000 + spent.resetAfterS),
  };
  return { ...spent, headers };
}

/** JSON, or a form with JSON and files in it. */
async function bodyOf(request: IncomingMessage): Promise<{ body: Body; files: Upload[] }> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(Buffer.from(piece));
  const raw = Buffer.concat(pieces);
  const type = request.headers["content-type"] ?? "";
  if (type.startsWith("multipart/form-data")) return formIn(raw, type);
  return { body: raw.length > 0 ? JSON.parse(raw.toString()) : {}, files: [] };
}

async function formIn(raw: Buffer, type: string): Promise<{ body: Body; files: Upload[] }> {
  const form = await new Response(new Uint8Array(raw), {
    headers: { "content-type": type },
  }).formData();
  const files: Upload[] = [];
  for (const value of form.values()) {
    if (typeof value === "string") continue;
    const content = new Uint8Array(await value.arrayBuffer());
    files.push({ name: value.name, content, contentType: value.type });
  }
  return { body: JSON.parse(String(form.get("payload_json") ?? "{}")), files };
}
