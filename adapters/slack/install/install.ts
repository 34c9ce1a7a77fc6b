/** Adding Slack workspaces by OAuth: the two pages that people see on the way. */
import { timingSafeEqual } from "node:crypto";
import { WebClient } from "@slack/web-api";
import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { html } from "hono/html";
import * as v from "valibot";
import type { Log } from "../../../src/log.ts";
import { type Sealer, sealer } from "../../shared/seal.ts";
import { reasonOf, webOptions } from "../client.ts";
import type { InstalledTeams } from "../teams.ts";
import { botScopes, manifest, PATHS } from "./manifest.ts";

const SLACK_API = "https://slack.com/api/";
const COOKIE = "docent_slack";
/** From the first click to Slack's answer. */
const STATE_S = 600;

const HEADERS = {
  "content-security-policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  // The address of the second page holds a code.
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};

export interface InstallOptions {
  clientId: string;
  clientSecret: string;
  /** Where people reach this server, as an origin. */
  publicUrl: string;
  /** What the state between the two pages is sealed with. */
  secretKey: string;
  /** Where the Web API is; Slack's own by default. */
  apiUrl: string | undefined;
  teams: InstalledTeams;
  log: Log;
}

const named = v.object({ id: v.string(), name: v.nullish(v.string()) });

const Granted = v.object({
  access_token: v.pipe(v.string(), v.startsWith("xoxb-")),
  is_enterprise_install: v.nullish(v.boolean()),
  team: v.nullish(named),
  enterprise: v.nullish(named),
  authed_user: v.nullish(v.object({ id: v.nullish(v.string()) })),
});
type Granted = v.InferOutput<typeof Granted>;

/** Relative to `/`. */
export function installRoutes(options: InstallOptions): Hono {
  const states = sealer(options.secretKey, "slack oauth state");
  const routes = new Hono();
  routes.get(PATHS.install, (c) => c.redirect(begin(c, options, states)));
  routes.get(PATHS.installed, (c) => finish(c, options, states));
  routes.onError((error, c) => {
    options.log.error({ err: error }, "a Slack workspace could not be added");
    return say(c, 500, "Something went wrong here, and it is logged.", again(options));
  });
  return routes;
}

/** @returns Slack's page on which somebody agrees to the scopes */
function begin(c: Context, { clientId, publicUrl, apiUrl }: InstallOptions, states: Sealer) {
  const state = states.seal(String(Date.now() + STATE_S * 1000));
  setCookie(c, COOKIE, state, {
    httpOnly: true,
    // Slack's page leads back here: with "Strict" the cookie would stay at home.
    sameSite: "Lax",
    secure: publicUrl.startsWith("https:"),
    path: "/slack",
    maxAge: STATE_S,
  });
  c.header("cache-control", "no-store");
  const page = new URL("/oauth/v2/authorize", apiUrl ?? SLACK_API);
  page.search = new URLSearchParams({
    client_id: clientId,
    scope: botScopes(manifest()).join(","),
    redirect_uri: publicUrl + PATHS.installed,
    state,
  }).toString();
  return page.href;
}

async function finish(c: Context, options: InstallOptions, states: Sealer): Promise<Response> {
  const isOurs = isSameVisit(c, states);
  deleteCookie(c, COOKIE, { path: "/slack" });
  const { error, code } = c.req.query();
  if (!isOurs) return say(c, 400, "This link is too old, or from another browser.", again(options));
  if (error || !code) return say(c, 200, "Nothing was installed.", again(options));
  const granted = await grant(options, code);
  if (granted) return settle(c, options, granted);
  return say(c, 502, "Slack did not complete the installation.", again(options));
}

/** Whoever comes back from Slack set out from here, in the same browser and not long ago. */
function isSameVisit(c: Context, states: Sealer): boolean {
  const given = Buffer.from(c.req.query("state") ?? "");
  const kept = Buffer.from(getCookie(c, COOKIE) ?? "");
  if (given.length !== kept.length || !timingSafeEqual(given, kept)) return false;
  return Number(states.open(String(given))) > Date.now();
}

/** What Slack gives for the code; null where it gives nothing. */
async function grant(options: InstallOptions, code: string): Promise<Granted | null> {
  const { clientId: client_id, clientSecret: client_secret, publicUrl } = options;
  const redirect_uri = publicUrl + PATHS.installed;
  const client = new WebClient(undefined, webOptions(options));
  const call = { client_id, client_secret, code, redirect_uri };
  try {
    const { success, output } = v.safeParse(Granted, await client.oauth.v2.access(call));
    if (success) return output;
    options.log.warn("Slack's answer to an installation has no bot token");
  } catch (error) {
    options.log.warn({ reason: reasonOf(error) }, "a Slack workspace could not be added");
  }
  return null;
}

/** The workspace is served from now on, or declined and given its token back. */
async function settle(c: Context, options: InstallOptions, granted: Granted): Promise<Response> {
  const { teams, log } = options;
  const { team, enterprise, authed_user, access_token: botToken } = granted;
  if (granted.is_enterprise_install || !team) {
    await giveBack(options, botToken);
    const advice = "Please install it again, and choose one workspace in the place of all.";
    return say(c, 403, "Docent is added to one workspace at a time.", advice);
  }
  const name = team.name ?? team.id;
  if (!(await teams.allows(team.id))) {
    await giveBack(options, botToken);
    log.warn({ teamId: team.id }, "a Slack workspace that is not in SLACK_TEAMS was declined");
    const advice = `If it should be, whoever runs Docent adds ${team.id} to SLACK_TEAMS; then install it again.`;
    return say(c, 403, `${name} is not among the workspaces that this Docent serves.`, advice);
  }
  const installedBy = authed_user?.id ?? null;
  const enterpriseId = enterprise?.id ?? null;
  await teams.add({ teamId: team.id, enterpriseId, botToken, installedBy });
  log.info({ teamId: team.id }, "a Slack workspace was added");
  const next =
    "In Slack, invite it to a channel with /invite @docent. Then share a file there, and ask about it.";
  return say(c, 200, `Docent is in ${name} now.`, next);
}

/** Best effort: what is not kept can't be used either way. */
async function giveBack(options: InstallOptions, botToken: string): Promise<void> {
  await new WebClient(botToken, webOptions(options)).auth.revoke().catch((error: unknown) => {
    options.log.warn({ reason: reasonOf(error) }, "a token that is not used could not be revoked");
  });
}

function again({ publicUrl }: InstallOptions): string {
  return `To try again, open ${publicUrl}${PATHS.install}`;
}

function say(
  c: Context,
  status: 200 | 400 | 403 | 500 | 502,
  sentence: string,
  next: string,
): Response | Promise<Response> {
  const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Docent in Slack</title>
  </head>
  <body>
    <h1>${sentence}</h1>
    <p>${next}</p>
  </body>
</html>`;
  return c.html(page, status, HEADERS);
}
