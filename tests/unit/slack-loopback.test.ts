import { App, HTTPReceiver, LogLevel } from "@slack/bolt";
import { SocketModeClient } from "@slack/socket-mode";
import { WebAPIRateLimitedError, WebClient } from "@slack/web-api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Envelope, type LoopbackSlack, startSlack } from "../support/slack.ts";
import { seen } from "../support/slack-blocks.ts";
import {
  APP_TOKEN,
  BOT_TOKEN,
  BOT_TOKEN_2,
  CLIENT,
  SIGNING_SECRET,
  TEAM_2,
} from "../support/slack-world.ts";

let slack: LoopbackSlack;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  slack = await startSlack();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await slack.close();
});

function client(token: string | undefined = BOT_TOKEN): WebClient {
  const options = { slackApiUrl: slack.apiUrl, rejectRateLimitedCalls: true, retryConfig: {} };
  return new WebClient(token, { ...options, logLevel: LogLevel.ERROR });
}

const MENU = {
  type: "overflow",
  action_id: "menu",
  options: [{ text: { type: "plain_text" as const, text: "Again" }, value: "regenerate" }],
} as const;
const BLOCKS = [
  { type: "section", text: { type: "mrkdwn", text: "Answer" } },
  { type: "actions", block_id: "target", elements: [MENU] },
] as const;

async function posted(): Promise<string> {
  const message = { channel: "C1", text: "Answer", blocks: [...BLOCKS] };
  const { ts } = await client().chat.postMessage(message);
  return ts ?? "";
}

describe("over sockets", () => {
  async function socket(): Promise<SocketModeClient> {
    const clientOptions = { slackApiUrl: slack.apiUrl };
    const quiet = { logLevel: LogLevel.ERROR, autoReconnectEnabled: false };
    const mode = new SocketModeClient({ appToken: APP_TOKEN, clientOptions, ...quiet });
    closing.push(() => mode.disconnect());
    await mode.start();
    return mode;
  }

  test("each event goes to one of several connections, and each gets some", async () => {
    const heard = [0, 0];
    for (const index of [0, 1]) {
      (await socket()).on("message", ({ ack }) => {
        heard[index] = (heard[index] ?? 0) + 1;
        void ack();
      });
    }
    const all: Envelope[] = [];
    for (const text of ["a", "b", "c", "d"]) {
      all.push(...(await slack.say({ channel: "C1", user: "U1", text })).envelopes);
    }
    await expect.poll(() => all.every(({ acks }) => acks === 1)).toBe(true);
    expect(heard).toEqual([2, 2]);
  });

  test("a refresh is over when there are as many connections as before", async () => {
    const first = await socket();
    const again = new Promise((resolve, reject) => {
      first.once("disconnected", () => void socket().then(resolve, reject));
    });
    await slack.refresh();
    await again;
    expect(slack.connections()).toBeGreaterThan(0);
  });

  test("what is sent over a dead connection is lost, and not answered", async () => {
    await socket();
    slack.freeze();
    const { envelopes } = await slack.say({ channel: "C1", user: "U1", text: "Anybody?" });
    expect(envelopes[0]).toMatchObject({ deliveries: 1, acks: 0 });
    slack.thaw();
  });

  test("what a form is answered with is kept", async () => {
    const mode = await socket();
    mode.on("interactive", ({ ack }) => void ack({ response_action: "clear" }));
    const pressed = await slack.press(await posted(), "menu", { user: "U1", option: "regenerate" });
    await expect.poll(() => pressed.answers).toEqual([{ response_action: "clear" }]);
  });
});

