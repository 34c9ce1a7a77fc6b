import { MessageFlags, MessageReferenceType, MessageType } from "discord.js";
import { describe, expect, test } from "vitest";
import {
  fromEdit,
  fromHistory,
  fromMessage,
  type Here,
  type Message,
} from "../../adapters/discord/events/messages.ts";
import { calls, callsOthers, plain } from "../../adapters/discord/events/plain.ts";
import { idAt, placeOf } from "../../adapters/discord/place.ts";

const BOT = "900";
const SAID_MS = Date.parse("2026-03-01T12:00:00Z");
const ID = idAt(SAID_MS);
const ANA = { id: "1", username: "ana", global_name: null } as Message["author"];
const BEN = { id: "2", username: "ben", global_name: "Ben" } as Message["author"];
const DOCENT = { id: BOT, username: "Docent", bot: true } as Message["author"];

function message(change: Partial<Message> = {}): Message {
  return {
    id: ID,
    channel_id: "7",
    author: ANA,
    content: "when?",
    type: MessageType.Default,
    attachments: [],
    mentions: [],
    edited_timestamp: null,
    ...change,
  };
}

const file = (id: string, filename = "plan.md", title?: string) =>
  ({ id, filename, size: 5, url: "", proxy_url: "", ...(title && { title }) }) as const;

const channel: Here = { place: placeOf("5", "7", ID), within: "channel", botUserId: BOT };
const thread: Here = { place: placeOf("5", "6", "7"), within: "thread", botUserId: BOT };
const direct: Here = { place: placeOf("5", "7", "7"), within: "direct", botUserId: BOT };

const kinds = (change: Partial<Message>, here = channel) =>
  fromMessage(message(change), here).map(({ kind }) => kind);

const answerOf = (author: Message["author"], change: Partial<Message> = {}): Partial<Message> => ({
  type: MessageType.Reply,
  message_reference: { type: MessageReferenceType.Default, channel_id: "7", message_id: "8" },
  referenced_message: message({ id: "8", author, ...change }),
});

describe("calling somebody", () => {
  test.each([
    ["<@900> when?", true],
    ["<@!900> when?", true],
    ["when, <@900>?", true],
    ["<@901> when?", false],
    ["<@&900> when?", false],
    ["@everyone when?", false],
    ["`<@900>` when?", false],
    ["```\n<@900>\n``` when?", false],
    ["> <@900> when?\nIn May.", false],
    ["> when?\n<@900> is that so?", true],
    [">>> when?\n<@900> when?", false],
  ])("%j calls Docent: %s", (text, does) => expect(calls(text, BOT)).toBe(does));

  test.each([
    ["<@900> when?", false],
    ["<@901> when?", true],
    ["<@&4> when?", true],
    ["@here when?", true],
    ["mail me@example.com", false],
    ["`<@901>`", false],
  ])("%j calls others: %s", (text, does) => expect(callsOthers(text, BOT)).toBe(does));

  test("reads as people see it", () => {
    const text = "<@900>  ask <@2> <:yes:44> about </docent ask:12> until <t:1772366400:R>, <@3>";
    expect(plain(text, BOT, [BEN])).toBe(
      "ask @Ben :yes: about /docent ask until 2026-03-01 12:00 UTC, @somebody",
    );
  });
});

