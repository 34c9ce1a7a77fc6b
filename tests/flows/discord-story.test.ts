/** The whole product on a loopback Discord, with nothing but the rights that the invite link asks for. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PermissionFlagsBits as Right } from "discord.js";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createDiscordSetup, PERMISSIONS } from "../../adapters/discord/install/setup.ts";
import { type BedrockLoopback, startBedrock } from "../support/bedrock.ts";
import { IDS } from "../support/discord/world.ts";
import { type LoopbackDiscord, startDiscord } from "../support/discord.ts";
import { type Talk, talkOn } from "../support/discord-talk.ts";
import { type OpenRouterLoopback, startOpenRouter } from "../support/openrouter.ts";
import { pdf } from "../support/pdf.ts";
import { inServer, urlOf } from "../support/postgres-template.ts";
import { type Product, startProduct } from "../support/product.ts";
import { until } from "../support/until.ts";

const DATABASE = `docent_discord_${process.pid}`;
const { ana, ben, mod, guild } = IDS;
const { general, help, staff } = IDS.channels;
const MODEL = "openai/gpt-4o-mini";
const LONG_AGO_MS = Date.UTC(2025, 0, 1);

const report = pdf({
  pages: Array.from({ length: 40 }, (_, page) => [
    `The lighthouse of harbour ${page + 1} was painted by crew ${page * 7 + 3}.`,
    "The committee looked at the accounts of that year and found them in order.",
  ]),
});

const CODE = Array.from({ length: 90 }, (_, at) => `  const line${at} = paint(crew${at}, "x");`);
/** The header of a table that is too wide for a phone: as a list, each row says it. */
const WIDE = "| harbour | painted by | hours | told |";
const LONG = longAnswer();

function longAnswer(): string {
  const sentence = (at: number) =>
    `This is sentence s${at} of **many**, with \`code${at}\` in it. [1]`;
  const prose = Array.from({ length: 50 }, (_, at) => sentence(at));
  const rows = Array.from({ length: 40 }, (_, at) => `| row${at} | crew r${at} | ${at}.50 |`);
  const wide = rows.map((row) => `${row} and it was told at length what there was to be told |`);
  const list = Array.from(
    { length: 40 },
    (_, at) => `${at % 3 ? "   -" : "-"} point p${at} of the list`,
  );
  return [
    "# Lighthouses",
    prose.slice(0, 25).join(" "),
    ["```ts", ...CODE, "```"].join("\n"),
    prose.slice(25).join(" "),
    ["| harbour | painted by | hours |", "|---|---|---:|", ...rows].join("\n"),
    list.join("\n"),
    [`${WIDE}\n|---|---|---:|---|`, ...wide].join("\n"),
    "That is all of it.",
  ].join("\n\n");
}

/** What stands in blocks of code. */
function codeIn(content: string): string[] {
  return [...content.matchAll(/^```[^\n]*\n([\s\S]*?)^```/gm)].map(([, code = ""]) => code);
}

/** Words of a text that a reader would not find in the other one, in this order. */
function missingFrom(shown: string, text: string): string[] {
  const words: string[] = shown.match(/[\w.]*\w/g) ?? [];
  let at = 0;
  return (text.match(/[\w.]*\w/g) ?? []).filter((word) => {
    const found = words.indexOf(word, at);
    if (found >= 0) at = found + 1;
    return found < 0;
  });
}

let folder: string;
let settings: Record<string, string>;
let discord: LoopbackDiscord;
let bedrock: BedrockLoopback;
let openrouter: OpenRouterLoopback;
let product: Product;
let talk: Talk;
/** A server that shows newcomers its #rules alone. */
let gated: { id: string; rules: string; guides: string; help: string };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "docent-discord-"));
  [discord, bedrock, openrouter] = await Promise.all([
    startDiscord(),
    startBedrock(),
    startOpenRouter(),
  ]);
  talk = talkOn(discord);
  discord.updateRole(IDS.roles.bot, { permissions: PERMISSIONS });
  gated = openGated();
  await createDiscordSetup(discord.apiUrl).registerCommands(discord.token);
  settings = {
    DATA_DIR: path.join(folder, "data"),
    DISCORD_TOKEN: discord.token,
    DISCORD_API_URL: discord.apiUrl,
    DISCORD_FILE_HOSTS: discord.host,
    DISCORD_GUILDS: `${guild},${gated.id}`,
    CHANNELS_INCLUDE: "*",
    OPENROUTER_API_KEY: "sk-or-story-key",
    OPENROUTER_BASE_URL: openrouter.url,
    OPENROUTER_MODELS: MODEL,
    AWS_ACCESS_KEY_ID: "story",
    AWS_SECRET_ACCESS_KEY: "story-secret",
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
    ...(await databaseSettings()),
  };
  product = await startProduct(settings);
});

