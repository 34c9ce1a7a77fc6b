import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readConfig, SETTING_NAMES } from "../../src/config.ts";
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
