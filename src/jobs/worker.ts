import type { JobWithMetadata } from "pg-boss";
import type { Notifications } from "../db/notify.ts";
import { ConfigError, ServiceError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import {
  JOB_NOTICE,
  type JobAttempt,
  JobLost,
  JobPostponed,
  type Queue,
  type QueueName,
} from "./queue.ts";

export interface Job<T> extends JobAttempt {
  data: T;
  /** True when a failure of this try is the last word. */
  last: boolean;
}

/** Does one job, and completes it in the transaction that writes its result. */
export type Handler<T> = (job: Job<T>, signal: AbortSignal) => Promise<void>;

export interface Room<T> {
  name: QueueName;
  /** How many of its jobs this process does at once. */
  slots: number;
  /** How many of one group's jobs run at once, over all processes. */
  groupMax?: number;
  handler: Handler<T>;
}

export interface Worker {
  /** Takes no more jobs, lets the running ones finish for so long, then stops them and gives them back. */
  close(graceMs: number): Promise<void>;
}

export interface WorkerDeps {
  queue: Queue;
  log: Log;
  metrics: Pick<Metrics, "jobs" | "jobSeconds">;
}

// A notice may be lost with its connection; then a job waits for so long.
const POLL_MS = 2_000;
const TOUCH_MS = 3_000;
const ERROR_PAUSE_MS = 1_000;
// Each waiting job is compared with them.
const GROUPS_SERVED_MAX = 1_000;

/** Fetches again as soon as a slot is free; pg-boss's own `work` would wait for its next poll. */
export async function startWorker<T extends object>(
  deps: WorkerDeps & { notifications: Notifications },
  rooms: Room<T>[],
): Promise<Worker> {
  const loops = rooms.map((room) => roomLoop(deps, room));
  const unlisten = await deps.notifications.listen(JOB_NOTICE, (name) => {
    for (const loop of loops) if (name === "" || name === loop.name) loop.wake();
  });
  return {
    close: async (graceMs) => {
      unlisten();
      await Promise.all(loops.map((loop) => loop.close(graceMs)));
    },
  };
}

function roomLoop<T extends object>(
  deps: WorkerDeps,
  room: Room<T>,
): { name: QueueName; wake(): void; close(graceMs: number): Promise<void> } {
  const running = new Map<string, Promise<void>>();
  const abort = new AbortController();
  const bell = createBell();
  const fetchNext = inTurns((served) => fetchJob(deps.queue, room, served));
  let open = true;

  const start = (job: Job<T>): void => {
    const done = runJob(deps, room, job, abort.signal).finally(() => {
      running.delete(job.id);
      bell.ring();
    });
    running.set(job.id, done);
  };
  const loop = async (): Promise<void> => {
    while (open) {
      const isFree = running.size < room.slots;
      const found = isFree && (await fetchNext().catch((error) => pause(deps, room.name, error)));
      if (found) start(asJob(found));
      else if (open) await bell.wait(POLL_MS);
    }
  };
  const looping = loop();
  return {
    name: room.name,
    wake: bell.ring,
    close: async (graceMs) => {
      open = false;
      bell.ring();
      const timer = setTimeout(() => abort.abort(new Error("Docent is stopping")), graceMs);
      await looping;
      await Promise.all(running.values());
      clearTimeout(timer);
    },
  };
}

/** Groups take turns: one that was served comes again when no other waits, however many, old or urgent its jobs are. */
function inTurns<T extends { groupId?: string | null }>(
  fetch: (served: ReadonlySet<string>) => Promise<T | undefined>,
): () => Promise<T | undefined> {
  const served = new Set<string>();
  return async () => {
    let job = await fetch(served);
    if (served.size > 0 && (!job || served.size === GROUPS_SERVED_MAX)) {
      served.clear();
      job ??= await fetch(served);
    }
    if (job?.groupId) served.add(job.groupId);
    return job;
  };
}

async function fetchJob<T extends object>(
  { boss }: Queue,
  { name, groupMax }: Room<T>,
  served: ReadonlySet<string>,
): Promise<JobWithMetadata<T> | undefined> {
  const [job] = await boss.fetch<T>(name, {
    includeMetadata: true,
    ignoreGroups: [...served],
    ...(groupMax && { groupConcurrency: groupMax }),
  });
  return job;
}

function asJob<T>({ id, retryCount, retryLimit, data }: JobWithMetadata<T>): Job<T> {
  return { id, retryCount, data, last: retryCount >= retryLimit };
}

/** The database is away; the jobs are safe in it, and the loop asks again. */
async function pause({ log }: { log: Log }, queue: QueueName, err: unknown): Promise<undefined> {
  log.error({ err, queue }, "cannot fetch jobs");
  await new Promise((resolve) => setTimeout(resolve, ERROR_PAUSE_MS));
}

async function runJob<T extends object>(
  deps: WorkerDeps,
  room: Room<T>,
  job: Job<T>,
  stopping: AbortSignal,
): Promise<void> {
  const lost = new AbortController();
  const beat = setInterval(() => {
    touch(deps, room.name, job).catch((error: unknown) => lost.abort(error));
  }, TOUCH_MS);
  const queue = room.name;
  const time = deps.metrics.jobSeconds.startTimer({ queue });
  try {
    await room.handler(job, AbortSignal.any([stopping, lost.signal]));
    deps.metrics.jobs.inc({ queue, outcome: "done" });
  } catch (error) {
    deps.metrics.jobs.inc({ queue, outcome: "failed" });
    // What was stopped has not failed: it is the next process's.
    const reason = stopping.aborted ? new JobPostponed("Docent is stopping", 0) : error;
    await giveBack(deps, room.name, job, reason);
  } finally {
    time();
    clearInterval(beat);
  }
}

async function touch(
  deps: { queue: Queue; log: Log },
  name: QueueName,
  job: JobAttempt,
): Promise<void> {
  const response: { affected?: number } = await deps.queue.boss
    .touch(name, { id: job.id, retryCount: job.retryCount })
    .catch((error: unknown) => {
      // One missed beat is not the end: the next may come through before the job is given to another.
      deps.log.warn({ err: error, queue: name }, "cannot renew a job");
      return { affected: 1 };
    });
  if (response.affected === 0) throw new JobLost(`a job of ${name} was taken over`);
}

/** Hands a failed job back to the queue, which tries it again later or sets it aside as dead. */
async function giveBack(
  deps: { queue: Queue; log: Log },
  name: QueueName,
  job: Job<object>,
  error: unknown,
): Promise<void> {
  const facts = { err: error, queue: name, job: job.id, attempt: job.retryCount };
  if (error instanceof JobLost) return deps.log.warn(facts, "a job was taken over");
  try {
    if (error instanceof JobPostponed) {
      return await deps.queue.postpone(name, job, error.waitMs);
    }
    const expected = error instanceof ServiceError || error instanceof ConfigError;
    if (expected) deps.log.warn(facts, "a job is tried again later");
    else deps.log.error(facts, "a job failed");
    const output = { name: error instanceof Error ? error.name : "unknown" };
    await deps.queue.boss.fail(name, { id: job.id, retryCount: job.retryCount }, output);
  } catch (failure) {
    // Its heartbeat runs out, and the queue takes it back by itself.
    deps.log.error({ ...facts, err: failure }, "cannot give a job back");
  }
}

/** A bell that is waited for: a ring while nobody waits is remembered. */
function createBell(): { ring(): void; wait(timeoutMs: number): Promise<void> } {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    wait: async (timeoutMs) => {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rung = false;
      wake = undefined;
    },
  };
}