afterAll(async () => {
  await product.stop();
  await Promise.all([discord.close(), bedrock.close(), openrouter.close()]);
  if (settings.DATABASE_URL) await inPostgres(`drop database ${DATABASE} with (force)`);
  await rm(folder, { recursive: true });
});

async function databaseSettings(): Promise<Record<string, string>> {
  if (inject("engine") === "embedded") return {};
  await inPostgres(`create database ${DATABASE}`);
  return { DATABASE_URL: urlOf(inject("postgres").serverUrl, DATABASE) };
}

function inPostgres(statement: string): Promise<unknown> {
  return inServer(inject("postgres").serverUrl, (client) => client.query(statement));
}

function openGated(): typeof gated {
  const { id } = discord.createGuild({ name: "Lodge", everyone: 0n, bot: PERMISSIONS });
  const role = discord.createRole({ guild: id, name: "member", permissions: PERMISSIONS });
  const rules = discord.createChannel({ guild: id, name: "rules" });
  discord.overwrite(rules, id, { allow: Right.ViewChannel | Right.ReadMessageHistory });
  discord.join(ben, { guild: id, roles: [role], joinedMs: LONG_AGO_MS });
  const [guides = "", own = ""] = ["guides", "help"].map((name) =>
    discord.createChannel({ guild: id, name, onlyRoles: [role] }),
  );
  const [botRole = ""] = discord.world.guilds.get(id)?.members.get(IDS.bot)?.roles ?? [];
  for (const channel of [guides, own]) {
    discord.overwrite(channel, botRole, { allow: Right.ViewChannel });
  }
  return { id, rules, guides, help: own };
}

const textFile = (name: string, text: string) => ({ name, content: Buffer.from(text) });

function answered(questionId: string): string {
  const contents = talk.replies(questionId).map(({ content }) => content);
  return contents.join("\n");
}

describe("in a channel", () => {
  test("a report that is shared is read, and a mention is answered in its thread with a link to the page", async () => {
    const shared = await talk.share(help, ana, { name: "report.pdf", content: report });
    const question = talk.mention(help, ben, "Which crew painted the lighthouse of harbour 17?");
    const text = await talk.answer(question);
    expect(text).toContain("crew 115");
    expect(text).toContain(
      `[report.pdf, page 17](https://discord.com/channels/${guild}/${help}/${shared})`,
    );
    expect(discord.threadsOf(help).map(({ id }) => id)).toEqual([question]);
    expect(discord.botMessages(help)).toEqual([]);
    expect(discord.messagesOf(question).flatMap(({ pings }) => pings.users)).toEqual([ben]);
  });

  test("what goes on in the thread needs no mention", async () => {
    const first = talk.mention(help, ana, "Which crew painted the lighthouse of harbour 3?");
    await talk.answer(first);
    discord.say({ channel: first, user: ana, text: "And which one that of harbour 4?" });
    await until(() => answered(first).includes("crew 24"));
  });

  test("the same question delivered three times gets one answer", async () => {
    const question = talk.mention(help, ana, "Who painted the lighthouse of harbour 9?");
    discord.repeat();
    discord.repeat();
    await talk.answer(question);
    // Another question, asked later and answered, had its turn after all of these.
    await talk.ask(help, ana, "Which crew painted the lighthouse of harbour 10?");
    expect(talk.replies(question)).toHaveLength(1);
  });

  test("a question that was being answered when the process was killed gets one answer", async () => {
    openrouter.script(MODEL, "content_then_stall");
    const asked = openrouter.requests.length;
    const question = talk.mention(help, ana, "Which crew painted the lighthouse of harbour 20?");
    await until(() => openrouter.requests.length > asked);
    await product.kill();
    product = await startProduct(settings);
    expect(await talk.answer(question)).toContain("crew 136");
    expect(talk.replies(question)).toHaveLength(1);
  });

  test("a private channel's file shows nowhere else", async () => {
    const salaries = "The salary of the director is 91,250 crowns a month.\n";
    await talk.share(staff, mod, textFile("salaries.txt", salaries));
    const question = "What is the salary of the director?";
    expect(await talk.ask(staff, mod, question)).toContain("91,250 crowns");
    const asked = openrouter.requests.length;
    expect(await talk.ask(help, mod, question)).not.toMatch(/91,250|salaries/);
    expect(await talk.type("files", { channel: help, user: mod })).not.toMatch(/salaries/);
    expect(await talk.type("ask", { channel: help, user: ana, options: { question } })).not.toMatch(
      /91,250|salaries/,
    );
    expect(JSON.stringify(openrouter.requests.slice(asked))).not.toMatch(/91,250|salaries/);
    const mine = await talk.type("ask", { channel: help, user: mod, options: { question } });
    expect(mine).toContain("91,250 crowns");
    expect(discord.messagesOf(help, ben).map(({ content }) => content)).not.toContain(mine);
  });
});

