import { setTimeout as sleep } from "node:timers/promises";
import type { Inbox } from "../../../src/chat.ts";
import type { Log } from "../../../src/log.ts";
import { reasonOf, type Slack } from "../client.ts";
import type { Teams } from "../teams.ts";
import { type ReadBackDeps, readBack } from "./read-back.ts";

/** How old the note may be up to when all was heard. */
const NOTE_EVERY_MS = 10_000;
/** After Slack, or the database, did not answer. */
const RETRY_MS = 60_000;

export interface CatchUpDeps extends ReadBackDeps {
  teams: Pick<Teams, "served" | "serves">;
  inbox: Pick<Inbox, "gap" | "caughtUp">;
  log: Log;
  /** Shorter in tests. */
  noteEveryMs?: number | undefined;
}

interface Heard {
  /** By team: up to when this process heard all. Another may have heard more since, but not what was sent to us. */
  untilMs: Map<string, number>;
  /** What was missed before this connection has been read back. */
  complete: Set<Slack>;
  retryAtMs: Map<Slack, number>;
}

/**
 * What to do while events come in: read back what was missed before, beside the live events, then note now and
 * then that nothing is missing. What it returns never throws.
 */
export function createCatchUp(deps: CatchUpDeps): (signal: AbortSignal) => Promise<void> {
  const untilMs: Heard["untilMs"] = new Map();
  return async (signal) => {
    const heard = { untilMs, complete: new Set<Slack>(), retryAtMs: new Map<Slack, number>() };
    const { noteEveryMs = NOTE_EVERY_MS } = deps;
    while (!signal.aborted) {
      for (const slack of await served(deps)) await keepUp(deps, slack, heard, signal);
      // Aborted means that no more events come in: the loop looks.
      await sleep(noteEveryMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
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
    if (!heard.complete.has(slack)) await catchUp(deps, slack, heard.untilMs.get(teamId), signal);
    signal.throwIfAborted();
    await deps.inbox.caughtUp({ platform: "slack", workspaceId: teamId }, nowMs);
    heard.complete.add(slack);
    heard.untilMs.set(teamId, nowMs);
  } catch (error) {
    if (signal.aborted) return;
    heard.retryAtMs.set(slack, performance.now() + RETRY_MS);
    deps.log.warn(
      { reason: reasonOf(error) },
      "what was missed could not be read back; trying again",
    );
  }
}

async function catchUp(
  deps: CatchUpDeps,
  slack: Slack,
  heardUntilMs: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { teamId } = await slack.identity();
  const gap = await deps.inbox.gap({ platform: "slack", workspaceId: teamId });
  if (!gap) return;
  const sinceMs = Math.min(gap.sinceMs, heardUntilMs ?? Number.POSITIVE_INFINITY);
  const counts = await readBack(deps, slack, { ...gap, sinceMs }, signal);
  deps.log.info({ teamId, ...counts }, "what was missed has been read back");
}
