/** Reading files into chunks without ever trusting one: in processes that may hang, explode or die. */
import { FileRejected, ServiceError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { EXTRACT_LIMITS, type ExtractLimits } from "./limits.ts";
import type { FromChild } from "./messages.ts";
import { createPool, type Pool } from "./pool.ts";
import type { Extracted } from "./reader.ts";
import type { Ended, ReaderProcess } from "./reader-process.ts";

export type { Extracted } from "./reader.ts";

const TIMEOUT =
  "I couldn't read this file because it took too long; try a simpler or smaller version, or print it to PDF again.";
const CRASHED =
  "I couldn't read this file because it is damaged or unusually complicated; try to save or print it to PDF again.";

/** An end by one of these is the doing of an operator or of a machine short of memory, not of the file. */
const OUTSIDE_SIGNALS = new Set<NodeJS.Signals | null>(["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"]);

export interface Extractor {
  /**
   * Reads a file of the work folder: `opened` once, then its chunks in reading order, always the same
   * for the same bytes. The reader waits where the caller is slower. Leaving early ends the reading.
   * @param file the name only tells kinds of text from each other, and is checked against the content
   * @throws {FileRejected} for what can't be read, also after some chunks; the message is for the sharer
   */
  extract(file: { path: string; name: string }, signal: AbortSignal): AsyncIterable<Extracted>;
  /** Ends all processes; what is being read fails. */
  close(): Promise<void>;
}

export interface ExtractorOptions {
  /** Where the files to read are: the only folder that the reading processes see. */
  workFolder: string;
  log: Log;
  /** What is not given is as in {@link EXTRACT_LIMITS}. */
  limits: Partial<ExtractLimits>;
}

export function createExtractor({ workFolder, log, limits: given }: ExtractorOptions): Extractor {
  const limits = { ...EXTRACT_LIMITS, ...given };
  const pool = createPool(limits.processesMax, { workFolder, log });
  return {
    extract: (file, signal) => extract({ pool, log, limits }, file, signal),
    close: () => pool.close(),
  };
}

async function* extract(
  deps: { pool: Pool; log: Log; limits: ExtractLimits },
  file: { path: string; name: string },
  signal: AbortSignal,
): AsyncGenerator<Extracted> {
  const reader = await deps.pool.take(signal);
  const abort = (): void => reader.kill();
  signal.addEventListener("abort", abort);
  let finished = false;
  try {
    for await (const part of job(deps, reader, file)) {
      signal.throwIfAborted();
      yield part;
    }
    finished = true;
  } catch (error) {
    finished = error instanceof Refusal;
    signal.throwIfAborted();
    if (deps.pool.closed) throw stopped(error);
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
    // One that is in the middle of a file can't be used for another.
    if (!finished) reader.kill();
    deps.pool.giveBack(reader);
  }
}

/** The reader's own word on a file, after which it is ready for the next. */
class Refusal extends FileRejected {}

async function* job(
  deps: { log: Log; limits: ExtractLimits },
  reader: ReaderProcess,
  file: { path: string; name: string },
): AsyncGenerator<Extracted> {
  const { filePagesMax: pagesMax, fileChunksMax: chunksMax, textCharsMax } = deps.limits;
  const { path, name } = file;
  await reader.ready();
  reader.send({ kind: "job", path, name, limits: { pagesMax, chunksMax, textCharsMax } });
  for await (const message of messages(reader, deps.limits)) {
    switch (message.kind) {
      case "opened":
        yield message;
        break;
      case "chunks":
        yield message;
        reader.send({ kind: "used" });
        break;
      case "done":
        return;
      case "rejected":
        throw new Refusal(message.rejection, message.message);
      case "ready":
      case "crashed":
      case "ended":
        throw failure(message, deps.log);
      default:
        message satisfies never;
    }
  }
}

/** Counts only the time spent waiting for the reader, not the time the caller takes. */
async function* messages(
  reader: ReaderProcess,
  { wallMs }: ExtractLimits,
): AsyncGenerator<FromChild | Ended> {
  let leftMs = wallMs.base;
  for (;;) {
    const since = performance.now();
    const message = await reader.next(Math.max(0, leftMs));
    if (message === "late") throw new FileRejected("timeout", TIMEOUT);
    leftMs -= performance.now() - since;
    if (message.kind === "opened") {
      leftMs += Math.min((message.pages ?? 0) * wallMs.perPage, wallMs.max - wallMs.base);
    }
    yield message;
  }
}

function stopped(cause: unknown): ServiceError {
  return new ServiceError("extraction", "stopped while reading a file", { cause });
}

/** What a sharer can know of it: it took too long, or broke the reader. The log says more. */
function failure(message: FromChild | Ended, log: Log): FileRejected | ServiceError {
  if (message.kind === "ended") {
    log.warn({ code: message.code, signal: message.signal }, "a file ended its extraction process");
    if (OUTSIDE_SIGNALS.has(message.signal)) return stopped(undefined);
    if (message.signal === "SIGXCPU") return new FileRejected("timeout", TIMEOUT);
  } else {
    log.warn({ said: message.kind }, "a file crashed its reader");
  }
  return new FileRejected("malformed", CRASHED);
}
