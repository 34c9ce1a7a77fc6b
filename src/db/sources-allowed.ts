import type { Pool } from "pg";
import { inTransaction } from "./transaction.ts";

/**
 * Sets which channels answers elsewhere may draw on. Where none of those named is known, nothing changes.
 * @param named the platform's ids, or names
 * @returns how many of these channels are known
 */
export async function setDrawnOn(
  db: Pool,
  workspaceId: number,
  how: "only" | "add" | "remove" | "all",
  named: readonly string[],
): Promise<number> {
  return await inTransaction(db, async (client) => {
    const { rows } = await client.query<{ id: number }>(
      `select id from channel
        where workspace_id = $1 and (platform_id = any($2) or lower(name) = any($3))
          for update`,
      [workspaceId, named, named.map((name) => name.toLowerCase())],
    );
    // Else "only" would leave nothing to draw on.
    if (how !== "all" && rows.length === 0) return 0;
    const isAnew = how === "only" || how === "all";
    if (isAnew) {
      const chosen = [workspaceId, how === "only"];
      await client.query("update workspace set sources_chosen = $2 where id = $1", chosen);
      await client.query("update channel set is_source = null where workspace_id = $1", [
        workspaceId,
      ]);
    }
    await client.query(
      "update channel set is_source = $3 where workspace_id = $1 and id = any($2::int[])",
      [workspaceId, rows.map(({ id }) => id), how !== "remove"],
    );
    return rows.length;
  });
}

/** `chosen`: the named channels are the only ones; else they are those left out. */
export async function channelsDrawnOn(
  db: Pool,
  workspaceId: number,
): Promise<{ chosen: boolean; names: string[] }> {
  const { rows } = await db.query<{ chosen: boolean; names: string[] }>(
    `select w.sources_chosen as chosen,
            coalesce(array_agg(c.name order by c.name) filter
              (where c.is_source = w.sources_chosen and c.name is not null), '{}') as names
       from workspace w left join channel c on c.workspace_id = w.id
      where w.id = $1 group by w.id`,
    [workspaceId],
  );
  return rows[0] ?? { chosen: false, names: [] };
}
