import type { Pool } from "pg";
import type { Place } from "../events.ts";

type Workspace = Pick<Place, "platform" | "workspaceId">;

/** Is the workspace paused, and is this person blocked in it? */
export async function brakesOf(
  db: Pool,
  { platform, workspaceId }: Workspace,
  userId: string,
): Promise<{ paused: boolean; blocked: boolean }> {
  const { rows } = await db.query<{ paused: boolean; blocked: boolean }>(
    `select w.paused_at is not null as paused, p.blocked_at is not null as blocked
       from workspace w
       left join person p on p.workspace_id = w.id and p.platform_id = $3
      where w.platform = $1 and w.platform_id = $2`,
    [platform, workspaceId, userId],
  );
  return rows[0] ?? { paused: false, blocked: false };
}

export async function setPaused(
  db: Pool,
  { platform, workspaceId }: Workspace,
  paused: boolean,
): Promise<void> {
  await db.query(
    `insert into workspace (platform, platform_id, paused_at)
     values ($1, $2, case when $3 then now() end)
     on conflict (platform, platform_id) do update set paused_at = excluded.paused_at`,
    [platform, workspaceId, paused],
  );
}

export async function setBlocked(
  db: Pool,
  { platform, workspaceId }: Workspace,
  userId: string,
  blocked: boolean,
): Promise<void> {
  await db.query(
    `with made as (
       insert into workspace (platform, platform_id) values ($1, $2)
       on conflict (platform, platform_id) do update set platform = excluded.platform
       returning id
     )
     insert into person (workspace_id, platform_id, blocked_at)
     select id, $3, case when $4 then now() end from made
     on conflict (workspace_id, platform_id) do update set blocked_at = excluded.blocked_at`,
    [platform, workspaceId, userId, blocked],
  );
}
