import { monitorEventLoopDelay } from "node:perf_hooks";
import { memoryMib } from "../product.ts";

export interface Watched {
  /** For how long the event loop let others wait, of all its turns. */
  delayP99Ms: number;
  delayMaxMs: number;
  /** How much memory the process took beyond what it had before. */
  grownMib: number;
}

const LOOK_EVERY_MS = 20;
const NANOSECONDS = 1e6;

/** Watches this process while something is done. */
export async function watched(work: () => Promise<unknown>): Promise<Watched> {
  const before = memoryMib();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, memoryMib());
  }, LOOK_EVERY_MS);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  try {
    await work();
  } finally {
    delay.disable();
    clearInterval(timer);
  }
  return {
    delayP99Ms: delay.percentile(99) / NANOSECONDS,
    delayMaxMs: delay.max / NANOSECONDS,
    grownMib: Math.max(most, memoryMib()) - before,
  };
}
