import type { Pool, PoolClient } from "pg";
import type { Among, Outsider, PersonChange } from "../directory.ts";
import type { Place } from "../events.ts";

type Workspace = Pick<Place, "platform" | "workspaceId">;

/** Where the listing of a workspace's people is. */
export interface Listing {
  /** "" for the first page; null: there is nothing to list. */
  cursor: string | null;
  /** When it began, as the database writes it. */
  begunAt: string;
}

/** For a workspace that is not known yet, and one that was never listed: the first page. */
export async function currentListing(
  db: Pool,
  { platform, workspaceId }: Workspace,
): Promise<Listing> {
  const { rows } = await db.query<Listing>(
    `select case when w.id is null then '' else w.outsiders_cursor end as cursor,
            coalesce(w.outsiders_begun_at, now())::text as "begunAt"
       from (select) one left join workspace w on w.platform = $1 and w.platform_id = $2`,
    [platform, workspaceId],
  );
  const [listing] = rows;
  if (!listing) throw new Error("a left join of one row returned none");
  return listing;
}

/**
 * All people are to be listed from the beginning, whatever is under way.
 * @param isLost so much was missed that until then nothing of before counts
 */
export async function restartListing(
  db: PoolClient,
  { platform, workspaceId }: Workspace,
  isLost: boolean,
): Promise<void> {
  await db.query(
    `with restarted as (
       update workspace set outsiders_cursor = '', outsiders_begun_at = now(),
              outsiders_checked_at = case when $3 then null else outsiders_checked_at end
        where platform = $1 and platform_id = $2 returning id
     )
     update outsider o set channels = null, changes = changes + 1
       from restarted where $3 and o.workspace_id = restarted.id`,
    [platform, workspaceId, isLost],
  );
}

/**
 * Moves the listing on by a page; `next` is null behind the last one. The workspace is made here, since only now the
 * platform has answered for it.
 * @returns our own id of it; null when the listing was begun anew meanwhile, and the page counts for nothing
 */
export async function advanceListing(
  db: PoolClient,
  { platform, workspaceId }: Workspace,
  { cursor, begunAt }: Listing,
  next: string | null,
): Promise<number | null> {
  const { rows } = await db.query<{ id: number }>(
    `insert into workspace as w (platform, platform_id, outsiders_cursor, outsiders_begun_at)
     values ($1, $2, $3, $4::timestamptz)
     on conflict (platform, platform_id) do update
       set outsiders_cursor = excluded.outsiders_cursor,
           outsiders_begun_at = excluded.outsiders_begun_at
     where w.outsiders_cursor = $5
       and coalesce(w.outsiders_begun_at, excluded.outsiders_begun_at) = excluded.outsiders_begun_at
     returning id`,
    [platform, workspaceId, next, begunAt, cursor],
  );
  return rows[0]?.id ?? null;
}

/** @returns whether somebody is new among them */
export async function keepListed(
  db: PoolClient,
  workspaceId: number,
  outsiders: readonly Outsider[],
): Promise<boolean> {
  const { rows } = await db.query<{ isNew: boolean }>(
    `insert into outsider as o (workspace_id, user_id, kind)
     select distinct on (user_id) $1::int, user_id, kind
       from unnest($2::text[], $3::text[]) as listed (user_id, kind)
     on conflict (workspace_id, user_id) do update set kind = excluded.kind, seen_at = now()
     returning o.xmax = 0 as "isNew"`,
    [workspaceId, outsiders.map(({ userId }) => userId), outsiders.map(({ kind }) => kind)],
  );
  return rows.some(({ isNew }) => isNew);
}

/** Whoever was neither listed nor told of since the listing began is no outsider any more. */
export async function endListing(db: PoolClient, workspaceId: number): Promise<void> {
  await db.query(
    `with ended as (
       update workspace set outsiders_checked_at = now() where id = $1
       returning id, outsiders_begun_at as begun_at
     )
     delete from outsider o using ended
      where o.workspace_id = ended.id and o.seen_at < ended.begun_at`,
    [workspaceId],
  );
}

/** Of whom the platform is to be asked. */
export interface Asked {
  workspaceId: number;
  userId: string;
  /** Fences what is written down of the answer: what was heard of them meanwhile is newer. */
  changes: number;
}

