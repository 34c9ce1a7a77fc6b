/** Jobs of the product's own worker: files of some bytes, so that nearly all of their time is the queue's. */
import { setTimeout as sleep } from "node:timers/promises";
import type { FileShared } from "../../src/events.ts";
import type { Engine } from "../database.ts";
import {
  createPlatform,
  type Platform,
  type Product,
  startProduct,
  WORKSPACE,
} from "../product.ts";
import { ms, type Row, type Table } from "../report.ts";
import { median, percentile } from "../statistics.ts";

const JOBS = 120;
const PAUSE_MS_MAX = 40;
const STARTED_P95_MS_MAX = 50;

const WAITING = 20_000;
const INSERTED_AT_ONCE = 1_000;
const MINE = 10;
const DOWNLOAD_MS = 100;
/** Mine is then given up: the worker is not going to come to it for long. */
const WAIT_MS_MAX = 20_000;
/** As in the product where files are those shared before Docent came. */
const BEHIND = -1;

/** A platform whose files take so long to download, and which tells when a job begins and how long it takes. */
interface Line {
  platform: Platform;
  /** When the next job of this workspace begins. */
  begins(workspaceId: string): Promise<number>;
  /** Of jobs that have ended, in milliseconds. */
  took: number[];
}

export async function measureJobs(
  engine: Engine,
  { tell, signal }: { tell(what: string): void; signal: AbortSignal },
): Promise<Table[]> {
  tell("how soon a job is started");
  const started = await startedMs(engine, signal);
  tell(`what ${WAITING} jobs of another tenant do to one`);
  const backfilled = await delayed(engine, BEHIND, signal);
  const shared = await delayed(engine, 0, signal);
  return [
    {
      title: "From a job's being stored to its start",
      columns: ["p50", "p95"],
      rows: [
        {
          name: "nothing else to do",
          figures: [
            ms(percentile(started, 0.5)),
            ms(percentile(started, 0.95), STARTED_P95_MS_MAX),
          ],
        },
      ],
    },
    {
      title: `My job's wait behind ${WAITING.toLocaleString("en")} of another tenant`,
      columns: ["mine waits", "at most", "one of theirs takes"],
      rows: [
        rowOf("theirs are a channel's earlier files", backfilled),
        rowOf("theirs were just shared", shared),
      ],
    },
  ];
}

async function startedMs(engine: Engine, signal: AbortSignal): Promise<number[]> {
  await using stack = new AsyncDisposableStack();
  const line = createLine(0);
  const product = await startLine(stack, engine, line);
  const started: number[] = [];
  for (let number = 0; number < JOBS; number += 1) {
    signal.throwIfAborted();
    const ended = line.platform.next();
    started.push(await waitOf(line, product, fileOf("mine", number)));
    await ended;
    // The worker is asleep by then, each time for another while.
    await sleep((number * 7) % PAUSE_MS_MAX);
  }
  return started;
}

interface Delayed {
  mine: number[];
  theirs: number[];
}

async function delayed(engine: Engine, priority: number, signal: AbortSignal): Promise<Delayed> {
  await using stack = new AsyncDisposableStack();
  const line = createLine(DOWNLOAD_MS);
  const product = await startLine(stack, engine, line);
  const files = Array.from({ length: WAITING }, (_, number) => fileOf("theirs", number));
  const { boss } = product.queue;
  for (let from = 0; from < files.length; from += INSERTED_AT_ONCE) {
    const batch = files.slice(from, from + INSERTED_AT_ONCE);
    const group = { id: `${WORKSPACE.platform}:theirs` };
    await boss.insert(
      "file",
      batch.map((data) => ({ data, group, priority })),
    );
  }
  const mine: number[] = [];
  for (let number = 0; number < MINE; number += 1) {
    signal.throwIfAborted();
    mine.push(await waitOf(line, product, fileOf("mine", number)));
    if (mine.at(-1) === WAIT_MS_MAX) break;
    await sleep((number * 37) % DOWNLOAD_MS);
  }
  return { mine, theirs: line.took };
}

async function waitOf(line: Line, product: Product, file: FileShared): Promise<number> {
  const begins = line.begins(file.place.workspaceId);
  const storedAtMs = performance.now();
  await product.accept(file);
  const late = sleep(WAIT_MS_MAX, storedAtMs + WAIT_MS_MAX, { ref: false });
  return (await Promise.race([begins, late])) - storedAtMs;
}

function startLine(stack: AsyncDisposableStack, engine: Engine, { platform }: Line) {
  return startProduct(stack, { engine, embedder: null, platform });
}

function createLine(downloadMs: number): Line {
  const platform = createPlatform();
  const { adapter } = platform;
  const waiting = new Map<string, (atMs: number) => void>();
  const begunAtMs = new Map<string, number>();
  const took: number[] = [];
  return {
    took,
    begins: (workspaceId) =>
      new Promise((resolve) => {
        waiting.set(workspaceId, resolve);
      }),
    platform: {
      next: platform.next,
      adapter: {
        ...adapter,
        // What a job asks first.
        readers(place) {
          waiting.get(place.workspaceId)?.(performance.now());
          return adapter.readers(place);
        },
        async *download(file) {
          begunAtMs.set(file.fileId, performance.now());
          await sleep(downloadMs);
          yield Buffer.from(`The text of ${file.fileId}, which is like no other.`);
        },
        async mark(file, state) {
          await adapter.mark(file, state);
          const begun = begunAtMs.get(file.fileId);
          if (begun !== undefined && state.kind === "searchable")
            took.push(performance.now() - begun);
        },
      },
    },
  };
}

function rowOf(name: string, { mine, theirs }: Delayed): Row {
  const long = percentile(theirs, 0.95);
  const most = ms(Math.max(...mine), long + STARTED_P95_MS_MAX);
  return { name, figures: [ms(median(mine)), most, ms(median(theirs))] };
}

function fileOf(workspaceId: string, number: number): FileShared {
  const fileId = `${workspaceId}-${number}.txt`;
  const place = { ...WORKSPACE, workspaceId, channelId: "files", threadId: null };
  return {
    kind: "file_shared",
    key: `bench:${fileId}`,
    place,
    userId: "sharer",
    messageId: fileId,
    fileId,
    name: fileId,
    bytes: 0,
    handedOver: false,
    permalink: null,
    sharedAtMs: Date.now(),
  };
}
