import { cp, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PermissionsBitField } from "discord.js";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { claimFolder } from "../../src/db/embedded/folder.ts";
import { IDS, TOKEN } from "../support/discord/world.ts";
import { type DiscordOptions, type LoopbackDiscord, startDiscord } from "../support/discord.ts";
import { inServer, urlOf } from "../support/postgres-template.ts";
import { type Ended, runCommandIn } from "../support/run-command.ts";

const INTENT_OFF = "The Message Content Intent is off";
const WRONG_TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAwMQ.somebody.elses-token";
const COMMANDS = "PUT /applications/:app/commands";

let folder: string;
let discord: LoopbackDiscord;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "docent-setup-"));
  await restart({});
});
afterEach(async () => {
  await discord.close();
  await rm(folder, { recursive: true });
});

async function restart(options: DiscordOptions): Promise<void> {
  await discord?.close();
  discord = await startDiscord(options);
}

interface Given {
  environment?: Record<string, string>;
  /** What is typed, line by line. */
  typed?: string[];
  options?: string[];
}

async function setup({ environment = {}, typed = [], options = [] }: Given): Promise<Ended> {
  const settings = { DISCORD_API_URL: discord.apiUrl, ...environment };
  const lines = typed.map((line) => `${line}\n`).join("");
  const command = ["setup", "discord", ...options];
  const ended = await runCommandIn({ folder, settings, typed: lines }, ...command);
  // Whatever happens, no token is shown.
  expect(ended.out + ended.said).not.toMatch(/loopback\.bot-token|elses-token/);
  return ended;
}

function envFile(): Promise<string> {
  return readFile(path.join(folder, ".env"), "utf8").catch(() => "");
}

// What it does has nothing to do with the database.
describe.runIf(inject("engine") === "embedded")("setup discord", () => {
  test("leads from the portal to a .env that works", async () => {
    const { code, out, said } = await setup({ typed: [TOKEN, "#general, 📚-guides"] });
    expect([code, said]).toEqual([0, ""]);
    expect(out).toContain("https://discord.com/developers/applications");
    expect(out).toContain("✓ docent.");
    expect(out).toContain(`✓ It is in Acme (${IDS.guild}).`);
    expect(out).toContain("@docent what is in it?");
    expect(await envFile()).toBe(`DISCORD_TOKEN=${TOKEN}\nCHANNELS_INCLUDE='general,📚-guides'\n`);
    expect((await stat(path.join(folder, ".env"))).mode & 0o777).toBe(0o600);
  });

  test("asks for no right but those that Docent uses", async () => {
    const { out } = await setup({ environment: { DISCORD_TOKEN: TOKEN }, options: ["--yes"] });
    const [link = ""] = /^https:\/\/discord\.com\/oauth2\/authorize\?\S+$/m.exec(out) ?? [];
    const { client_id, scope, permissions } = Object.fromEntries(new URL(link).searchParams);
    expect([client_id, scope]).toEqual([IDS.bot, "bot applications.commands"]);
    expect(new PermissionsBitField(BigInt(permissions ?? "")).toArray().sort()).toEqual([
      "AddReactions",
      "CreatePublicThreads",
      "ReadMessageHistory",
      "SendMessages",
      "SendMessagesInThreads",
      "ViewChannel",
    ]);
  });

  test("makes the commands known once, however often it runs", async () => {
    const given = { environment: { DISCORD_TOKEN: TOKEN }, options: ["--yes"] };
    expect((await setup(given)).code).toBe(0);
    expect((await setup(given)).code).toBe(0);
    expect(discord.calls(COMMANDS)).toHaveLength(1);
    const names = discord.world.commands.get("")?.map(({ name }) => name);
    expect(names).toEqual(["docent", "Ask about this"]);
  });

  test("waits for the intent to be switched on, and goes on without it", async () => {
    await restart({ privileged: [] });
    const without = await setup({ typed: [TOKEN, "y", "n", ""] });
    expect(without.code).toBe(0);
    expect(without.out.split(INTENT_OFF)).toHaveLength(3);
    expect(without.out).toContain("Privileged Gateway Intents → Message Content Intent");
    expect(without.out).toContain("Nothing is read by itself");
    expect(await envFile()).toBe(`DISCORD_TOKEN=${TOKEN}\n`);
    await restart({});
    expect((await setup({ typed: ["", ""] })).out).not.toContain(INTENT_OFF);
  });

  test("goes on by itself once the intent is on", async () => {
    const looks = () => discord.calls("GET /applications/@me").length;
    Object.defineProperty(discord.world, "privileged", {
      get: () => new Set(looks() > 1 ? ["content"] : []),
    });
    const { code, out } = await setup({ typed: [TOKEN, "y", "general"] });
    expect([code, out.split(INTENT_OFF).length]).toEqual([0, 2]);
  });

  test("says that anybody may add a bot that is public", async () => {
    expect((await setup({ typed: [TOKEN, ""] })).out).not.toContain("Anybody can add this bot");
    await restart({ publicBot: true });
    const { out } = await setup({ typed: ["", ""] });
    expect(out).toContain("Anybody can add this bot");
    expect(out).toContain("switch Bot → Public Bot off");
  });

  test("waits for the bot to be added to a server", async () => {
    discord.removeGuild(IDS.guild);
    const { code, out } = await setup({ typed: [TOKEN, "", "general"] });
    expect(code).toBe(0);
    expect(out).toContain("Press Enter when it is there");
    expect(out).toContain("It is in no server yet");
  });

  test("tells how to choose among several servers", async () => {
    const { id } = discord.createGuild({ name: "Beta", owner: IDS.ana });
    const { out } = await setup({ typed: [TOKEN, "general"] });
    expect(out).toContain(`DISCORD_GUILDS=${IDS.guild},${id}`);
    const chosen = await setup({ environment: { DISCORD_GUILDS: id }, typed: ["", ""] });
    expect(chosen.out).not.toContain("serves the first one");
  });

  test("asks again for what is wrong, and says why", async () => {
    const typed = ["abc", WRONG_TOKEN, TOKEN, "a`b", "a"];
    const { code, out } = await setup({ typed });
    expect(code).toBe(0);
    expect(out).toContain("This is not the Bot token: that has three parts with dots between them");
    expect(out).toContain("Discord refuses this token.");
    expect(out).toContain("Please name them like general, team-*");
    expect(await envFile()).toContain("CHANNELS_INCLUDE=a\n");
  });

  test("keeps all else in .env, and a token that nobody wants replaced", async () => {
    await writeFile(path.join(folder, ".env"), `# mine\nPORT=3100\nDISCORD_TOKEN=${TOKEN}\n`);
    expect((await setup({ typed: ["n", "general"] })).code).toBe(0);
    const whole = `# mine\nPORT=3100\nDISCORD_TOKEN=${TOKEN}\nCHANNELS_INCLUDE=general\n`;
    expect(await envFile()).toBe(whole);
    expect((await setup({ typed: ["", ""] })).code).toBe(0);
    expect(await envFile()).toBe(whole);
  });

  test("says what stands in its way, and writes nothing", async () => {
    const missing = await setup({ options: ["--yes"] });
    expect([missing.code, missing.said]).toEqual([1, expect.stringContaining("DISCORD_TOKEN is")]);
    const unfinished = await setup({ typed: [TOKEN] });
    expect([unfinished.code, unfinished.said]).toEqual([1, expect.stringContaining("use --yes")]);
    const given = { environment: { DISCORD_TOKEN: WRONG_TOKEN }, options: ["--yes"] };
    expect((await setup(given)).said).toBe("Discord refuses this token.\n");
    const down = { status: 503 };
    discord.fail("GET /applications/@me", down, down, down);
    const away = await setup({ environment: { DISCORD_TOKEN: TOKEN }, options: ["--yes"] });
    expect([away.code, away.said]).toEqual([1, "Discord answered 503\n"]);
    expect(await envFile()).toBe("");
    const wrong = await setup({ options: ["--http", "https://docent.example.com"] });
    expect([wrong.code, wrong.said]).toEqual([2, expect.stringContaining("--yes alone")]);
  });
});

