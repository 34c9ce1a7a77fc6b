import { setTimeout as sleep } from "node:timers/promises";

/** For what must be known before an acknowledgement, for which Discord waits three seconds. */
const WITHIN_MS = 2_000;

/** What comes of the work in time, else `late`: then it goes on by itself, and whether it fails is nobody's matter. */
export async function inTime<T, const L>(
  work: Promise<T>,
  late: L,
  withinMs = WITHIN_MS,
): Promise<T | L> {
  const timer = new AbortController();
  const patience = sleep(withinMs, late, { signal: timer.signal, ref: false });
  // What came in time ends the waiting, which then rejects.
  patience.catch(() => undefined);
  return await Promise.race([work, patience]).finally(() => timer.abort());
}
