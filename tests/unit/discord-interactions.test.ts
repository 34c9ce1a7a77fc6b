import {
  type APIInteraction,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ComponentType,
  InteractionType,
} from "discord.js";
import { describe, expect, test } from "vitest";
import { ackOf, toAction } from "../../adapters/discord/events/interactions.ts";
import {
  type AnswerState,
  buttons,
  homeMenu,
  offerRow,
  type Row,
} from "../../adapters/discord/show/buttons.ts";
import {
  type AnswerAction,
  decodeOther,
  decodeTarget,
  encodeTarget,
} from "../../adapters/discord/show/target.ts";
import { askModal, reasonModal } from "../../adapters/discord/show/views.ts";

const PLACE = { platform: "discord", workspaceId: "1", channelId: "2", threadId: "3" };
const ALONE = { handle: "sealed", untilMs: 1 };
const CONTEXT = { place: PLACE, userId: "9", onlyFor: ALONE };
const TARGET = { channelId: "2", threadId: "3", questionId: "4", askerId: "5" };
const KEY = "discord:interaction:7";
/** The greatest id that Discord can give. */
const LONGEST = String(2n ** 64n - 1n);

/** What Discord sends, as far as it is read here. */
function interaction(type: InteractionType, data: object): APIInteraction {
  return { id: "7", token: "secret", channel_id: "3", type, data } as unknown as APIInteraction;
}

type Values = Record<string, string>;

function slash(name: string, given: Values, resolved?: object): APIInteraction {
  return interaction(InteractionType.ApplicationCommand, chatData(name, given, resolved));
}

function chatData(name: string, given: Values, resolved?: object, focused?: string) {
  const options = Object.entries(given).map(([option, value]) => {
    const kind = option === "attachment" ? "file" : option;
    const type = option === "attachment" ? 11 : ApplicationCommandOptionType.String;
    return { type, name: kind, value, ...(option === focused && { focused: true }) };
  });
  const type = ApplicationCommandOptionType.Subcommand;
  const command = { type: ApplicationCommandType.ChatInput, name: "docent" };
  return { ...command, options: [{ type, name, options }], ...(resolved && { resolved }) };
}

function pressed(custom_id: string, values?: string[]): APIInteraction {
  const component_type = values ? ComponentType.StringSelect : ComponentType.Button;
  return interaction(InteractionType.MessageComponent, { custom_id, component_type, values });
}

function sent(custom_id: string, value: string): APIInteraction {
  const component = { type: ComponentType.TextInput, custom_id: "docent_text", value };
  const components = [
    { type: ComponentType.TextDisplay },
    { type: ComponentType.Label, component },
  ];
  return interaction(InteractionType.ModalSubmit, { custom_id, components });
}

const under = (action: AnswerAction, values?: string[]) =>
  toAction(pressed(encodeTarget(action, TARGET), values), CONTEXT);

test.each<[string, Values, string[]]>([
  ["models", {}, ["models"]],
  ["forget", { file: "plan 2.pdf" }, ["forget plan 2.pdf"]],
  ["ask", { question: "How many swans?" }, ["ask How many swans?"]],
  ["me", {}, ["me"]],
  ["me", { wish: "streaming off" }, ["me streaming off"]],
  ["channel", {}, ["channel"]],
  ["channel", { style: "reply" }, ["channel reply"]],
  ["channel", { mode: "ask", style: "thread" }, ["channel ask", "channel thread"]],
  ["sources", {}, ["sources"]],
  ["sources", { list: "all" }, ["sources all"]],
  ["sources", { list: "only", channel: "22" }, ["sources only 22"]],
  ["official", { file: "rules.pdf", state: "on" }, ["official on rules.pdf"]],
  ["block", { user: "33" }, ["block 33"]],
  ["unblock", { user: "33" }, ["unblock 33"]],
  ["pause", {}, ["pause"]],
])("/docent %s %o is what somebody would type", (name, given, texts) => {
  const action = toAction(slash(name, given), CONTEXT);
  const keys = [KEY, `${KEY}:1`];
  expect(action).toEqual({
    do: "command",
    commands: texts.map((text, index) => ({
      kind: "typed",
      place: PLACE,
      userId: "9",
      text,
      key: keys[index],
      onlyFor: ALONE,
    })),
  });
});

