/** What is said when no model answers, or none may be asked. Plain, and with what happens next. */
import { ConfigError, ServiceError } from "../errors.ts";
import { AllModelsFailed } from "../models/chain.ts";
import { verdict } from "../models/failure.ts";
import type { BudgetReached } from "../money/ledger.ts";

const CREDIT_OUT_STATUS = 402;
const MINUTE_MS = 60_000;

const PASSAGES = "These passages come nearest to it:";
const KEY_INVALID = `I can't write an answer right now: whoever runs me needs to check my OpenRouter key. ${PASSAGES}`;
const CREDIT_OUT = `I can't write an answer right now: whoever runs me needs to look at my OpenRouter credit. ${PASSAGES}`;
const GONE = `I can't write an answer: none of my models is to be had any more, and whoever runs me needs to choose others. ${PASSAGES}`;
const DECLINED = `None of my models would answer this. ${PASSAGES}`;
const AGAIN_LATER = `None of my models answered just now. Please ask again in a few minutes. Meanwhile, these passages come nearest to it:`;

/** What to tell the asker of a failure of all models. @throws whatever is none */
export function troubleText(error: unknown, retryAt: Date | null): string {
  if (error instanceof ConfigError) return KEY_INVALID;
  if (!(error instanceof ServiceError)) throw error;
  if (retryAt) {
    return `None of my models answered just now. I will try once more by myself ${inAbout(retryAt)}, or when one of them is up again. Meanwhile, these passages come nearest to it:`;
  }
  if (error.status === CREDIT_OUT_STATUS) return CREDIT_OUT;
  if (!(error instanceof AllModelsFailed) || error.retryAt) return AGAIN_LATER;
  const blames = error.attempts.map(({ reason }) => reason && verdict(reason).blame);
  if (blames.every((blame) => blame === "retired" || blame === "no_provider")) return GONE;
  return blames.includes("question") ? DECLINED : AGAIN_LATER;
}

function inAbout(at: Date): string {
  const minutes = Math.ceil((at.getTime() - Date.now()) / MINUTE_MS);
  return minutes <= 1 ? "within a minute" : `in about ${minutes} minutes`;
}

const AS_THEY_STAND = "these are the best passages as they stand";

export const NO_KEY = `These are the best passages as they stand. With an OPENROUTER_API_KEY, I write an answer from them.`;

/** Said once a thread. */
export function budgetText({ cap, renewsAt }: BudgetReached): string {
  if (cap === "none") return `No money may be spent on models here, so ${AS_THEY_STAND}.`;
  if (cap === "dear") {
    return `My usual models don't answer, and the dearer ones have used up their share of today's budget, so ${AS_THEY_STAND}. It renews ${moment(renewsAt)}.`;
  }
  const whose = cap === "month" ? "This month's" : "Today's";
  return `${whose} budget for models is used up, so ${AS_THEY_STAND}. It renews ${moment(renewsAt)}.`;
}

export function questionsText(most: number, renewsAt: Date): string {
  const questions = most === 1 ? "1 question" : `${most} questions`;
  return `You have asked me ${questions} today, which is as many as I answer for one person in a day, so ${AS_THEY_STAND}. I write answers for you again ${moment(renewsAt)}.`;
}

/** Budgets renew at midnight UTC: "at 00:00 UTC", or on a day. */
function moment(at: Date): string {
  const hours = (at.getTime() - Date.now()) / (60 * MINUTE_MS);
  if (hours <= 24) return "at 00:00 UTC";
  const day = at.toLocaleDateString("en-GB", { day: "numeric", month: "long", timeZone: "UTC" });
  return `on ${day} at 00:00 UTC`;
}
