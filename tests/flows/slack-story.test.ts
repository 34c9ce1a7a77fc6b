import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type BedrockLoopback, startBedrock } from "../support/bedrock.ts";
import { type OpenRouterLoopback, startOpenRouter } from "../support/openrouter.ts";
import { pdf } from "../support/pdf.ts";
import { inServer, urlOf } from "../support/postgres-template.ts";
import { type Product, startProduct } from "../support/product.ts";
import { type LoopbackSlack, startSlack } from "../support/slack.ts";
import { APP_TOKEN, BOT_TOKEN, SIGNING_SECRET } from "../support/slack-world.ts";
import { until } from "../support/until.ts";

describe.each([
  ["Socket Mode", { SLACK_APP_TOKEN: APP_TOKEN }],
  ["HTTP", { SLACK_SIGNING_SECRET: SIGNING_SECRET }],
])("by %s", (mode, keys) => {
  const DATABASE = `docent_slack_${mode.replace(" ", "_").toLowerCase()}_${process.pid}`;

  let folder: string;
  let settings: Record<string, string>;
  let slack: LoopbackSlack;
  let bedrock: BedrockLoopback;
  let openrouter: OpenRouterLoopback;
  let product: Product;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "docent-slack-"));
    [slack, bedrock, openrouter] = await Promise.all([
      startSlack(),
      startBedrock(),
      startOpenRouter(),
    ]);
    settings = {
      DATA_DIR: path.join(folder, "data"),
      SLACK_BOT_TOKEN: BOT_TOKEN,
      ...keys,
      SLACK_API_URL: slack.apiUrl,
      SLACK_FILE_HOSTS: slack.host,
      OPENROUTER_API_KEY: "sk-or-story-key",
      OPENROUTER_BASE_URL: openrouter.url,
      AWS_ACCESS_KEY_ID: "story",
      AWS_SECRET_ACCESS_KEY: "story-secret",
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
      ...(await databaseSettings()),
    };
    product = await started();
  });

  afterAll(async () => {
    await product.stop();
    await Promise.all([slack.close(), bedrock.close(), openrouter.close()]);
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

  /** Slack finds it again wherever it is. */
  async function started(): Promise<Product> {
    const product = await startProduct(settings);
    const url = `${product.url}/slack/events`;
    if (mode === "HTTP") slack.useHttp({ url, signingSecret: SIGNING_SECRET, retries: 3 });
    return product;
  }

  function share(channel: string, name: string, content: Uint8Array) {
    const files = [{ name, content, mimetype: "application/octet-stream" }];
    return slack.say({ channel, user: "U1", text: "", files });
  }

  function reactionOn(ts: string, name: string): true | undefined {
    return (
      slack.world.messages.find((message) => message.ts === ts)?.reactions.includes(name) ||
      undefined
    );
  }

  async function ask(channel: string, text: string): Promise<string> {
    const { ts, envelopes } = await slack.say({ channel, user: "U1", text: `<@UBOT> ${text}` });
    await until(() => envelopes.every((envelope) => envelope.acks > 0) || undefined);
    const done = () => {
      const replies = slack.replies(ts);
      const whole = replies.length > 0 && replies.every((reply) => !reply.streaming);
      return whole && /looked in/.test(replies.map((reply) => reply.text).join(""))
        ? replies
        : undefined;
    };
    return (await until(done)).map((reply) => reply.text).join("\n");
  }

  const report = pdf({
    pages: Array.from({ length: 40 }, (_, page) => [
      `The lighthouse of harbour ${page + 1} was painted by crew ${page * 7 + 3}.`,
      "The committee looked at the accounts of that year and found them in order.",
    ]),
  });

  test("a report shared in a channel is read, and a mention gets a streamed answer that cites the page", async () => {
    const shared = await share("C3", "report.pdf", report);
    await until(() => reactionOn(shared.ts, "white_check_mark"));
    const text = await ask("C3", "Which crew painted the lighthouse of harbour 17?");
    expect(text).toContain("crew 115");
    expect(text).toContain("report.pdf, page 17");
  });

  test("killed in the middle of reading, it reads the file after the restart", async () => {
    bedrock.always("hang");
    const shared = await share(
      "C3",
      "other.pdf",
      Buffer.concat([report, Buffer.from("% again\n")]),
    );
    const before = bedrock.requests.length;
    await until(() => (bedrock.requests.length > before ? true : undefined));
    expect(reactionOn(shared.ts, "white_check_mark")).toBeUndefined();
    await product.kill();
    bedrock.always("vector");
    product = await started();
    await until(() => reactionOn(shared.ts, "white_check_mark"));
  });

  test("a question that was being answered when the process was killed gets one answer", async () => {
    openrouter.script("openai/gpt-4o-mini", "content_then_stall");
    const { ts } = await slack.say({
      channel: "C3",
      user: "U1",
      text: "<@UBOT> Which crew painted the lighthouse of harbour 20?",
    });
    await until(() => (slack.replies(ts).length > 0 ? true : undefined));
    await product.kill();
    product = await started();
    const [reply] = await until(() => {
      const replies = slack.replies(ts);
      return /page 20/.test(replies.map(({ text }) => text).join("")) ? replies : undefined;
    });
    expect(slack.replies(ts)).toHaveLength(1);
    expect(reply?.text).toContain("crew 136");
  });

  test("the same question delivered three times gets one answer", async () => {
    const question = { channel: "C3", user: "U1", text: "<@UBOT> Who painted harbour 9?" };
    const { ts, envelopes } = await slack.say(question);
    for (let count = 0; count < 2; count += 1) {
      for (const envelope of envelopes) await slack.redeliver(envelope);
    }
    await until(() => envelopes.every(({ acks }) => acks === 3));
    await until(() => slack.replies(ts).some((reply) => /looked in/.test(reply.text)));
    // Another question, asked later and answered, had its turn after all of these.
    await ask("C3", "Which crew painted the lighthouse of harbour 10?");
    expect(slack.replies(ts)).toHaveLength(1);
  });

  test("a private channel's file is never used in a public one", async () => {
    const salaries = Buffer.from("The salary of the director is 91,250 crowns a month.\n");
    const shared = await share("C2", "salaries.txt", salaries);
    await until(() => reactionOn(shared.ts, "white_check_mark"));
    expect(await ask("C2", "What is the salary of the director?")).toContain("91,250 crowns");
    const asked = openrouter.requests.length;
    const { ts } = await slack.say({
      channel: "C3",
      user: "U1",
      text: "<@UBOT> What is the salary of the director?",
    });
    const reply = await until(() => slack.replies(ts).find(({ text }) => /looked in/.test(text)));
    expect(reply.text).not.toMatch(/91,250|salaries/);
    expect(JSON.stringify(openrouter.requests.slice(asked))).not.toMatch(/91,250|salaries/);
  });

  test("no token and no words of people are in its log", () => {
    expect(product.said()).not.toMatch(
      /xoxb-|xapp-|sk-or-|loopback-signing|story-secret|lighthouse|salary/,
    );
  });
});
