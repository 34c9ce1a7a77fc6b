import { setTimeout as sleep } from "node:timers/promises";
import type { ReplyPart } from "../../src/chat.ts";

/** How often a platform wants to see text. */
export interface Pace {
  /** Least time between two pieces of text. */
  everyMs: number;
  /** Shorter text waits for more, but never longer than PATIENCE times `everyMs`. */
  charsMin: number;
}

const PATIENCE = 3;
const WAITING_CHARS_MAX = 64_000;

/** What came and was not shown yet. */
interface Waiting {
  parts: ReplyPart[];
  ended: boolean;
  added: Gate;
  taken: Gate;
}

/**
 * The same reply, its text gathered into pieces at the platform's pace. The source is read ahead, so that a slow
 * platform does not make a model look stalled; a restart drops the text that was not shown yet.
 * @throws what the source throws, after all that came before it, or the signal's reason
 */
export async function* paced(
  reply: AsyncIterable<ReplyPart>,
  pace: Pace,
  signal: AbortSignal,
): AsyncGenerator<ReplyPart> {
  const waiting: Waiting = { parts: [], ended: false, added: createGate(), taken: createGate() };
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  const drained = drain(reply, waiting, ended);
  // The failure is heard below, once everything before it was shown.
  drained.catch(() => undefined);
  try {
    let shownAtMs = performance.now();
    while (waiting.parts.length > 0 || !waiting.ended) {
      signal.throwIfAborted();
      const waitMs = untilDueMs(waiting, performance.now() - shownAtMs, pace);
      if (waitMs > 0) {
        await waiting.added.within(waitMs, ended);
        continue;
      }
      const part = waiting.parts.shift();
      waiting.taken.open();
      if (!part) continue;
      yield part;
      shownAtMs = performance.now();
    }
    await drained;
  } finally {
    stop.abort();
  }
}

/** 0: the first part may be shown now. Infinity: only when something more comes. */
function untilDueMs(waiting: Waiting, sinceMs: number, pace: Pace): number {
  const [first, second] = waiting.parts;
  if (!first) return waiting.ended ? 0 : Number.POSITIVE_INFINITY;
  if (first.kind !== "text" || second || waiting.ended) return 0;
  const waits = first.text.length >= pace.charsMin ? pace.everyMs : PATIENCE * pace.everyMs;
  return Math.max(0, waits - sinceMs);
}

async function drain(
  reply: AsyncIterable<ReplyPart>,
  waiting: Waiting,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const part of reply) {
      if (signal.aborted) return;
      add(waiting, part);
      waiting.added.open();
      while (charsIn(waiting) > WAITING_CHARS_MAX && !signal.aborted) {
        await waiting.taken.within(Number.POSITIVE_INFINITY, signal);
      }
    }
  } finally {
    waiting.ended = true;
    waiting.added.open();
  }
}

function add(waiting: Waiting, part: ReplyPart): void {
  if (part.kind === "restart") {
    waiting.parts = waiting.parts.filter((earlier) => earlier.kind !== "text");
  }
  const last = waiting.parts.at(-1);
  if (part.kind === "text" && last?.kind === "text") {
    waiting.parts[waiting.parts.length - 1] = { kind: "text", text: last.text + part.text };
  } else waiting.parts.push(part);
}

function charsIn(waiting: Waiting): number {
  return waiting.parts.reduce(
    (sum, part) => sum + (part.kind === "text" ? part.text.length : 0),
    0,
  );
}

/** Something to wait at: `open` lets through all who wait now. */
interface Gate {
  open(): void;
  within(waitMs: number, signal: AbortSignal): Promise<void>;
}

function createGate(): Gate {
  let opened = Promise.withResolvers<void>();
  return {
    open: () => {
      opened.resolve();
      opened = Promise.withResolvers();
    },
    within: async (waitMs, signal) => {
      const over = new AbortController();
      const either = AbortSignal.any([signal, over.signal]);
      const longestMs = Math.min(waitMs, 2 ** 31 - 1);
      // An aborted wait is over as well; the caller looks at its signal.
      const time = sleep(longestMs, undefined, { signal: either }).catch(() => undefined);
      await Promise.race([opened.promise, time]);
      over.abort();
    },
  };
}
