/** Warm extraction processes, lent to one file at a time. */
import { ServiceError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { ReaderProcess } from "./reader-process.ts";

export interface Pool {
  readonly closed: boolean;
  /** Waits for its turn, first come first served. The process may still be starting. */
  take(signal: AbortSignal): Promise<ReaderProcess>;
  /** Must be called once for every process taken. One that is worn or dead is replaced. */
  giveBack(reader: ReaderProcess): void;
  /** Ends all processes, lent ones too. */
  close(): Promise<void>;
}

export function createPool(
  processesMax: number,
  { workFolder, log }: { workFolder: string; log: Log },
): Pool {
  const all = new Set<ReaderProcess>();
  const idle: ReaderProcess[] = [];
  const turns = createTurns(processesMax);
  let closed = false;

  const start = (): ReaderProcess => {
    const reader = new ReaderProcess(workFolder, log);
    all.add(reader);
    return reader;
  };
  const discard = (reader: ReaderProcess): void => {
    reader.kill();
    all.delete(reader);
  };

  // The first file shall not wait for a start.
  idle.push(start());
  return {
    get closed() {
      return closed;
    },
    async take(signal) {
      await turns.wait(signal);
      for (let reader = idle.pop(); reader !== undefined; reader = idle.pop()) {
        if (reader.alive) return reader;
        discard(reader);
      }
      return start();
    },
    giveBack(reader) {
      const reusable = reader.alive && !reader.worn;
      if (!reusable) discard(reader);
      if (!closed) idle.push(reusable ? reader : start());
      turns.pass();
    },
    async close() {
      closed = true;
      turns.close();
      await Promise.all([...all].map((reader) => reader.close()));
    },
  };
}

interface Turns {
  wait(signal: AbortSignal): Promise<void>;
  pass(): void;
  /** Whoever waits, or comes later, waits in vain. */
  close(): void;
}

function createTurns(atOnce: number): Turns {
  const waiting = new Set<PromiseWithResolvers<void>>();
  const closing = new ServiceError("extraction", "no more files are read: Docent is stopping");
  let free = atOnce;
  let closed = false;
  return {
    async wait(signal) {
      signal.throwIfAborted();
      if (closed) throw closing;
      if (free > 0) {
        free--;
        return;
      }
      const turn = Promise.withResolvers<void>();
      const leave = (): void => {
        // One whose turn has come already is no longer waiting, and gives its turn back itself.
        if (waiting.delete(turn)) turn.reject(signal.reason);
      };
      waiting.add(turn);
      signal.addEventListener("abort", leave);
      await turn.promise.finally(() => signal.removeEventListener("abort", leave));
    },
    pass() {
      const [turn] = waiting;
      if (turn === undefined) free++;
      else if (waiting.delete(turn)) turn.resolve();
    },
    close() {
      closed = true;
      for (const turn of waiting) turn.reject(closing);
      waiting.clear();
    },
  };
}
