import type { Pool } from "pg";
import { checkCatalogue } from "./check-catalogue.ts";
import { claimChore, postponeChore } from "./chore.ts";
import { checkKey, probeDue, recheckKey, type Watched } from "./probe.ts";

const TICK_MS = 5_000;
const REVIEW_EVERY_S = 60 * 60;
const REVIEW_AGAIN_S = 5 * 60;
const ATTEMPTS_KEPT_DAYS = 30;

interface Watch extends Watched {
  signal: AbortSignal;
}

/** Keeps what is known of the models and the key true, whether or not anybody asks. It needs no network to start. */
export function startWatch(watched: Watched): { close(): Promise<void> } {
  const stop = new AbortController();
  const watch: Watch = { ...watched, signal: stop.signal };
  const loops = [
    loop(() => step(watch, "the key was not checked again", () => recheckKey(watch, watch.signal))),
    loop(() => step(watch, "the models were not tried out", () => probeDue(watch, watch.signal))),
    // At the start in any case: other models or another key may have been configured since the last process looked.
    loop((isFirst) =>
      step(watch, "the models were not reviewed", () =>
        review(watch, isFirst ? 0 : REVIEW_EVERY_S),
      ),
    ),
  ];
  return {
    close: async () => {
      stop.abort();
      await Promise.all(loops.map((one) => one.close()));
    },
  };
}

/** Does it now and then every few seconds, never twice at once: a model that hangs holds up nothing else. */
function loop(work: (isFirst: boolean) => Promise<unknown>): { close(): Promise<void> } {
  let running: Promise<unknown> | null = null;
  const run = (isFirst: boolean): void => {
    running ??= work(isFirst).finally(() => {
      running = null;
    });
  };
  run(true);
  const timer = setInterval(run, TICK_MS, false).unref();
  return {
    close: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

/** @returns whether it worked; nothing is thrown */
async function step(
  { log, signal }: Watch,
  failed: string,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    signal.throwIfAborted();
    await work();
    return true;
  } catch (err) {
    if (!signal.aborted) log.warn({ err }, failed);
    return false;
  }
}

async function review(watch: Watch, everyS: number): Promise<void> {
  const { db, signal, models, fingerprint } = watch;
  // Processes with other models or another key have their own.
  const name = `review of ${models.join(", ")} with ${fingerprint}`;
  if (!(await claimChore(db, name, everyS))) return;
  await forgetAttempts(db);
  const isKeyDone = await step(watch, "the key was not checked", () => reviewKey(watch));
  const isListDone = await step(watch, "the catalogue was not read", () =>
    checkCatalogue(watch, signal),
  );
  if (isKeyDone && isListDone) return;
  await postponeChore(db, name, { everyS: REVIEW_EVERY_S, inS: REVIEW_AGAIN_S });
}

async function reviewKey(watch: Watch): Promise<void> {
  if ((await checkKey(watch, watch.signal)) !== "invalid") return;
  watch.log.warn("OPENROUTER_API_KEY is not valid: make a new key at openrouter.ai/keys");
}

export async function forgetAttempts(db: Pool): Promise<void> {
  await db.query("delete from model_attempt where at < now() - $1 * interval '1 day'", [
    ATTEMPTS_KEPT_DAYS,
  ]);
}
