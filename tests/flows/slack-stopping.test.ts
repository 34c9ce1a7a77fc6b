/** Stopping in Slack, with the whole product: what people type and press, and what stands there afterwards. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type OpenRouterLoopback, startOpenRouter } from "../support/openrouter.ts";
import { inServer, urlOf } from "../support/postgres-template.ts";
import { type Product, startProduct } from "../support/product.ts";
import { type LoopbackSlack, startSlack } from "../support/slack.ts";
import { seen } from "../support/slack-blocks.ts";
import { APP_TOKEN, BOT_TOKEN, messageAt } from "../support/slack-world.ts";
import { until } from "../support/until.ts";

const DATABASE = `docent_slack_stopping_${process.pid}`;
const PLAN = Buffer.from("The launch of the Heron is on 14 May 2027.\n");
const QUESTION = "When is the launch of the Heron?";
const NOTHING = "Nothing is being written here right now.";

let folder: string;
let slack: LoopbackSlack;
let openrouter: OpenRouterLoopback;
let product: Product;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "docent-slack-"));
  [slack, openrouter] = await Promise.all([startSlack(), startOpenRouter()]);
  product = await startProduct({
    DATA_DIR: path.join(folder, "data"),
    SLACK_BOT_TOKEN: BOT_TOKEN,
    SLACK_APP_TOKEN: APP_TOKEN,
    SLACK_API_URL: slack.apiUrl,
    SLACK_FILE_HOSTS: slack.host,
    OPENROUTER_API_KEY: "sk-or-story-key",
    OPENROUTER_BASE_URL: openrouter.url,
    ...(await databaseSettings()),
  });
  for (const channel of ["C1", "D1"]) {
    const files = [{ name: "plan.txt", content: PLAN }];
    const { ts } = await slack.say({ channel, user: "U1", text: "", files });
    await until(() => messageAt(slack.world, ts).reactions.includes("white_check_mark"));
  }
});

afterAll(async () => {
  await product.stop();
  await Promise.all([slack.close(), openrouter.close()]);
  if (inject("engine") !== "embedded") await inPostgres(`drop database ${DATABASE} with (force)`);
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

/** U1 asks, and the answer is shown in part. @returns the question's id */
async function asked(channel: string, text: string): Promise<string> {
  openrouter.script("openai/gpt-4o-mini", "content_then_stall");
  const { ts } = await slack.say({ channel, user: "U1", text });
  await until(() => slack.replies(ts).some((reply) => reply.text !== ""));
  return ts;
}

/** The one message that answers, once nothing more comes. */
async function ended(question: string): Promise<string> {
  const reply = await until(() =>
    slack.replies(question).find(({ streaming, blocks }) => !streaming && blocks?.length),
  );
  expect(slack.replies(question)).toHaveLength(1);
  expect(reply.blocks?.slice(-2).map(({ type }) => type)).toEqual(["context_actions", "actions"]);
  return seen(reply);
}

async function thanked(ts: string): Promise<void> {
  await until(() => messageAt(slack.world, ts).reactions.includes("thumbsup"));
  expect(slack.replies(ts)).toEqual([]);
}

describe("an answer that is being written", () => {
  test("ends with a note and its buttons after a “stop” in the direct message", async () => {
    const question = await asked("D1", QUESTION);
    const stop = await slack.say({ channel: "D1", user: "U1", text: "Stop." });
    expect(await ended(question)).toMatch(/^The half\n\n_Stopped, as asked\._\n/);
    await thanked(stop.ts);
  });

  test("and after a “stop” in its thread, without a mention", async () => {
    const question = await asked("C1", `<@UBOT> ${QUESTION}`);
    const said = { channel: "C1", threadTs: question, text: "stop" };
    const stop = await slack.say({ ...said, user: "U1" });
    expect(await ended(question)).toMatch(/_Stopped, as asked\._/);
    await thanked(stop.ts);
  });

  test("and after /docent stop, which shows nothing of its own", async () => {
    const question = await asked("C1", `<@UBOT> ${QUESTION}`);
    const typed = await slack.slash("stop", { channel: "C1", user: "U1" });
    expect(await ended(question)).toMatch(/_Stopped, as asked\._/);
    await until(() => typed.acks === 1);
    expect(slack.world.ephemerals).toEqual([]);
  });

  test("and by the agent view's Stop, once Slack itself takes no more of it", async () => {
    const question = await asked("D1", QUESTION);
    const [answer] = slack.replies(question);
    await slack.stopStream(answer?.ts ?? "", "U1", { tell: true });
    const text = await ended(question);
    expect(text.match(/Stopped, as asked/g)).toHaveLength(1);
  });
});

describe("where nothing is being written", () => {
  test("a “stop” is told so, and /docent stop too", async () => {
    const { ts } = await slack.say({ channel: "D1", user: "U1", text: "stop" });
    await until(() => slack.replies(ts).some(({ text }) => text === NOTHING));
    const typed = await slack.slash("stop", { channel: "C1", user: "U1" });
    await until(() => typed.acks === 1);
    expect(slack.world.ephemerals.map(({ text }) => text)).toEqual([NOTHING]);
  });

  test("thanks get a sign and no words", async () => {
    for (const text of ["ok :+1:", "thanks!"]) {
      await thanked((await slack.say({ channel: "D1", user: "U1", text })).ts);
    }
    await thanked((await slack.say({ channel: "C1", user: "U1", text: "<@UBOT> thank you" })).ts);
  });
});

test("what is asked about a message is answered below it, with the question and who asked", async () => {
  const { ts } = await slack.say({ channel: "C1", user: "U1", text: "Look at the plan." });
  await slack.shortcut("docent_ask", ts, "U1");
  const { id } = await until(() => slack.world.views.find(({ open }) => open));
  await slack.submit(id, { docent_text: QUESTION }, "U1");
  const reply = await until(() => slack.replies(ts).find(({ blocks }) => blocks?.length));
  expect(seen(reply)).toMatch(/^\*\*\w.*\*\* asked:\n> When is the launch of the Heron\?\n\n/);
  expect(seen(reply)).not.toContain("<@");
});
