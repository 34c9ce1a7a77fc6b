import type { Pool } from "pg";
import { isDear } from "../../models/chain.ts";
import type { ModelFacts } from "../../models/health.ts";
import type { KeyFacts } from "../../models/key.ts";
import { ASSUMED_PRICE, costOf } from "../../models/price.ts";
import { type Budgets, costByModel, type Spending, spendingOf } from "../../money/spending.ts";
import type { MoneyStatus } from "../../surface.ts";
import { dateOf } from "./words.ts";

const USD = 1_000_000;
const DAY_HOURS = 24;

/** What was spent, of what, and on what. */
export interface Spent {
  budgets: Spending[];
  models: { model: string; microusd: number }[];
}

export const NOTHING_SPENT: Spent = { budgets: [], models: [] };

/** @param workspaceId null: all of them */
export async function readSpent(
  db: Pool,
  workspaceId: number | null,
  budgets: Budgets,
): Promise<Spent> {
  const [spending, models] = await Promise.all([
    spendingOf(db, workspaceId, budgets),
    costByModel(db, workspaceId, DAY_HOURS),
  ]);
  return { budgets: spending, models };
}

export function moneyStatus(key: KeyFacts, { budgets, models }: Spent): MoneyStatus {
  const leftUsd = key.remainingMicrousd === null ? null : key.remainingMicrousd / USD;
  return {
    key: { state: key.state, note: noteOf(key), leftUsd },
    budgets: budgets.map(({ workspace, ...spending }) => ({
      workspace,
      dayUsd: spending.dayMicrousd / USD,
      dayUsdMax: spending.dayMicrousdMax / USD,
      monthUsd: spending.monthMicrousd / USD,
      monthUsdMax: spending.monthMicrousdMax / USD,
      renewsAtMs: renewalOf(spending, 0).getTime(),
    })),
    models: models.map(({ model, microusd }) => ({ id: model, usd: microusd / USD })),
  };
}

/** What is to be done about the key, as a sentence; empty when nothing is. */
function noteOf({ state, expiresAt }: KeyFacts): string {
  switch (state) {
    case "invalid":
      return "Make a new key at openrouter.ai/keys and set OPENROUTER_API_KEY.";
    case "credit_out":
      return "See openrouter.ai/settings/credits, and the key's limit at openrouter.ai/keys.";
    case "valid":
    case "unknown":
      return expiresAt === null ? "" : `It ends on ${dateOf(expiresAt)}: make a new one by then.`;
    default:
      return state satisfies never;
  }
}

// A question with as many passages as are given by default, and the longest answer.
const QUESTION_TOKENS = 12_000;
const ANSWER_TOKENS = 1_500;

type Left = Omit<Spending, "workspace" | "workspaceId">;

/** When there is money again: the next day, or the next month where this one's does not pay for that much. */
function renewalOf(spending: Left, neededMicrousd: number): Date {
  const { monthMicrousd, monthMicrousdMax, monthRenewsAt, dayRenewsAt } = spending;
  const monthLeft = monthMicrousdMax - monthMicrousd;
  return monthLeft <= 0 || monthLeft < neededMicrousd ? monthRenewsAt : dayRenewsAt;
}

/**
 * Until when there is no money for a question. With several workspaces, only where none of them has any.
 * @param next the model that it would be put to
 * @returns null while there is some
 */
export function usedUpUntil(budgets: Spending[], next: Pick<ModelFacts, "price">): number | null {
  const needed = questionCost(next);
  const isUsedUp = (one: Spending) =>
    Math.min(one.dayMicrousdMax - one.dayMicrousd, one.monthMicrousdMax - one.monthMicrousd) <
    needed;
  if (budgets.length === 0 || !budgets.every(isUsedUp)) return null;
  return Math.min(...budgets.map((one) => renewalOf(one, needed).getTime()));
}

function questionCost({ price }: Pick<ModelFacts, "price">): number {
  return costOf(price ?? ASSUMED_PRICE, QUESTION_TOKENS, ANSWER_TOKENS);
}

/** Has this model, dearer than the first, used up its share of the day in all of these workspaces? */
export function isShareUsedUp(
  budgets: Spending[],
  models: ModelFacts[],
  facts: ModelFacts,
): boolean {
  if (budgets.length === 0 || !isDear(models, facts, questionCost)) return false;
  const needed = questionCost(facts);
  return budgets.every((one) => one.dearDayMicrousdMax - one.dearDayMicrousd < needed);
}
