import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sealer } from "../../adapters/shared/seal.ts";
import { createClient } from "../../adapters/slack/client.ts";
import { installRoutes } from "../../adapters/slack/install/install.ts";
import { botScopes, manifest } from "../../adapters/slack/install/manifest.ts";
import { createTeams, type InstalledTeams, singleTeam } from "../../adapters/slack/teams.ts";
import type { Database } from "../../src/db/pool.ts";
import { openTestDatabase } from "../support/database.ts";
import { listen } from "../support/loopback.ts";
import { type LoopbackSlack, startSlack } from "../support/slack.ts";
import { BOT_TOKEN, BOT_TOKEN_2, CLIENT, TEAM, TEAM_2 } from "../support/slack-world.ts";

const PUBLIC_URL = "https://docent.example.com";
const SECRET_KEY = "a-key-of-thirty-two-characters-or-more";

let database: Database;
let slack: LoopbackSlack;
let logged: string[];

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  slack = await startSlack();
  logged = [];
  await database.pool.query("delete from slack_installation");
});
afterEach(() => slack.close());

function log() {
  return pino({ level: "trace" }, { write: (line: string) => void logged.push(line) });
}

function teamsOf(teams: string[], secretKey = SECRET_KEY): InstalledTeams {
  const connect = (botToken: string) =>
    createClient({ botToken, apiUrl: slack.apiUrl, log: log() });
  const sealed = sealer(secretKey, "slack tokens");
  return createTeams({ db: database.pool, sealer: sealed, connect, teams, log: log() });
}

interface Visit {
  slackPage: URL;
  cookie: string;
  /** Comes back from Slack: what the page says, and its status. */
  back(query: Record<string, string>, cookie?: string): Promise<[number, string]>;
}

/** Somebody opens /slack/install. */
async function visit(teams: InstalledTeams, apiUrl = slack.apiUrl): Promise<Visit> {
  const app = { clientId: CLIENT.id, clientSecret: CLIENT.secret, secretKey: SECRET_KEY };
  const routes = installRoutes({ ...app, publicUrl: PUBLIC_URL, apiUrl, teams, log: log() });
  const answer = await routes.request("/slack/install");
  expect(answer.status).toBe(302);
  const cookie = answer.headers.get("set-cookie") ?? "";
  return {
    slackPage: new URL(answer.headers.get("location") ?? ""),
    cookie,
    back: async (query, sent = cookie.split(";")[0] ?? "") => {
      const path = `/slack/oauth_redirect?${new URLSearchParams(query)}`;
      const page = await routes.request(path, { headers: { cookie: sent } });
      expect(page.headers.get("referrer-policy")).toBe("no-referrer");
      return [page.status, await page.text()];
    },
  };
}

function stateOf({ slackPage }: Visit): string {
  return slackPage.searchParams.get("state") ?? "";
}

/** The whole way, as somebody who agrees. */
async function install(teams: InstalledTeams, teamId: string): Promise<[number, string]> {
  const way = await visit(teams);
  return way.back({ code: slack.consent(teamId), state: stateOf(way) });
}

