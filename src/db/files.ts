import type { Pool } from "pg";
import type { PlaceIds } from "./places.ts";

/** A file of a channel, for showing it to people there. */
export interface ListedFile {
  /** Its own for good: what else is shared or forgotten meanwhile does not change it. */
  number: number;
  fileId: string;
  name: string;
  sharerId: string;
  sharedAt: Date;
  state: "reading" | "searchable" | "failed";
}

const LISTED = `
  s.id as number, s.file_id as "fileId", s.name, s.sharer_id as "sharerId", s.shared_at as "sharedAt",
  case when s.reason is not null or t.state = 'failed' then 'failed'
       when t.state = 'searchable' then 'searchable' else 'reading' end as state`;

const SHARES = `
  share s left join content t on t.workspace_id = s.workspace_id and t.id = s.content_id`;

/** The newest files of a channel, newest first, and how many there are in all. */
export async function newestFiles(
  db: Pool,
  { workspaceId, channelId }: PlaceIds,
  limit: number,
): Promise<{ files: ListedFile[]; total: number }> {
  const { rows } = await db.query<ListedFile & { total: number }>(
    `select ${LISTED}, (count(*) over ())::int as total from ${SHARES}
      where s.workspace_id = $1 and s.channel_id = $2
      order by s.shared_at desc, s.id desc limit $3`,
    [workspaceId, channelId, limit],
  );
  return { files: rows, total: rows[0]?.total ?? 0 };
}

/** A file among those of several channels. */
export interface FileOfChannel extends ListedFile {
  channelName: string | null;
  permalink: string | null;
}

/** The newest files of these channels that answers may use, or will once they are read; newest first. */
export async function newestFilesOf(
  db: Pool,
  workspaceId: number,
  channelIds: readonly number[],
  limit: number,
): Promise<FileOfChannel[]> {
  const { rows } = await db.query<FileOfChannel>(
    `select ${LISTED}, s.permalink, c.name as "channelName" from ${SHARES}
       join channel c on c.workspace_id = s.workspace_id and c.id = s.channel_id
      where s.workspace_id = $1 and s.channel_id = any($2::int[])
        and not exists (select from channel parent
                         where parent.workspace_id = c.workspace_id and parent.id = c.parent_id
                           and (parent.mode = 'off' or parent.gone_at is not null))
        and not exists (select from person p
                         where p.workspace_id = s.workspace_id and p.platform_id = s.sharer_id
                           and p.opted_out_at is not null)
      order by s.shared_at desc, s.id desc limit $3`,
    [workspaceId, channelIds, limit],
  );
  return rows;
}

/**
 * Files of a channel by what somebody calls them, newest first.
 * @returns `isIt`: that is its number, its name, or its name without the ending; others only have it in their names
 */
export async function filesCalled(
  db: Pool,
  { workspaceId, channelId }: PlaceIds,
  wanted: string,
  limit: number,
): Promise<(ListedFile & { isIt: boolean })[]> {
  const { rows } = await db.query<ListedFile & { isIt: boolean }>(
    `select * from (
       select ${LISTED}, lower($3) in (s.id::text, '#' || s.id, lower(s.name),
                lower(regexp_replace(s.name, '\\.[^.]*$', ''))) as "isIt"
         from ${SHARES}
        where s.workspace_id = $1 and s.channel_id = $2) f
      where "isIt" or strpos(lower(name), lower($3)) > 0
      order by "isIt" desc, "sharedAt" desc, number desc limit $4`,
    [workspaceId, channelId, wanted, limit],
  );
  return rows;
}

/** Everything that a person shared in a workspace. */
export async function sharesBy(
  db: Pool,
  workspaceId: number,
  userId: string,
): Promise<{ channelId: number; fileId: string }[]> {
  const { rows } = await db.query<{ channelId: number; fileId: string }>(
    `select channel_id as "channelId", file_id as "fileId" from share
      where workspace_id = $1 and sharer_id = $2`,
    [workspaceId, userId],
  );
  return rows;
}

/** @param by who says that this file counts before others; null: nobody any more */
export async function markOfficial(
  db: Pool,
  { workspaceId, channelId }: PlaceIds,
  fileId: string,
  by: string | null,
): Promise<void> {
  await db.query(
    `update share set official_by = $4
      where workspace_id = $1 and channel_id = $2 and file_id = $3`,
    [workspaceId, channelId, fileId, by],
  );
}