describe("a message", () => {
  test.each<[string, Partial<Message>, Here, string[]]>([
    ["to all", {}, channel, []],
    ["with a mention", { content: "<@900> when?" }, channel, ["mention"]],
    ["with a mention alone", { content: "<@900>" }, channel, ["mention"]],
    ["to a role or to everybody", { content: "<@&900> @everyone" }, channel, []],
    ["in a thread", {}, thread, ["said"]],
    ["without words in a thread", { content: "" }, thread, []],
    ["in private", {}, direct, ["mention"]],
    ["without words in private", { content: "" }, direct, []],
    [
      "with a file alone in private",
      { content: "", attachments: [file("3")] },
      direct,
      ["file_shared"],
    ],
    ["with a file", { attachments: [file("3")] }, channel, ["file_shared"]],
    ["that answers us", answerOf(DOCENT), channel, ["mention"]],
    ["that answers us, to somebody", { ...answerOf(DOCENT), content: "<@2> see" }, channel, []],
    ["that answers us, hidden from us", { ...answerOf(DOCENT), content: "" }, channel, []],
    ["that answers somebody", answerOf(BEN), channel, []],
    ["of a bot", { author: { ...ANA, bot: true }, content: "<@900>" }, channel, []],
    ["of Discord", { author: { ...ANA, system: true } }, direct, []],
    ["of a webhook", { webhook_id: "4", content: "<@900>" }, channel, []],
    ["about a new thread", { type: MessageType.ThreadCreated, content: "<@900>" }, channel, []],
    ["about a pin", { type: MessageType.ChannelPinnedMessage }, direct, []],
  ])("%s", (_name, change, here, expected) => expect(kinds(change, here)).toEqual(expected));

  test.each<[string, Partial<Message>, boolean]>([
    ["of somebody else", { content: "<@2> when?" }, true],
    ["in answer to somebody", answerOf(BEN), true],
    ["in answer to oneself", answerOf(ANA), false],
    ["to nobody", {}, false],
  ])("in a thread, %s, is to others", (_name, change, toOthers) => {
    expect(fromMessage(message(change), thread)).toMatchObject([{ kind: "said", toOthers }]);
  });

  test("in answer to somebody's files hands them over", () => {
    const change = {
      ...answerOf(BEN, { attachments: [file("3")] }),
      content: "<@900> what is it?",
    };
    expect(fromMessage(message(change), channel)).toMatchObject([
      { kind: "file_shared", userId: "2", handedOver: true, handedOverBy: "1", messageId: "8" },
      { kind: "mention", fileIds: ["3"] },
    ]);
  });

  test("brings what it forwards, and never a voice message or a sticker", () => {
    const snapshot = { content: "", attachments: [file("3")], flags: 0 };
    const forward = { content: "", message_snapshots: [{ message: snapshot }] } as Partial<Message>;
    expect(kinds(forward)).toEqual(["file_shared"]);
    const voice = { attachments: [file("3", "voice.ogg")], flags: MessageFlags.IsVoiceMessage };
    expect(kinds(voice)).toEqual([]);
  });

  test("has one key however it is read, and names its files as people see them", () => {
    const change = { content: "<@900>", attachments: [file("3", "Plan_.md", "Plän")] };
    const [shared, asked] = fromMessage(message(change), channel);
    expect(shared).toMatchObject({ name: "Plän.md", sharedAtMs: SAID_MS });
    expect(asked?.key).toBe(`discord:5:7:${ID}`);
    expect(fromHistory(message(change), channel)).toEqual([shared, asked]);
    expect(fromHistory(message(), thread)).toMatchObject([{ kind: "said", saidAtMs: SAID_MS }]);
  });

  test("in private is the same one whatever server its person chooses next", () => {
    const other = { ...direct, place: placeOf("55", "7", "7") };
    const [one, two] = [direct, other].map((here) => fromMessage(message(), here)[0]?.key);
    expect(one).toBe(two);
  });
});

describe("an edit", () => {
  const at = (afterMs: number) => new Date(SAID_MS + afterMs).toISOString();

  test.each<[string, Partial<Message>, string[]]>([
    ["that nobody made", {}, []],
    ["of words", { edited_timestamp: at(1_000) }, ["message_changed"]],
    [
      "that calls us now",
      { edited_timestamp: at(1_000), content: "<@900> when?" },
      ["mention", "message_changed"],
    ],
    [
      "that calls us after a long time",
      { edited_timestamp: at(3_600_000), content: "<@900> when?" },
      ["message_changed"],
    ],
    ["that Discord hides from us", { edited_timestamp: at(1_000), content: "" }, []],
    ["of a bot", { edited_timestamp: at(1_000), author: { ...ANA, bot: true } }, []],
  ])("%s", (_name, change, expected) => {
    expect(fromEdit(message(change), channel).map(({ kind }) => kind)).toEqual(expected);
  });

  test("says which files are left", () => {
    const change = { edited_timestamp: at(1_000), attachments: [file("4")] };
    expect(fromEdit(message(change), channel).at(-1)).toMatchObject({ fileIds: ["4"] });
  });
});
