import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { type Ended, runCommandIn } from "../support/run-command.ts";
import { type LoopbackSlack, startSlack } from "../support/slack.ts";
import { APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, TEAM } from "../support/slack-world.ts";

const TOKENS = { SLACK_BOT_TOKEN: BOT_TOKEN, SLACK_APP_TOKEN: APP_TOKEN };

let folder: string;
let slack: LoopbackSlack;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "docent-setup-"));
  slack = await startSlack();
});
afterEach(async () => {
  await slack.close();
  await rm(folder, { recursive: true });
});

interface Given {
  environment?: Record<string, string>;
  /** What is typed, line by line. */
  typed?: string[];
  options?: string[];
}

async function setup({ environment = {}, typed = [], options = [] }: Given): Promise<Ended> {
  const settings = { SLACK_API_URL: slack.apiUrl, ...environment };
  const lines = typed.map((line) => `${line}\n`).join("");
  const command = ["setup", "slack", ...options];
  const ended = await runCommandIn({ folder, settings, typed: lines }, ...command);
  // Whatever happens, no token is shown.
  expect(ended.out + ended.said).not.toMatch(/loopback-(bot|app|signing)/);
  return ended;
}

function envFile(): Promise<string> {
  return readFile(path.join(folder, ".env"), "utf8").catch(() => "");
}

async function writeEnv(text: string): Promise<void> {
  await writeFile(path.join(folder, ".env"), text);
  await chmod(path.join(folder, ".env"), 0o644);
}