/** Those of whom not all is known, longest ago first; everybody once in each listing. */
export async function outsidersToAsk(
  db: Pool,
  { platform, workspaceId }: Workspace,
  limit: number,
): Promise<Asked[]> {
  const { rows } = await db.query<Asked>(
    `select o.workspace_id as "workspaceId", o.user_id as "userId", o.changes
       from workspace w join outsider o on o.workspace_id = w.id
      where w.platform = $1 and w.platform_id = $2
        and (o.asked_at is null or o.asked_at < w.outsiders_begun_at or o.unsure <> '{}')
      order by o.asked_at nulls first, o.user_id limit $3`,
    [platform, workspaceId, limit],
  );
  return rows;
}

/** @param answer null: they are no outsider */
export async function keepAnswer(
  db: Pool,
  { workspaceId, userId, changes }: Asked,
  answer: { kind: Outsider["kind"] | null; channels: string[] | null } | null,
): Promise<void> {
  const fence = "workspace_id = $1 and user_id = $2 and changes = $3";
  if (answer === null) {
    await db.query(`delete from outsider where ${fence}`, [workspaceId, userId, changes]);
    return;
  }
  await db.query(
    `update outsider set kind = coalesce($4, kind), channels = $5, unsure = '{}', asked_at = now()
      where ${fence}`,
    [workspaceId, userId, changes, answer.kind, answer.channels],
  );
}

/** Writes down what was heard of somebody. @returns whether it was news */
export async function keepChange(
  db: PoolClient,
  { platform, workspaceId, userId, outsider, channelId }: PersonChange,
): Promise<boolean> {
  if (outsider === null) {
    const { rowCount } = await db.query(
      `delete from outsider o using workspace w
        where w.platform = $1 and w.platform_id = $2 and o.workspace_id = w.id and o.user_id = $3`,
      [platform, workspaceId, userId],
    );
    return rowCount === 1;
  }
  const { rowCount } = await db.query(
    `with made as (
       insert into workspace (platform, platform_id) values ($1, $2)
       on conflict (platform, platform_id) do update set platform = excluded.platform
       returning id
     )
     insert into outsider as o (workspace_id, user_id, kind)
     select id, $3, coalesce($4, 'guest') from made
     on conflict (workspace_id, user_id) do update
       set kind = coalesce($4, o.kind), seen_at = now(), changes = o.changes + 1,
           channels = case when o.channels is null or $5 = any(o.channels) then o.channels
                           else array_append(o.channels, $5) end
     where o.kind <> coalesce($4, o.kind)
        or ($5::text is not null and (o.channels is null or $5 <> all(o.channels)))`,
    [platform, workspaceId, userId, outsider === "unknown" ? null : outsider, channelId ?? null],
  );
  return rowCount === 1;
}

/** Docent has come into a channel, where it did not see before who is in it. @returns whether somebody may be */
export async function doubtChannel(
  db: PoolClient,
  { platform, workspaceId, channelId }: Workspace & Pick<Place, "channelId">,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `with w as (
       select id from workspace where platform = $1 and platform_id = $2 for update
     )
     update outsider o set unsure = array_append(o.unsure, $3), changes = o.changes + 1
       from w
      where o.workspace_id = w.id and $3 <> all(o.unsure)
        -- Where they are may be being asked just now.
        and (o.channels is null or $3 <> all(o.channels))`,
    [platform, workspaceId, channelId],
  );
  return (rowCount ?? 0) > 0;
}

/**
 * Is there an outsider among them? Null: not known.
 * @param unheardMinutesMax nothing counts where nobody has listened for longer
 */
export async function anyOutsider(
  db: Pool,
  { platform, workspaceId }: Workspace,
  among: Among,
  unheardMinutesMax: number,
): Promise<boolean | null> {
  const userIds = among !== "all" && "userIds" in among ? among.userIds : null;
  const channelId = among !== "all" && "channelId" in among ? among.channelId : null;
  const { rows } = await db.query<{ found: boolean; known: boolean }>(
    `select coalesce(bool_or(case when $4::text is null then o.user_id is not null
                                  else $4 = any(o.channels) end), false) as found,
            bool_and(w.outsiders_checked_at is not null
                     and coalesce(w.heard_until > now() - $5 * interval '1 minute', true)
                     and ($4 is null or o.user_id is null
                          or (o.channels is not null and $4 <> all(o.unsure)))) as known
       from workspace w
       left join outsider o on o.workspace_id = w.id
                           and ($3::text[] is null or o.user_id = any($3))
      where w.platform = $1 and w.platform_id = $2
      group by w.id`,
    [platform, workspaceId, userIds, channelId, unheardMinutesMax],
  );
  const [row] = rows;
  if (row?.found) return true;
  return row?.known ? false : null;
}