describe("over HTTP", () => {
  const heard: string[] = [];

  async function address() {
    heard.splice(0);
    const receiver = new HTTPReceiver({ signingSecret: SIGNING_SECRET, logLevel: LogLevel.ERROR });
    const app = new App({
      receiver,
      token: BOT_TOKEN,
      clientOptions: { slackApiUrl: slack.apiUrl },
    });
    app.message(/.*/, async ({ event }) => void heard.push(event.ts));
    app.action("menu", async ({ ack, respond }) => {
      await ack();
      await respond({ text: "Here you are", replace_original: false });
    });
    app.command("/docent", async ({ ack, command }) => ack(`You said ${command.text}`));
    const server = await app.start(0);
    closing.push(() => app.stop());
    const at = server.address();
    const port = typeof at === "object" ? at?.port : 0;
    return { url: `http://127.0.0.1:${port}/slack/events`, signingSecret: SIGNING_SECRET };
  }

  test("Bolt takes signed events, presses and commands", async () => {
    slack.useHttp(await address());
    const { ts } = await slack.say({ channel: "C1", user: "U1", text: "Hello" });
    expect(heard).toEqual([ts]);
    const command = await slack.slash("ask How many?", { user: "U1", channel: "C1" });
    expect(command.answers).toEqual(["You said ask How many?"]);
    const pressed = await slack.press(await posted(), "menu", { user: "U1", option: "regenerate" });
    await expect.poll(() => slack.responses(pressed)).toMatchObject([{ text: "Here you are" }]);
    const said = slack.world.ephemerals.map(({ user, text }) => `${user}: ${text}`);
    expect(said).toEqual(["U1: You said ask How many?", "U1: Here you are"]);
  });

  test("Bolt refuses what is forged or old, and echoes a challenge", async () => {
    const to = await address();
    const request = { type: "url_verification", payload: { type: "url_verification" } } as const;
    const challenged = { ...request, payload: { ...request.payload, challenge: "c1" } };
    const good = await slack.deliverHttp(to, challenged);
    expect(JSON.parse(good.body)).toEqual({ challenge: "c1" });
    const forged = await slack.deliverHttp(to, challenged, { signature: "v0=00" });
    expect(forged.status).toBe(401);
    const anHourAgo = { timestampS: Math.floor(Date.now() / 1_000) - 3_600 };
    expect((await slack.deliverHttp(to, challenged, anHourAgo)).status).toBe(401);
  });

  test("an event that fails is sent three times more, a press is not", async () => {
    slack.useHttp({ url: `${slack.apiUrl}none`, signingSecret: "s", retries: 3 });
    slack.fail("none", ...Array.from({ length: 9 }, () => ({ status: 500 })));
    const { envelopes } = await slack.say({ channel: "C1", user: "U1", text: "Hello" });
    expect(envelopes[0]).toMatchObject({ acks: 0, deliveries: 4 });
    const pressed = await slack.press(await posted(), "menu", { user: "U1", option: "regenerate" });
    expect(pressed.deliveries).toBe(1);
  });
});

