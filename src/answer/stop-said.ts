import { parseCommand } from "../commands/parse.ts";
import { type StopWish, stopAnswers } from "../commands/stop.ts";
import { inTransaction } from "../db/transaction.ts";
import type { Incoming, Mention, Place, Said } from "../events.ts";
import { JobPostponed } from "../jobs/queue.ts";
import type { Job } from "../jobs/worker.ts";
import { type AskedAnewDeps, SOON_MS } from "./asked-anew.ts";

/** Somebody wrote the word "stop": it must not wait in turn behind the answer that it is about. */
export interface StopSaid {
  kind: "stop_said";
  place: Place;
  userId: string;
  said: Mention | Said;
}

/** Null: it says something else. */
export function asStop(event: Incoming): StopSaid | null {
  if (event.kind !== "mention" && event.kind !== "said") return null;
  const isAside = event.kind === "said" ? event.toOthers : event.onlyFor !== undefined;
  if (isAside || event.fileIds.length > 0 || parseCommand(event.text)?.word !== "stop") return null;
  return { kind: "stop_said", place: event.place, userId: event.userId, said: event };
}

/** Where there is nothing to stop, it is heard as anything else that is said. */
export async function hearStop(deps: AskedAnewDeps, job: Job<StopSaid>): Promise<void> {
  const { place, userId, said } = job.data;
  const outcome = await stopAnswers(deps, wishOf(said));
  if (outcome === "too_soon") throw new JobPostponed("an answer has just been begun with", SOON_MS);
  const isDone = outcome === "stopped" && (await isTaken(deps, said));
  const group = `${place.platform}:${place.workspaceId}:${userId}`;
  await inTransaction(deps.db, async (client) => {
    if (!isDone) await deps.queue.send(client, "question", said, group);
    await deps.queue.complete(client, "event", job);
  });
}

/** In a thread it is about the thread; else about all that they have asked here. */
function wishOf({ kind, place, userId, messageId }: Mention | Said): StopWish {
  const threadId = place.threadId === messageId ? null : place.threadId;
  return { place: { ...place, threadId }, userId, own: kind === "said" };
}

/** A platform without signs owes a mention an answer. */
async function isTaken({ adapterOf }: AskedAnewDeps, said: Mention | Said): Promise<boolean> {
  const isSigned = await adapterOf(said.place.platform).nod(said.place, said.messageId);
  return isSigned || said.kind === "said";
}
