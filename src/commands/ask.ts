import type { Command, CommandReply } from "../chat.ts";
import { findAnswer } from "../db/answers.ts";
import { findPlace } from "../db/places.ts";
import type { Mention } from "../events.ts";
import type { CommandDeps } from "./deps.ts";

const NO_QUESTION = "Write your question after it: ask When is the launch?";
const UNKNOWN = "I don't know this question any more. Ask it again with /docent ask.";
const NO_WAY_BACK =
  "Here I can't answer you in private. Mention me with your question, or write to me directly.";

/** Hands a question in; its answer comes to the asker alone. */
export function askPrivately(
  deps: CommandDeps,
  { place, userId, key, onlyFor }: Command & { kind: "typed" },
  question: string,
): Promise<CommandReply> {
  if (question === "") return refused(NO_QUESTION);
  if (!onlyFor) return refused(NO_WAY_BACK);
  return handIn(deps, { key, place, userId, text: question, onlyFor });
}

/** Hands in once more what was asked before; the answer comes to this person alone. */
export async function askAgainPrivately(
  deps: CommandDeps,
  { place, userId, key, onlyFor, messageId }: Command & { kind: "ask_privately" },
): Promise<CommandReply> {
  const ids = await findPlace(deps.db, place);
  const answer = ids && (await findAnswer(deps.db, ids, messageId));
  if (!answer) return refused(UNKNOWN);
  return handIn(deps, { key, place, userId, text: answer.question, onlyFor });
}

/** The question stands in no message, so its key is its id. */
async function handIn(
  { accept }: CommandDeps,
  asked: Omit<Mention, "kind" | "messageId" | "fileIds">,
): Promise<CommandReply> {
  await accept({ kind: "mention", ...asked, messageId: asked.key, fileIds: [] });
  return { done: true, text: "Looking…" };
}

async function refused(text: string): Promise<CommandReply> {
  return { done: false, text };
}
