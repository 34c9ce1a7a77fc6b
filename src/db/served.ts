import type { Pool, PoolClient } from "pg";
import type { Place } from "../events.ts";
import { inTransaction } from "./transaction.ts";

type Workspace = Pick<Place, "platform" | "workspaceId">;

/**
 * Writes down whether this workspace is served: where the settings list some, those alone; else the first one that is
 * heard of. What the operator has allowed is served as well.
 */
export async function settleServed(
  db: Pool,
  workspace: Workspace,
  listed: readonly string[],
): Promise<boolean> {
  return await inTransaction(db, async (client) => {
    await lock(client, workspace);
    return await settle(client, workspace, listed);
  });
}

/** Of two that are heard of at the same time, one is the first. */
async function lock(client: PoolClient, { platform }: Workspace): Promise<void> {
  await client.query("select pg_advisory_xact_lock(hashtext('served ' || $1))", [platform]);
}

async function settle(
  client: PoolClient,
  { platform, workspaceId }: Workspace,
  listed: readonly string[],
): Promise<boolean> {
  const { rows } = await client.query<{ served: boolean }>(
    `insert into workspace as known (platform, platform_id, served)
     values ($1, $2, case when $3 then $4
                     else not exists (select from workspace where platform = $1 and served) end)
     on conflict (platform, platform_id) do update
       set served = case when known.allowed_at is not null then true
                         when $3 then $4
                         -- Those that were listed once stay no longer than the first of them.
                         else not exists (select from workspace as other
                                           where other.platform = $1 and other.served
                                             and case when known.served
                                                 then other.allowed_at is null and other.id < known.id
                                                 else other.id <> known.id end) end
     returning served`,
    [platform, workspaceId, listed.length > 0, listed.includes(workspaceId)],
  );
  return rows[0]?.served ?? false;
}

/** From now on the operator wants this workspace to be served. */
export async function allow(db: Pool, { platform, workspaceId }: Workspace): Promise<void> {
  await db.query(
    `insert into workspace (platform, platform_id, served, allowed_at) values ($1, $2, true, now())
     on conflict (platform, platform_id) do update set served = true, allowed_at = now()`,
    [platform, workspaceId],
  );
}

/**
 * The operator does not want it any more.
 * @returns whether it is served all the same: the settings list it, or it is the only one
 */
export async function allowNoMore(
  db: Pool,
  workspace: Workspace,
  listed: readonly string[],
): Promise<boolean> {
  return await inTransaction(db, async (client) => {
    await lock(client, workspace);
    await client.query(
      `update workspace set served = false, allowed_at = null
        where platform = $1 and platform_id = $2`,
      [workspace.platform, workspace.workspaceId],
    );
    return await settle(client, workspace, listed);
  });
}
