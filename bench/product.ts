/** The product's worker in this process, with a chat platform that costs nothing: what is left is Docent's own time. */
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Adapter, FileState, Inbox } from "../src/chat.ts";
import { readConfig } from "../src/config.ts";
import type { Embedder } from "../src/embed/embedder.ts";
import { createIntake } from "../src/intake.ts";
import { openQueue, type Queue } from "../src/jobs/queue.ts";
import { createLog } from "../src/log.ts";
import { createMetrics } from "../src/metrics.ts";
import { startWork } from "../src/work.ts";
import { openWorkFolder } from "../src/workFolder.ts";
import { createMemoryChat } from "../tests/support/memory.ts";
import { type BenchDatabase, type Engine, makeFolder, openBenchDatabase } from "./database.ts";

const STDERR = 2;
const TRILLION = 1e12;
const QUESTIONS_PER_DAY = 1_000_000;
/** Nothing that is waited for takes longer, or the product has failed. */
const END_MS_MAX = 120_000;
const UNLIMITED = {
  dayMicrousd: TRILLION,
  monthMicrousd: TRILLION,
  dearDayMicrousd: TRILLION,
};

export const PLATFORM = "memory";
export const WORKSPACE = { platform: PLATFORM, workspaceId: "bench" } as const;

export interface ProductOptions {
  engine: Engine;
  embedder: Embedder | null;
  platform: Platform;
  /** Settings, as an operator gives them. */
  settings?: Record<string, string>;
}

export interface Product {
  database: BenchDatabase;
  queue: Queue;
  accept: Inbox["accept"];
}

/** Starts to work on a fresh database; it ends with the stack. */
export async function startProduct(
  stack: AsyncDisposableStack,
  { engine, embedder, platform, settings = {} }: ProductOptions,
): Promise<Product> {
  const log = createLog("error", STDERR);
  const database = await openBenchDatabase(stack, engine, log);
  const dataFolder = await makeFolder(stack);
  const { limits, ...config } = readConfig({ ...settings, DATA_DIR: dataFolder });
  const queue = await openQueue({ db: database.pool, engine, log });
  stack.defer(() => queue.close());
  const parts = {
    config: {
      ...config,
      money: UNLIMITED,
      limits: { ...limits, questionsPerDay: QUESTIONS_PER_DAY },
    },
    ...{ log, database, queue, embedder, metrics: createMetrics(() => queue.depth()) },
  };
  const life = { opened: (close: () => Promise<void>) => stack.defer(close) };
  await startWork(parts, [platform.adapter], await openWorkFolder(dataFolder), life);
  const { accept } = createIntake({ db: database.pool, queue });
  return { database, queue, accept };
}

export interface Platform {
  adapter: Adapter;
  /** Resolves with the end of what is posted or marked next. */
  next(): Promise<FileState | "posted">;
}

/** Every channel is public, every file is there; files are read from this folder by their ids. */
export function createPlatform(folder = ""): Platform {
  let ended = Promise.withResolvers<FileState | "posted">();
  const end = (how: FileState | "posted"): void => {
    ended.resolve(how);
    ended = Promise.withResolvers();
  };
  const { adapter } = createMemoryChat([]);
  return {
    next: () => inTime(ended.promise),
    adapter: {
      ...adapter,
      platform: PLATFORM,
      readers: async ({ channelId }) => ({
        visibility: "public",
        channelName: channelId,
        outsiders: false,
        alsoReadable: [],
      }),
      present: async (files) => files,
      download: (file) => createReadStream(join(folder, file.fileId)),
      async mark(_file, state) {
        if (state.kind !== "reading") end(state);
      },
      async post(...posting) {
        await adapter.post(...posting);
        end("posted");
      },
    },
  };
}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  const late = sleep(END_MS_MAX, undefined, { ref: false }).then(() => {
    throw new Error("what was waited for did not come");
  });
  return Promise.race([promise, late]);
}

/** Of the whole process: on the embedded engine the database is in it. */
export function memoryMib(): number {
  return process.memoryUsage.rss() / 1024 ** 2;
}