test("a question that comes with a file is asked with it", () => {
  const file = { id: "6", filename: "plan.pdf" };
  const given = { question: "How long?", attachment: "6" };
  expect(toAction(slash("ask", given, { attachments: { 6: file } }), CONTEXT)).toEqual({
    do: "ask_with_file",
    question: "How long?",
    file,
    by: CONTEXT,
  });
});

test("what is typed so far of a file's name is completed", () => {
  const data = chatData("forget", { file: "pl" }, undefined, "file");
  const typing = interaction(InteractionType.ApplicationCommandAutocomplete, data);
  const completing = { place: PLACE, userId: "9", what: "file", text: "pl" };
  expect(toAction(typing, CONTEXT)).toEqual({ do: "complete", completing });
  expect(ackOf(typing)).toBe("complete");
});

test("asking about a message opens a form, and the form asks", () => {
  const type = ApplicationCommandType.Message;
  const data = { type, name: "Ask about this", target_id: "44" };
  const used = interaction(InteractionType.ApplicationCommand, data);
  expect(ackOf(used)).toBe("open");
  expect(toAction(used, CONTEXT)).toEqual({ do: "open", events: [], modal: askModal("44") });
  expect(toAction(sent(askModal("44").custom_id, " What is it? "), CONTEXT)).toEqual({
    do: "ask_about",
    messageId: "44",
    question: "What is it?",
    by: CONTEXT,
  });
});

describe("under an answer", () => {
  const rated = { kind: "rated", key: KEY, place: PLACE, userId: "9", messageId: "4", reason: "" };

  test("👍 rates the answer to the question", () => {
    expect(under("up")).toMatchObject({ do: "accept", events: [{ ...rated, rating: "up" }] });
  });

  test("nothing is done where it was carried to another channel", () => {
    const elsewhere = { ...pressed(encodeTarget("sources", TARGET)), channel_id: "8" };
    expect(toAction(elsewhere as APIInteraction, CONTEXT)).toBeNull();
  });

  test("👎 counts at once, and opens the form for the reason", () => {
    const events = [{ ...rated, rating: "down" }];
    expect(under("down")).toEqual({ do: "open", events, modal: reasonModal(TARGET) });
    expect(ackOf(pressed(encodeTarget("down", TARGET)))).toBe("open");
  });

  test("the reason is another word on the same answer", () => {
    expect(
      toAction(sent(reasonModal(TARGET).custom_id, "It counts swans."), CONTEXT),
    ).toMatchObject({
      do: "accept",
      events: [{ ...rated, rating: "down", reason: "It counts swans." }],
    });
  });

  test.each([
    ["stop", "stopped"],
    ["again", "regenerate_wanted"],
  ] as const)("%s shows by itself", (action, kind) => {
    const event = { kind, key: KEY, place: PLACE, userId: "9", messageId: "4" };
    expect(under(action)).toEqual({ do: "accept", events: [event], say: "" });
    expect(ackOf(pressed(encodeTarget(action, TARGET)))).toBe("quiet");
  });

  test.each([
    ["sources", undefined, { kind: "sources", messageId: "4" }],
    ["private", undefined, { kind: "ask_privately", messageId: "4", key: KEY, onlyFor: ALONE }],
    ["menu", ["mute"], { kind: "mute", muted: true }],
    ["menu", ["unmute"], { kind: "mute", muted: false }],
  ] as const)("%s %s is done for whoever wants it", (action, values, command) => {
    const commands = [{ ...command, place: PLACE, userId: "9" }];
    expect(under(action, values && [...values])).toEqual({ do: "command", commands });
  });
});

