import type { ReplyPart } from "../chat.ts";
import type { AnswerSource } from "../db/answers.ts";
import type { Attempt } from "../models/attempt.ts";
import type { Retrieved } from "./gather.ts";

/** What of a reply is written down, filled while it is composed. */
export interface Draft {
  text: string;
  sources: AnswerSource[];
  model: string | null;
  attempts: Attempt[];
  failed: boolean;
  retrieved: Retrieved | null;
  saysBudget: boolean;
  /** All models failed: when to ask them once more. */
  retryAt: Date | null;
}

export function emptyDraft(): Draft {
  return {
    text: "",
    sources: [],
    model: null,
    attempts: [],
    failed: false,
    retrieved: null,
    saysBudget: false,
    retryAt: null,
  };
}

/** Text of a reply, which is written down as it goes out. */
export function say(draft: Draft, text: string): ReplyPart {
  draft.text += text;
  return { kind: "text", text };
}
