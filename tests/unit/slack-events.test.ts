import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { outsiderChange, toIncoming, touched } from "../../adapters/slack/events/events.ts";
import type { Incoming } from "../../src/events.ts";

const SELF = {
  teamId: "T1",
  botUserId: "UBOT",
  botId: "BBOT",
  workspaceUrl: "https://acme.slack.com/",
};

function payload(name: string): unknown {
  const path = new URL(`../payloads/slack/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, "utf8"));
}

function incoming(name: string): Incoming[] {
  return toIncoming(payload(name), SELF);
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
      {
        kind: "file_shared",
        key: "slack:T1:C1:1700000000.000300:F1:handed_over",
        handedOver: true,
      },
      {
        kind: "mention",
        key: "slack:T1:C1:1700000000.000300",
        place: { channelId: "C1", threadId: "1700000000.000100" },
        messageId: "1700000000.000300",
        text: "what is in the plan & in #sales?",
      },
    ]);
  });

  test("a mention that also comes as a message is one question, whichever comes first", () => {
    const [, asMention] = incoming("mention");
    const [asMessage] = incoming("mention-as-message");
    expect(asMessage).toMatchObject({ kind: "mention", key: asMention?.key });
  });

  test("a file that is only linked is handed in when it is handed over, so that somebody says no", () => {
    expect(incoming("mention-with-link")).toMatchObject([
      { kind: "file_shared", fileId: "F4", handedOver: true },
      { kind: "file_shared", fileId: "F5", name: "Q3 plan" },
      { kind: "mention", fileIds: ["F4", "F5"] },
    ]);
  });

  test("a direct message is a question", () => {
    expect(incoming("direct-message")).toMatchObject([
      { kind: "mention", place: { channelId: "D1" }, text: "what is in the plan?" },
    ]);
  });

  test("a direct message in a thread is a question too", () => {
    expect(incoming("direct-message-in-thread")).toMatchObject([
      { kind: "mention", place: { threadId: "1700000000.000100" }, text: "and in May?" },
    ]);
  });

  test("what somebody says in a thread, without a mention", () => {
    expect(incoming("said-in-thread")).toEqual([
      {
        kind: "said",
        key: "slack:T1:C1:1700000010.000100:said",
        place: {
          platform: "slack",
          workspaceId: "T1",
          channelId: "C1",
          threadId: "1700000000.000100",
        },
        userId: "U1",
        messageId: "1700000010.000100",
        text: "and in #sales?",
        fileIds: [],
        toOthers: false,
      },
    ]);
  });

  test.each([
    ["said-to-others", true, "<@U2> do you know?"],
    ["said-to-a-group", true, "@sales do you know?"],
    ["said-on-a-date", false, "what was due Nov 14?"],
    ["broadcast", false, "and in May?"],
  ])("whether it is said to others: %s", (name, toOthers, text) => {
    expect(incoming(name)).toMatchObject([{ kind: "said", toOthers, text }]);
  });

  test("a question that is edited", () => {
    expect(incoming("edited")).toMatchObject([
      {
        kind: "message_changed",
        key: "slack:T1:C1:1700000000.000100:edited:1700000020.000000",
        userId: "U1",
        messageId: "1700000000.000100",
        text: "how many swans?",
      },
    ]);
  });

  test("an edit that puts the mention in asks", () => {
    expect(incoming("edited-in-thread-to-ask")).toMatchObject([
      { kind: "mention", key: "slack:T1:C1:1700000010.000100", text: "how many?" },
    ]);
  });

  test.each([
    ["question-deleted", "1700000010.000100", "1700000000.000100"],
    ["deleted-with-replies", "1700000000.000100", "1700000000.000100"],
  ])("a message that is deleted: %s", (name, messageId, threadId) => {
    expect(incoming(name).at(-1)).toMatchObject({
      kind: "message_deleted",
      key: `slack:T1:C1:${messageId}:deleted`,
      place: { threadId },
      userId: "U1",
      messageId,
    });
  });

  test.each(["message-deleted", "deleted-with-replies"])("files go along: %s", (name) => {
    expect(incoming(name)).toMatchObject([
      { kind: "file_removed", fileId: "F1", userId: "U1", place: { channelId: "C1" } },
      { kind: "message_deleted" },
    ]);
  });

  test("a file that left a tombstone is gone, the one beside it is not", () => {
    expect(incoming("message-changed-tombstone")).toMatchObject([
      { kind: "file_removed", fileId: "F1" },
    ]);
  });

  test("a deleted file is gone wherever it was, also where Slack names no channels", () => {
    expect(incoming("file-deleted")).toMatchObject([
      { kind: "file_removed", fileId: "F1", everywhere: true, place: { workspaceId: "T1" } },
    ]);
  });

  test("a file that is no longer shared is gone from that channel", () => {
    expect(incoming("file-unshared")).toMatchObject([
      { kind: "file_removed", fileId: "F1", place: { channelId: "C1" } },
    ]);
  });

  test.each([
    ["member-joined", "access_changed", "U2", "Ev1"],
    ["channel-made-private", "access_changed", "U2", "Ev9"],
    ["channel-unarchived", "access_changed", "U1", "Ev1"],
    ["bot-joined", "joined", "U1", "Ev1"],
    ["bot-left", "channel_gone", "UBOT", "Ev1"],
    ["channel-left", "channel_gone", "U1", "Ev1"],
    ["channel-archived", "channel_gone", "U1", "Ev1"],
    ["group-deleted", "channel_gone", "U1", "Ev1"],
  ])("of a channel: %s is %s", (name, kind, userId, id) => {
    const place = { workspaceId: "T1", channelId: "C1", threadId: null };
    expect(incoming(name)).toMatchObject([{ kind, key: `slack:T1:${id}`, place, userId }]);
  });

  test("all that is being written in a session is to stop", () => {
    const thread = { channelId: "D1", threadId: "1700000000.000100" };
    const place = { platform: "slack", workspaceId: "T1", ...thread };
    expect(incoming("agent-session-stopped")).toEqual([
      { kind: "stopped", key: "slack:T1:Ev1", place, userId: "U1", messageId: null },
    ]);
  });

  test.each(["app-uninstalled", "tokens-revoked"])("the workspace is gone: %s", (name) => {
    expect(incoming(name)).toMatchObject([
      { kind: "workspace_gone", place: { workspaceId: "T1" } },
    ]);
  });
});

describe("what is no event", () => {
  // Two bots that answer each other never stop.
  test.each([
    "bot-message",
    "bot-mention",
    "own-message",
    "own-update",
    "own-stream",
    "own-message-deleted",
    "other-bots-update",
    "workflow-message",
    "slackbot-message",
  ])("what programs write: %s", (name) => {
    expect(incoming(name)).toEqual([]);
  });

  test.each([
    "said-to-the-channel",
    "quoted-mention",
    "unfurled",
    "replied-to",
    "joined-message",
    "user-tokens-revoked",
    "not-ours",
  ])("what concerns nobody: %s", (name) => {
    expect(incoming(name)).toEqual([]);
  });
});

describe("what Slack must be asked about", () => {
  test.each(["file-change", "file-shared", "user-change"])("%s says too little", (name) => {
    expect(incoming(name)).toEqual([]);
  });

  test("a file that changed, wherever it is shared", () => {
    expect(touched(payload("file-change"))).toMatchObject({
      ...{ kind: "file_touched", key: "slack:T1:Ev1", fileId: "F1", place: { workspaceId: "T1" } },
      ...{ everywhere: true, changedAt: "1700000009.001100" },
    });
  });

  test("a file that was shared, in its channel", () => {
    expect(touched(payload("file-shared"))).toEqual({
      ...{ kind: "file_touched", key: "slack:T1:Ev1", fileId: "F1", userId: "U1" },
      place: { platform: "slack", workspaceId: "T1", channelId: "C1", threadId: null },
      ...{ everywhere: false, changedAt: null },
    });
    expect(touched(payload("file-share"))).toBe(null);
  });

  test("a person who became a guest", () => {
    expect(outsiderChange(payload("user-change"))).toMatchObject({
      workspaceId: "T1",
      user: { id: "U2", team_id: "T1", is_restricted: true },
    });
    expect(outsiderChange(payload("member-joined"))).toBe(null);
  });
});
