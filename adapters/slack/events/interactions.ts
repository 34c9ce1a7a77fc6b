import { parseJson, pipe, safeParse, string } from "valibot";
import type { Command } from "../../../src/chat.ts";
import type { Incoming, Mention, OnlyFor, Place } from "../../../src/events.ts";
import type { Identity } from "../client.ts";
import { keyOf, placeOf } from "../place.ts";
import type { Way } from "../show/private.ts";
import { ACTIONS, CALLBACKS, decodeTarget, encodeTarget, type Target } from "../show/target.ts";
import { askView, INPUT, inviteView, reasonView } from "../show/views.ts";
import {
  AskedAbout,
  type ButtonPressed,
  CommandTyped,
  type FormSent,
  Interaction,
  type ShortcutUsed,
} from "./interaction-payloads.ts";
import { fileShared } from "./messages.ts";
import { plain } from "./plain.ts";

const FILES_MAX = 50;
const ASKED_ABOUT = pipe(string(), parseJson(), AskedAbout);

export type View = ReturnType<typeof askView>;

/** What is to be done about what somebody did. The events are handed in first, in their order. */
export type Action =
  | { do: "accept"; events: Incoming[] }
  | { do: "command"; command: Command; respond: Way }
  | { do: "open"; events: Incoming[]; triggerId: string; view: View; within?: Within };

/** The view is for a channel that Docent is in; elsewhere it is another one. */
interface Within {
  channelId: string;
  otherwise: View;
}

export interface Interpreting {
  self: Identity;
  /** Makes of the way back to somebody what may be stored. */
  onlyFor(way: Way): OnlyFor;
}

/** What a button, a menu, a form, a shortcut or a slash command means; null for what is not ours. */
export function toAction(body: unknown, context: Interpreting): Action | null {
  const typed = safeParse(CommandTyped, body);
  if (typed.success) return fromCommand(typed.output, context);
  const parsed = safeParse(Interaction, body);
  if (!parsed.success) return null;
  const interaction = parsed.output;
  switch (interaction.type) {
    case "block_actions":
      return fromButton(interaction, context);
    case "message_action":
      return interaction.callback_id === CALLBACKS.ask ? ask(interaction) : null;
    case "view_submission":
      return fromForm(interaction, context);
    default:
      return interaction satisfies never;
  }
}

function fromCommand(typed: CommandTyped, { self, onlyFor }: Interpreting): Action {
  const { team_id, channel_id, user_id, response_url, trigger_id } = typed;
  const respond = {
    responseUrl: response_url,
    channelId: channel_id,
    userId: user_id,
    threadId: null,
  };
  const command: Command = {
    kind: "typed",
    place: placeOf(team_id, channel_id, null),
    userId: user_id,
    text: plain(typed.text ?? "", self.botUserId),
    key: keyOf(team_id, trigger_id),
    onlyFor: onlyFor(respond),
  };
  return { do: "command", command, respond };
}

function fromButton(pressed: ButtonPressed, context: Interpreting): Action | null {
  const [{ action_id, block_id, value, selected_option }] = pressed.actions;
  if (action_id === ACTIONS.backfill) return backfill(pressed, context.self);
  const target = decodeTarget(block_id);
  if (!target) return null;
  const used = { pressed, target, by: byOf(pressed, target, context.self) };
  if (action_id === ACTIONS.rate) return rate(used, value ?? "");
  return action_id === ACTIONS.menu ? choose(used, selected_option?.value ?? "", context) : null;
}

/** Somebody used what stands under an answer. */
interface Used {
  pressed: ButtonPressed;
  target: Target;
  by: By;
}

interface By {
  place: Place;
  userId: string;
}

function byOf(from: ButtonPressed | FormSent, target: Target, self: Identity): By {
  const place = placeOf(teamOf(from, self), target.channelId, target.threadId);
  return { place, userId: from.user.id };
}

function backfill(pressed: ButtonPressed, self: Identity): Action | null {
  const [{ value }] = pressed.actions;
  const channelId = value || pressed.channel?.id;
  if (!channelId) return null;
  const teamId = teamOf(pressed, self);
  const place = placeOf(teamId, channelId, null);
  const key = keyOf(teamId, pressed.trigger_id);
  const userId = pressed.user.id;
  return { do: "accept", events: [{ kind: "backfill_accepted", key, place, userId }] };
}

