import type { Pool } from "pg";
import type { Place } from "../events.ts";

type Workspace = Pick<Place, "platform" | "workspaceId">;

/** What is kept of a person in a workspace. */
export interface Person {
  files: number;
  /** Whose words are still kept. */
  questions: number;
  /** Of today (UTC), for which models were asked. */
  questionsToday: number;
  optedOutAt: Date | null;
  /** Answers are shown to them as they are written. */
  streams: boolean;
}

const NOBODY: Person = {
  files: 0,
  questions: 0,
  questionsToday: 0,
  optedOutAt: null,
  streams: true,
};

/** @param workspaceId null: not known yet */
export async function readPerson(
  db: Pool,
  workspaceId: number | null,
  userId: string,
): Promise<Person> {
  if (workspaceId === null) return NOBODY;
  const { rows } = await db.query<Person>(
    `select (select count(*)::int from share where workspace_id = $1 and sharer_id = $2) as files,
            (select count(*)::int from answer
              where workspace_id = $1 and asker_id = $2 and question <> '') as questions,
            coalesce(a.questions, 0) as "questionsToday",
            p.opted_out_at as "optedOutAt", coalesce(p.streams, true) as streams
       from workspace w
       left join person p on p.workspace_id = w.id and p.platform_id = $2
       left join asked a on a.workspace_id = w.id and a.asker_id = $2
              and a.day = (now() at time zone 'UTC')::date
      where w.id = $1`,
    [workspaceId, userId],
  );
  return rows[0] ?? NOBODY;
}

/** Are answers to be shown to this person as they are written? Otherwise they come whole. */
export async function wantsStreaming(
  db: Pool,
  workspaceId: number,
  userId: string,
): Promise<boolean> {
  const { rows } = await db.query<{ streams: boolean }>(
    "select streams from person where workspace_id = $1 and platform_id = $2",
    [workspaceId, userId],
  );
  return rows[0]?.streams ?? true;
}

// What a person wants holds before anything else has happened in the workspace.
const WORKSPACE = `
  with made as (
    insert into workspace (platform, platform_id) values ($1, $2)
    on conflict (platform, platform_id) do update set platform = excluded.platform
    returning id
  )`;

export async function setStreams(
  db: Pool,
  { platform, workspaceId }: Workspace,
  userId: string,
  streams: boolean,
): Promise<void> {
  await db.query(
    `${WORKSPACE}
     insert into person (workspace_id, platform_id, streams) select id, $3, $4 from made
     on conflict (workspace_id, platform_id) do update set streams = excluded.streams`,
    [platform, workspaceId, userId, streams],
  );
}

/** The time of the first wish stays when it is repeated. */
export async function setOptedOut(
  db: Pool,
  { platform, workspaceId }: Workspace,
  userId: string,
  out: boolean,
): Promise<void> {
  await db.query(
    `${WORKSPACE}
     insert into person (workspace_id, platform_id, opted_out_at)
     select id, $3, case when $4 then now() end from made
     on conflict (workspace_id, platform_id) do update
       set opted_out_at = case when $4 then coalesce(person.opted_out_at, now()) end`,
    [platform, workspaceId, userId, out],
  );
}

/** This workspace is searched by the person's direct messages from now on. */
export async function chooseHome(
  db: Pool,
  { platform, workspaceId }: Workspace,
  userId: string,
): Promise<void> {
  await db.query(
    `${WORKSPACE}
     insert into person (workspace_id, platform_id, dm_chosen_at) select id, $3, now() from made
     on conflict (workspace_id, platform_id) do update set dm_chosen_at = now()`,
    [platform, workspaceId, userId],
  );
}

/** Nothing is chosen any more. */
export async function leaveHome(db: Pool, platform: string, userId: string): Promise<void> {
  await db.query(
    `update person p set dm_chosen_at = null from workspace w
      where w.id = p.workspace_id and w.platform = $1 and p.platform_id = $2`,
    [platform, userId],
  );
}

/** The platform's id of the workspace that they chose last; null: none. */
export async function homeOf(
  db: Pool,
  { platform, userId }: { platform: string; userId: string },
): Promise<string | null> {
  const { rows } = await db.query<{ id: string }>(
    `select w.platform_id as id from person p join workspace w on w.id = p.workspace_id
      where w.platform = $1 and p.platform_id = $2 and p.dm_chosen_at is not null
      order by p.dm_chosen_at desc limit 1`,
    [platform, userId],
  );
  return rows[0]?.id ?? null;
}

/**
 * Takes the words out of what this person asked, and out of the answers: they are no longer any thread's history.
 * The rows stay, so that the questions of a day are counted.
 * @returns how many had words
 */
export async function forgetQuestions(
  db: Pool,
  workspaceId: number,
  userId: string,
): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `with mine as (
       update answer set question = '', text = null, rating_reason = null
        where workspace_id = $1 and asker_id = $2 and question <> ''
       returning id
     ), quotes as (
       update answer_source set quote = '' from mine where workspace_id = $1 and answer_id = mine.id
     )
     select count(*)::int as count from mine`,
    [workspaceId, userId],
  );
  return rows[0]?.count ?? 0;
}
