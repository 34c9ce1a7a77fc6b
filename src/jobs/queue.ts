import type { Pool, PoolClient } from "pg";
import { type Db, PgBoss, type Queue as QueueSettings } from "pg-boss";
import type { Log } from "../log.ts";

/** Questions have a queue of their own, so that they never wait behind files. */
export type QueueName = "question" | "event" | "file" | "vectors" | "people" | "sweep";

/** A job as it was fetched. The pair fences every later call to this very attempt. */
export interface JobAttempt {
  id: string;
  retryCount: number;
}

/** Without it a job is done in its turn, at once. */
export interface When {
  /** Not before this. */
  startAt?: Date;
  /** Behind all other jobs of its group, those that come meanwhile too. */
  behind?: boolean;
}

export interface Queue {
  boss: PgBoss;
  /**
   * Stores a job in the caller's transaction and wakes the workers at its commit.
   * @param group a person's questions, a workspace's files: they share a limit of running at once, and take turns with
   * other groups, so that nobody waits for all that another has waiting
   */
  send(
    client: PoolClient,
    name: QueueName,
    job: object,
    group?: string,
    when?: When,
  ): Promise<void>;
  /**
   * Ends a job in the transaction that writes its result.
   * @throws {JobLost} when the job is no longer ours; the transaction must not commit
   */
  complete(client: PoolClient, name: QueueName, job: JobAttempt): Promise<void>;
  /** Puts a job back without counting its try, because nothing was wrong with it. */
  postpone(name: QueueName, job: JobAttempt, waitMs: number): Promise<void>;
  /** Waiting, running and dead jobs over all queues. */
  depth(): Promise<{ waiting: number; running: number; dead: number }>;
  close(): Promise<void>;
}

/** Another worker has taken the job over, because ours was not heard of for too long. */
export class JobLost extends Error {
  override name = "JobLost";
}

/** What a job needs is not to be had yet; it is tried again soon, as often as it takes. */
export class JobPostponed extends Error {
  override name = "JobPostponed";
  readonly waitMs: number;

  constructor(message: string, waitMs = POSTPONED_MS) {
    super(message);
    this.waitMs = waitMs;
  }
}

/** The notice that a job was stored; its payload is the queue's name. */
export const JOB_NOTICE = "docent_job";

// The shortest that pg-boss allows: a crashed process's jobs are up again after this and one supervision.
const HEARTBEAT_S = 10;
const SUPERVISE_S = 5;
const POSTPONED_MS = 5_000;
const DAY_S = 86_400;
/** Where jobs end that failed at every try. */
export const DEAD = "dead";
const BEHIND = -1;

// A crash costs a try, and a platform can be away for minutes: hence so many.
const SETTINGS: Record<QueueName, Partial<QueueSettings>> = {
  question: { retryLimit: 8, ...backoff(2, 60), expireInSeconds: 900 },
  event: { retryLimit: 8, ...backoff(2, 300), expireInSeconds: 300 },
  file: { retryLimit: 10, ...backoff(5, 300), expireInSeconds: 2 * 3600 },
  // One waiting job of a group is enough, however often it was asked for.
  vectors: { policy: "short", retryLimit: 2, retryDelay: 60, expireInSeconds: 2 * 3600 },
  // Each takes a while: it must not stand before what somebody has just done.
  sweep: { retryLimit: 8, ...backoff(2, 300), expireInSeconds: 1800 },
  people: { policy: "short", retryLimit: 8, ...backoff(2, 300), expireInSeconds: 1800 },
};

function backoff(firstS: number, mostS: number): Partial<QueueSettings> {
  return { retryDelay: firstS, retryBackoff: true, retryDelayMax: mostS };
}

