import { setTimeout as sleep } from "node:timers/promises";
import type { Inbox } from "../../../src/chat.ts";
import type { Log } from "../../../src/log.ts";
import { reasonOf, type Slack } from "../client.ts";
import type { Teams } from "../teams.ts";
import type { Round } from "./due-threads.ts";
import { type ReadBackDeps, readBack } from "./read-back.ts";

/** How old the note may be up to when all was heard. */
const NOTE_EVERY_MS = 10_000;
/** So many notes are left out after Slack, or the database, did not answer. */
const RETRY_AFTER_NOTES = 6;
/** Within them nothing was missed but what is missed every day: then not each thread is worth a call. */
const ROUNDS_MISSED_MAX = 2;

export interface CatchUpDeps extends ReadBackDeps {
  teams: Pick<Teams, "served" | "serves">;
  inbox: Pick<Inbox, "gap" | "caughtUp">;
  /** How often to read back where nothing says that events were lost; null where a lost connection says so. */
  readBackEveryMs: number | null;
  log: Log;
  /** Shorter in tests. */
  noteEveryMs?: number | undefined;
}

export interface CatchUp {
  /**
   * What to do while events come in: read back what was missed before, beside the live events, then note now and
   * then that nothing is missing. It never throws.
   */
  whileHearing(signal: AbortSignal): Promise<void>;
  /** Something of this workspace did not arrive, or could not be stored: it will be read back. */
  missed(slack: Slack): void;
}

interface Heard {
  /**
   * By team: up to when this process heard all, where only reading back tells: has read all. Another may have heard
   * more since, but not what was sent to us.
   */
  untilMs: Map<string, number>;
  /** Nothing is known to be missing, as far as this connection goes. */
  complete: Set<Slack>;
  retryAtMs: Map<Slack, number>;
}

export function createCatchUp(deps: CatchUpDeps): CatchUp {
  const { noteEveryMs = NOTE_EVERY_MS } = deps;
  const untilMs: Heard["untilMs"] = new Map();
  let complete: Heard["complete"] = new Set();
  return {
    missed: (slack) => complete.delete(slack),
    whileHearing: async (signal) => {
      // Of its own: a round of the connection before may still be under way.
      complete = new Set();
      const heard: Heard = { untilMs, complete, retryAtMs: new Map() };
      while (!signal.aborted) {
        for (const slack of await served(deps)) await keepUp(deps, slack, heard, signal);
        // Aborted means that no more events come in: the loop looks.
        await sleep(noteEveryMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    },
  };
}

async function served({ teams, log }: CatchUpDeps): Promise<Slack[]> {
  try {
    return await teams.served();
  } catch (error) {
    log.warn({ reason: reasonOf(error) }, "the Slack workspaces can't be listed; trying again");
    return [];
  }
}

async function keepUp(
  deps: CatchUpDeps,
  slack: Slack,
  heard: Heard,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted || performance.now() < (heard.retryAtMs.get(slack) ?? 0)) return;
  try {
    const { teamId } = await slack.identity();
    if (!(await deps.teams.serves(teamId))) return;
    const nowMs = Date.now();
    const isDue = isReadingDue(deps, slack, heard, { teamId, nowMs });
    // Before it is: what is missed from now on is for the next time.
    heard.complete.add(slack);
    if (isDue) await catchUp(deps, slack, heardUntilMs(deps, heard, { teamId, nowMs }), signal);
    signal.throwIfAborted();
    await deps.inbox.caughtUp({ platform: "slack", workspaceId: teamId }, nowMs);
    if (isDue || deps.readBackEveryMs === null) heard.untilMs.set(teamId, nowMs);
  } catch (error) {
    if (signal.aborted) return;
    // While the database was away live events were lost as well.
    heard.complete.delete(slack);
    const { noteEveryMs = NOTE_EVERY_MS } = deps;
    heard.retryAtMs.set(slack, performance.now() + RETRY_AFTER_NOTES * noteEveryMs);
    deps.log.warn(
      { reason: reasonOf(error) },
      "what was missed could not be read back; trying again",
    );
  }
}

interface Now {
  teamId: string;
  nowMs: number;
}

function isReadingDue(
  { readBackEveryMs }: CatchUpDeps,
  slack: Slack,
  { complete, untilMs }: Heard,
  { teamId, nowMs }: Now,
): boolean {
  if (!complete.has(slack)) return true;
  return readBackEveryMs !== null && nowMs - (untilMs.get(teamId) ?? 0) >= readBackEveryMs;
}

/** Where only reading back tells, a process that has just started knows nothing of the time before. */
function heardUntilMs({ readBackEveryMs }: CatchUpDeps, { untilMs }: Heard, now: Now): number {
  const atFirst = readBackEveryMs === null ? now.nowMs : now.nowMs - readBackEveryMs;
  return untilMs.get(now.teamId) ?? atFirst;
}

async function catchUp(
  deps: CatchUpDeps,
  slack: Slack,
  untilMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { teamId } = await slack.identity();
  const gap = await deps.inbox.gap({ platform: "slack", workspaceId: teamId });
  if (!gap) return;
  const sinceMs = Math.min(gap.sinceMs, untilMs);
  const round = roundOf(deps, sinceMs);
  const counts = await readBack(deps, slack, { ...gap, sinceMs, round }, signal);
  deps.log.info({ teamId, ...counts }, "what was missed has been read back");
}

/** Null where more than the time since the last reading was missed. */
function roundOf({ readBackEveryMs: everyMs }: CatchUpDeps, sinceMs: number): Round | null {
  if (everyMs === null || Date.now() - sinceMs > ROUNDS_MISSED_MAX * everyMs) return null;
  return { number: Math.floor(Date.now() / everyMs), everyMs };
}
