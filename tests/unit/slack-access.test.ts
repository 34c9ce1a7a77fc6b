/** Who reads a channel in Slack, of which the core knows who is a guest. */
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createClient, type Slack } from "../../adapters/slack/client.ts";
import { createAccess } from "../../adapters/slack/read/access.ts";
import { createDirectory, kindOf } from "../../adapters/slack/read/directory.ts";
import type { Among, People } from "../../src/directory.ts";
import { ConfigError, ServiceError } from "../../src/errors.ts";
import { fastClock } from "../support/clock.ts";
import { type LoopbackSlack, startSlack } from "../support/slack.ts";
import { BOT, BOT_TOKEN } from "../support/slack-world.ts";

const { signal } = new AbortController();

let slack: LoopbackSlack;
let client: Slack;

beforeEach(async () => {
  slack = await startSlack();
  const log = pino({ level: "silent" });
  const { apiUrl } = slack;
  client = createClient({ botToken: BOT_TOKEN, apiUrl, clock: fastClock(), log });
});
afterEach(() => slack.close());

/** What the core answers, in order, and what it was asked. */
function people(...answers: (boolean | null)[]): People & { asked: Among[] } {
  const asked: Among[] = [];
  return {
    asked,
    outsiders: async (workspaceId, among) => {
      expect(workspaceId).toBe("T1");
      asked.push(among);
      return answers.shift() ?? null;
    },
  };
}

async function outsiders(known: People, channelId: string): Promise<boolean | null> {
  const place = { platform: "slack", workspaceId: "T1", channelId, threadId: null };
  return (await createAccess(client, known).readers(place)).outsiders;
}

const calls = () => slack.world.calls.map(({ method }) => method);

describe("in a channel", () => {
  test.each([
    ["where nobody is known yet", null],
    ["where there are no guests at all", false],
  ])("%s, its members are not even listed", async (_where, answer) => {
    const known = people(answer);
    expect(await outsiders(known, "C3")).toBe(answer);
    expect(known.asked).toEqual(["all"]);
    expect(calls()).toEqual(["conversations.info"]);
  });

  test.each([true, false, null])("of few people it counts what these are: %s", async (answer) => {
    const known = people(true, answer);
    expect(await outsiders(known, "C1")).toBe(answer);
    expect(known.asked).toEqual(["all", { userIds: ["U1", "UGUEST", BOT.userId] }]);
  });

  test.each([true, false, null])("of many it counts where the guests are: %s", async (answer) => {
    const members = Array.from({ length: 11 }, (_, at) => `UB${at}`);
    Object.assign(slack.world.channels.get("C3") ?? {}, { members });
    const known = people(true, answer);
    expect(await outsiders(known, "C3")).toBe(answer);
    expect(known.asked).toEqual(["all", { channelId: "C3" }]);
    expect(calls().filter((method) => method === "conversations.members")).toHaveLength(5);
  });

  test("that is shared with others there are some, whatever is known", async () => {
    expect(await outsiders(people(false), "C4")).toBe(true);
  });

  test("whose members Slack does not name, it is not known", async () => {
    slack.fail("conversations.members", { error: "internal_error" });
    expect(await outsiders(people(true, false), "C3")).toBe(null);
  });
});

describe("people as Slack lists them", () => {
  test.each([
    [{}, null],
    [{ is_restricted: true }, "guest"],
    [{ is_ultra_restricted: true }, "guest"],
    [{ is_stranger: true }, "external"],
    [{ is_restricted: true, deleted: true }, null],
  ])("%o is %s", (user, kind) => {
    expect(kindOf(user)).toBe(kind);
  });

  const directory = () => createDirectory(async () => client);

  test("are passed page by page, and outsiders alone are kept", async () => {
    slack.world.users.set("U7", { id: "U7", guest: false, stranger: true });
    const first = await directory().outsiders("T1", null, signal);
    expect(first).toEqual({ outsiders: [{ userId: "UGUEST", kind: "guest" }], next: "2" });
    const last = await directory().outsiders("T1", "2", signal);
    expect(last).toEqual({ outsiders: [{ userId: "U7", kind: "external" }], next: null });
  });

  test("are asked about one by one", async () => {
    const of = (userId: string) => directory().outsider("T1", userId, signal);
    expect(await of("UGUEST")).toEqual({ kind: "guest", channels: ["C1"] });
    expect([await of("U1"), await of("NOBODY")]).toEqual([null, null]);
  });

  test.each([
    ["a wish to slow down", { status: 429, retryAfterS: 7_200 }, ServiceError],
    ["a page that is no more", { error: "invalid_cursor" }, ServiceError],
    ["a scope that is missing", { error: "missing_scope" }, ConfigError],
  ])("%s is an error of ours, by who must act", async (_what, fault, kind) => {
    slack.fail("users.list", fault);
    await expect(directory().outsiders("T1", null, signal)).rejects.toBeInstanceOf(kind);
    slack.fail("users.info", fault);
    await expect(directory().outsider("T1", "U1", signal)).rejects.toBeInstanceOf(kind);
  });
});
