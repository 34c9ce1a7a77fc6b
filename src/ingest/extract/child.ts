/**
 * The process in which files are opened. Started by the host with limits, without secrets and without
 * rights, because a file may be made to hang, explode or take over whoever reads it.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { FileRejected } from "../../errors.ts";
import { detect, HEAD_BYTES } from "../detect.ts";
import {
  CHUNKS_PER_MESSAGE,
  type FromChild,
  type ToChild,
  UNUSED_BATCHES_MAX,
} from "./messages.ts";
import type { Extracted, ReadLimits } from "./reader.ts";
import { loadReaders } from "./readers.ts";

type Job = Extract<ToChild, { kind: "job" }>;

async function run(job: Job): Promise<void> {
  const kind = await detect({ name: job.name, head: headOf(job.path) });
  const limit = outputLimit(job.limits);
  const readers = await loading;
  for await (const part of readers[kind](job.path, job.limits)) {
    if (part.kind === "opened") await send(part);
    else await sendChunks(part, limit);
  }
  limit.refuseEmpty();
}

async function sendChunks(
  part: Extract<Extracted, { kind: "chunks" }>,
  limit: ReturnType<typeof outputLimit>,
): Promise<void> {
  const { pagesDone } = part;
  for (let at = 0; at < part.chunks.length; at += CHUNKS_PER_MESSAGE) {
    const chunks = part.chunks.slice(at, at + CHUNKS_PER_MESSAGE);
    for (const chunk of chunks) limit.add(chunk.text);
    await window.room();
    await send({ kind: "chunks", pagesDone, chunks });
  }
}

/** A tiny file can hold endless text: what comes out is bounded, not only what goes in. */
function outputLimit(limits: ReadLimits): { add(text: string): void; refuseEmpty(): void } {
  let chunks = 0;
  let chars = 0;
  return {
    add(text) {
      chunks++;
      chars += text.length;
      if (chunks > limits.chunksMax) throw tooLarge(limits.chunksMax, "passages");
      if (chars > limits.textCharsMax) throw tooLarge(limits.textCharsMax, "letters");
    },
    refuseEmpty() {
      if (chunks === 0) throw new FileRejected("empty", "There is no text in this file.");
    },
  };
}

function tooLarge(most: number, what: string): FileRejected {
  const count = most.toLocaleString("en");
  return new FileRejected(
    "too_large",
    `This file holds more than ${count} ${what} of text, the most I read; split it and share the parts.`,
  );
}

function headOf(path: string): Uint8Array {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return head.subarray(0, readSync(file, head, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

/** Batches that the host has not used yet: with too many of them, reading waits. */
function createWindow(): { room(): Promise<void>; used(): void; reset(): void } {
  let unused = 0;
  let moved = Promise.withResolvers<void>();
  return {
    async room() {
      while (unused >= UNUSED_BATCHES_MAX) await moved.promise;
      unused++;
    },
    used() {
      unused--;
      moved.resolve();
      moved = Promise.withResolvers();
    },
    reset() {
      unused = 0;
    },
  };
}

function send(message: FromChild): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

/** Runs a job to its one last message. */
async function answer(job: Job): Promise<void> {
  window.reset();
  try {
    await run(job);
    await send({ kind: "done", usage: usage() });
  } catch (error) {
    if (!(error instanceof FileRejected)) throw error;
    const { kind, message } = error;
    if (kind === "timeout" || kind === "refused") throw error;
    await send({ kind: "rejected", rejection: kind, message, usage: usage() });
  }
}

function usage(): { rssBytes: number; cpuSeconds: number } {
  const cpu = process.cpuUsage();
  return { rssBytes: process.memoryUsage.rss(), cpuSeconds: (cpu.user + cpu.system) / 1e6 };
}

/** Only the error's name leaves: its message may quote the file. */
async function crash(error: unknown): Promise<void> {
  const name = error instanceof Error ? error.name : typeof error;
  await send({ kind: "crashed", error: name }).finally(() => process.exit(1));
}

const window = createWindow();
const loading = loadReaders();
// Ctrl-C reaches every process of the terminal; the host decides what becomes of a file under way.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToChild) => {
  if (message.kind === "job") {
    answer(message).catch(crash);
  } else {
    window.used();
  }
});
loading.then(() => send({ kind: "ready" })).catch(crash);
