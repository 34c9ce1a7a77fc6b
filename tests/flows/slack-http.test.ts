/** Slack by signed requests, and what people do beside writing messages: over HTTP and over the socket. */
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createClient } from "../../adapters/slack/client.ts";
import { createBehind } from "../../adapters/slack/receive/behind.ts";
import { createTake } from "../../adapters/slack/receive/take.ts";
import { buttons } from "../../adapters/slack/show/buttons.ts";
import { ACTIONS, CALLBACKS } from "../../adapters/slack/show/target.ts";
import { createSlack, type SlackChat } from "../../adapters/slack/slack.ts";
import { singleTeam } from "../../adapters/slack/teams.ts";
import type { Command, Inbox } from "../../src/chat.ts";
import { ServiceError } from "../../src/errors.ts";
import type { Incoming } from "../../src/events.ts";
import { noCommands } from "../support/inbox.ts";
import { listen } from "../support/loopback.ts";
import { NOT_LISTED } from "../support/outsiders.ts";
import { type LoopbackSlack, startSlack } from "../support/slack.ts";
import { type Bench, type BenchOptions, openBench } from "../support/slack-bench.ts";
import { sign } from "../support/slack-http.ts";
import { BOT, BOT_TOKEN, SIGNING_SECRET } from "../support/slack-world.ts";

const open: Bench[] = [];

async function opened(options: BenchOptions = {}): Promise<Bench> {
  const bench = await openBench(options);
  open.push(bench);
  return bench;
}

afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});

function until<T>(found: () => T) {
  return vi.waitUntil(found, 10_000);
}

describe("a request", () => {
  const QUESTION = JSON.stringify({
    type: "event_callback",
    team_id: "T1",
    event_id: "Ev1",
    event: { type: "message", channel: "D1", channel_type: "im", user: "U1", ts: "1.0", text: "?" },
  });
  let slack: LoopbackSlack;
  let chat: SlackChat;
  let lines: string[];
  let stored: Incoming[];

  beforeEach(async () => {
    slack = await startSlack();
    lines = [];
    stored = [];
    const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
    const keys = { botToken: BOT_TOKEN, signingSecret: SIGNING_SECRET };
    chat = createSlack({ ...keys, apiUrl: slack.apiUrl, people: NOT_LISTED, log });
  });

  afterEach(async () => {
    await chat.adapter.close();
    await slack.close();
  });

  function listen(): Promise<void> {
    return chat.adapter.listen({
      ...noCommands,
      accept: async (event) => void stored.push(event),
    });
  }

  interface Forged {
    secret?: string;
    laterS?: number;
    type?: string;
    headers?: Record<string, string>;
  }

  async function send(body: string, forged: Forged = {}): Promise<Response> {
    const { secret = SIGNING_SECRET, laterS = 0, type = "application/json", headers } = forged;
    const stampS = Math.floor(Date.now() / 1_000) + laterS;
    const signed = {
      "content-type": type,
      "x-slack-request-timestamp": `${stampS}`,
      "x-slack-signature": sign(secret, stampS, body),
    };
    const request = { method: "POST", body, headers: { ...signed, ...headers } };
    if (!chat.routes) throw new Error("nothing is served");
    return await chat.routes.request("/slack/events", request);
  }

  test("is declined while nobody listens, before the start and after the end", async () => {
    expect((await send(QUESTION)).status).toBe(503);
    await listen();
    expect((await send(QUESTION)).status).toBe(200);
    await chat.adapter.close();
    expect((await send(QUESTION)).status).toBe(503);
    expect(stored).toHaveLength(1);
  });

  test.each<[string, Forged]>([
    ["signed with another secret", { secret: "another" }],
    ["of six minutes ago", { laterS: -360 }],
    ["of two minutes ahead", { laterS: 120 }],
    ["without a signature", { headers: { "x-slack-signature": "" } }],
    ["without a time", { headers: { "x-slack-request-timestamp": "" } }],
    ["of a time that is none", { headers: { "x-slack-request-timestamp": "soon" } }],
  ])("%s is refused, and only counted", async (_which, forged) => {
    await listen();
    for (let count = 0; count < 3; count += 1) {
      const response = await send(QUESTION, forged);
      expect([response.status, await response.text()]).toEqual([401, ""]);
    }
    expect(stored).toEqual([]);
    const told = lines.filter((line) => line.includes("refused"));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('"requests":1');
    expect(lines.join("")).not.toContain("Ev1");
  });

  test("that asks for the challenge gets it, and only when it is signed", async () => {
    await listen();
    const body = JSON.stringify({ type: "url_verification", challenge: "abc" });
    expect(await (await send(body)).json()).toEqual({ challenge: "abc" });
    expect((await send(body, { secret: "another" })).status).toBe(401);
  });

  test("that tries out the certificate does nothing, whatever it brings along", async () => {
    await listen();
    const form = `ssl_check=1&payload=${encodeURIComponent(QUESTION)}`;
    const type = "application/x-www-form-urlencoded";
    expect((await send(form, { type, secret: "another" })).status).toBe(200);
    expect(stored).toEqual([]);
  });

  test("of more than four megabytes, or that is no JSON, is none of Slack's", async () => {
    await listen();
    expect((await send("x".repeat(4 * 1024 * 1024 + 1))).status).toBe(413);
    expect((await send("{")).status).toBe(400);
  });

  test("finds a token that Slack refuses: that is the operator's to mend", async () => {
    slack.fail("auth.test", { error: "invalid_auth" });
    await expect(listen()).rejects.toThrow("SLACK_BOT_TOKEN");
  });
});