describe("limits", () => {
  test("what is over a limit gets a 429 with the seconds to wait, per channel where told", async () => {
    slack.limit("chat.postMessage", 1, { windowMs: 60_000, perChannel: true });
    const say = (channel: string) => client().chat.postMessage({ channel, text: "Hello" });
    await say("C1");
    await say("C3");
    const error = await say("C1").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WebAPIRateLimitedError);
    expect(slack.refused("chat.postMessage")).toBe(1);
    slack.pass(60_000);
    expect((await say("C1")).ok).toBe(true);
  });

  const section = (text: string) => ({ type: "section", text: { type: "mrkdwn", text } }) as const;
  const feedback = { type: "icon_button", icon: "trash", text: MENU.options[0].text } as const;
  test.each([
    ["no more than 50 blocks", Array(51).fill({ type: "divider" }), "invalid_blocks"],
    ["a section of 3,000", [section("x".repeat(3_001))], "invalid_blocks"],
    ["13,200 in all", Array(5).fill(section("x".repeat(2_800))), "msg_blocks_too_long"],
    [
      "five of a kind",
      [{ type: "context_actions", elements: Array(6).fill(feedback) }],
      "invalid_blocks",
    ],
    [
      "75 in an option",
      [
        {
          type: "actions",
          elements: [{ ...MENU, options: [{ ...MENU.options[0], value: "x".repeat(76) }] }],
        },
      ],
      "invalid_blocks",
    ],
  ])("blocks: %s", async (_what, blocks, error) => {
    const post = client().chat.postMessage({ channel: "C1", text: "Hello", blocks });
    await expect(post).rejects.toMatchObject({ data: { error } });
  });

  test("a stream refuses to be updated while it lives, and ends after five minutes", async () => {
    const { chat } = client();
    const thread = { channel: "C1", thread_ts: "1700000000.000001" };
    const to = { recipient_team_id: "T1", recipient_user_id: "U1" };
    const { ts = "" } = await chat.startStream({ ...thread, ...to, markdown_text: "One " });
    const update = () => chat.update({ channel: "C1", ts, text: "Two" });
    await expect(update()).rejects.toMatchObject({ data: { error: "streaming_state_conflict" } });
    slack.pass(5 * 60_000);
    const append = chat.appendStream({ channel: "C1", ts, markdown_text: "more" });
    const error = "message_not_in_streaming_state";
    await expect(append).rejects.toMatchObject({ data: { error } });
    await update();
    expect(slack.replies(thread.thread_ts).map(seen)).toEqual(["Two"]);
  });

  test("a response URL takes five posts, for half an hour", async () => {
    slack.useHttp({ url: `${slack.apiUrl}none`, signingSecret: "s" });
    const pressed = await slack.press(await posted(), "menu", { user: "U1", option: "regenerate" });
    const { response_url } = pressed.payload as { response_url: string };
    const post = (text: string) =>
      fetch(response_url, { method: "POST", body: JSON.stringify({ text }) });
    const statuses: number[] = [];
    for (let count = 0; count < 6; count += 1) statuses.push((await post("Hi")).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 404]);
    const other = await slack.slash("help", { user: "U1", channel: "C1" });
    slack.pass(31 * 60_000);
    const late = other.payload as { response_url: string };
    expect((await fetch(late.response_url, { method: "POST", body: "{}" })).status).toBe(404);
  });
});

describe("two workspaces", () => {
  test("a token tells them apart, and shows what it may do", async () => {
    const second = client(BOT_TOKEN_2);
    const who = await second.auth.test();
    expect(who).toMatchObject({ team_id: TEAM_2, user_id: "UBOT2" });
    expect(who.response_metadata?.scopes).toContain("chat:write");
    const info = second.conversations.info({ channel: "C2" });
    await expect(info).rejects.toMatchObject({ data: { error: "channel_not_found" } });
  });

  test("a code of the installation can be used once", async () => {
    const code = slack.consent(TEAM_2);
    const proof = { client_id: CLIENT.id, client_secret: CLIENT.secret, code };
    const { access_token } = await client("").oauth.v2.access(proof);
    expect(access_token).toBe(BOT_TOKEN_2);
    const again = client("").oauth.v2.access(proof);
    await expect(again).rejects.toMatchObject({ data: { error: "invalid_code" } });
  });
});

test("the history omits replies, which their thread has page by page", async () => {
  slack.world.pageMax.messages = 2;
  const say = (text: string, threadTs?: string) =>
    slack.say({ channel: "C1", user: "U1", text, unheard: true, ...(threadTs && { threadTs }) });
  const { ts } = await say("First");
  for (const text of ["Reply 1", "Reply 2"]) await say(text, ts);
  await say("Second");
  const { messages = [] } = await client().conversations.history({ channel: "C1" });
  expect(messages.map(({ text }) => text)).toEqual(["Second", "First"]);
  const page = await client().conversations.replies({ channel: "C1", ts });
  expect(page.messages?.map(({ text }) => text)).toEqual(["First", "Reply 1"]);
  expect(page.response_metadata?.next_cursor).toBe("2");
});
