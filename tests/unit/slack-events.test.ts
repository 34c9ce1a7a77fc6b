import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { toIncoming } from "../../adapters/slack/events.ts";
import { EVENT_TYPES } from "../../adapters/slack/payloads.ts";
import type { Incoming } from "../../src/events.ts";

const SELF = {
  teamId: "T1",
  botUserId: "UBOT",
  botId: "BBOT",
  workspaceUrl: "https://acme.slack.com/",
};

function incoming(name: string): Incoming[] {
  const path = new URL(`../payloads/slack/${name}.json`, import.meta.url);
  return toIncoming(JSON.parse(readFileSync(path, "utf8")), SELF);
}

describe("what Slack's events mean", () => {
  test("a file that is shared in a channel", () => {
    expect(incoming("file-share")).toEqual([
      {
        kind: "file_shared",
        key: "slack:T1:C1:1700000000.000100:F1",
        place: {
          platform: "slack",
          workspaceId: "T1",
          channelId: "C1",
          threadId: "1700000000.000100",
        },
        userId: "U1",
        messageId: "1700000000.000100",
        fileId: "F1",
        name: "plan.pdf",
        bytes: 12_345,
        handedOver: false,
        permalink: "https://acme.slack.com/archives/C1/p1700000000000100",
        sharedAtMs: 1_700_000_000_000,
      },
    ]);
  });

  test("files in a thread: those that can be read, with a link into the thread", () => {
    const shared = incoming("file-share-in-thread");
    expect(shared).toMatchObject([
      { fileId: "F1", place: { threadId: "1700000000.000100" } },
      { fileId: "F2", name: "F2", bytes: 0 },
    ]);
    expect(shared[0]).toMatchObject({
      permalink:
        "https://acme.slack.com/archives/C1/p1700000009000200?thread_ts=1700000000.000100&cid=C1",
    });
  });

  test("a mention's files come before its question, which is plain text without the mention", () => {
    expect(incoming("mention")).toMatchObject([
      { kind: "file_shared", key: "slack:T1:C1:1700000000.000300:F1" },
      {
        kind: "mention",
        key: "slack:T1:C1:1700000000.000300",
        place: { channelId: "C1", threadId: "1700000000.000100" },
        messageId: "1700000000.000300",
        text: "what is in the plan & in #sales?",
      },
    ]);
  });

  test("a mention that also comes as a message is one question", () => {
    expect(incoming("mention-as-message")).toEqual([]);
  });

  test("a direct message is a question", () => {
    expect(incoming("direct-message")).toMatchObject([
      { kind: "mention", place: { channelId: "D1" }, text: "what is in the plan?" },
    ]);
  });

  test.each(["bot-message", "bot-mention", "own-message", "not-ours"])("nothing: %s", (name) => {
    expect(incoming(name)).toEqual([]);
  });

  test("a deleted message takes its files along", () => {
    expect(incoming("message-deleted")).toMatchObject([
      { kind: "file_removed", fileId: "F1", userId: "U1", place: { channelId: "C1" } },
    ]);
  });

  test("a file that left a tombstone is gone, the one beside it is not", () => {
    expect(incoming("message-changed-tombstone")).toMatchObject([
      { kind: "file_removed", fileId: "F1" },
    ]);
  });

  test("a deleted file is gone from all its channels", () => {
    expect(incoming("file-deleted").map(({ kind, place }) => [kind, place.channelId])).toEqual([
      ["file_removed", "C1"],
      ["file_removed", "C2"],
    ]);
  });

  test("a file that is no longer shared is gone from that channel", () => {
    expect(incoming("file-unshared")).toMatchObject([
      { kind: "file_removed", fileId: "F1", place: { channelId: "C1" } },
    ]);
  });

  test("a new member changes who can read", () => {
    expect(incoming("member-joined")).toMatchObject([
      { kind: "access_changed", key: "slack:T1:Ev1", place: { channelId: "C1" }, userId: "U2" },
    ]);
  });

  test("a channel that is made private changes who can read", () => {
    expect(incoming("channel-made-private")).toMatchObject([
      { kind: "access_changed", key: "slack:T1:Ev9", place: { channelId: "C1" }, userId: "U2" },
    ]);
  });
});

test("the manifest subscribes to exactly the events that are listened to", () => {
  const manifest = readFileSync(new URL("../../manifest.yml", import.meta.url), "utf8");
  const [, list = ""] = manifest.split("bot_events:");
  const names = [...list.matchAll(/^ +- ([a-z_.]+)/gm)].map(([, name = ""]) => name);
  const types = names.map((name) => (name.startsWith("message.") ? "message" : name));
  expect(new Set(types)).toEqual(new Set(EVENT_TYPES));
});
