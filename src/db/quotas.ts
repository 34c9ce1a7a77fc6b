import type { Pool } from "pg";
import { inTransaction } from "./transaction.ts";

/** An answer that somebody wants; another version of it is another question. */
export interface Wanted {
  workspaceId: number;
  askerId: string;
  answerId: number;
  version: number;
}

/**
 * Counts a question against its asker's day (UTC), once however often the job is tried.
 * @returns null when it may be answered by a model; else when they may ask again, since `most` are used up
 */
export async function takeQuestion(db: Pool, wanted: Wanted, most: number): Promise<Date | null> {
  const { workspaceId, askerId, answerId, version } = wanted;
  return await inTransaction(db, async (client) => {
    const counted = await client.query(
      `select from answer where workspace_id = $1 and id = $2 and counted_version >= $3`,
      [workspaceId, answerId, version],
    );
    if (counted.rowCount === 1) return null;
    // The row's lock puts one person's questions in order, however many come at the same time.
    const taken = await client.query(
      `insert into asked as known (workspace_id, asker_id, day, questions)
       select $1, $2, (now() at time zone 'UTC')::date, 1 where $3 > 0
       on conflict (workspace_id, asker_id, day) do update set questions = known.questions + 1
        where known.questions < $3`,
      [workspaceId, askerId, most],
    );
    if (taken.rowCount === 0) return await tomorrow(client);
    await client.query(
      "update answer set counted_version = $3 where workspace_id = $1 and id = $2",
      [workspaceId, answerId, version],
    );
    return null;
  });
}

async function tomorrow(db: Pick<Pool, "query">): Promise<Date> {
  const { rows } = await db.query<{ at: Date }>(
    "select date_trunc('day', now(), 'UTC') + interval '1 day' as at",
  );
  return rows[0]?.at ?? new Date();
}
