import type { Pool, PoolClient } from "pg";
import { type Db, PgBoss, type Queue as QueueSettings } from "pg-boss";
import type { Log } from "../log.ts";

/** Questions have a queue of their own, so that they never wait behind files. */
export type QueueName = "question" | "event" | "file" | "vectors";

/** A job as it was fetched. The pair fences every later call to this very attempt. */
export interface JobAttempt {
  id: string;
  retryCount: number;
}

export interface Queue {
  boss: PgBoss;
  /**
   * Stores a job in the caller's transaction and wakes the workers at its commit.
   * @param group jobs of one group share its limit of running at once: a person's questions, a workspace's files
   */
  send(client: PoolClient, name: QueueName, job: object, group?: string): Promise<void>;
  /**
   * Ends a job in the transaction that writes its result.
   * @throws {JobLost} when the job is no longer ours; the transaction must not commit
   */
  complete(client: PoolClient, name: QueueName, job: JobAttempt): Promise<void>;
  /** Waiting, running and dead jobs over all queues. */
  depth(): Promise<{ waiting: number; running: number; dead: number }>;
  close(): Promise<void>;
}

/** Another worker has taken the job over, because ours was not heard of for too long. */
export class JobLost extends Error {
  override name = "JobLost";
}

/** The notice that a job was stored; its payload is the queue's name. */
export const JOB_NOTICE = "docent_job";

// The shortest that pg-boss allows: a crashed process's jobs are up again after this and one supervision.
const HEARTBEAT_S = 10;
const SUPERVISE_S = 5;
const DAY_S = 86_400;
const DEAD = "dead";

const SETTINGS: Record<QueueName, Partial<QueueSettings>> = {
  question: { retryLimit: 3, retryDelay: 2, retryBackoff: true, expireInSeconds: 900 },
  event: { retryLimit: 8, retryDelay: 2, retryBackoff: true, expireInSeconds: 300 },
  file: { retryLimit: 6, retryDelay: 5, retryBackoff: true, expireInSeconds: 2 * 3600 },
  // One waiting job is enough, however often it was asked for.
  vectors: { policy: "short", retryLimit: 2, retryDelay: 60, expireInSeconds: 2 * 3600 },
};

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
    send: async (client, name, job, group) => {
      const options = { db: overPg(client), ...(group && { group: { id: group } }) };
      await boss.send(name, job, options);
      await client.query("select pg_notify($1, $2)", [JOB_NOTICE, name]);
    },
    complete: async (client, name, job) => {
      const done = await boss.complete(name, job, null, { db: overPg(client) });
      if (affected(done) === 0) throw new JobLost(`a job of ${name} was taken over`);
    },
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

async function depth(db: Pool): Promise<{ waiting: number; running: number; dead: number }> {
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
