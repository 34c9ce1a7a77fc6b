import type { Call, Cap } from "./ledger.ts";
import type { Budgets, Standing } from "./spending.ts";

/** The most that reading files may use of a budget, so that there is always something left for questions. */
export const READING_SHARE = 0.5;

export function isReading({ purpose }: Pick<Call, "purpose">): boolean {
  return purpose === "index" || purpose === "context";
}

/** Which cap a call does not fit under; of several the one that holds for more calls, and longer. Null: it fits. */
export function capReached(
  standing: Standing,
  call: Call,
  budgets: Pick<Budgets, "dearDayMicrousd">,
): { cap: Cap; renewsAt: Date } | null {
  const { dayRenewsAt, monthRenewsAt, dayMicrousdMax, monthMicrousdMax } = standing;
  const tooMuch = (spent: number, max: number) => spent + call.microusdMax > max;
  if (call.microusdMax === 0) return null;
  if (dayMicrousdMax === 0 || monthMicrousdMax === 0) return { cap: "none", renewsAt: dayRenewsAt };
  if (tooMuch(standing.monthMicrousd, monthMicrousdMax)) {
    return { cap: "month", renewsAt: monthRenewsAt };
  }
  if (tooMuch(standing.dayMicrousd, dayMicrousdMax)) return { cap: "day", renewsAt: dayRenewsAt };
  if (isReading(call)) {
    const { readingDayMicrousd, readingMonthMicrousd } = standing;
    if (tooMuch(readingMonthMicrousd, monthMicrousdMax * READING_SHARE)) {
      return { cap: "reading", renewsAt: monthRenewsAt };
    }
    if (tooMuch(readingDayMicrousd, dayMicrousdMax * READING_SHARE)) {
      return { cap: "reading", renewsAt: dayRenewsAt };
    }
  }
  const dearUsedUp = call.dear && tooMuch(standing.dearDayMicrousd, budgets.dearDayMicrousd);
  return dearUsedUp ? { cap: "dear", renewsAt: dayRenewsAt } : null;
}
