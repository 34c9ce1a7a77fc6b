import type { Pool, PoolClient } from "pg";
import type { Mention, Said } from "../events.ts";
import type { PlaceIds } from "./places.ts";

/** Stores the event where Docent has an answer in its thread: what is said elsewhere is none of its business. */
export async function keepSaid(
  client: PoolClient,
  { key, place, saidAtMs }: Said,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into event (key)
     select $1 where exists (
       select from workspace w
         join channel c on c.workspace_id = w.id
         join answer a on a.workspace_id = w.id and a.channel_id = c.id
        where w.platform = $2 and w.platform_id = $3 and c.platform_id = $4 and a.thread_id = $5
          and not a.private and ($6::float8 is null or a.asked_at < to_timestamp($6::float8 / 1000)))
     on conflict do nothing`,
    [key, place.platform, place.workspaceId, place.channelId, place.threadId, saidAtMs],
  );
  return rowCount === 1;
}

/** Has this message an answer already that everybody sees, by another event? */
export async function isAnswered(
  client: PoolClient,
  { key, place, messageId }: Mention,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from workspace w
       join channel c on c.workspace_id = w.id
       join answer a on a.workspace_id = w.id and a.channel_id = c.id
      where w.platform = $1 and w.platform_id = $2 and c.platform_id = $3 and a.question_id = $4
        and a.event_key <> $5 and not a.private limit 1`,
    [place.platform, place.workspaceId, place.channelId, messageId, key],
  );
  return rowCount === 1;
}

/** Is Docent to be quiet in this thread, and has it begun to answer this event in an earlier try? */
export async function standingOf(
  db: Pool,
  { workspaceId, channelId }: PlaceIds,
  { place, key }: Pick<Said, "place" | "key">,
): Promise<{ muted: boolean; begun: boolean }> {
  const { rows } = await db.query<{ muted: boolean; begun: boolean }>(
    `select exists (select from muted_thread
                     where workspace_id = $1 and channel_id = $2 and thread_id = $3) as muted,
            exists (select from answer where workspace_id = $1 and event_key = $4) as begun`,
    [workspaceId, channelId, place.threadId, key],
  );
  return rows[0] ?? { muted: true, begun: false };
}