// What it does has nothing to do with the database.
describe.runIf(inject("engine") === "embedded")("setup slack", () => {
  test("leads from the link that creates the app to a .env that works", async () => {
    const typed = [BOT_TOKEN, APP_TOKEN, "#general, team-*"];
    const { code, out, said } = await setup({ typed });
    expect([code, said]).toEqual([0, ""]);
    expect(out).toMatch(/^https:\/\/api\.slack\.com\/apps\?new_app=1&manifest_yaml=\S+$/m);
    expect(out).toContain(`acme (${TEAM}), as @docent`);
    expect(out).toContain("/invite @docent");
    expect(slack.world.calls.map(({ method }) => method)).toEqual([
      "auth.test",
      "apps.connections.open",
    ]);
    expect(await envFile()).toBe(
      `SLACK_BOT_TOKEN=${BOT_TOKEN}\nSLACK_APP_TOKEN=${APP_TOKEN}\nCHANNELS_INCLUDE=general,team-*\n`,
    );
    expect((await stat(path.join(folder, ".env"))).mode & 0o777).toBe(0o600);
  });

  test("keeps all else in .env, and a token that nobody wants replaced", async () => {
    await writeEnv(
      `# mine\nPORT=3100\nSLACK_BOT_TOKEN=${BOT_TOKEN}\n#SLACK_APP_TOKEN=xapp-\n# end\n`,
    );
    const typed = ["n", APP_TOKEN, "*"];
    expect((await setup({ typed })).code).toBe(0);
    const whole = `# mine
PORT=3100
SLACK_BOT_TOKEN=${BOT_TOKEN}
#SLACK_APP_TOKEN=xapp-
SLACK_APP_TOKEN=${APP_TOKEN}
# end
CHANNELS_INCLUDE=*
`;
    expect(await envFile()).toBe(whole);
    expect((await setup({ typed: ["", "", ""] })).code).toBe(0);
    expect(await envFile()).toBe(whole);
    expect((await stat(path.join(folder, ".env"))).mode & 0o777).toBe(0o600);
  });

  test("asks again for what is wrong, and says why", async () => {
    const typed = [APP_TOKEN, "xoxb-of-somebody-else", BOT_TOKEN, "xapp-wrong", APP_TOKEN, "", "a"];
    const { code, out } = await setup({ typed });
    expect(code).toBe(0);
    expect(out).toContain("This is not the Bot User OAuth Token: that starts with xoxb-.");
    expect(out).toContain("Slack refuses the bot token (invalid_auth).");
    expect(out).toContain("Slack refuses the app-level token (invalid_auth).");
    expect(out).toContain("Please name them like general");
    expect(await envFile()).toContain("CHANNELS_INCLUDE=a\n");
  });

  test("names the scopes that are missing, and goes on once they are there", async () => {
    const team = slack.world.teams.get(TEAM);
    const scopes = team?.scopes ?? [];
    if (team) team.scopes = scopes.filter((scope) => !/^(commands|users:read)$/.test(scope));
    const { code, said } = await setup({ environment: TOKENS, options: ["--yes"] });
    expect(code).toBe(1);
    expect(said).toMatch(/The app in acme lacks (users:read, commands|commands, users:read)\./);
    expect(said).toContain("Install App → Reinstall");
    expect(await envFile()).toBe("");
    if (team) team.scopes = scopes;
    expect((await setup({ environment: TOKENS, options: ["--yes"] })).code).toBe(0);
  });

  test("needs nobody with --yes", async () => {
    const environment = { ...TOKENS, CHANNELS_INCLUDE: "general" };
    const { code, out } = await setup({ environment, options: ["--yes"] });
    expect(code).toBe(0);
    expect(out).toContain("Documents are read in: general.");
    expect(out).not.toContain("manifest_yaml");
    expect(await envFile()).toContain(`SLACK_APP_TOKEN=${APP_TOKEN}\nCHANNELS_INCLUDE=general\n`);
  });

  test("for HTTP takes the signing secret in the place of a connection", async () => {
    const options = ["--http", "https://docent.example.com/"];
    const { code, out } = await setup({ options, typed: [BOT_TOKEN, SIGNING_SECRET, "*"] });
    expect(code).toBe(0);
    expect(decodeURIComponent(out)).toContain("https://docent.example.com/slack/events");
    expect(out).toContain("until it says Verified");
    expect(await envFile()).toContain(`SLACK_SIGNING_SECRET=${SIGNING_SECRET}\n`);
    expect(slack.world.calls.map(({ method }) => method)).toEqual(["auth.test"]);
  });

  test("says what stands in its way, and writes nothing", async () => {
    const unfinished = await setup({ typed: [BOT_TOKEN] });
    expect([unfinished.code, unfinished.said]).toEqual([1, expect.stringContaining("use --yes")]);
    const missing = await setup({ options: ["--yes"] });
    expect(missing.said).toContain("SLACK_BOT_TOKEN is missing");
    slack.fail("auth.test", { status: 503 }, { status: 503 }, { status: 503 });
    const away = await setup({ environment: TOKENS, options: ["--yes"] });
    expect([away.code, away.said]).toEqual([1, "Slack answered 503\n"]);
    expect(await envFile()).toBe("");
  });

  test("tells of what in .env wins or is wrong besides", async () => {
    await writeEnv("PORT=many\n");
    const environment = { SLACK_BOT_TOKEN: "xoxb-of-somebody-else" };
    const { code, out, said } = await setup({
      environment,
      typed: ["y", BOT_TOKEN, APP_TOKEN, "*"],
    });
    expect(code).toBe(1);
    expect(out).toContain("SLACK_BOT_TOKEN is set in the environment too, which wins over .env");
    expect(said).toContain("PORT must be a whole number");
    expect(await envFile()).toContain(`SLACK_BOT_TOKEN=${BOT_TOKEN}`);
  });

  test("prints the manifest alone where only that is wanted", async () => {
    const { code, out } = await setup({ options: ["--print-manifest", "--agent"] });
    expect([code, out]).toEqual([0, expect.stringContaining("agent_view:")]);
    const wrong = await setup({ options: ["--http", "docent.example.com"] });
    expect([wrong.code, wrong.said]).toEqual([
      2,
      expect.stringContaining("--http takes an address"),
    ]);
  });
});