describe("adding a workspace", () => {
  test("asks Slack for exactly the manifest's scopes", async () => {
    const { slackPage, cookie } = await visit(teamsOf([TEAM]));
    expect(slackPage.origin + slackPage.pathname).toBe(
      `${new URL(slack.apiUrl).origin}/oauth/v2/authorize`,
    );
    expect(Object.fromEntries(slackPage.searchParams)).toMatchObject({
      client_id: CLIENT.id,
      scope: botScopes(manifest()).join(","),
      redirect_uri: `${PUBLIC_URL}/slack/oauth_redirect`,
    });
    expect(cookie).toMatch(/HttpOnly.*Secure|Secure.*HttpOnly/);
    expect(cookie).toMatch(/Max-Age=600.*SameSite=Lax|SameSite=Lax.*Max-Age=600/);
  });

  test("makes it one that is served, with its own token, which the database does not show", async () => {
    const teams = teamsOf([TEAM, TEAM_2]);
    expect(await install(teams, TEAM)).toEqual([
      200,
      expect.stringContaining("Docent is in acme now"),
    ]);
    await install(teams, TEAM_2);
    expect((await teams.of(TEAM)).botToken).toBe(BOT_TOKEN);
    expect((await (await teams.of(TEAM_2)).identity()).botUserId).toBe("UBOT2");
    expect((await teams.served()).map(({ botToken }) => botToken)).toEqual([
      BOT_TOKEN,
      BOT_TOKEN_2,
    ]);
    const { rows } = await database.pool.query("select * from slack_installation");
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toMatch(/xox/);
    expect(logged.join("")).not.toMatch(/xox|loopback-client-secret/);
  });

  test("again keeps one installation", async () => {
    const teams = teamsOf([]);
    await install(teams, TEAM);
    const first = await teams.of(TEAM);
    await install(teams, TEAM);
    expect(await teams.served()).toHaveLength(1);
    expect((await teams.of(TEAM)).botToken).toBe(first.botToken);
  });

  test("declines one that is not in SLACK_TEAMS, and gives its token back", async () => {
    const teams = teamsOf([TEAM]);
    const [status, page] = await install(teams, TEAM_2);
    expect([status, page]).toEqual([403, expect.stringContaining("adds T2 to SLACK_TEAMS")]);
    expect(await teams.serves(TEAM_2)).toBe(false);
    expect(slack.world.teams.get(TEAM_2)?.state).toBe("revoked");
  });

  test("takes the first one alone where SLACK_TEAMS is not set", async () => {
    const teams = teamsOf([]);
    expect((await install(teams, TEAM_2))[0]).toBe(200);
    expect((await install(teams, TEAM))[0]).toBe(403);
    expect([await teams.serves(TEAM_2), await teams.serves(TEAM)]).toEqual([true, false]);
  });

  test.each([
    ["another browser", { cookie: "" }],
    ["an address that somebody made up", { cookie: "docent_slack=made-up", state: "made-up" }],
  ])("from %s installs nothing", async (_name, { cookie, state }: Record<string, string>) => {
    const teams = teamsOf([]);
    const way = await visit(teams);
    const code = slack.consent(TEAM);
    const [status] = await way.back({ code, state: state ?? stateOf(way) }, cookie);
    expect(status).toBe(400);
    expect(slack.world.calls).toEqual([]);
    expect(await teams.served()).toEqual([]);
  });

  test("too late installs nothing", async () => {
    const teams = teamsOf([]);
    const way = await visit(teams);
    const state = sealer(SECRET_KEY, "slack oauth state").seal(String(Date.now() - 1));
    const [status] = await way.back(
      { code: slack.consent(TEAM), state },
      `docent_slack=${encodeURIComponent(state)}`,
    );
    expect([status, await teams.served()]).toEqual([400, []]);
  });

  test.each<[Record<string, string>, number, string]>([
    [{ error: "access_denied" }, 200, "Nothing was installed"],
    [{ code: "used-before" }, 502, "did not complete"],
  ])("that Slack does not grant is said plainly: %o", async (query, status, sentence) => {
    const way = await visit(teamsOf([]));
    const [given, page] = await way.back({ ...query, state: stateOf(way) });
    expect([given, page]).toEqual([status, expect.stringContaining(sentence)]);
    expect(page).toContain(`${PUBLIC_URL}/slack/install`);
  });

  test("for a whole organisation at once is declined kindly", async () => {
    const calls: string[] = [];
    const grid = await listen(async ({ url = "", headers }, response) => {
      calls.push(`${url} ${headers.authorization ?? ""}`);
      const wide = { team: null, enterprise: { id: "E1" }, is_enterprise_install: true };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ ok: true, access_token: "xoxb-wide", ...wide }));
    });
    const teams = teamsOf([TEAM]);
    const way = await visit(teams, `${grid.url}/api/`);
    const [status, page] = await way.back({ code: "code", state: stateOf(way) });
    await grid.close();
    expect([status, page]).toEqual([403, expect.stringContaining("choose one workspace")]);
    expect(calls.at(-1)).toBe("/api/auth.revoke Bearer xoxb-wide");
    expect(await teams.served()).toEqual([]);
  });
});

describe("workspaces", () => {
  test("that were removed are served no longer, by any process", async () => {
    const [here, there] = [teamsOf([]), teamsOf([])];
    await install(here, TEAM);
    await there.of(TEAM);
    await here.remove(TEAM);
    there.forget(TEAM);
    for (const teams of [here, there]) {
      expect(await teams.serves(TEAM)).toBe(false);
      await expect(teams.of(TEAM)).rejects.toThrow("Docent does not serve this workspace");
    }
  });

  test("keep their client, and with it what is remembered, while their token is the same", async () => {
    const teams = teamsOf([]);
    await install(teams, TEAM);
    const first = await teams.of(TEAM);
    expect(await teams.of(TEAM)).toBe(first);
    expect(await teams.served()).toEqual([first]);
  });

  test("whose token was sealed with another key are left out, with what to do", async () => {
    await install(teamsOf([]), TEAM);
    const teams = teamsOf([], "another-key-of-thirty-two-characters");
    await expect(teams.of(TEAM)).rejects.toThrow(/^SECRET_KEY is not the one .* workspace T1/);
    expect(await teams.served()).toEqual([]);
    expect(logged.join("")).toContain("a workspace is left out");
  });

  test("with the token of the settings are the token's own, or those of SLACK_TEAMS", async () => {
    const client = createClient({ botToken: BOT_TOKEN, apiUrl: slack.apiUrl, log: log() });
    const own = singleTeam(client);
    expect([await own.serves(TEAM), await own.serves(TEAM_2)]).toEqual([true, false]);
    expect(await own.served()).toEqual([await own.of(TEAM)]);
    expect(await singleTeam(client, [TEAM_2]).serves(TEAM)).toBe(false);
  });
});
