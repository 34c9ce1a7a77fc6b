import type { Pool } from "pg";
import type { AnswerStyle, ChannelMode, Readers } from "../chat.ts";
import type { FileShared, Place } from "../events.ts";

/** A place by our own short ids, which every tenant's table uses. */
export interface PlaceIds {
  workspaceId: number;
  channelId: number;
}

/** Finds or makes the rows of a place, and writes down what the platform says of it. */
export async function ensurePlace(
  db: Pool,
  place: Place,
  readers: Readers,
  firstMode: ChannelMode = "auto",
): Promise<PlaceIds> {
  const { rows } = await db.query<PlaceIds>(
    `with made as (
       insert into workspace (platform, platform_id) values ($1, $2)
       on conflict (platform, platform_id) do update set platform = excluded.platform
       returning id
     )
     insert into channel (workspace_id, platform_id, visibility, name, mode, external, age_restricted)
     select made.id, $3, $4, $5, $6, $7, $8 from made
     on conflict (workspace_id, platform_id) do update
       set visibility = excluded.visibility, name = coalesce(excluded.name, channel.name),
           external = excluded.external, age_restricted = excluded.age_restricted
     returning workspace_id as "workspaceId", id as "channelId"`,
    [
      place.platform,
      place.workspaceId,
      place.channelId,
      readers.visibility,
      readers.channelName,
      firstMode,
      readers.external ?? false,
      readers.ageRestricted ?? false,
    ],
  );
  const [ids] = rows;
  if (!ids) throw new Error("an upsert of a channel returned no row");
  return ids;
}

/** The rows of a place, or null when nothing has happened there yet. */
export async function findPlace(
  db: Pool,
  place: Pick<Place, "platform" | "workspaceId" | "channelId">,
): Promise<PlaceIds | null> {
  const { rows } = await db.query<PlaceIds>(
    `select c.workspace_id as "workspaceId", c.id as "channelId"
       from workspace w join channel c on c.workspace_id = w.id
      where w.platform = $1 and w.platform_id = $2 and c.platform_id = $3`,
    [place.platform, place.workspaceId, place.channelId],
  );
  return rows[0] ?? null;
}

/** Our own id of a workspace, or null when nothing has happened there yet. */
export async function findWorkspace(
  db: Pool,
  place: Pick<Place, "platform" | "workspaceId">,
): Promise<number | null> {
  const { rows } = await db.query<{ id: number }>(
    "select id from workspace where platform = $1 and platform_id = $2",
    [place.platform, place.workspaceId],
  );
  return rows[0]?.id ?? null;
}

/** Why a file is not read, by consent; null when it may be. */
export type Unread = "not_served" | "channel_off" | "channel_ask" | "opted_out";

type Handing = Pick<FileShared, "userId" | "handedOver" | "handedOverBy">;

/** May this file be read, which this person shared in this channel? */
export async function whyUnread(
  db: Pool,
  ids: PlaceIds,
  { userId, handedOver, handedOverBy = userId }: Handing,
): Promise<Unread | null> {
  const { rows } = await db.query<{ reason: Unread | null }>(
    `select case when not w.served or w.paused_at is not null or p.blocked_at is not null then 'not_served'
                 when c.mode = 'off' or c.gone_at is not null then 'channel_off'
                 when c.mode = 'ask' and not $4 then 'channel_ask'
                 when p.opted_out_at is not null and not $5 then 'opted_out' end as reason
       from workspace w
       join channel c on c.workspace_id = w.id
       left join person p on p.workspace_id = w.id and p.platform_id = $3
      where w.id = $1 and c.id = $2`,
    // Nobody can lift what somebody else has ruled out for their own files.
    [ids.workspaceId, ids.channelId, userId, handedOver, handedOver && handedOverBy === userId],
  );
  const [row] = rows;
  return row ? row.reason : "not_served";
}

export interface OpenChannel {
  id: number;
  platformId: string;
  name: string | null;
}

export interface WantedChannels {
  publicOnes: boolean;
  platformIds: string[];
  /** Where the answer is going to stand: its own files may be used whatever is said of sources elsewhere. */
  hereId?: string;
}

