import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Database } from "../../src/db/pool.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import { ServiceError } from "../../src/errors.ts";
import type { Mention } from "../../src/events.ts";
import { createIntake } from "../../src/intake.ts";
import { JobLost, JobPostponed, openQueue, type Queue } from "../../src/jobs/queue.ts";
import { type Handler, type Room, startWorker, type Worker } from "../../src/jobs/worker.ts";
import { createMetrics } from "../../src/metrics.ts";
import { openTestDatabase } from "../support/database.ts";
import { until } from "../support/until.ts";

const log = pino({ level: "silent" });

let database: Database;
let queue: Queue;
let workers: Worker[];

beforeAll(async () => {
  database = await openTestDatabase();
  queue = await openQueue({ db: database.pool, engine: database.engine, log });
});

beforeEach(async () => {
  workers = [];
  await database.pool.query("delete from queue.job");
  await database.pool.query("delete from event");
});

afterEach(async () => {
  for (const worker of workers) await worker.close(0);
});

afterAll(async () => {
  await queue.close();
  await database.close();
});

function mention(key: string, userId = "ada"): Mention {
  const place = { platform: "test", workspaceId: "W", channelId: "C", threadId: key };
  return { kind: "mention", key, place, userId, messageId: key, text: "?", fileIds: [] };
}

async function work(...rooms: Room<Mention>[]): Promise<Worker> {
  const metrics = createMetrics(async () => ({}));
  const { notifications } = database;
  const worker = await startWorker({ queue, notifications, log, metrics }, rooms);
  workers.push(worker);
  return worker;
}

/** A handler that completes each job, and tells of it. */
function completing(seen: (key: string) => Promise<void> | void): Handler<Mention> {
  return async (job) => {
    await seen(job.data.key);
    await inTransaction(database.pool, (client) => queue.complete(client, "question", job));
  };
}

test("an event is done once, though it is delivered twice and at once", async () => {
  const inbox = createIntake({ db: database.pool, queue });
  const seen: string[] = [];
  await work({ name: "question", slots: 4, handler: completing((key) => void seen.push(key)) });
  await Promise.all([inbox.accept(mention("a")), inbox.accept(mention("a"))]);
  await inbox.accept(mention("a"));
  await inbox.accept(mention("b"));
  await until(() => seen.includes("b"));
  await until(async () => (await queue.depth()).running === 0);
  expect(seen.sort()).toEqual(["a", "b"]);
});

test("an event whose transaction fails is neither stored nor half stored", async () => {
  const broken = { ...queue, send: () => Promise.reject(new Error("the queue is away")) };
  const inbox = createIntake({ db: database.pool, queue: broken });
  await expect(inbox.accept(mention("a"))).rejects.toThrow("away");
  const { rows } = await database.pool.query("select key from event");
  expect(rows).toEqual([]);
});

test("a failed job is tried again", async () => {
  const inbox = createIntake({ db: database.pool, queue });
  let tries = 0;
  const done = completing(() => undefined);
  await work({
    name: "question",
    slots: 1,
    handler: async (job, signal) => {
      tries += 1;
      if (tries === 1) throw new ServiceError("test", "not now");
      await done(job, signal);
    },
  });
  await inbox.accept(mention("a"));
  await until(async () => tries === 2 && (await queue.depth()).running === 0);
  expect(await queue.depth()).toEqual({ waiting: 0, running: 0, dead: 0 });
});

test("a person's questions wait for each other, and another person's do not wait for them", async () => {
  const inbox = createIntake({ db: database.pool, queue });
  const running = new Set<string>();
  let most = 0;
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const handler = completing(async (key) => {
    running.add(key);
    most = Math.max(most, [...running].filter((other) => other.startsWith("ada")).length);
    await gate;
    running.delete(key);
  });
  for (const number of [1, 2, 3, 4]) await inbox.accept(mention(`ada${number}`));
  await inbox.accept(mention("ben1", "ben"));
  await work({ name: "question", slots: 8, groupMax: 2, handler });
  await until(() => running.has("ben1") && running.size >= 3);
  release();
  await until(async () => (await queue.depth()).waiting + (await queue.depth()).running === 0);
  expect(most).toBe(2);
});

/** A handler whose jobs run until they are let go. */
function holding() {
  const started: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const gateOf = (key: string): PromiseWithResolvers<void> => {
    const gate = gates.get(key) ?? Promise.withResolvers<void>();
    gates.set(key, gate);
    return gate;
  };
  const handler = completing((key) => {
    started.push(key);
    return gateOf(key).promise;
  });
  return {
    started,
    handler,
    letGo: (...keys: string[]) => keys.map(gateOf).map((g) => g.resolve()),
  };
}