describe("what could not be stored", () => {
  test("is answered with an error, and stored when Slack sends it again", async () => {
    let away = true;
    const storing = async () => {
      if (away) throw new Error("the database is away");
    };
    const { slack, stored } = await opened({ http: true, storing });
    const { envelopes } = await slack.say({ channel: "D1", user: "U1", text: "ducks?" });
    expect(envelopes[0]?.http.map(({ status }) => status)).toEqual([500]);
    away = false;
    await slack.redeliver();
    expect(envelopes[0]?.http.map(({ status }) => status)).toEqual([500, 200]);
    expect(stored).toHaveLength(1);
  });

  test("is not answered before it is stored", async () => {
    const storing = Promise.withResolvers<void>();
    const { slack } = await opened({ http: true, storing: () => storing.promise });
    const saying = slack.say({ channel: "D1", user: "U1", text: "ducks?" });
    await until(() => slack.envelopes.length > 0);
    expect(slack.envelopes[0]?.http).toEqual([]);
    storing.resolve();
    const [envelope] = (await saying).envelopes;
    expect(envelope?.http).toMatchObject([{ status: 200, body: "" }]);
  });
});

describe("what takes longer than Slack waits", () => {
  const files = [{ name: "plan.txt", content: Buffer.from("ducks") }];
  const unheard = { channel: "C1", user: "U1", text: "", files, unheard: true };

  test("is done behind the acknowledgement: a file whose message did not come", async () => {
    const bench = await opened({ http: true });
    const { fileIds } = await bench.slack.say(unheard);
    const { acks } = await bench.slack.announce(fileIds[0] ?? "");
    expect([acks, bench.stored]).toEqual([1, []]);
    await bench.adapter.close();
    expect(bench.stored).toMatchObject([{ kind: "file_touched", changedAt: null }]);
  });

  test("is not waited for where it can't be lost: a file that changed", async () => {
    const bench = await opened({ http: true });
    const { fileIds } = await bench.slack.say(unheard);
    bench.slack.fail("files.info", { error: "internal_error" });
    expect((await bench.slack.change(fileIds[0] ?? "")).acks).toBe(1);
    expect(bench.stored).toMatchObject([{ kind: "file_touched", everywhere: true }]);
  });

  test("is not waited for: who Docent is, while Slack does not answer", async () => {
    const silent = await listen(() => new Promise(() => undefined));
    const log = pino({ level: "silent" });
    const slack = createClient({ botToken: BOT_TOKEN, apiUrl: `${silent.url}/`, log });
    const nothing = async () => undefined;
    const take = createTake({
      ...{ teams: singleTeam(slack), inbox: { ...noCommands, accept: nothing }, accept: nothing },
      ...{ missed: () => undefined, people: { changed: nothing, came: nothing } },
      ...{ behind: createBehind(log), secretKey: null, askWithinMs: 1, log },
    });
    const taken = take({ team_id: "T1", event_id: "Ev1", event: { type: "app_uninstalled" } });
    await expect(taken).rejects.toBeInstanceOf(ServiceError);
    await silent.close();
  });
});

