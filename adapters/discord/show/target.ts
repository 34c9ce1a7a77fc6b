/** What buttons, menus and forms say when they are used: which of them, and of what. */
import type { Place } from "../../../src/events.ts";

/** The answer that a button stands under. */
export interface Target {
  channelId: string;
  threadId: string;
  /** The id of the question's message. */
  questionId: string;
  askerId: string;
}

const ANSWER_ACTIONS = [
  "up",
  "down",
  "reason",
  "stop",
  "again",
  "sources",
  "private",
  "menu",
] as const;

/** What can be done with an answer; `reason` is the form after 👎. */
export type AnswerAction = (typeof ANSWER_ACTIONS)[number];

const FIRST = "docent";
// An id of Discord's is a number of 64 bits.
const ID = /^\d{1,20}$/;
const isAnswerAction = (text: string): text is AnswerAction =>
  ANSWER_ACTIONS.some((action) => action === text);

/** At most 100 characters, as all that follow: Discord takes no more. */
export function encodeTarget(action: AnswerAction, target: Target): string {
  const { channelId, threadId, questionId, askerId } = target;
  return [FIRST, action, channelId, threadId, questionId, askerId].join(":");
}

/** @returns null when it is not of an answer */
export function decodeTarget(customId: string): { action: AnswerAction; target: Target } | null {
  const [first, action = "", ...ids] = customId.split(":");
  const [channelId, threadId, questionId, askerId] = ids;
  if (first !== FIRST || !isAnswerAction(action) || !ids.every((id) => ID.test(id))) return null;
  if (!(channelId && threadId && questionId && askerId) || ids.length > 4) return null;
  return { action, target: { channelId, threadId, questionId, askerId } };
}

/** In the place of a message's id, where none waits for the choice of a guild. */
export const NOTHING_WAITS = "0";

/** What is not of an answer, with how many ids it has. */
const OTHERS = {
  /** Yes to reading what was shared before: guild, channel. */
  backfill: 2,
  /** Yes to forgetting what somebody has shared: guild, person. */
  forget: 2,
  /** Which guild direct messages search: the message that waits for it. */
  home: 1,
  /** The form "Ask about this": the message. */
  asked: 1,
} as const;

export type OtherAction = keyof typeof OTHERS;
const isOtherAction = (text: string): text is OtherAction => Object.hasOwn(OTHERS, text);

export function encodeOther(action: OtherAction, ...ids: string[]): string {
  return [FIRST, action, ...ids].join(":");
}

export interface Other {
  action: OtherAction;
  ids: string[];
}

/** @returns null when it is none of these */
export function decodeOther(customId: string): Other | null {
  const [first, action = "", ...ids] = customId.split(":");
  if (first !== FIRST || !isOtherAction(action)) return null;
  if (ids.length !== OTHERS[action] || !ids.every((id) => ID.test(id))) return null;
  return { action, ids };
}

export function backfillId({ workspaceId, channelId }: Place): string {
  return encodeOther("backfill", workspaceId, channelId);
}

export function forgetPersonId({ workspaceId }: Place, personId: string): string {
  return encodeOther("forget", workspaceId, personId);
}
