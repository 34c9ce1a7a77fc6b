import type { PoolClient } from "pg";
import { brakeOn, mayNow } from "../brakes.ts";
import type { RightsDeps } from "../commands/allowed.ts";
import { stopAnswers } from "../commands/stop.ts";
import {
  deleteAnswer,
  findAnswer,
  isModelUpFor,
  rateAnswer,
  reopenAnswer,
  type StandingAnswer,
} from "../db/answers.ts";
import { findPlace, type PlaceIds } from "../db/places.ts";
import { inTransaction } from "../db/transaction.ts";
import { answering, editWaiting, forgetWaiting, unfinishedQuestions } from "../db/unfinished.ts";
import { removeSharesOf } from "../db/unshare.ts";
import type {
  Incoming,
  MessageChanged,
  MessageDeleted,
  Rated,
  RegenerateWanted,
  Stopped,
} from "../events.ts";
import { JobPostponed, type Queue } from "../jobs/queue.ts";
import type { Job } from "../jobs/worker.ts";
import type { Action } from "../rights.ts";
import type { Question } from "./answer.ts";
import type { RetryDue } from "./retry.ts";
import { notifyStop } from "./stops.ts";

/** What can happen to a question once it was asked: edited, deleted, rated, stopped, asked for again. */
export interface AskedAnewDeps extends RightsDeps {
  queue: Queue;
}

// The one more try is not spent on an outage that goes on, nor put off until nobody waits for it.
const RETRY_LOOK_MS = 5_000;
const RETRY_PATIENCE_S = 10 * 60;

/** A later edit is the beginning of something else. */
const EDIT_MS_MAX = 10 * 60_000;

/** An answer that has just been begun with can be stopped after this. */
export const SOON_MS = 300;

type Event = Rated | RegenerateWanted | MessageChanged | MessageDeleted | RetryDue;

/** A question that was edited is answered again, in place; a comma more is no other question. */
export async function editQuestion(deps: AskedAnewDeps, job: Job<MessageChanged>): Promise<void> {
  const { place, messageId, text, userId, fileIds } = job.data;
  const isBraked = (await answerTo(deps, job.data)) && (await brakeOn(deps, job.data));
  await inJob(deps, job, async (client, ids) => {
    if (ids && fileIds) await removeSharesOf(client, ids, messageId, fileIds);
    // An answer that stands is better than a word on why there is no other.
    if ((await editWaiting(client, job.data)) || isBraked) return;
    const answer = await begunAnswer(client, ids, job.data);
    if (!ids || !answer) return;
    const isLate = Date.now() - answer.askedAt.getTime() > EDIT_MS_MAX;
    const isSame = userId !== answer.askerId || letters(text) === letters(answer.question);
    if (isLate || isSame) return;
    await answerAgain(deps, client, { ids, answer, place }, text);
  });
}

/** @throws {JobPostponed} while the question is being taken up, and has no answer yet that could be given anew */
async function begunAnswer(
  client: PoolClient,
  ids: PlaceIds | null,
  edited: MessageChanged,
): Promise<StandingAnswer | null> {
  const isTakenUp = (await unfinished(client, edited)).length > 0;
  const answer = ids && (await findAnswer(client, ids, edited.messageId));
  if (answer || !isTakenUp) return answer;
  throw new JobPostponed("an answer has just been begun with", SOON_MS);
}

/** With a message its files go, with a question its answer; the adapter leaves it where somebody wrote after it. */
export async function deleteQuestion(deps: AskedAnewDeps, job: Job<MessageDeleted>): Promise<void> {
  const { place, messageId } = job.data;
  const known = await findPlace(deps.db, place);
  const isBegun = await inTransaction(deps.db, async (client) => {
    await forgetWaiting(client, place, messageId);
    if (known) await removeSharesOf(client, known, messageId);
    return await endUnfinished(client, job.data);
  });
  // What is still being written would be posted after it was taken back.
  if (isBegun) throw new JobPostponed("the answer must have ended before it goes", SOON_MS);
  const answer = await answerTo(deps, job.data);
  if (answer) await deps.adapterOf(place.platform).retract(place, answer.posted);
  await inJob(deps, job, async (client, ids) => {
    if (ids && answer) await deleteAnswer(client, ids.workspaceId, answer.id);
  });
}

/** @returns whether the question is being answered, which is going to end */
async function endUnfinished(client: PoolClient, deleted: MessageDeleted): Promise<boolean> {
  const keys = (await unfinished(client, deleted)).map(({ key }) => key);
  const running = await answering(client, deleted.place, keys);
  for (const { workspaceId, id } of running) await notifyStop(client, workspaceId, id);
  return keys.length > 0;
}

function unfinished(client: PoolClient, about: MessageChanged | MessageDeleted) {
  const { place, messageId: questionId, userId } = about;
  return unfinishedQuestions(client, place, { threadId: null, questionId, userId });
}