describe.each([
  ["over HTTP", true],
  ["over the socket", false],
])("%s", (_way, http) => {
  const place = { platform: "slack", workspaceId: "T1", channelId: "C1" };

  /** Says what was wanted, once it may. */
  function answering(may: Promise<void> = Promise.resolve()) {
    const commands: Command[] = [];
    const command: Inbox["command"] = async (given) => {
      commands.push(given);
      await may;
      return { done: true, text: "Three files. <!here>" };
    };
    return { commands, command };
  }

  /** An answer of ours in a thread of U1's question. */
  async function answered({ slack }: Bench) {
    const { ts } = await slack.say({ channel: "C1", user: "U1", text: "ducks?", unheard: true });
    const target = { channelId: "C1", threadId: ts, questionId: ts, askerId: "U1" };
    const message = { channel: "C1", ts: slack.world.nextTs(), threadTs: ts, userId: BOT.userId };
    const flags = { streaming: false, stopped: false, unfurls: false, reactions: [] };
    const blocks = JSON.parse(JSON.stringify(buttons(target, ["sources", "mute"])));
    slack.world.messages.push({ ...message, ...flags, text: "Seven.", blocks });
    return { questionId: ts, answerId: message.ts };
  }

  test("a slash command is answered to whoever typed it, in the acknowledgement", async () => {
    const { commands, command } = answering();
    const { slack } = await opened({ http, inbox: { command } });
    const envelope = await slack.slash("files", { user: "U1", channel: "C1" });
    await until(() => envelope.acks === 1);
    expect(envelope.answers).toMatchObject([{ response_type: "ephemeral" }]);
    expect(JSON.stringify(envelope.answers)).toContain("Three files.");
    expect(JSON.stringify(envelope.answers)).not.toContain("<!here>");
    expect(commands).toMatchObject([
      { kind: "typed", text: "files", userId: "U1", place: { ...place, threadId: null } },
    ]);
    expect(slack.responses(envelope)).toEqual([]);
  });

  test("a command that takes its time is acknowledged, and answered when it is done", async () => {
    const ready = Promise.withResolvers<void>();
    const { command } = answering(ready.promise);
    const { slack } = await opened({ http, inbox: { command }, times: { ackWithinMs: 10 } });
    const envelope = await slack.slash("files", { user: "U1", channel: "C1" });
    await until(() => envelope.acks === 1);
    expect(JSON.stringify(envelope.answers)).toContain("One moment…");
    ready.resolve();
    await until(() => slack.responses(envelope).length === 1);
    const word = slack.world.ephemerals.at(-1);
    expect(word).toMatchObject({ user: "U1", channel: "C1" });
    expect(word?.text).toContain("Three files.");
  });

  test("a command that fails says so, and what went wrong is logged without its words", async () => {
    const command = () => Promise.reject(new Error("away"));
    const { slack, logged } = await opened({ http, inbox: { command } });
    const envelope = await slack.slash("ask my secret", { user: "U1", channel: "C1" });
    await until(() => envelope.acks === 1);
    expect(JSON.stringify(envelope.answers)).toContain("try again");
    expect(logged()).toContain("a command failed");
    expect(logged()).not.toMatch(/my secret|\/hooks\//);
  });

  test("a choice from an answer's menu is answered to whoever made it alone", async () => {
    const { commands, command } = answering();
    const bench = await opened({ http, inbox: { command } });
    const { questionId, answerId } = await answered(bench);
    const by = { user: "U1", option: "sources" };
    const envelope = await bench.slack.press(answerId, ACTIONS.menu, by);
    await until(() => envelope.acks === 1);
    expect(commands).toMatchObject([{ kind: "sources", messageId: questionId, userId: "U1" }]);
    const [word, ...more] = bench.slack.world.ephemerals;
    expect(word).toMatchObject({ user: "U1", channel: "C1", threadTs: questionId });
    expect(more).toEqual([]);
    expect(bench.slack.replies(questionId)).toMatchObject([{ ts: answerId, text: "Seven." }]);
  });

  test("where the way back does not work, Slack is asked to show it", async () => {
    const ready = Promise.withResolvers<void>();
    const { command } = answering(ready.promise);
    const bench = await opened({ http, inbox: { command }, times: { ackWithinMs: 10 } });
    const { answerId } = await answered(bench);
    await bench.slack.press(answerId, ACTIONS.menu, { user: "U1", option: "sources" });
    bench.slack.pass(31 * 60_000);
    ready.resolve();
    await until(() => bench.slack.world.ephemerals.length === 1);
    const methods = bench.slack.world.calls.map(({ method }) => method);
    expect(methods.slice(-2)).toEqual(["response_url", "chat.postEphemeral"]);
    expect(bench.logged()).not.toContain("/hooks/");
  });

  test("a bad answer is rated at once, and a form asks why", async () => {
    const bench = await opened({ http });
    const { questionId, answerId } = await answered(bench);
    const pressed = await bench.slack.press(answerId, ACTIONS.rate, { user: "U1", value: "down" });
    await until(() => pressed.acks === 1);
    const { id, view } = bench.slack.openView("U1");
    const field = JSON.stringify(view).match(/"action_id":"(\w+)"/)?.[1] ?? "";
    const sent = await bench.slack.submit(id, { [field]: "It is old." }, "U1");
    await until(() => sent.acks === 1);
    const rated = { kind: "rated", messageId: questionId, rating: "down" };
    expect(bench.stored).toMatchObject([
      { ...rated, reason: "" },
      { ...rated, reason: "It is old." },
    ]);
  });

  test("a question about a message is asked in its thread", async () => {
    const bench = await opened({ http });
    const { questionId } = await answered(bench);
    const chosen = await bench.slack.shortcut(CALLBACKS.ask, questionId, "U1");
    await until(() => chosen.acks === 1);
    const { id, view } = bench.slack.openView("U1");
    const field = JSON.stringify(view).match(/"action_id":"(\w+)"/)?.[1] ?? "";
    await bench.slack.submit(id, { [field]: "How many?" }, "U1");
    await until(() => bench.stored.length === 1);
    expect(bench.stored).toMatchObject([
      { kind: "mention", text: "How many?", place: { ...place, threadId: questionId } },
    ]);
  });

  test("whose file it is, and who handed it over, are two people", async () => {
    const bench = await opened({ http });
    const files = [{ name: "plan.txt", content: Buffer.from("ducks") }];
    const shared = { channel: "C1", user: "U1", text: "", files, unheard: true };
    const { ts } = await bench.slack.say(shared);
    for (const user of ["UGUEST", "U1"]) {
      const chosen = await bench.slack.shortcut(CALLBACKS.ask, ts, user);
      await until(() => chosen.acks === 1);
      const { id, view } = bench.slack.openView(user);
      const field = JSON.stringify(view).match(/"action_id":"(\w+)"/)?.[1] ?? "";
      await bench.slack.submit(id, { [field]: "How many?" }, user);
    }
    await until(() => bench.stored.length === 4);
    const [first, , second] = bench.stored;
    expect(first).toMatchObject({ kind: "file_shared", userId: "U1", handedOverBy: "UGUEST" });
    expect(second).toMatchObject({ kind: "file_shared", userId: "U1" });
    expect(second).not.toHaveProperty("handedOverBy");
  });

  test.each([
    ["a channel", "public"],
    ["a direct message between people", "im"],
  ] as const)("in %s that Docent is not in nothing is asked about", async (_where, kind) => {
    const bench = await opened({ http });
    const { world } = bench.slack;
    world.channels.set("X5", { id: "X5", kind, members: ["U1", "UGUEST"], external: false });
    const { ts } = await bench.slack.say({
      channel: "X5",
      user: "U1",
      text: "ducks",
      unheard: true,
    });
    const chosen = await bench.slack.shortcut(CALLBACKS.ask, ts, "U1");
    await until(() => chosen.acks === 1);
    const { view } = bench.slack.openView("U1");
    expect(JSON.stringify(view)).toContain("/invite @docent");
    expect(JSON.stringify(view)).not.toContain("input");
    expect(bench.stored).toEqual([]);
  });

  test("a form that Slack opens no more is no failure", async () => {
    const bench = await opened({ http });
    const { answerId } = await answered(bench);
    bench.slack.fail("views.open", { error: "expired_trigger_id" });
    const pressed = await bench.slack.press(answerId, ACTIONS.rate, { user: "U1", value: "down" });
    await until(() => pressed.acks === 1);
    expect(bench.stored).toHaveLength(1);
  });

  test("a workspace that is not served is told of once, and never listened to", async () => {
    const bench = await opened({ http, teams: ["T9"], inbox: answering() });
    for (const text of ["one", "two"]) {
      const { envelopes } = await bench.slack.say({ channel: "D1", user: "U1", text });
      await until(() => envelopes[0]?.acks === 1);
    }
    const typed = await bench.slack.slash("files", { user: "U1", channel: "C1" });
    await until(() => typed.acks === 1);
    expect(bench.stored).toEqual([]);
    expect(typed.answers.filter((answer) => JSON.stringify(answer)?.includes("text"))).toEqual([]);
    expect(bench.logged().match(/is not served/g)).toHaveLength(1);
  });
});
