import {
  type APIApplicationCommandAutocompleteInteraction,
  type APIAttachment,
  type APIChatInputApplicationCommandInteraction,
  type APIInteraction,
  type APIMessageApplicationCommandInteraction,
  type APIMessageComponentInteraction,
  type APIModalSubmitInteraction,
  ApplicationCommandType,
  ComponentType,
  InteractionType,
} from "discord.js";
import type { Command, Completing } from "../../../src/chat.ts";
import type { Incoming, OnlyFor, Place } from "../../../src/events.ts";
import { ASK_COMMAND, CHAT_COMMAND } from "../install/commands.ts";
import { keyOf, placeOf } from "../place.ts";
import { decodeOther, decodeTarget, type Other, type Target } from "../show/target.ts";
import { askModal, type Modal, reasonModal, textOf } from "../show/views.ts";
import { chosenIn, wordsOf } from "./typed.ts";

/** What is to be done about what somebody did. Events are handed in first, in their order. */
export type Action =
  /** `say` is for whoever did it; empty: what they did shows by itself. */
  | { do: "accept"; events: Incoming[]; say: string }
  | { do: "command"; commands: Command[] }
  | { do: "open"; events: Incoming[]; modal: Modal }
  | { do: "complete"; completing: Completing }
  /** Asked in private, about a file that came with it. */
  | { do: "ask_with_file"; question: string; file: APIAttachment; by: Interpreting }
  | { do: "ask_about"; question: string; messageId: string; by: Interpreting }
  /** Direct messages search the guild of `place` from now on: also the one that waits for it. */
  | { do: "choose_home"; place: Place; userId: string; messageId: string };

export interface Interpreting {
  /** Where somebody did it. */
  place: Place;
  userId: string;
  /** The way back to them alone. */
  onlyFor: OnlyFor;
}

const THANKS = "Thank you for saying so.";
const THANKS_FOR_REASON = "Thank you. That helps to make the answers better.";
const ON_IT = "Thank you, I'm on it.";

export function userIdOf({ member, user }: APIInteraction): string {
  return member?.user.id ?? user?.id ?? "";
}

/** Null for what is not ours, or of another version of Docent's. */
export function toAction(interaction: APIInteraction, context: Interpreting): Action | null {
  switch (interaction.type) {
    case InteractionType.Ping:
      return null;
    case InteractionType.ApplicationCommand:
      return fromCommand(interaction, context);
    case InteractionType.ApplicationCommandAutocomplete:
      return complete(interaction, context);
    case InteractionType.MessageComponent:
      return fromComponent(interaction, context);
    case InteractionType.ModalSubmit:
      return fromForm(interaction, context);
    default:
      return interaction satisfies never;
  }
}

type AnyCommand = Extract<APIInteraction, { type: InteractionType.ApplicationCommand }>;

function fromCommand(given: AnyCommand, context: Interpreting): Action | null {
  if (isChat(given)) return typed(given, context);
  if (!isAsk(given)) return null;
  return { do: "open", events: [], modal: askModal(given.data.target_id) };
}

function isChat(given: AnyCommand): given is APIChatInputApplicationCommandInteraction {
  const { type, name } = given.data;
  return type === ApplicationCommandType.ChatInput && name === CHAT_COMMAND;
}

/** "Ask about this" of a message. */
export function isAsk(given: APIInteraction): given is APIMessageApplicationCommandInteraction {
  if (given.type !== InteractionType.ApplicationCommand) return false;
  return given.data.type === ApplicationCommandType.Message && given.data.name === ASK_COMMAND;
}

function typed(
  { id, data }: APIChatInputApplicationCommandInteraction,
  by: Interpreting,
): Action | null {
  const chosen = chosenIn(data);
  if (!chosen) return null;
  if (chosen.name === "ask" && chosen.file) {
    const question = chosen.values.get("question") ?? "";
    return { do: "ask_with_file", question, file: chosen.file, by };
  }
  const commands = wordsOf(chosen).map((text, index): Command => {
    const key = index === 0 ? keyOf("interaction", id) : keyOf("interaction", id, String(index));
    return { kind: "typed", ...by, text, key };
  });
  return { do: "command", commands };
}

function complete(
  { data }: APIApplicationCommandAutocompleteInteraction,
  { place, userId }: Interpreting,
): Action | null {
  const chosen = chosenIn(data);
  if (data.name !== CHAT_COMMAND || chosen?.focused !== "file") return null;
  const text = chosen.values.get("file") ?? "";
  return { do: "complete", completing: { place, userId, what: "file", text } };
}