test("an answer of ten thousand characters of text, code, tables and lists arrives whole, in well formed pieces", async () => {
  expect(LONG.length).toBeGreaterThan(10_000);
  openrouter.script(MODEL, { kind: "answer", text: LONG });
  const question = talk.mention(help, ana, "What does the report say of lighthouses and crews?");
  await talk.answer(question);
  const pieces = discord.messagesOf(question).filter(({ author }) => author === IDS.bot);
  expect(pieces.length).toBeGreaterThan(5);
  for (const { content } of pieces) {
    expect(content.length).toBeLessThanOrEqual(2_000);
    expect(content.match(/^```/gm) ?? []).toHaveLength(2 * codeIn(content).length);
  }
  const shown = pieces.map(({ content }) => content).join("\n");
  expect(missingFrom(shown, LONG.replace(WIDE, ""))).toEqual([]);
  // Only what was code is code, and all of it; tables are as well.
  const code = pieces.flatMap(({ content }) => codeIn(content)).join("\n");
  expect(missingFrom(code, CODE.join("\n"))).toEqual([]);
  expect(code).not.toMatch(/sentence|point/);
  expect(pieces.map(({ components }) => components.length > 0).indexOf(true)).toBe(
    pieces.length - 1,
  );
});

describe("in a server that roles gate", () => {
  test("a file of one channel answers in another one that the same people read", async () => {
    await talk.share(gated.guides, ben, textFile("lamps.md", "The lamps are lit at 19:40.\n"));
    expect(await talk.ask(gated.help, ben, "When are the lamps lit?")).toContain("19:40");
    expect(await talk.ask(gated.rules, ben, "When are the lamps lit?")).not.toContain("19:40");
  });
});

describe("in a direct message", () => {
  test("whoever is in two servers is asked which one is meant, and then answered", async () => {
    const dm = discord.openDm(ben);
    const { id } = discord.say({ channel: dm, user: ben, text: "When are the lamps lit?" });
    const menu = await until(() => discord.messagesOf(dm).find(({ components }) => components[0]));
    const [, customId = ""] = /"custom_id":"(docent:home:[^"]*)"/.exec(JSON.stringify(menu)) ?? [];
    discord.select(menu.id, customId, [gated.id], ben);
    expect(await talk.answer(id)).toContain("19:40");
    // From then on nobody is asked again.
    const next = discord.say({ channel: dm, user: ben, text: "And when are the lamps lit?" });
    expect(await talk.answer(next.id)).toContain("19:40");
  });
});

describe("by command", () => {
  const by = { channel: help, user: ana };

  test("people see models, files, usage and help, each alone", async () => {
    expect(await talk.type("models", by)).toContain("gpt-4o-mini: ready");
    expect(await talk.type("files", by)).toMatch(/report\\?\.pdf.*searchable/);
    expect(await talk.type("usage", by)).toMatch(/\d+ of \d+/);
    expect(await talk.type("help", by)).toContain("I answer questions from the files shared here");
    const others = discord.messagesOf(help, ben).map(({ content }) => content);
    expect(others.join("\n")).not.toMatch(/searchable|I answer questions/);
  });

  test("a file is found by what is typed of its name, and forgotten", async () => {
    await talk.share(general, ana, textFile("tides.md", "High tide is at 06:10.\n"));
    const typing = { channel: general, user: ana, options: { file: "tid" }, focused: "file" };
    const completion = discord.complete({ ...typing, command: "docent forget" });
    await completion.answered;
    const [choice] = completion.choices();
    expect(choice?.name).toContain("tides.md");
    const options = { file: String(choice?.value) };
    await talk.type("forget", { channel: general, user: ana, options });
    expect(await talk.ask(general, ana, "When is high tide?")).not.toContain("06:10");
  });
});

test.runIf(inject("engine") === "postgres")(
  "two processes with one token answer once, and take a command once",
  async () => {
    const other = await startProduct({ ...settings, DATA_DIR: path.join(folder, "other") });
    await discord.connected(2);
    const question = talk.mention(help, ana, "Which crew painted the lighthouse of harbour 30?");
    expect(await talk.answer(question)).toContain("crew 206");
    const options = { question: "Which crew painted the lighthouse of harbour 31?" };
    expect(await talk.type("ask", { channel: help, user: ana, options })).toContain("crew 213");
    await other.stop();
    expect(talk.replies(question)).toHaveLength(1);
  },
);

test("Discord had nothing to object to", () => {
  // Of two processes one is always late to acknowledge; and what is looked for may not be there.
  const late = "POST /interactions/:interaction/:token/callback";
  const refused = discord.world.requests.filter(
    ({ method, route, status }) => status >= 400 && method !== "GET" && route !== late,
  );
  expect(refused).toEqual([]);
});

test("no token and no words of people are in its log", () => {
  expect(product.said()).not.toContain(discord.token);
  expect(product.said()).not.toMatch(/sk-or-|story-secret|lighthouse|salary|lamps|aW50ZXJhY3Rpb24/);
});
