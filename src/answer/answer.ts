import type { Pool, PoolClient } from "pg";
import { type ArriveDeps, arrive } from "../arrive.ts";
import type { Adapter, Posts, ReplyPart } from "../chat.ts";
import {
  type Answer,
  addPosted,
  ensureAnswer,
  finishAnswer,
  saveSources,
  unknownMessages,
} from "../db/answers.ts";
import { wantsStreaming } from "../db/people.ts";
import { type PlaceIds, styleOf } from "../db/places.ts";
import { inTransaction } from "../db/transaction.ts";
import { ServiceError } from "../errors.ts";
import type { Mention } from "../events.ts";
import { JobPostponed, type Queue } from "../jobs/queue.ts";
import type { Job } from "../jobs/worker.ts";
import { type ComposeDeps, compose } from "./compose.ts";
import { type Draft, emptyDraft } from "./draft.ts";
import { drain } from "./drain.ts";
import type { RetryDue } from "./retry.ts";
import type { Stops } from "./stops.ts";
import { assertTurn } from "./turn.ts";
import { whole } from "./whole.ts";

export interface AnswerDeps extends ComposeDeps, ArriveDeps {
  db: Pool;
  queue: Queue;
  stops: Stops;
}

/** A question, and for which time it is answered: the first, where it does not say. */
export type Question = Mention & { version?: number };

/** One answer on its way: what a retry must find again, and what is written down at the end. */
interface Answering {
  job: Job<Mention>;
  ids: PlaceIds;
  answer: Answer;
}

const TROUBLE =
  "Something on my side failed, several times, so I have no answer. Please ask again in a few minutes.";

const REFUSED =
  "I can't put my answer where you asked: it seems that I may not write there. Somebody who runs that channel can let me; or ask me in private.";

