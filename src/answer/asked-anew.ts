import type { PoolClient } from "pg";
import { allowed, type RightsDeps } from "../commands/allowed.ts";
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
import type {
  Incoming,
  Mention,
  MessageChanged,
  MessageDeleted,
  Rated,
  RegenerateWanted,
  Stopped,
} from "../events.ts";
import { JobPostponed, type Queue } from "../jobs/queue.ts";
import type { Job } from "../jobs/worker.ts";
import type { RetryDue } from "./retry.ts";
import { STOP_NOTICE, stopName } from "./stops.ts";

/** What can happen to a question once it was asked: edited, deleted, rated, stopped, asked for again. */
export interface AskedAnewDeps extends RightsDeps {
  queue: Queue;
}

// The one more try is not spent on an outage that goes on, nor put off until nobody waits for it.
const RETRY_LOOK_MS = 5_000;
const RETRY_PATIENCE_S = 10 * 60;

/** A later edit is the beginning of something else. */
const EDIT_MS_MAX = 10 * 60_000;

type Event = Rated | Stopped | RegenerateWanted | MessageChanged | MessageDeleted | RetryDue;

/** A question that was edited is answered again, in place; a comma more is no other question. */
export function editQuestion(deps: AskedAnewDeps, job: Job<MessageChanged>): Promise<void> {
  return onAnswer(deps, job, async (client, ids, answer) => {
    const { text, userId } = job.data;
    const isLate = Date.now() - answer.askedAt.getTime() > EDIT_MS_MAX;
    if (isLate || userId !== answer.askerId || letters(text) === letters(answer.question)) return;
    await answerAgain(deps, client, { ids, answer, place: job.data.place }, text);
  });
}

/** With its question an answer goes too; the adapter leaves it where somebody wrote after it. */
export async function deleteQuestion(deps: AskedAnewDeps, job: Job<MessageDeleted>): Promise<void> {
  const { place, messageId } = job.data;
  const ids = await findPlace(deps.db, place);
  const answer = ids && (await findAnswer(deps.db, ids, messageId));
  if (answer) await deps.adapterOf(place.platform).retract(place, answer.posted);
  await onAnswer(deps, job, async (client, { workspaceId }, { id }) => {
    await notifyStop(client, workspaceId, id);
    await deleteAnswer(client, workspaceId, id);
  });
}

export function rate(deps: AskedAnewDeps, job: Job<Rated>): Promise<void> {
  return onAnswer(deps, job, async (client, { workspaceId }, answer) => {
    if (!(await allowed(deps, job.data, "rate", answer.askerId))) return;
    await rateAnswer(client, workspaceId, answer.id, job.data);
  });
}

export function stop(deps: AskedAnewDeps, job: Job<Stopped>): Promise<void> {
  return onAnswer(deps, job, async (client, { workspaceId }, answer) => {
    if (!(await allowed(deps, job.data, "stop", answer.askerId))) return;
    await notifyStop(client, workspaceId, answer.id);
  });
}

export function regenerate(deps: AskedAnewDeps, job: Job<RegenerateWanted>): Promise<void> {
  return onAnswer(deps, job, async (client, ids, answer) => {
    // The words of an old question are forgotten.
    if (answer.state === "answering" || answer.question === "") return;
    if (!(await allowed(deps, job.data, "regenerate", answer.askerId))) return;
    await answerAgain(deps, client, { ids, answer, place: job.data.place }, answer.question);
  });
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

/** Does something to the answer of the event's question, if there is one, and ends the job with it. */
async function onAnswer(
  deps: AskedAnewDeps,
  job: Job<Event>,
  act: (client: PoolClient, ids: PlaceIds, answer: StandingAnswer) => Promise<void>,
): Promise<void> {
  const ids = await findPlace(deps.db, job.data.place);
  await inTransaction(deps.db, async (client) => {
    const answer = ids && (await findAnswer(client, ids, job.data.messageId));
    if (answer) await act(client, ids, answer);
    await deps.queue.complete(client, "event", job);
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
  await reopenAnswer(client, ids.workspaceId, answer.id, { question, retried });
  await notifyStop(client, ids.workspaceId, answer.id);
  const again: Mention = {
    kind: "mention",
    key: answer.eventKey,
    place: { ...place, threadId: answer.threadId },
    userId: answer.askerId,
    messageId: answer.questionId,
    text: question,
    fileIds: answer.fileIds,
  };
  const group = `${place.platform}:${place.workspaceId}:${answer.askerId}`;
  await deps.queue.send(client, "question", again, group);
}

async function notifyStop(client: PoolClient, workspaceId: number, id: number): Promise<void> {
  await client.query("select pg_notify($1, $2)", [STOP_NOTICE, stopName(workspaceId, id)]);
}

function letters(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, "");
}
