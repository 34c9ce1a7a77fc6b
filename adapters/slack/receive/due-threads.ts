import type { Place } from "../../../src/events.ts";

/** Of threads that are read back again and again, so many of the newest are looked at each time. */
const NEWEST = 50;
/** Each of the others is looked at once in so many times. */
const TURNS = 24;

/** One of the times that everything is read back, where that is done now and then whatever happens. */
export interface Round {
  /** Counted up from one to the next. */
  number: number;
  everyMs: number;
}

/** A thread, to be read from then on. */
export interface DueThread {
  channelId: string;
  threadId: string;
  sinceMs: number;
}

/**
 * The threads that are to be read back.
 * @param threads newest first
 * @param round null: all of them, because there was a gap
 */
export function dueThreads(
  threads: readonly Place[],
  sinceMs: number,
  round: Round | null,
): DueThread[] {
  return threads.flatMap(({ channelId, threadId }, index) => {
    if (threadId === null) return [];
    if (round === null || index < NEWEST) return [{ channelId, threadId, sinceMs }];
    if (Math.trunc(Number(threadId)) % TURNS !== round.number % TURNS) return [];
    // Rounds drift, and one may be left out: the turn after that sees what this one should have seen.
    return [{ channelId, threadId, sinceMs: sinceMs - 2 * TURNS * round.everyMs }];
  });
}