describe("allow guild", () => {
  let settings: Record<string, string>;
  let close: () => Promise<void>;

  beforeEach(async () => {
    ({ settings, close } = await makeDatabase());
  });
  afterEach(() => close());

  const allow = (...given: string[]) => runCommandIn({ folder, settings, typed: "" }, ...given);

  test("has one more server served, until it is no longer", async () => {
    const allowed = await allow("allow", "guild", "123456789");
    expect(allowed).toMatchObject({ code: 0, out: expect.stringContaining("is served from now") });
    await allow("allow", "guild", "987654321");
    const left = await allow("allow", "guild", "123456789", "--no-longer");
    expect(left).toMatchObject({ code: 0, out: expect.stringContaining("is left alone") });
  });

  test("says why a server is served all the same", async () => {
    await allow("allow", "guild", "123456789");
    const only = await allow("allow", "guild", "123456789", "--no-longer");
    expect(only).toMatchObject({ code: 1, said: expect.stringContaining("is the only one") });
    settings.DISCORD_GUILDS = "123456789";
    const listed = await allow("allow", "guild", "123456789", "--no-longer");
    expect(listed).toMatchObject({ code: 1, said: expect.stringContaining("stands in DISCORD_") });
  });

  test("wants a server's number", async () => {
    const wrong = await allow("allow", "guild", "Acme");
    expect(wrong).toMatchObject({ code: 2, said: expect.stringContaining("Copy Server ID") });
    expect(await allow("allow", "channel", "123456789")).toMatchObject({ code: 2 });
  });

  test.runIf(inject("engine") === "embedded")(
    "says what to do while Docent runs on the embedded database",
    async () => {
      const claim = await claimFolder(path.join(settings.DATA_DIR ?? "", "postgres"));
      const refused = await allow("allow", "guild", "123456789");
      claim.release();
      expect(refused).toMatchObject({ code: 1, said: expect.stringContaining("DISCORD_GUILDS") });
    },
  );
});

/** A database that no process has open. */
async function makeDatabase(): Promise<{
  settings: Record<string, string>;
  close(): Promise<void>;
}> {
  if (inject("engine") === "embedded") {
    const data = path.join(folder, "data");
    await cp(inject("embedded").template, path.join(data, "postgres"), { recursive: true });
    return { settings: { DATA_DIR: data }, close: async () => undefined };
  }
  const { serverUrl, template } = inject("postgres");
  const name = `${template}_allow`;
  await inServer(serverUrl, (client) =>
    client.query(`create database ${name} template ${template}`),
  );
  const drop = () =>
    inServer(serverUrl, (client) => client.query(`drop database ${name} with (force)`));
  return {
    settings: { DATABASE_URL: urlOf(serverUrl, name) },
    close: async () => void (await drop()),
  };
}
