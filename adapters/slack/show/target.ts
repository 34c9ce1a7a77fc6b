/** What buttons and modals say when they are used: which of them, and of which answer. */

/** The answer that a button stands under. */
export interface Target {
  channelId: string;
  threadId: string;
  /** The id of the question's message. */
  questionId: string;
  askerId: string;
}

export const ACTIONS = {
  rate: "docent_rate",
  menu: "docent_menu",
  /** Its value is the channel's id. */
  backfill: "docent_backfill",
} as const;

export const CALLBACKS = {
  /** The shortcut "Ask about this" of a message. */
  ask: "docent_ask",
  /** Its modal. */
  asked: "docent_asked",
  /** The modal after 👎. */
  reason: "docent_reason",
} as const;

export type MenuChoice = "private" | "regenerate" | "sources" | "mute";

// Block ids must differ within a message: what stands before the colon is not read.
const ENCODED = /^(?:\w{1,20}:)?(\w{1,40})\|(\d+\.\d+)\|(\d+\.\d+)\|(\w{1,40})$/;

/** At most 150 characters. */
export function encodeTarget({ channelId, threadId, questionId, askerId }: Target): string {
  return [channelId, threadId, questionId, askerId].join("|");
}

/** @param text as encodeTarget made it, or a block id of ours. @returns null when it is neither */
export function decodeTarget(text: string): Target | null {
  const [, channelId, threadId, questionId, askerId] = ENCODED.exec(text) ?? [];
  if (!(channelId && threadId && questionId && askerId)) return null;
  return { channelId, threadId, questionId, askerId };
}