export async function rate(deps: AskedAnewDeps, job: Job<Rated>): Promise<void> {
  const isAllowed = await mayDo(deps, job.data, "rate");
  await onAnswer(deps, job, async (client, { workspaceId }, answer) => {
    if (isAllowed) await rateAnswer(client, workspaceId, answer.id, job.data);
  });
}

export async function stop(deps: AskedAnewDeps, job: Job<Stopped>): Promise<void> {
  const { place, userId, messageId: questionId } = job.data;
  const wish = { place, userId, ...(questionId !== null && { questionId }) };
  const outcome = await stopAnswers(deps, wish);
  if (outcome === "too_soon") throw new JobPostponed("an answer has just been begun with", SOON_MS);
  await inTransaction(deps.db, (client) => deps.queue.complete(client, "event", job));
}

export async function regenerate(deps: AskedAnewDeps, job: Job<RegenerateWanted>): Promise<void> {
  const isAllowed = await mayDo(deps, job.data, "regenerate");
  const asker = isAllowed && (await answerTo(deps, job.data))?.askerId;
  // A refusal for whoever asked would stand in the place of the answer.
  const isFree = asker && (await brakeOn(deps, { ...job.data, userId: asker })) === null;
  await onAnswer(deps, job, async (client, ids, answer) => {
    // The words of an old question are forgotten.
    if (!isFree || answer.state === "answering" || answer.question === "") return;
    await answerAgain(deps, client, { ids, answer, place: job.data.place }, answer.question);
  });
}

/** Asked of the platform before there is a transaction. */
async function mayDo(
  deps: AskedAnewDeps,
  { place, userId, messageId }: Rated | RegenerateWanted,
  action: Action,
): Promise<boolean> {
  const answer = await answerTo(deps, { place, messageId });
  return answer !== null && (await mayNow(deps, { place, userId }, action, answer.askerId));
}

async function answerTo(
  { db }: AskedAnewDeps,
  { place, messageId }: Pick<Event, "place" | "messageId">,
): Promise<StandingAnswer | null> {
  const ids = await findPlace(db, place);
  return ids && (await findAnswer(db, ids, messageId));
}

/** Asks the models once more for a question that none of them answered, where nobody did so meanwhile. */
export async function retry(deps: AskedAnewDeps, job: Job<RetryDue>): Promise<void> {
  const { place, messageId } = job.data;
  const ids = await findPlace(deps.db, place);
  if (ids && !(await isModelUpFor(deps.db, ids, messageId, RETRY_PATIENCE_S))) {
    throw new JobPostponed("no model is up again yet", RETRY_LOOK_MS);
  }
  await onAnswer(deps, job, async (client, ids, answer) => {
    if (answer.state !== "failed" || !answer.retried) return;
    const again = { ids, answer, place: job.data.place, retried: true };
    await answerAgain(deps, client, again, answer.question);
  });
}

/** Does something, and ends the job with it. @param act is given null where nothing was ever asked */
async function inJob(
  deps: AskedAnewDeps,
  job: Job<Event>,
  act: (client: PoolClient, ids: PlaceIds | null) => Promise<void>,
): Promise<void> {
  const ids = await findPlace(deps.db, job.data.place);
  await inTransaction(deps.db, async (client) => {
    await act(client, ids);
    await deps.queue.complete(client, "event", job);
  });
}

/** Does something to the answer of the event's question, if there is one. */
function onAnswer(
  deps: AskedAnewDeps,
  job: Job<Event>,
  act: (client: PoolClient, ids: PlaceIds, answer: StandingAnswer) => Promise<void>,
): Promise<void> {
  return inJob(deps, job, async (client, ids) => {
    const answer = ids && (await findAnswer(client, ids, job.data.messageId));
    if (answer) await act(client, ids, answer);
  });
}

interface Again {
  ids: PlaceIds;
  answer: StandingAnswer;
  place: Incoming["place"];
  /** By ourselves, since no model answered. */
  retried?: boolean;
}

/** Stops what is being said, and asks anew under the same key: the answer stays one, in the same messages. */
async function answerAgain(
  deps: AskedAnewDeps,
  client: PoolClient,
  { ids, answer, place, retried = false }: Again,
  question: string,
): Promise<void> {
  const again = { question, retried };
  const version = await reopenAnswer(client, ids.workspaceId, answer.id, again);
  await notifyStop(client, ids.workspaceId, answer.id);
  const asked: Question = {
    kind: "mention",
    key: answer.eventKey,
    place: { ...place, threadId: answer.threadId },
    userId: answer.askerId,
    messageId: answer.questionId,
    text: question,
    fileIds: answer.fileIds,
    version,
  };
  const group = `${place.platform}:${place.workspaceId}:${answer.askerId}`;
  await deps.queue.send(client, "question", asked, group);
}

function letters(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, "");
}