/** Flow 2: a question gets exactly one answer, streamed into its thread. */
export async function answerQuestion(
  deps: AnswerDeps,
  job: Job<Question>,
  signal: AbortSignal,
): Promise<void> {
  let asked = job.data;
  const adapter = deps.adapterOf(asked.place.platform);
  const draft = emptyDraft();
  let answering: Answering | null = null;
  try {
    const { ids, readers } = await arrive(deps, asked.place);
    const style = await styleOf(deps.db, ids);
    if (style === "private" && readers.visibility !== "direct") asked = inPrivate(asked);
    const answer = await ensureAnswer(deps.db, ids, asked);
    answering = { job, ids, answer };
    // Asked anew meanwhile, it is another job's.
    const isOurs = answer.version === (job.data.version ?? 1);
    if (answer.state !== "answering" || !isOurs) return await finish(deps, answering, null);
    if (isTooLate(asked)) return await letGo(deps, answering, draft);
    using stop = deps.stops.watch(ids.workspaceId, answer.id);
    await assertTurn(deps.db, ids, asked, answer.id);
    const left = new AbortController();
    const either = AbortSignal.any([signal, stop.signal, left.signal]);
    const { id: answerId, version, retried } = answer;
    const payer = { workspaceId: ids.workspaceId, userId: asked.userId };
    const question = { ...asked, ids, readers, payer, answerId, version, retried };
    const reply = drain(compose(deps, adapter, question, draft, either), () => left.abort());
    const streams = await wantsStreaming(deps.db, ids.workspaceId, asked.userId);
    const posts = { ...postsOf(deps, answering), ...(style && { style }) };
    await adapter.post(asked, streams ? reply : whole(reply), posts, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (answering && isRefused(error, asked)) {
      return await giveUp(deps, answering, { asked, draft, error });
    }
    const isTrouble = !(error instanceof JobPostponed);
    if (job.last && isTrouble) await sayTrouble(deps, adapter, { asked, answering }, signal);
    throw error;
  }
  await finish(deps, answering, draft);
  const { model, failed, sources } = draft;
  deps.log.info(
    { answer: answering.answer.id, model, failed, sources: sources.length },
    "answered",
  );
}

/** Asked where all answers go to the asker alone; without a way back of its own, the platform finds one. */
function inPrivate(asked: Mention): Mention {
  return { onlyFor: { handle: "", untilMs: Number.MAX_SAFE_INTEGER }, ...asked };
}

/** The way back to one person alone is open for a while only. */
function isTooLate({ onlyFor }: Mention): boolean {
  return onlyFor !== undefined && onlyFor.untilMs <= Date.now();
}

async function letGo(deps: AnswerDeps, answering: Answering, draft: Draft): Promise<void> {
  await finish(deps, answering, { ...draft, failed: true });
  deps.log.warn({ answer: answering.answer.id }, "too late for an answer in private");
}

function postsOf(deps: AnswerDeps, { job, ids, answer: { id, posted } }: Answering): Posts {
  const onPosted = async (messageId: string): Promise<void> => {
    await addPosted(deps.db, ids.workspaceId, id, messageId);
    posted.push(messageId);
  };
  const orphans = (messageIds: string[]) => unknownMessages(deps.db, ids, messageIds);
  // What only one person sees stands in no thread where it could be found again.
  const mayHaveOrphans = job.retryCount > 0 && !job.data.onlyFor;
  return { posted: [...posted], onPosted, ...(mayHaveOrphans && { orphans }) };
}

// Where even the place is not known, there is nowhere to write down what was posted.
const UNKEPT: Posts = { posted: [], onPosted: async () => undefined };

/** The platform won't have it: one more try would ask the models again, for nothing. */
function isRefused(error: unknown, { place }: Mention): boolean {
  return error instanceof ServiceError && error.service === place.platform && !error.retryable;
}

async function giveUp(
  deps: AnswerDeps,
  answering: Answering,
  { asked, draft, error }: { asked: Mention; draft: Draft; error: unknown },
): Promise<void> {
  const { place, userId } = asked;
  await deps.adapterOf(place.platform).tell(place, userId, { text: REFUSED });
  await finish(deps, answering, { ...draft, failed: true });
  deps.log.warn({ err: error, answer: answering.answer.id }, "the chat did not take an answer");
}

/** Silence is the worst answer: the last try that fails says so in the thread. */
async function sayTrouble(
  deps: AnswerDeps,
  adapter: Adapter,
  { asked, answering }: { asked: Mention; answering: Answering | null },
  signal: AbortSignal,
): Promise<void> {
  async function* sorry(): AsyncGenerator<ReplyPart> {
    yield { kind: "text", text: TROUBLE };
  }
  try {
    await adapter.post(asked, sorry(), answering ? postsOf(deps, answering) : UNKEPT, signal);
  } catch (error) {
    deps.log.error({ err: error, key: asked.key }, "cannot say that an answer failed");
  }
}

/** Writes the answer down and ends the job, both or neither. */
async function finish(
  deps: AnswerDeps,
  { job, ids: { workspaceId }, answer }: Answering,
  draft: Draft | null,
): Promise<void> {
  await inTransaction(deps.db, async (client) => {
    if (draft) {
      const state = draft.failed ? "failed" : "done";
      const retries = draft.retryAt !== null;
      const finished = { ...draft, state, retries } as const;
      const still = await finishAnswer(client, workspaceId, answer, finished);
      if (still) await saveSources(client, workspaceId, answer.id, draft.sources);
      if (still && draft.retryAt) await askAgainAt(deps, client, job.data, draft.retryAt);
    }
    await deps.queue.complete(client, "question", job);
  });
}

/** No model answered: once they may, the question is put to them once more. */
async function askAgainAt(
  { queue }: AnswerDeps,
  client: PoolClient,
  { place, userId, messageId }: Mention,
  at: Date,
): Promise<void> {
  const due: RetryDue = { kind: "retry_due", place, userId, messageId };
  await queue.send(client, "event", due, `${place.platform}:${place.workspaceId}`, { startAt: at });
}
