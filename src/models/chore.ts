/** What one process alone does from time to time, whichever comes first. */
import type { Pool, PoolClient } from "pg";

/** Whether it is up to us to do it now: nobody has within `everyS`. */
export async function claimChore(
  db: Pool | PoolClient,
  name: string,
  everyS: number,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into chore as known (name) values ($1)
     on conflict (name) do update set done_at = now()
      where known.done_at < now() - $2 * interval '1 second'`,
    [name, everyS],
  );
  return rowCount === 1;
}

/** It did not work out: somebody tries again in `inS` instead of after the whole `everyS`. */
export async function postponeChore(
  db: Pool,
  name: string,
  { everyS, inS }: { everyS: number; inS: number },
): Promise<void> {
  await db.query("update chore set done_at = now() - $2 * interval '1 second' where name = $1", [
    name,
    everyS - inS,
  ]);
}

/** It is to be done as if it never was. */
export async function dropChore(db: PoolClient, name: string): Promise<void> {
  await db.query("delete from chore where name = $1", [name]);
}
