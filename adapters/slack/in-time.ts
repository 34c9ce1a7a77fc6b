import { setTimeout as sleep } from "node:timers/promises";

/** For what must be asked before an acknowledgement, for which Slack waits three seconds. */
const ASK_WITHIN_MS = 2_000;

/** What comes of the work in time, else `late`: then it goes on by itself, and whether it fails is nobody's matter. */
export async function inTime<T, const L>(
  work: Promise<T>,
  late: L,
  withinMs = ASK_WITHIN_MS,
): Promise<T | L> {
  const timer = new AbortController();
  const patience = sleep(withinMs, late, { signal: timer.signal, ref: false });
  // What came in time ends the waiting, which then rejects.
  patience.catch(() => undefined);
  return await Promise.race([work, patience]).finally(() => timer.abort());
}

/** What comes of the work, unless the signal ends the waiting: then it goes on by itself, as above. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const ended = Promise.withResolvers<never>();
  const end = () => ended.reject(signal.reason);
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  try {
    return await Promise.race([ended.promise, work]);
  } finally {
    signal.removeEventListener("abort", end);
  }
}