/**
 * Channels whose files may be searched: the public ones if so wished, and those named by the platform's ids. Of
 * others than the place itself those alone that may be drawn on, and none for adults alone unless the place is.
 */
export async function openChannels(
  db: Pool,
  workspaceId: number,
  { publicOnes, platformIds, hereId }: WantedChannels,
): Promise<OpenChannel[]> {
  const { rows } = await db.query<OpenChannel>(
    `select c.id, c.platform_id as "platformId", c.name
       from workspace w join channel c on c.workspace_id = w.id
       left join channel here on here.workspace_id = w.id and here.platform_id = $4
      where w.id = $1 and c.mode <> 'off' and c.gone_at is null
        and (($2 and c.visibility = 'public') or c.platform_id = any($3))
        and (c.id = here.id or coalesce(c.is_source, not w.sources_chosen))
        and (not c.age_restricted or coalesce(here.age_restricted, false))
      order by c.id`,
    [workspaceId, publicOnes, platformIds, hereId ?? null],
  );
  return rows;
}

/** How a channel is read that Docent has just come to, where nobody has set that yet. */
export async function beginMode(
  db: Pool,
  { workspaceId, channelId }: PlaceIds,
  mode: ChannelMode,
): Promise<ChannelMode> {
  const { rows } = await db.query<{ mode: ChannelMode }>(
    `update channel set mode = case when mode_set_at is null then $3 else mode end
      where workspace_id = $1 and id = $2 returning mode`,
    [workspaceId, channelId, mode],
  );
  // Gone meanwhile, with its workspace.
  return rows[0]?.mode ?? "off";
}

export async function setMode(
  db: Pool,
  { workspaceId, channelId }: PlaceIds,
  mode: ChannelMode,
  setBy: string,
): Promise<void> {
  await db.query(
    `update channel set mode = $3, mode_set_by = $4, mode_set_at = now()
      where workspace_id = $1 and id = $2`,
    [workspaceId, channelId, mode, setBy],
  );
}

export async function setStyle(
  db: Pool,
  { workspaceId, channelId }: PlaceIds,
  style: AnswerStyle,
): Promise<void> {
  await db.query("update channel set answer_style = $3 where workspace_id = $1 and id = $2", [
    workspaceId,
    channelId,
    style,
  ]);
}

/** Where answers of this channel stand; null where nobody has said. */
export async function styleOf(
  db: Pool,
  { workspaceId, channelId }: PlaceIds,
): Promise<AnswerStyle | null> {
  const { rows } = await db.query<{ style: AnswerStyle | null }>(
    `select answer_style as style from channel where workspace_id = $1 and id = $2`,
    [workspaceId, channelId],
  );
  return rows[0]?.style ?? null;
}

/** How a channel is read, who has set that, and when; null where nobody has. */
export async function modeOf(
  db: Pool,
  { workspaceId, channelId }: PlaceIds,
): Promise<{ mode: ChannelMode; setBy: string | null; setAt: Date | null } | null> {
  const { rows } = await db.query<{ mode: ChannelMode; setBy: string | null; setAt: Date | null }>(
    `select mode, mode_set_by as "setBy", mode_set_at as "setAt" from channel
      where workspace_id = $1 and id = $2`,
    [workspaceId, channelId],
  );
  return rows[0] ?? null;
}

/** How a channel is read, and whether this person's files are. */
export async function settingsOf(
  db: Pool,
  { workspaceId, channelId }: PlaceIds,
  userId: string,
): Promise<{ mode: ChannelMode; optedOut: boolean } | null> {
  const { rows } = await db.query<{ mode: ChannelMode; optedOut: boolean }>(
    `select c.mode, p.opted_out_at is not null as "optedOut"
       from channel c
       left join person p on p.workspace_id = c.workspace_id and p.platform_id = $3
      where c.workspace_id = $1 and c.id = $2`,
    [workspaceId, channelId, userId],
  );
  return rows[0] ?? null;
}
