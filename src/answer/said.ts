import { brakeOn } from "../brakes.ts";
import { findPlace } from "../db/places.ts";
import { standingOf } from "../db/said.ts";
import { inTransaction } from "../db/transaction.ts";
import { ServiceError } from "../errors.ts";
import type { Mention, Said } from "../events.ts";
import type { Job } from "../jobs/worker.ts";
import { type AnswerDeps, answerQuestion } from "./answer.ts";
import { decide, isOnlyThanks, type Meant } from "./follow-up.ts";

/** A question, unless it is thanks alone: that gets a nod, where the platform has such a thing. */
export async function hearMention(
  deps: AnswerDeps,
  job: Job<Mention>,
  signal: AbortSignal,
): Promise<void> {
  const { place, messageId } = job.data;
  const isTaken = await isThanks(deps, job.data);
  if (!isTaken || !(await deps.adapterOf(place.platform).nod(place, messageId))) {
    return answerQuestion(deps, job, signal);
  }
  await inTransaction(deps.db, (client) => deps.queue.complete(client, "question", job));
}

/** A question that has become one by an edit has its answer already, which must end. */
async function isThanks({ db }: AnswerDeps, asked: Mention): Promise<boolean> {
  if (asked.onlyFor || asked.fileIds.length > 0 || !isOnlyThanks(asked.text)) return false;
  const ids = await findPlace(db, asked.place);
  return !ids || !(await standingOf(db, ids, asked)).begun;
}

/**
 * What somebody writes without a mention, in a thread with an answer of ours: a question is answered as if it had
 * one, a thanks gets a nod. Only while they are alone with us there; once others write, we wait to be mentioned.
 */
export async function hearSaid(
  deps: AnswerDeps,
  job: Job<Said>,
  signal: AbortSignal,
): Promise<void> {
  const { toOthers, ...said } = job.data;
  const meant = await meantForUs(deps, job.data);
  if (meant === "question") {
    return answerQuestion(deps, { ...job, data: { ...said, kind: "mention" } }, signal);
  }
  if (meant === "thanks") await deps.adapterOf(said.place.platform).nod(said.place, said.messageId);
  await inTransaction(deps.db, (client) => deps.queue.complete(client, "question", job));
}

async function meantForUs(deps: AnswerDeps, said: Said): Promise<Meant> {
  const meant = said.toOthers ? "nothing" : decide(said.text);
  const ids = meant !== "nothing" && (await findPlace(deps.db, said.place));
  if (!ids) return "nothing";
  const { muted, begun } = await standingOf(deps.db, ids, said);
  // What an earlier try began to answer is finished, whoever has written since.
  if (begun) return "question";
  if (await brakeOn(deps, said)) return "nothing";
  return !muted && (await isAlone(deps, said)) ? meant : "nothing";
}

async function isAlone({ adapterOf, log }: AnswerDeps, { place, userId }: Said): Promise<boolean> {
  try {
    const voices = await adapterOf(place.platform).voices(place);
    return voices.length === 1 && voices[0] === userId;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    log.warn({ err: error }, "who wrote in a thread is not known: nothing is said there");
    return false;
  }
}
