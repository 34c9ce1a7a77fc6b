import { notifyStop } from "../answer/stops.ts";
import type { CommandReply } from "../chat.ts";
import { inTransaction } from "../db/transaction.ts";
import { answering, dropWaiting, type Unfinished, unfinishedQuestions } from "../db/unfinished.ts";
import { allowed, type RightsDeps, type Who } from "./allowed.ts";

/** What is to stop: all that is being written in the place's thread; one's own where it names no thread. */
export interface StopWish extends Who {
  /** This one alone, whatever its thread. */
  questionId?: string;
  /** Nothing that others asked. */
  own?: boolean;
  /** The wish's own event, which is no answer to be stopped. */
  key?: string;
}

/** `too_soon`: an answer has just been begun with, and can be stopped in a moment. */
export type StopOutcome = "stopped" | "nothing" | "too_soon";

const NOTHING = "Nothing is being written here right now.";
const TOO_SOON = "I have only just begun. Say stop once more in a moment.";

/** Whatever stops says so itself: there are words only where nothing does. */
export async function stopHere(
  deps: RightsDeps,
  { place, userId, key }: Who & { key: string },
): Promise<CommandReply> {
  const outcome = await stopAnswers(deps, { place, userId, key });
  if (outcome === "stopped") return { done: true, text: "" };
  return { done: false, text: outcome === "nothing" ? NOTHING : TOO_SOON };
}

/** Stops answers in whichever process gives them; questions that still wait are never answered. */
export async function stopAnswers(deps: RightsDeps, wish: StopWish): Promise<StopOutcome> {
  const keys = await stoppable(deps, wish);
  if (keys.length === 0) return "nothing";
  return await inTransaction(deps.db, async (client) => {
    const dropped = await dropWaiting(client, wish.place, keys);
    const running = await answering(client, wish.place, keys);
    for (const { workspaceId, id } of running) await notifyStop(client, workspaceId, id);
    return dropped + running.length > 0 ? "stopped" : "too_soon";
  });
}

/** Keys of the events. */
async function stoppable(deps: RightsDeps, wish: StopWish): Promise<string[]> {
  const { place, userId, questionId = null, own = false } = wish;
  const threadId = questionId === null ? place.threadId : null;
  const isWide = threadId === null && questionId === null;
  const found = await unfinishedQuestions(deps.db, place, { threadId, questionId, userId });
  const keys: string[] = [];
  for (const question of found) {
    if (question.key === wish.key) continue;
    if (await mayEnd(deps, wish, question, own || isWide)) keys.push(question.key);
  }
  return keys;
}

/** Nobody would tell whoever asked that their question was dropped: that is theirs alone. */
async function mayEnd(
  deps: RightsDeps,
  who: Who,
  { askerId, waiting }: Unfinished,
  ownOnly: boolean,
): Promise<boolean> {
  if (askerId === who.userId) return true;
  return !(ownOnly || waiting) && (await allowed(deps, who, "stop", askerId));
}
