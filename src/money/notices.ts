import type { Pool } from "pg";
import type { Log } from "../log.ts";
import type { Standing } from "./spending.ts";

type Period = "day" | "month";

interface Notice {
  period: Period;
  percent: number;
}

// The operator can still act at the first two; at the last one words alone are left.
const PERCENTS = [50, 80, 100];

/** What the operator has to know by now, told or not. @param usedUp the budget that something did not fit into */
export function noticesDue(standing: Standing, usedUp: Period | null): Notice[] {
  return (["day", "month"] as const).flatMap((period) => {
    const { spent, budget } = partOf(standing, period);
    // With a budget of nothing all of it is spent from the start, which is no news until something is refused.
    const reached = (percent: number) => spent > 0 && spent * 100 >= budget * percent;
    return PERCENTS.filter((percent) => period === usedUp || reached(percent)).map((percent) => ({
      period,
      percent,
    }));
  });
}

/** Tells the operator once how far a budget is used up, whichever process sees it first. */
export async function warnOperator(
  deps: { db: Pool; log: Log },
  standing: Standing,
  usedUp: Period | null = null,
): Promise<void> {
  const due = noticesDue(standing, usedUp);
  if (due.length === 0) return;
  const news = await keepNews(deps.db, standing, due);
  for (const period of ["day", "month"] as const) {
    const percents = news.filter((one) => one.period === period).map((one) => one.percent);
    if (percents.length > 0) warn(deps.log, standing, { period, percent: Math.max(...percents) });
  }
}

/** @returns those that nobody has told yet */
async function keepNews(db: Pool, standing: Standing, due: Notice[]): Promise<Notice[]> {
  const { rows } = await db.query<Notice>(
    `insert into budget_notice (workspace_id, period, starts_on, percent)
     select $1, * from unnest($2::text[], $3::date[], $4::int[])
     on conflict do nothing
     returning period, percent`,
    [
      standing.workspaceId,
      due.map(({ period }) => period),
      due.map(({ period }) => partOf(standing, period).startsOn),
      due.map(({ percent }) => percent),
    ],
  );
  return rows;
}

function warn(log: Log, standing: Standing, { period, percent }: Notice): void {
  const { spent, budget, renewsAt } = partOf(standing, period);
  const words =
    percent === 100
      ? `the budget of a ${period} is used up: words alone until it renews`
      : `${percent} % of the budget of a ${period} is spent or set aside`;
  log.warn(
    {
      ...{ workspace: standing.workspaceId, period, percent },
      ...{ spentUsd: spent / 1e6, budgetUsd: budget / 1e6, renewsAt: renewsAt.toISOString() },
    },
    words,
  );
}

function partOf(standing: Standing, period: Period) {
  const { dayMicrousd, dayMicrousdMax, dayStartsOn, dayRenewsAt } = standing;
  const { monthMicrousd, monthMicrousdMax, monthStartsOn, monthRenewsAt } = standing;
  return period === "day"
    ? { spent: dayMicrousd, budget: dayMicrousdMax, startsOn: dayStartsOn, renewsAt: dayRenewsAt }
    : {
        spent: monthMicrousd,
        budget: monthMicrousdMax,
        startsOn: monthStartsOn,
        renewsAt: monthRenewsAt,
      };
}