describe("what is offered", () => {
  const idOf = ({ components: [first] }: Row) =>
    (first && "custom_id" in first && first.custom_id) || "";
  const CHANNEL = { ...PLACE, threadId: null };

  test("yes to reading what was shared before", () => {
    const row = offerRow(CHANNEL, { kind: "backfill", label: "Read them" });
    const elsewhere = { ...CONTEXT, place: { ...PLACE, channelId: "77" } };
    expect(toAction(pressed(idOf(row)), elsewhere)).toMatchObject({
      do: "accept",
      events: [{ kind: "backfill_accepted", key: KEY, place: CHANNEL, userId: "9" }],
    });
  });

  test("yes to forgetting all that somebody has shared", () => {
    const row = offerRow(CHANNEL, { kind: "forget_person", personId: "55", label: "Forget" });
    const forget = { kind: "forget_person", place: CHANNEL, userId: "9", personId: "55" };
    expect(toAction(pressed(idOf(row)), CONTEXT)).toEqual({ do: "command", commands: [forget] });
  });

  test("the server that direct messages search", () => {
    const row = homeMenu([{ id: "1", name: "Acme" }], "66");
    const chosen = { do: "choose_home", place: CHANNEL, userId: "9", messageId: "66" };
    expect(toAction(pressed(idOf(row), ["1"]), CONTEXT)).toEqual(chosen);
  });
});

test.each([
  ["docent:up:1:2:3"],
  ["docent:up:1:2:3:4:5"],
  ["docent:up:1:2:3:x"],
  ["docent:fly:1:2:3:4"],
  ["docent:backfill:1"],
  ["other:up:1:2:3:4"],
  [""],
])("a button that is none of ours, or of another version, means nothing: %s", (id) => {
  expect(decodeTarget(id)).toBeNull();
  expect(decodeOther(id)).toBeNull();
  expect(toAction(pressed(id), CONTEXT)).toBeNull();
});

test.each<[AnswerState["phase"], boolean, boolean, string[][]]>([
  ["streaming", true, false, [["Stop"]]],
  ["done", true, true, [["Good answer", "Bad answer", "Answer again", "All sources"]]],
  [
    "done",
    false,
    false,
    [["Good answer", "Bad answer", "Answer again", "More only you can see"], []],
  ],
])(
  "what stands under an answer: %s, hidden sources %s, direct %s",
  (phase, hides, isDirect, labels) => {
    const rows = buttons(TARGET, { phase, hidesSources: hides, isDirect });
    const shown = rows.map(({ components }) =>
      components.flatMap((one) => ("label" in one && one.label ? [one.label] : [])),
    );
    expect(shown).toEqual(labels);
  },
);

test("Discord takes all that stands under an answer, with the longest of ids", () => {
  const target = { channelId: LONGEST, threadId: LONGEST, questionId: LONGEST, askerId: LONGEST };
  const rows = buttons(target, { phase: "done", hidesSources: true, isDirect: false });
  const guilds = Array.from({ length: 30 }, () => ({ id: LONGEST, name: "Acme".repeat(50) }));
  const place = { ...PLACE, workspaceId: LONGEST, channelId: LONGEST };
  const label = "Forget all of it".repeat(10);
  const offer = offerRow(place, { kind: "forget_person", personId: LONGEST, label });
  const all = [...rows, homeMenu(guilds, LONGEST), offer];
  expect(rows.length).toBeLessThanOrEqual(5);
  for (const { components } of all) {
    expect(components.length).toBeLessThanOrEqual(5);
    for (const one of components) expect(fits(one as Limits)).toBe(true);
  }
  for (const { custom_id, title } of [reasonModal(target), askModal(LONGEST)]) {
    expect(custom_id.length).toBeLessThanOrEqual(100);
    expect(title.length).toBeLessThanOrEqual(45);
  }
});

interface Limits {
  custom_id: string;
  label?: string;
  options?: { label: string; value: string }[];
}

function fits({ custom_id, label = "", options = [] }: Limits): boolean {
  const isShort = options.every((one) => one.label.length <= 100 && one.value.length <= 100);
  return custom_id.length <= 100 && label.length <= 80 && options.length <= 25 && isShort;
}
