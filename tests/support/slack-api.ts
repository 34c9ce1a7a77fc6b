/** The HTTP side of a loopback Slack: its Web API, its file host and its response URLs. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { readBody } from "./loopback.ts";
import { postToHook } from "./slack-hooks.ts";
import { type Caller, SlackSays } from "./slack-methods/method.ts";
import { METHODS } from "./slack-methods/methods.ts";
import { access, grant } from "./slack-methods/oauth.ts";
import { waitS } from "./slack-quota.ts";
import { APP_TOKEN, TEAM, type Team, type World } from "./slack-world.ts";

const LOGIN_PAGE = "<!DOCTYPE html><html><title>Sign in to Acme | Slack</title></html>";
const FILES_PATH = "/files/";
const HOOKS_PATH = "/hooks/";
const API_PATH = "/api/";
const CONSENT_PATH = "/oauth/v2/authorize";

/** What a method's token must have, one of these. Methods that aren't named need nothing. */
const NEEDS: Record<string, string[]> = {
  "assistant.threads.setStatus": ["chat:write"],
  "files.info": ["files:read"],
  "files.list": ["files:read"],
  "reactions.add": ["reactions:write"],
  "reactions.remove": ["reactions:write"],
  "users.info": ["users:read"],
  "users.list": ["users:read"],
  "conversations.open": ["im:write", "mpim:write"],
  "conversations.join": ["channels:join"],
};
const NEEDS_BY_FAMILY: Record<string, string[]> = {
  chat: ["chat:write"],
};
const FREE = new Set(["chat.getPermalink"]);

export interface Api {
  world: World;
  /** Where sockets are opened, with a ticket. */
  socketUrl: string;
}

export async function serve(
  { world, socketUrl }: Api,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = new URL(request.url ?? "/", "http://slack").pathname;
  if (path.startsWith(FILES_PATH)) {
    serveFile(world, path.slice(FILES_PATH.length), request, response);
  } else if (path.startsWith(HOOKS_PATH)) {
    const posted = postToHook(world, path.slice(HOOKS_PATH.length), await readBody(request));
    response.writeHead(posted.status).end(posted.body);
  } else if (path === CONSENT_PATH) {
    response.writeHead(302, { location: consented(world, request.url ?? "/") }).end();
  } else {
    await callMethod({ world, socketUrl }, path.slice(API_PATH.length), request, response);
  }
}

/** The page on which somebody of the workspace `team` (T1 unless named) agrees: they do, and are sent back. */
function consented(world: World, url: string): string {
  const asked = new URL(url, "http://slack").searchParams;
  const back = new URL(asked.get("redirect_uri") ?? "");
  back.searchParams.set("code", grant(world, asked.get("team") ?? TEAM));
  back.searchParams.set("state", asked.get("state") ?? "");
  return back.href;
}

async function callMethod(
  { world, socketUrl }: Api,
  method: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const args = Object.fromEntries(new URLSearchParams(await readBody(request)));
  const { token: _token, client_secret: _secret, ...said } = args;
  world.calls.push({ method, args: said });
  const fault = world.faults.get(method)?.shift() ?? overQuota(world, method, args.channel);
  if (fault && "status" in fault) {
    response.writeHead(fault.status, { "retry-after": String(fault.retryAfterS ?? 1) }).end("{}");
    return;
  }
  const { headers } = request;
  const bearer = headers.authorization?.replace("Bearer ", "") ?? args.token ?? "";
  const team = [...world.teams.values()].find(({ botToken }) => botToken === bearer);
  if (team) response.setHeader("x-oauth-scopes", team.scopes.join(","));
  const caller = team && { url: `http://${headers.host}`, team };
  const answer = fault
    ? { ok: false, ...fault }
    : answered(world, method, args, { bearer, caller });
  const url = method === "apps.connections.open" && answer.ok ? { url: socketUrl } : {};
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ ...answer, ...url }));
}

function overQuota(world: World, method: string, channel: string | undefined) {
  const quota = world.quotas.get(method);
  const retryAfterS = quota ? waitS(quota, channel, performance.now() + world.passedMs) : 0;
  return retryAfterS > 0 ? { status: 429, retryAfterS } : undefined;
}

interface From {
  bearer: string;
  caller: Caller | undefined;
}

type Answer = { ok: boolean; error?: string };

function answered(world: World, method: string, args: Record<string, string>, from: From): Answer {
  try {
    return { ok: true, ...run(world, method, args, from) };
  } catch (error) {
    if (!(error instanceof SlackSays)) throw error;
    const detail = error.detail ? { response_metadata: { messages: [error.detail] } } : {};
    return { ok: false, error: error.message, ...detail };
  }
}

function run(
  world: World,
  method: string,
  args: Record<string, string>,
  { bearer, caller }: From,
): object {
  if (method === "oauth.v2.access") return access(world, args);
  if (bearer === "") throw new SlackSays("not_authed");
  if (method === "apps.connections.open") {
    if (bearer === APP_TOKEN) return {};
    throw new SlackSays(caller ? "not_allowed_token_type" : "invalid_auth");
  }
  if (!caller)
    throw new SlackSays(bearer === APP_TOKEN ? "not_allowed_token_type" : "invalid_auth");
  checkTeam(caller.team, method);
  const known = METHODS[method];
  if (!known) throw new SlackSays("unknown_method");
  return known(world, args, caller);
}

function checkTeam({ state, scopes }: Team, method: string): void {
  if (state === "revoked") throw new SlackSays("token_revoked");
  if (state === "gone") throw new SlackSays("account_inactive");
  const family = method.split(".")[0] ?? "";
  const needed = FREE.has(method) ? [] : (NEEDS[method] ?? NEEDS_BY_FAMILY[family] ?? []);
  if (needed.length > 0 && !needed.some((scope) => scopes.includes(scope))) {
    throw new SlackSays("missing_scope", `needed: ${needed.join(",")}`);
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
  const readers = [...world.teams.values()].filter(({ botUserId, state }) => {
    const isIn = (id: string) => world.channels.get(id)?.members.includes(botUserId) ?? false;
    return state === "installed" && file?.channels.some(isIn);
  });
  const isReader = readers.some(({ botToken }) => headers.authorization === `Bearer ${botToken}`);
  if (!(isReader && file) || file.deleted) {
    response.setHeader("content-type", "text/html; charset=utf-8").end(LOGIN_PAGE);
  } else if (file.redirect) {
    response.writeHead(302, { location: file.redirect }).end();
  } else {
    response.setHeader("content-disposition", `attachment; filename="${file.name}"`);
    response.setHeader("content-type", file.mimetype).end(file.content);
  }
}