/** 👎 counts as it is pressed: the form for the reason may be closed without a word. */
function rate({ pressed, target, by }: Used, value: string): Action | null {
  if (value !== "up" && value !== "down") return null;
  const events: Incoming[] = [
    {
      kind: "rated",
      key: keyOf(by.place.workspaceId, pressed.trigger_id),
      ...by,
      messageId: target.questionId,
      rating: value,
      reason: "",
    },
  ];
  if (value === "up") return { do: "accept", events };
  return { do: "open", events, triggerId: pressed.trigger_id, view: reasonView(target) };
}

function choose(used: Used, choice: string, { onlyFor }: Interpreting): Action | null {
  const { pressed, target, by } = used;
  const messageId = target.questionId;
  const key = keyOf(by.place.workspaceId, pressed.trigger_id);
  const respond = wayBack(used);
  switch (choice) {
    case "private": {
      const wanted = { messageId, key, onlyFor: onlyFor(respond) };
      return { do: "command", command: { kind: "ask_privately", ...by, ...wanted }, respond };
    }
    case "regenerate":
      return { do: "accept", events: [{ kind: "regenerate_wanted", key, ...by, messageId }] };
    case "sources":
      return { do: "command", command: { kind: "sources", ...by, messageId }, respond };
    case "mute":
    case "unmute":
      return { do: "command", command: { kind: "mute", ...by, muted: choice === "mute" }, respond };
    default:
      // A menu of another version of Docent's.
      return null;
  }
}

function wayBack({ pressed, target, by }: Used): Way {
  const responseUrl = pressed.response_url || null;
  const { channelId, threadId } = target;
  return { responseUrl, channelId, userId: by.userId, threadId };
}

/** The question that is going to be asked has no message: it goes by the time of asking. */
function ask({ message, channel, user, trigger_id, action_ts }: ShortcutUsed): Action {
  const target: Target = {
    channelId: channel.id,
    threadId: message.thread_ts ?? message.ts,
    questionId: action_ts,
    askerId: user.id,
  };
  const about = {
    target: encodeTarget(target),
    messageId: message.ts,
    sharerId: message.user ?? user.id,
    fileIds: (message.files ?? []).slice(0, FILES_MAX).map(({ id }) => id),
  };
  const view = { ...askView(target), private_metadata: JSON.stringify(about) };
  const within = { channelId: channel.id, otherwise: inviteView() };
  return { do: "open", events: [], triggerId: trigger_id, view, within };
}

function fromForm(sent: FormSent, { self }: Interpreting): Action | null {
  const { callback_id, private_metadata, state } = sent.view;
  const text = (state.values[INPUT.blockId]?.[INPUT.actionId]?.value ?? "").trim();
  if (callback_id === CALLBACKS.reason) return giveReason(sent, text, self);
  const about = safeParse(ASKED_ABOUT, private_metadata);
  const target = about.success ? decodeTarget(about.output.target) : null;
  if (callback_id !== CALLBACKS.asked || !about.success || !target) return null;
  return { do: "accept", events: askedAbout({ ...about.output, sent, target }, text, self) };
}

function giveReason(sent: FormSent, reason: string, self: Identity): Action | null {
  const target = decodeTarget(sent.view.private_metadata);
  if (!target) return null;
  const by = byOf(sent, target, self);
  const key = keyOf(by.place.workspaceId, sent.view.id);
  const messageId = target.questionId;
  return {
    do: "accept",
    events: [{ kind: "rated", key, ...by, messageId, rating: "down", reason }],
  };
}

interface Asked {
  sent: FormSent;
  target: Target;
  messageId: string;
  sharerId: string;
  fileIds: string[];
}

/** Asking about a message hands its files over. Their names are not known yet. */
function askedAbout(asked: Asked, text: string, self: Identity): Incoming[] {
  const { sent, target, messageId, sharerId, fileIds } = asked;
  const { place, userId } = byOf(sent, target, self);
  const sharing = { place, userId: sharerId, messageId, handedOver: true };
  const handing = sharerId === userId ? {} : { handedOverBy: userId };
  const question: Mention = {
    kind: "mention",
    key: keyOf(place.workspaceId, sent.view.id),
    place,
    userId,
    messageId: target.questionId,
    text: plain(text, self.botUserId),
    fileIds,
  };
  const files = fileIds.map((id) => ({ ...fileShared(sharing, { id }, self), ...handing }));
  return [...files, question];
}

/** A form that was opened in a channel shared between workspaces says by itself whose app it is. */
function teamOf(from: ButtonPressed | FormSent, self: Identity): string {
  const installed = "view" in from ? from.view.app_installed_team_id : null;
  return installed ?? from.team?.id ?? from.user.team_id ?? self.teamId;
}
