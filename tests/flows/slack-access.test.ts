/** What is remembered of who can read a channel, and what makes every process forget it. */
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Inbox } from "../../src/chat.ts";
import { type Bench, openBench } from "../support/slack-bench.ts";
import { BOT } from "../support/slack-world.ts";

const T1 = { platform: "slack", workspaceId: "T1" };

const open: Bench[] = [];

afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});

function until<T>(found: () => T) {
  return vi.waitUntil(found, 10_000);
}

/** As the core does it: what is news goes to every adapter. */
async function opened(storing?: Inbox["personChanged"]) {
  const bench = await openBench({
    inbox: {
      personChanged: async (change) => {
        await storing?.(change);
        const before = bench.kept.news.length;
        await bench.kept.personChanged(change);
        const { workspaceId } = change;
        if (bench.kept.news.length > before) bench.adapter.forget({ workspaceId });
      },
    },
  });
  open.push(bench);
  const outsiders = async (channelId: string) =>
    (await bench.adapter.readers({ ...T1, channelId, threadId: null })).outsiders;
  const calls = (method: string) =>
    bench.slack.world.calls.filter((call) => call.method === method).length;
  return { bench, told: bench.kept.news, outsiders, calls };
}

type Opened = Awaited<ReturnType<typeof opened>>;

/** The guest is taken out of the channel, and nobody tells. */
function withoutGuest({ bench: { slack } }: Opened): void {
  Object.assign(slack.world.channels.get("C1") ?? {}, { members: ["U1", BOT.userId] });
}

async function settled(envelope: { acks: number }): Promise<void> {
  await until(() => envelope.acks === 1);
}

describe("what is remembered", () => {
  test.each([
    ["of a channel", { workspaceId: "T1", channelId: "C1" }, false],
    ["of a workspace", { workspaceId: "T1" }, false],
    ["of all workspaces", {}, false],
    ["of another channel", { workspaceId: "T1", channelId: "C2" }, true],
    ["of another workspace", { workspaceId: "T2" }, true],
  ])("goes when the core says so: %s", async (_what, where, isStill) => {
    const stage = await opened();
    expect(await stage.outsiders("C1")).toBe(true);
    withoutGuest(stage);
    expect(await stage.outsiders("C1")).toBe(true);
    stage.bench.adapter.forget(where);
    expect(await stage.outsiders("C1")).toBe(isStill);
  });

  test("of what a person can read goes with any channel", async () => {
    const { bench } = await opened();
    const { adapter, slack } = bench;
    expect(await adapter.readable("T1", "UGUEST")).not.toContain("C2");
    slack.world.channels.get("C2")?.members.push("UGUEST");
    expect(await adapter.readable("T1", "UGUEST")).not.toContain("C2");
    adapter.forget({ workspaceId: "T1", channelId: "C2" });
    expect(await adapter.readable("T1", "UGUEST")).toContain("C2");
  });
});

describe("the core is told", () => {
  test("of somebody who became a guest, which counts at once", async () => {
    const { bench, told, outsiders } = await opened();
    expect(await outsiders("C3")).toBe(false);
    await settled(await bench.slack.alter("U1", { guest: true }));
    await settled(await bench.slack.alter("U1", { name: "Una, on holiday" }));
    expect(told).toEqual([{ ...T1, userId: "U1", outsider: "guest" }]);
    expect(await outsiders("C3")).toBe(true);
  });

  test("of a guest who became a member, or was deactivated", async () => {
    const { bench, told, outsiders } = await opened();
    await settled(await bench.slack.arrive({ id: "U2", guest: true }));
    expect(await outsiders("C1")).toBe(true);
    await settled(await bench.slack.alter("UGUEST", { guest: false }));
    expect(await outsiders("C1")).toBe(false);
    await settled(await bench.slack.alter("U2", { deleted: true }));
    expect(told.map(({ userId, outsider }) => [userId, outsider])).toEqual([
      ["U2", "guest"],
      ["UGUEST", null],
      ["U2", null],
    ]);
  });

  test("of people of other organisations", async () => {
    const { bench, told } = await opened();
    await settled(await bench.slack.alter("U1", { stranger: true }));
    expect(told).toEqual([{ ...T1, userId: "U1", outsider: "external" }]);
  });

  test("once Slack delivers it again, when the first try failed", async () => {
    let away = true;
    const { bench, told } = await opened(async () => {
      if (away) throw new Error("the database is away");
    });
    const change = await bench.slack.alter("U1", { guest: true });
    await until(() => bench.logged().includes("could not be stored"));
    expect(change.acks).toBe(0);
    away = false;
    await bench.slack.redeliver();
    await settled(change);
    expect(told).toHaveLength(1);
  });
});

describe("somebody who joins a channel", () => {
  const join = async ({ bench }: Opened, channel: string, user: string) => {
    for (const envelope of await bench.slack.join(channel, user)) await settled(envelope);
  };

  test("has it asked anew, but who all the people are is never asked for an answer", async () => {
    const stage = await opened();
    const { bench, outsiders, calls } = stage;
    await join(stage, "C3", "UGUEST");
    expect(await outsiders("C3")).toBe(true);
    for (const envelope of await bench.slack.leave("C3", "UGUEST")) await settled(envelope);
    expect(await outsiders("C3")).toBe(false);
    expect(stage.told).toEqual([]);
    expect(calls("users.list") + calls("users.conversations")).toBe(0);
  });

  test("and is a guest of whom nobody told is one from then on", async () => {
    const stage = await opened();
    expect(await stage.outsiders("C3")).toBe(false);
    stage.bench.slack.world.users.set("U2", { id: "U2", guest: true });
    await join(stage, "C3", "U2");
    expect(stage.told).toEqual([{ ...T1, userId: "U2", outsider: "guest", channelId: "C3" }]);
    expect(await stage.outsiders("C3")).toBe(true);
  });

  test("of whom Slack does not say may be a guest", async () => {
    const stage = await opened();
    stage.bench.slack.fail("users.info", { error: "internal_error" });
    await join(stage, "C3", "U1");
    expect(stage.told).toEqual([{ ...T1, userId: "U1", outsider: "unknown", channelId: "C3" }]);
    expect(await stage.outsiders("C3")).toBe(true);
  });
});

describe("a channel that is unarchived", () => {
  test("is there again where Docent is in it", async () => {
    const { bench } = await opened();
    await settled(await bench.slack.unarchive("C1"));
    await settled(await bench.slack.unarchive("C2"));
    expect(bench.stored).toMatchObject([
      { kind: "access_changed", within: true, place: { channelId: "C1" } },
      { kind: "access_changed", within: true, place: { channelId: "C2" } },
    ]);
  });

  test("is not where it isn't, or where Slack does not say", async () => {
    const { bench } = await opened();
    Object.assign(bench.slack.world.channels.get("C1") ?? {}, { members: ["U1"] });
    await settled(await bench.slack.unarchive("C1"));
    bench.slack.fail("conversations.info", { error: "internal_error" });
    await settled(await bench.slack.unarchive("C2"));
    expect(bench.stored.map(({ kind }) => kind)).toEqual(["access_changed", "access_changed"]);
    for (const event of bench.stored) expect(event).not.toHaveProperty("within");
  });
});
