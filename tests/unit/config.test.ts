import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { misspelt, readConfig, SETTING_NAMES } from "../../src/config.ts";
import { ConfigError } from "../../src/errors.ts";

function problemsOf(environment: Record<string, string>): string {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

test("nothing has to be set", () => {
  const config = readConfig({});
  expect(config).toMatchObject({
    host: "127.0.0.1",
    port: 3000,
    databaseUrl: null,
    slack: null,
    scope: "audience",
    roles: { gateway: true, worker: true },
  });
  expect(config.openrouter.apiKey).toBeNull();
  expect(config.openrouter.models).toEqual([
    "openai/gpt-4o-mini",
    "openai/gpt-4o",
    "anthropic/claude-3.5-sonnet",
    "google/gemini-2.0-flash-exp",
    "meta-llama/llama-3.1-70b-instruct",
  ]);
});

test("all wrong settings are listed at once, each with its fix, and no value is printed", () => {
  const said = problemsOf({
    PORT: "http",
    DATABASE_URL: "mysql://root:hunter2@db/docent",
    OPENROUTER_API_KEY: "sk or v1",
    OPENROUTER_MODELS: "gpt-4o",
    SLACK_BOT_TOKEN: "xapp-wrong-one",
    FILE_MIB_MAX: "0",
  });
  expect(said.match(/^ {2}- .+$/gm)?.map((line) => line.split(" ")[3])).toEqual([
    "PORT",
    "DATABASE_URL",
    "OPENROUTER_API_KEY",
    "OPENROUTER_MODELS",
    "SLACK_BOT_TOKEN",
    "FILE_MIB_MAX",
    "SLACK_APP_TOKEN",
  ]);
  for (const secret of ["hunter2", "sk or v1", "xapp-wrong"]) expect(said).not.toContain(secret);
});

test("an empty line in .env is a setting that was not made", () => {
  expect(readConfig({ OPENROUTER_API_KEY: "", PORT: " " }).port).toBe(3000);
});

test("the work is shared by several processes only over a Postgres", () => {
  expect(problemsOf({ ROLES: "worker" })).toContain("DATABASE_URL");
  expect(problemsOf({ ROLES: "worker", DATABASE_URL: "postgres://localhost/docent" })).toBe("");
  expect(problemsOf({ ROLES: "wroker" })).toContain("ROLES may hold gateway and worker");
});

test(".env.example names every setting", () => {
  const example = readFileSync(new URL("../../.env.example", import.meta.url), "utf8");
  const named = new Set([...example.matchAll(/^#?([A-Z][A-Z_]+)=/gm)].map((match) => match[1]));
  expect(SETTING_NAMES.filter((name) => !named.has(name))).toEqual([]);
});

const BOT = { SLACK_BOT_TOKEN: "xoxb-1-of-a-bot" };
const SOCKET = { SLACK_APP_TOKEN: "xapp-1-of-an-app" };
const HTTP = { SLACK_SIGNING_SECRET: "0123456789abcdef0123456789abcdef" };
const PUBLIC = {
  PUBLIC_URL: "https://docent.example.com",
  WEB_TOKEN: "a-token-for-the-web-chat",
};
const OAUTH = {
  ...PUBLIC,
  SLACK_CLIENT_ID: "1234567890.1234567890",
  SLACK_CLIENT_SECRET: "fedcba9876543210fedcba9876543210",
  SECRET_KEY: "a-key-of-thirty-two-characters-or-more",
};

test.each([
  ["Socket Mode", { ...BOT, ...SOCKET }],
  ["HTTP", { ...BOT, ...HTTP }],
  ["several workspaces", { ...OAUTH, ...SOCKET }],
])("Slack is set up for %s", (_name, environment) => {
  expect(problemsOf(environment)).toBe("");
  expect(readConfig(environment).slack).toMatchObject({ apiUrl: null, fileHosts: [], teams: [] });
});

test.each([
  [BOT, "SLACK_APP_TOKEN is missing: Slack needs it for Socket Mode (or SLACK_SIGNING_SECRET"],
  [SOCKET, "SLACK_BOT_TOKEN is missing: Slack needs it (or, for several workspaces, SLACK_CLIENT"],
  [HTTP, "SLACK_BOT_TOKEN is missing"],
  [{ ...BOT, ...OAUTH, ...SOCKET }, "SLACK_BOT_TOKEN is one too many"],
  [
    { SLACK_CLIENT_ID: OAUTH.SLACK_CLIENT_ID, ...SOCKET },
    "SLACK_CLIENT_SECRET is missing (and SECRET_KEY, PUBLIC_URL)",
  ],
  [OAUTH, "SLACK_APP_TOKEN is missing"],
  [{ SECRET_KEY: "too-short" }, "SECRET_KEY must be 32 characters or more"],
])("what is missing for Slack is said in one sentence: %#", (environment, sentence) => {
  const said = problemsOf(environment as Record<string, string>);
  expect(said).toContain(`\n  - ${sentence}`);
  expect(said.split("\n")).toHaveLength(2);
});

test("a public address is an https origin, and its web chat asks people to sign in", () => {
  const { PUBLIC_URL, WEB_TOKEN } = PUBLIC;
  expect(readConfig({ PUBLIC_URL: `${PUBLIC_URL}/`, WEB_TOKEN }).publicUrl).toBe(PUBLIC_URL);
  expect(problemsOf({ PUBLIC_URL })).toContain("WEB_TOKEN is missing");
  for (const wrong of ["http://docent.example.com", "docent", `${PUBLIC_URL}/chat`]) {
    expect(problemsOf({ PUBLIC_URL: wrong, WEB_TOKEN })).toContain("PUBLIC_URL must look like");
  }
  expect(problemsOf({ PUBLIC_URL: "http://127.0.0.1:3000", WEB_TOKEN })).toBe("");
});

test("a name that only looks like a setting is told, with what was meant", () => {
  const given = { SLACK_BOT_TOKN: "x", OPENROUTER_API_KEY: "x", NODE_OPTIONS: "x", HOME: "/" };
  expect(misspelt(given)).toEqual([{ name: "SLACK_BOT_TOKN", meant: "SLACK_BOT_TOKEN" }]);
});