function fromComponent(
  pressed: APIMessageComponentInteraction,
  context: Interpreting,
): Action | null {
  const { id, data } = pressed;
  const values = data.component_type === ComponentType.StringSelect ? data.values : [];
  const of = decodeTarget(data.custom_id);
  if (!of) return fromOther(decodeOther(data.custom_id), id, values, context);
  if (!standsIn(pressed, of.target)) return null;
  const used = { ...of, key: keyOf("interaction", id), choice: values[0] ?? "" };
  return underAnswer(used, { ...context, place: placeFor(of.target, context) });
}

/** What stands elsewhere than its answer was carried there: who reads it there may not read the answer. */
function standsIn(
  { channel, channel_id }: Pick<APIInteraction, "channel" | "channel_id">,
  { channelId, threadId }: Target,
): boolean {
  return [channelId, threadId].includes(channel?.id ?? channel_id ?? "");
}

function placeFor({ channelId, threadId }: Target, { place }: Interpreting): Place {
  return placeOf(place.workspaceId, channelId, threadId);
}

interface Used {
  action: NonNullable<ReturnType<typeof decodeTarget>>["action"];
  target: Target;
  key: string;
  /** Of a menu. */
  choice: string;
}

/** Somebody used what stands under an answer. */
function underAnswer(used: Used, { place, userId, onlyFor }: Interpreting): Action | null {
  const { action, target, key, choice } = used;
  const by = { place, userId };
  const about = { key, ...by, messageId: target.questionId };
  const rated = { kind: "rated", ...about, reason: "" } as const;
  switch (action) {
    case "up":
      return { do: "accept", events: [{ ...rated, rating: "up" }], say: THANKS };
    case "down":
      // It counts as it is pressed: the form for the reason may be closed without a word.
      return { do: "open", events: [{ ...rated, rating: "down" }], modal: reasonModal(target) };
    case "stop":
      return { do: "accept", events: [{ kind: "stopped", ...about }], say: "" };
    case "again":
      return { do: "accept", events: [{ kind: "regenerate_wanted", ...about }], say: "" };
    case "sources":
      return command({ kind: "sources", ...by, messageId: about.messageId });
    case "private":
      return command({ kind: "ask_privately", ...about, onlyFor });
    case "menu":
      if (choice !== "mute" && choice !== "unmute") return null;
      return command({ kind: "mute", ...by, muted: choice === "mute" });
    case "reason":
      return null;
    default:
      return action satisfies never;
  }
}

function command(...commands: Command[]): Action {
  return { do: "command", commands };
}

function fromOther(
  other: Other | null,
  id: string,
  values: string[],
  { userId, place }: Interpreting,
): Action | null {
  const [first = "", second = ""] = other?.ids ?? [];
  switch (other?.action) {
    case "backfill": {
      const channel = placeOf(first, second, null);
      const key = keyOf("interaction", id);
      const event = { kind: "backfill_accepted", key, place: channel, userId } as const;
      return { do: "accept", events: [event], say: ON_IT };
    }
    case "forget":
      return command({
        kind: "forget_person",
        place: placeOf(first, place.channelId, null),
        userId,
        personId: second,
      });
    case "home":
      if (!values[0]) return null;
      return {
        do: "choose_home",
        place: placeOf(values[0], place.channelId, null),
        userId,
        messageId: first,
      };
    default:
      return null;
  }
}

function fromForm({ id, data }: APIModalSubmitInteraction, context: Interpreting): Action | null {
  const text = textOf(data.components);
  const other = decodeOther(data.custom_id);
  if (other?.action === "asked") {
    return { do: "ask_about", question: text, messageId: other.ids[0] ?? "", by: context };
  }
  const of = decodeTarget(data.custom_id);
  if (of?.action !== "reason") return null;
  const place = placeFor(of.target, context);
  const rated: Incoming = {
    kind: "rated",
    key: keyOf("interaction", id),
    place,
    userId: context.userId,
    messageId: of.target.questionId,
    rating: "down",
    reason: text,
  };
  return { do: "accept", events: [rated], say: THANKS_FOR_REASON };
}

/** How an interaction is acknowledged, before anything takes its time. */
export type Ack =
  /** With "thinking…", for this person alone. */
  | "think"
  /** With nothing to be seen. */
  | "quiet"
  /** With a form, or words in its place. */
  | "open"
  | "complete";

export function ackOf(interaction: APIInteraction): Ack {
  if (interaction.type === InteractionType.ApplicationCommandAutocomplete) return "complete";
  if (isAsk(interaction)) return "open";
  if (interaction.type !== InteractionType.MessageComponent) return "think";
  const { custom_id } = interaction.data;
  if (decodeOther(custom_id)?.action === "home") return "quiet";
  const action = decodeTarget(custom_id)?.action;
  if (action === "down") return "open";
  return action === "stop" || action === "again" ? "quiet" : "think";
}
