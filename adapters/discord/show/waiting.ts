import type { Row } from "./buttons.ts";
import { smallPrint } from "./sources.ts";
import type { Thread } from "./thread.ts";

/** Discord shows it for ten seconds. */
const TYPING_EVERY_MS = 8_000;
/** An answer that begins sooner says nothing of how it comes about. */
const STATUS_AFTER_MS = 3_000;
const STATUS_EVERY_MS = 2_000;

/** What is seen before the first words: typing at once, and after a while what is being done. */
export interface Waiting {
  /** @param under what stands below it */
  status(text: string, under: readonly Row[]): void;
  /** The words are there, or there will be none. */
  end(): Promise<void>;
}

interface Status {
  text: string;
  under: readonly Row[];
}

export function waitIn(thread: Thread): Waiting {
  const over = new AbortController();
  let status: Status | null = null;
  void type(thread, over.signal);
  const telling = tell(thread, () => status, over.signal);
  return {
    status: (text, under) => {
      status = { text, under };
    },
    end: async () => {
      over.abort();
      await telling;
    },
  };
}

/** Best effort: it never rejects, and nobody waits for the last one. */
async function type(thread: Thread, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await thread.typing();
    await passed(thread, TYPING_EVERY_MS, signal);
  }
}

/** In a message that notifies nobody, since it is taken away for the first words. */
async function tell(thread: Thread, latest: () => Status | null, signal: AbortSignal) {
  let id: string | null = null;
  let shown: Status | null = null;
  await passed(thread, STATUS_AFTER_MS, signal);
  while (!signal.aborted) {
    const status = latest();
    if (status && status !== shown) {
      shown = status;
      id = await show(thread, id, status);
    }
    await passed(thread, STATUS_EVERY_MS, signal);
  }
  if (id !== null) await thread.remove(id);
}

/** Best effort. @returns the message that shows it */
async function show(thread: Thread, id: string | null, { text, under }: Status) {
  const content = smallPrint(text);
  if (id === null) return await thread.sayStatus(content, under).catch(() => null);
  await thread.refresh(id, { content, under, isFirst: false });
  return id;
}

/** A wait that is over sooner is over as well; the caller looks at its signal. */
async function passed(thread: Thread, ms: number, signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await thread.sleep(ms, signal).catch(() => undefined);
}
