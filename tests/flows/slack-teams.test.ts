/** Several workspaces by OAuth, each with its own token, through the whole adapter. */
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createSlack, type SlackChat } from "../../adapters/slack/slack.ts";
import type { Database } from "../../src/db/pool.ts";
import type { Incoming } from "../../src/events.ts";
import { openTestDatabase } from "../support/database.ts";
import { noCommands } from "../support/inbox.ts";
import { NOT_LISTED } from "../support/outsiders.ts";
import { type LoopbackSlack, startSlack } from "../support/slack.ts";
import { serve } from "../support/slack-bench.ts";
import { posts, reply } from "../support/slack-posting.ts";
import { CLIENT, SIGNING_SECRET, TEAM, TEAM_2 } from "../support/slack-world.ts";

const OAUTH = {
  clientId: CLIENT.id,
  clientSecret: CLIENT.secret,
  publicUrl: "https://docent.example.com",
  secretKey: "a-key-of-thirty-two-characters-or-more",
};

let database: Database;
let slack: LoopbackSlack;
let chat: SlackChat;
let stored: Incoming[];
let heard: string[];
let stop: () => Promise<void>;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

beforeEach(async () => {
  slack = await startSlack();
  await database.pool.query("delete from slack_installation");
  await start();
});
afterEach(async () => {
  await stop();
  await slack.close();
});

/** A process that knows nothing yet. */
async function start(): Promise<void> {
  stored = [];
  heard = [];
  const oauth = { ...OAUTH, db: database.pool };
  const keys = { botToken: null, signingSecret: SIGNING_SECRET, secretKey: OAUTH.secretKey };
  const hosts = { apiUrl: slack.apiUrl, teams: [TEAM, TEAM_2], people: NOT_LISTED };
  const times = { noteEveryMs: 5 };
  const log = pino({ level: "silent" });
  chat = createSlack({ ...keys, ...hosts, oauth, times, paceMs: 0, log });
  const stopServing = await serve(slack, chat);
  await chat.adapter.listen({
    ...noCommands,
    accept: async (event) => void stored.push(event),
    caughtUp: async ({ workspaceId }) => void heard.push(workspaceId),
  });
  stop = async () => {
    await chat.adapter.close();
    await stopServing();
  };
}

async function install(teamId: string): Promise<void> {
  const away = await chat.routes?.request("/slack/install");
  const state = new URL(away?.headers.get("location") ?? "").searchParams.get("state") ?? "";
  const cookie = away?.headers.get("set-cookie")?.split(";")[0] ?? "";
  const query = new URLSearchParams({ code: slack.consent(teamId), state });
  const page = await chat.routes?.request(`/slack/oauth_redirect?${query}`, {
    headers: { cookie },
  });
  expect(page?.status).toBe(200);
}

test("each is answered as itself, and heard of", async () => {
  await install(TEAM);
  await install(TEAM_2);
  await slack.say({ channel: "C1", user: "U1", text: "<@UBOT> one?" });
  await slack.say({ channel: "C9", user: "U9", text: "<@UBOT2> two?" });
  const asked = new Map(
    stored.flatMap((event) =>
      event.kind === "mention" ? [[event.place.workspaceId, event] as const] : [],
    ),
  );
  expect([...asked.values()].map(({ text }) => text)).toEqual(["one?", "two?"]);
  for (const question of asked.values()) {
    const signal = new AbortController().signal;
    await chat.adapter.post(question, reply("Seven."), posts(), signal);
  }
  const authors = slack.world.messages.filter(({ text }) => text.startsWith("Seven"));
  expect(authors.map(({ userId }) => userId)).toEqual(["UBOT", "UBOT2"]);
  await vi.waitUntil(() => new Set(heard).size === 2, 10_000);
});

test("one that is not installed is left out", async () => {
  await install(TEAM);
  const { envelopes } = await slack.say({ channel: "C9", user: "U9", text: "<@UBOT2> two?" });
  expect(envelopes.map(({ acks }) => acks)).toEqual([1, 1]);
  expect(stored).toEqual([]);
});

test("one that removes Docent is gone for good, though its token tells nothing any more", async () => {
  await install(TEAM_2);
  await stop();
  await start();
  const envelope = await slack.uninstall(TEAM_2);
  expect(envelope.acks).toBe(1);
  expect(stored).toMatchObject([{ kind: "workspace_gone", place: { workspaceId: TEAM_2 } }]);
  const { rows } = await database.pool.query("select team_id from slack_installation");
  expect(rows).toEqual([]);
  await slack.say({ channel: "C9", user: "U9", text: "<@UBOT2> still there?" });
  expect(stored).toHaveLength(1);
  const file = {
    place: { platform: "slack", workspaceId: TEAM_2, channelId: "C9", threadId: null },
  };
  const shared = { ...file, messageId: "1.0", fileId: "F1", userId: "U9" };
  await chat.adapter.mark(shared, { kind: "searchable", pages: null, note: null });
});
