import type { Pool } from "pg";
import { tellAccess } from "./access.ts";
import type { Inbox } from "./chat.ts";
import {
  activeThreads,
  channelsKnown,
  heardUntilMs,
  placesWithFiles,
  setHeardUntil,
} from "./db/gaps.ts";
import { inTransaction } from "./db/transaction.ts";
import type { Queue } from "./jobs/queue.ts";
import { changePerson, listWhenDue } from "./outsiders.ts";
import { sendSweep } from "./sweep.ts";

// Who writes in a thread that has been quiet for so long can mention us.
const THREAD_DAYS = 7;
// A platform is asked about each of them.
const THREADS_MAX = 500;

// A connection made anew within this has missed nothing to speak of.
const SWEEP_AFTER_MS = 2 * 60_000;
// Platforms lose events now and then, also while they are listened to.
const SWEEP_EVERY_MS = 24 * 3_600_000;

type Workspace = Parameters<Inbox["gap"]>[0];

/** What adapters need to know to read back what happened while nobody listened. */
export function createGaps(deps: {
  db: Pool;
  queue: Queue;
}): Pick<Inbox, "gap" | "caughtUp" | "peopleChanged" | "personChanged"> {
  const { db } = deps;
  return {
    gap: async (workspace) => {
      const sinceMs = await heardUntilMs(db, workspace);
      if (sinceMs === null) return null;
      const wanted = { days: THREAD_DAYS, limit: THREADS_MAX };
      const [threads, channels] = await Promise.all([
        activeThreads(db, workspace, wanted),
        channelsKnown(db, workspace),
      ]);
      return { sinceMs, threads, channels };
    },
    caughtUp: (workspace, untilMs) => catchUp(deps, workspace, untilMs),
    peopleChanged: ({ platform, workspaceId }) => tellAccess(db, { platform, workspaceId }),
    personChanged: (change) => changePerson(deps, change),
  };
}

/**
 * Messages are read back by the platform's adapter; what was deleted meanwhile is in none of them: it is looked for
 * after a gap, and once a day in any case.
 */
async function catchUp(
  { db, queue }: { db: Pool; queue: Queue },
  workspace: Workspace,
  untilMs: number,
): Promise<void> {
  await inTransaction(db, async (client) => {
    const beforeMs = await setHeardUntil(client, workspace, untilMs);
    const unheardMs = beforeMs === null ? 0 : untilMs - beforeMs;
    await listWhenDue(client, queue, workspace, unheardMs < SWEEP_AFTER_MS ? null : unheardMs);
    if (beforeMs === null || !isSweepDue(beforeMs, untilMs)) return;
    for (const place of await placesWithFiles(client, workspace)) {
      await sendSweep(queue, client, { kind: "sweep_due", place, userId: "" });
    }
  });
}

/** Time is handed in once, whichever process does it: so each day has one end. */
function isSweepDue(beforeMs: number, untilMs: number): boolean {
  const isNextDay = Math.floor(untilMs / SWEEP_EVERY_MS) > Math.floor(beforeMs / SWEEP_EVERY_MS);
  return isNextDay || untilMs - beforeMs >= SWEEP_AFTER_MS;
}
