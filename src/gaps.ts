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
import type { SweepDue } from "./sweep.ts";

// Who writes in a thread that has been quiet for so long can mention us.
const THREAD_DAYS = 7;
// A platform is asked about each of them.
const THREADS_MAX = 500;

// A connection made anew within this has missed nothing to speak of.
const SWEEP_AFTER_MS = 2 * 60_000;

type Workspace = Parameters<Inbox["gap"]>[0];

/** What adapters need to know to read back what happened while nobody listened. */
export function createGaps(deps: {
  db: Pool;
  queue: Queue;
}): Pick<Inbox, "gap" | "caughtUp" | "peopleChanged"> {
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
  };
}

/** Messages are read back by the platform's adapter; what was deleted meanwhile is in none of them. */
async function catchUp(
  { db, queue }: { db: Pool; queue: Queue },
  workspace: Workspace,
  untilMs: number,
): Promise<void> {
  await inTransaction(db, async (client) => {
    const beforeMs = await setHeardUntil(client, workspace, untilMs);
    if (beforeMs === null || untilMs - beforeMs < SWEEP_AFTER_MS) return;
    for (const place of await placesWithFiles(client, workspace)) {
      const due: SweepDue = { kind: "sweep_due", place, userId: "" };
      const group = `${workspace.platform}:${workspace.workspaceId}`;
      await queue.send(client, "event", due, group, { behind: true });
    }
  });
}
