import type { Pool } from "pg";

/** What a workspace may spend where it has no budget of its own, in millionths of a dollar. */
export interface Budgets {
  dayMicrousd: number;
  monthMicrousd: number;
  /** Of the day's, for models much dearer than the first one. */
  dearDayMicrousd: number;
}

/** What a workspace has spent or set aside, and what it may. Days and months are those of UTC. */
export interface Spending {
  workspaceId: number;
  /** Its name, or the platform's id where it has none. */
  workspace: string;
  dayMicrousd: number;
  dayMicrousdMax: number;
  monthMicrousd: number;
  monthMicrousdMax: number;
  dearDayMicrousd: number;
  dearDayMicrousdMax: number;
  dayRenewsAt: Date;
  monthRenewsAt: Date;
}

/** All that the caps are judged by. */
export interface Standing extends Omit<Spending, "dearDayMicrousdMax"> {
  readingDayMicrousd: number;
  readingMonthMicrousd: number;
  /** YYYY-MM-DD. */
  dayStartsOn: string;
  monthStartsOn: string;
}

/**
 * A query for the {@link Standing} of the workspace $1, or of all of them where it is null. $2 and $3 are the
 * budgets of a day and of a month. By the database's clock, since processes may differ in theirs.
 */
export const STANDING = `
  select w.id as "workspaceId", coalesce(w.name, w.platform_id) as workspace,
         coalesce(w.day_budget_microusd, $2::bigint) as "dayMicrousdMax",
         coalesce(w.month_budget_microusd, $3::bigint) as "monthMicrousdMax",
         coalesce(sum(s.microusd) filter (where s.day = today), 0)::bigint as "dayMicrousd",
         coalesce(sum(s.microusd), 0)::bigint as "monthMicrousd",
         coalesce(sum(s.reading_microusd) filter (where s.day = today), 0)::bigint
           as "readingDayMicrousd",
         coalesce(sum(s.reading_microusd), 0)::bigint as "readingMonthMicrousd",
         coalesce(sum(s.dear_microusd) filter (where s.day = today), 0)::bigint
           as "dearDayMicrousd",
         today::date::text as "dayStartsOn", month::date::text as "monthStartsOn",
         (today + interval '1 day') at time zone 'UTC' as "dayRenewsAt",
         (month + interval '1 month') at time zone 'UTC' as "monthRenewsAt"
    from workspace w
   cross join (select date_trunc('day', now() at time zone 'UTC') as today,
                      date_trunc('month', now() at time zone 'UTC') as month) clock
    left join spend s on s.workspace_id = w.id and s.day >= month::date
   where $1::int is null or w.id = $1
   group by w.id, today, month`;

/** How the budgets stand; empty where there is no such workspace. @param workspaceId null: all of them */
export async function standings(
  db: Pool,
  workspaceId: number | null,
  budgets: Budgets,
): Promise<Standing[]> {
  const { rows } = await db.query<Standing>(`${STANDING} order by w.id`, [
    workspaceId,
    budgets.dayMicrousd,
    budgets.monthMicrousd,
  ]);
  return rows;
}

/** For the status. @param workspaceId null: all of them */
export async function spendingOf(
  db: Pool,
  workspaceId: number | null,
  budgets: Budgets,
): Promise<Spending[]> {
  const rows = await standings(db, workspaceId, budgets);
  return rows.map((standing) => ({ ...standing, dearDayMicrousdMax: budgets.dearDayMicrousd }));
}

/** What calls really took in the last hours, by model, dearest first; what is only set aside does not count. */
export async function costByModel(
  db: Pool,
  workspaceId: number | null,
  hours: number,
): Promise<{ model: string; microusd: number }[]> {
  const { rows } = await db.query<{ model: string; microusd: number }>(
    `select model, sum(microusd)::bigint as microusd from cost
      where settled and at > now() - $2 * interval '1 hour'
        and ($1::int is null or workspace_id = $1)
      group by model order by microusd desc, model`,
    [workspaceId, hours],
  );
  return rows;
}
