import type { Pool } from "pg";
import type { Adapter, Mention, ReplyPart } from "../chat.ts";
import {
  addPosted,
  ensureAnswer,
  finishAnswer,
  saveSources,
  unknownMessages,
} from "../db/answers.ts";
import { addCost } from "../db/costs.ts";
import { ensurePlace, type PlaceIds } from "../db/places.ts";
import { inTransaction } from "../db/transaction.ts";
import type { Queue } from "../jobs/queue.ts";
import type { Job } from "../jobs/worker.ts";
import { type ComposeDeps, compose, type Draft } from "./compose.ts";
import { drain } from "./drain.ts";

export interface AnswerDeps extends ComposeDeps {
  db: Pool;
  queue: Queue;
  adapterOf(platform: string): Adapter;
}

/** One answer on its way: what a retry must find again, and what is written down at the end. */
interface Answering {
  job: Job<Mention>;
  ids: PlaceIds;
  answerId: number;
  posted: string[];
}

const TROUBLE =
  "Something on my side failed, several times, so I have no answer. Please ask again in a few minutes.";

/** Flow 2: a question gets exactly one answer, streamed into its thread. */
export async function answerQuestion(
  deps: AnswerDeps,
  job: Job<Mention>,
  signal: AbortSignal,
): Promise<void> {
  const asked = job.data;
  const adapter = deps.adapterOf(asked.place.platform);
  const readers = await adapter.readers(asked.place);
  const ids = await ensurePlace(deps.db, asked.place, readers);
  const answer = await ensureAnswer(deps.db, ids, asked);
  const answering = { job, ids, answerId: answer.id, posted: answer.posted };
  if (answer.state !== "answering") return finish(deps, answering, null);

  const draft: Draft = { text: "", sources: [], model: null, attempts: [], failed: false };
  const left = new AbortController();
  const timeout = AbortSignal.timeout(deps.limits.answerTimeoutMs);
  const limit = AbortSignal.any([signal, left.signal, timeout]);
  try {
    const reply = compose(deps, adapter, { ...asked, ids, readers }, draft, limit);
    await show(
      deps,
      answering,
      drain(reply, () => left.abort()),
      signal,
    );
  } catch (error) {
    signal.throwIfAborted();
    if (job.last) await sayTrouble(deps, answering, signal);
    throw error;
  }
  await finish(deps, answering, draft);
  const { model, failed, sources } = draft;
  deps.log.info({ answer: answer.id, model, failed, sources: sources.length }, "answered");
}

async function show(
  deps: AnswerDeps,
  { job, ids, answerId, posted }: Answering,
  reply: AsyncIterable<ReplyPart>,
  signal: AbortSignal,
): Promise<void> {
  const onPosted = async (messageId: string): Promise<void> => {
    await addPosted(deps.db, ids.workspaceId, answerId, messageId);
    posted.push(messageId);
  };
  const adapter = deps.adapterOf(job.data.place.platform);
  const orphans = (messageIds: string[]) => unknownMessages(deps.db, ids, messageIds);
  const posts = { posted: [...posted], onPosted, ...(job.retryCount > 0 && { orphans }) };
  await adapter.post(job.data, reply, posts, signal);
}

/** Silence is the worst answer: the last try that fails says so in the thread. */
async function sayTrouble(
  deps: AnswerDeps,
  answering: Answering,
  signal: AbortSignal,
): Promise<void> {
  async function* sorry(): AsyncGenerator<ReplyPart> {
    yield { kind: "text", text: TROUBLE };
  }
  try {
    await show(deps, answering, sorry(), signal);
  } catch (error) {
    deps.log.error({ err: error, answer: answering.answerId }, "cannot say that an answer failed");
  }
}

/** Writes the answer down and ends the job, both or neither. */
async function finish(
  deps: AnswerDeps,
  { job, ids: { workspaceId }, answerId }: Answering,
  draft: Draft | null,
): Promise<void> {
  await inTransaction(deps.db, async (client) => {
    if (draft) {
      const state = draft.failed ? "failed" : "done";
      await finishAnswer(client, workspaceId, answerId, { ...draft, state });
      await saveSources(client, workspaceId, answerId, draft.sources);
      for (const attempt of draft.attempts) {
        if (attempt.tokensIn + attempt.tokensOut === 0) continue;
        const { model, tokensIn, tokensOut, costMicrousd: microusd } = attempt;
        const cost = { purpose: "answer" as const, model, userId: job.data.userId };
        await addCost(client, workspaceId, { ...cost, tokensIn, tokensOut, microusd });
      }
    }
    await deps.queue.complete(client, "question", job);
  });
}