test("whoever waits alone has all slots, and whoever comes then waits for one job at most", async () => {
  const inbox = createIntake({ db: database.pool, queue });
  const { started, handler, letGo } = holding();
  for (const number of [1, 2, 3, 4]) await inbox.accept(mention(`ada${number}`));
  await work({ name: "question", slots: 2, groupMax: 2, handler });
  await until(() => started.length === 2);
  await inbox.accept(mention("ben1", "ben"));
  letGo("ada1");
  await until(() => started.length === 3);
  letGo("ada2", "ada3", "ada4", "ben1");
  await until(async () => started.length === 5 && (await queue.depth()).running === 0);
  expect(started).toEqual(["ada1", "ada2", "ben1", "ada3", "ada4"]);
});

test("two with much waiting take turns with a third, whose job is the least urgent", async () => {
  const inbox = createIntake({ db: database.pool, queue });
  const { started, handler, letGo } = holding();
  const keys = ["ada1", "ada2", "ada3", "ben1", "ben2", "ben3", "cleo1"];
  for (const key of keys) await inbox.accept(mention(key, key.slice(0, -1)));
  await database.pool.query("update queue.job set priority = -1 where data->>'key' = 'cleo1'");
  letGo(...keys);
  await work({ name: "question", slots: 1, groupMax: 2, handler });
  await until(async () => started.length === 7 && (await queue.depth()).running === 0);
  expect(started).toEqual(["ada1", "ben1", "cleo1", "ada2", "ben2", "ada3", "ben3"]);
});

test("a job that another worker took over is not completed by the first", async () => {
  await createIntake({ db: database.pool, queue }).accept(mention("a"));
  const [job] = await queue.boss.fetch<Mention>("question", { includeMetadata: true });
  if (!job) throw new Error("no job");
  await queue.boss.fail("question", { id: job.id, retryCount: job.retryCount });
  const late = inTransaction(database.pool, (client) => queue.complete(client, "question", job));
  await expect(late).rejects.toThrow(JobLost);
});

test("what is running may finish at a shutdown, and what does not finish goes back", async () => {
  const inbox = createIntake({ db: database.pool, queue });
  const started: string[] = [];
  const handler: Handler<Mention> = (job, signal) => {
    started.push(job.data.key);
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  };
  const worker = await work({ name: "question", slots: 1, handler });
  await inbox.accept(mention("a"));
  await until(() => started.length === 1);
  await worker.close(0);
  workers = [];
  expect(await queue.depth()).toMatchObject({ waiting: 1, running: 0 });
});

test("what a crash left running is taken up again", async () => {
  await createIntake({ db: database.pool, queue }).accept(mention("a"));
  await queue.boss.fetch("question");
  // As a process that ended without a word: its job was last heard of long ago.
  await database.pool.query("update queue.job set heartbeat_on = now() - interval '1 minute'");
  const after = await openQueue({ db: database.pool, engine: database.engine, log });
  await until(async () => (await queue.depth()).waiting === 1);
  await after.close();
});

test("a shutdown costs a job none of its tries, not even its last", async () => {
  await createIntake({ db: database.pool, queue }).accept(mention("a"));
  await database.pool.query("update queue.job set retry_count = retry_limit, started_on = now()");
  await database.pool.query("update queue.job set retry_count = retry_limit - 1");
  let isLast: boolean | undefined;
  const handler: Handler<Mention> = (job, signal) => {
    isLast = job.last;
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  };
  const worker = await work({ name: "question", slots: 1, handler });
  await until(() => isLast !== undefined);
  await worker.close(0);
  workers = [];
  expect(isLast).toBe(true);
  expect(await queue.depth()).toEqual({ waiting: 1, running: 0, dead: 0 });
});

test("a job that is postponed is tried again as often as it takes", async () => {
  const inbox = createIntake({ db: database.pool, queue });
  let tries = 0;
  const done = completing(() => undefined);
  await work({
    name: "question",
    slots: 1,
    handler: async (job, signal) => {
      tries += 1;
      if (tries <= 6) throw new JobPostponed("not yet", 0);
      await done(job, signal);
    },
  });
  await inbox.accept(mention("a"));
  await until(async () => tries === 7 && (await queue.depth()).running === 0);
  expect(await queue.depth()).toEqual({ waiting: 0, running: 0, dead: 0 });
});

test("one workspace's wish for vectors does not swallow another's", async () => {
  await inTransaction(database.pool, async (client) => {
    for (const workspaceId of [1, 2, 2]) {
      const work = { kind: "vectors_wanted", workspaceId };
      await queue.send(client, "vectors", work, String(workspaceId));
    }
  });
  expect(await queue.depth()).toMatchObject({ waiting: 2 });
});
