import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { toAction } from "../../adapters/slack/events/interactions.ts";
import type { Way } from "../../adapters/slack/show/private.ts";

const SELF = {
  teamId: "T1",
  botUserId: "UBOT",
  botId: "BBOT",
  workspaceUrl: "https://acme.slack.com/",
};
const PLACE = {
  platform: "slack",
  workspaceId: "T1",
  channelId: "C1",
  threadId: "1700000000.000100",
};
const QUESTION_ID = "1700000010.000100";
const TRIGGER = "13345224609.738474920.8088930838d88f008e0";
const KEY = `slack:T1:${TRIGGER}`;
const ALONE = { handle: "sealed", untilMs: 1 };

const onlyFor = ({ userId }: Way) => ({ ...ALONE, handle: `sealed for ${userId}` });

function payload(name: string) {
  const path = new URL(`../payloads/slack/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, "utf8"));
}

function action(body: unknown) {
  return toAction(body, { self: SELF, onlyFor });
}

function chosen(value: string) {
  const pressed = payload("menu");
  pressed.actions[0].selected_option.value = value;
  return action(pressed);
}

describe("under an answer", () => {
  const rated = { kind: "rated", place: PLACE, userId: "U2", messageId: QUESTION_ID };

  test("👍 rates the answer to the question", () => {
    const event = { ...rated, key: KEY, rating: "up", reason: "" };
    expect(action(payload("rate-up"))).toEqual({ do: "accept", events: [event] });
  });

  test("👎 counts at once, and opens the form for the reason", () => {
    expect(action(payload("rate-down"))).toMatchObject({
      do: "open",
      events: [{ ...rated, key: KEY, rating: "down", reason: "" }],
      triggerId: TRIGGER,
      view: { callback_id: "docent_reason" },
    });
  });

  test.each([
    ["reason-sent", "It counts swans."],
    ["reason-left-out", ""],
  ])("the reason is another word on the same answer: %s", (name, reason) => {
    const event = { ...rated, key: "slack:T1:V1", rating: "down", reason };
    expect(action(payload(name))).toEqual({ do: "accept", events: [event] });
  });

  test("search privately, for whoever pressed", () => {
    expect(chosen("private")).toEqual({
      do: "command",
      command: {
        kind: "ask_privately",
        place: PLACE,
        userId: "U2",
        messageId: QUESTION_ID,
        key: KEY,
        onlyFor: { ...ALONE, handle: "sealed for U2" },
      },
      respond: {
        responseUrl: "https://hooks.slack.com/actions/T1/1/secret",
        channelId: "C1",
        userId: "U2",
        threadId: PLACE.threadId,
      },
    });
  });

  test("answer again", () => {
    const event = { kind: "regenerate_wanted", key: KEY, place: PLACE, userId: "U2" };
    expect(chosen("regenerate")).toEqual({
      do: "accept",
      events: [{ ...event, messageId: QUESTION_ID }],
    });
  });

  test.each([
    ["sources", { kind: "sources", messageId: QUESTION_ID }],
    ["mute", { kind: "mute", muted: true }],
    ["unmute", { kind: "mute", muted: false }],
  ])("%s", (choice, command) => {
    expect(chosen(choice)).toMatchObject({
      do: "command",
      command: { ...command, place: PLACE, userId: "U2" },
    });
  });
});

describe("elsewhere", () => {
  test("yes to reading what was shared before", () => {
    const place = { ...PLACE, threadId: null };
    expect(action(payload("backfill"))).toEqual({
      do: "accept",
      events: [{ kind: "backfill_accepted", key: KEY, place, userId: "U2" }],
    });
  });

  test("a command as it was typed, with a way back that is sealed", () => {
    expect(action(payload("command"))).toEqual({
      do: "command",
      command: {
        kind: "typed",
        place: { ...PLACE, threadId: null },
        userId: "U2",
        text: "ask how many ducks & swans?",
        key: KEY,
        onlyFor: { ...ALONE, handle: "sealed for U2" },
      },
      respond: {
        responseUrl: "https://hooks.slack.com/commands/T1/1/secret",
        channelId: "C1",
        userId: "U2",
        threadId: null,
      },
    });
  });

  test("asking about a message hands its files over, and asks in its thread", () => {
    const form = action(payload("ask-about"));
    if (form?.do !== "open") throw new Error("no form was opened");
    expect(form).toMatchObject({ triggerId: TRIGGER, view: { callback_id: "docent_asked" } });
    const sent = payload("asked-about");
    sent.view.private_metadata = form.view.private_metadata;
    expect(action(sent)).toMatchObject({
      do: "accept",
      events: [
        {
          kind: "file_shared",
          key: "slack:T1:C1:1700000010.000200:F1:handed_over",
          place: PLACE,
          userId: "U1",
          messageId: "1700000010.000200",
          fileId: "F1",
          handedOver: true,
        },
        {
          kind: "mention",
          key: "slack:T1:V1",
          place: PLACE,
          userId: "U2",
          messageId: "1700000030.000100",
          text: "How many ducks?",
          fileIds: ["F1"],
        },
      ],
    });
  });

  test("a form with fifty files is short enough for Slack", () => {
    const used = payload("ask-about");
    used.message.files = Array.from({ length: 90 }, (_, index) => ({ id: `F0123456789${index}` }));
    const form = action(used);
    expect(form?.do === "open" && (form.view.private_metadata ?? "").length).toBeLessThan(3_000);
  });
});

describe("what is not ours", () => {
  test.each([
    ["a button of another app's", payload("others-button")],
    ["a choice that the menu has no more", null],
    ["a form without its message", payload("asked-about")],
    ["a shortcut of another name", { ...payload("ask-about"), callback_id: "other" }],
    ["an event", payload("mention")],
    ["nothing at all", null],
  ])("%s", (what, body) => {
    expect(what.includes("choice") ? chosen("no_more") : action(body)).toBe(null);
  });
});