export async function openQueue(deps: {
  db: Pool;
  engine: "embedded" | "postgres";
  log: Log;
}): Promise<Queue> {
  const boss = new PgBoss({
    db: overPg(deps.db),
    backend: deps.engine === "embedded" ? "pglite" : "postgres",
    schema: "queue",
    schedule: false,
    superviseIntervalSeconds: SUPERVISE_S,
    monitorIntervalSeconds: SUPERVISE_S,
    monitorVacuum: false,
    registerInstance: false,
  });
  boss.on("error", (error) => deps.log.error({ err: error }, "the queue reports an error"));
  await boss.start();
  await createQueues(boss);
  // Nobody else works on an embedded database: what is still running there was running in a crash.
  if (deps.engine === "embedded") await giveBackCrashed(deps.db, boss);

  return {
    boss,
    send: async (client, name, job, group, when) => {
      const options = {
        db: overPg(client),
        ...(when?.startAt && { startAfter: when.startAt }),
        ...(when?.behind && { priority: BEHIND }),
        ...(group && { group: { id: group } }),
        ...(group && SETTINGS[name].policy === "short" && { singletonKey: group }),
      };
      await boss.send(name, job, options);
      await client.query("select pg_notify($1, $2)", [JOB_NOTICE, name]);
    },
    complete: async (client, name, job) => {
      const done = await boss.complete(name, job, null, { db: overPg(client) });
      if (affected(done) === 0) throw new JobLost(`a job of ${name} was taken over`);
    },
    postpone: (name, job, waitMs) => postpone(deps.db, name, job, waitMs),
    depth: () => depth(deps.db),
    close: () => boss.stop({ graceful: false, close: false }),
  };
}

async function createQueues(boss: PgBoss): Promise<void> {
  const known = new Set((await boss.getQueues()).map((queue) => queue.name));
  if (!known.has(DEAD)) await boss.createQueue(DEAD, { retentionSeconds: 90 * DAY_S });
  for (const [name, settings] of Object.entries(SETTINGS)) {
    const options = {
      ...settings,
      heartbeatSeconds: HEARTBEAT_S,
      deadLetter: DEAD,
      retentionSeconds: 30 * DAY_S,
      deleteAfterSeconds: DAY_S,
    };
    if (!known.has(name)) await boss.createQueue(name, options);
  }
}

async function giveBackCrashed(db: Pool, boss: PgBoss): Promise<void> {
  const { rows } = await db.query<{ name: string; ids: string[] }>(
    "select name, array_agg(id::text) as ids from queue.job where state = 'active' group by name",
  );
  for (const { name, ids } of rows) await boss.fail(name, ids, { name: "crash" });
}

// A try is counted when a job that has been started before is fetched: hence the null.
async function postpone(
  db: Pool,
  name: QueueName,
  { id, retryCount }: JobAttempt,
  waitMs: number,
): Promise<void> {
  await db.query(
    `update queue.job set state = 'retry', started_on = null, heartbeat_on = null,
            start_after = now() + $4 * interval '1 ms'
      where name = $1 and id = $2 and retry_count = $3 and state = 'active'`,
    [name, id, retryCount, waitMs],
  );
}

/** As {@link Queue.depth}, for whoever has no queue open and starts none. */
export async function depth(db: Pool): Promise<{ waiting: number; running: number; dead: number }> {
  const { rows } = await db.query<{ waiting: number; running: number; dead: number }>(
    `select count(*) filter (where name <> $1 and state in ('created', 'retry'))::int as waiting,
            count(*) filter (where name <> $1 and state = 'active')::int as running,
            count(*) filter (where name = $1 and state = 'created')::int as dead
       from queue.job where name = any($2)`,
    [DEAD, [DEAD, ...Object.keys(SETTINGS)]],
  );
  return rows[0] ?? { waiting: 0, running: 0, dead: 0 };
}

function overPg(db: Pool | PoolClient): Db {
  return { executeSql: (text, values) => db.query(text, values) };
}

function affected(response: unknown): number {
  const count = response && typeof response === "object" && "affected" in response;
  return count ? Number(response.affected) : 0;
}
