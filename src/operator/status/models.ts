import type { Pool } from "pg";
import { whyPassedOver } from "../../models/chain.ts";
import { type FailureKind, verdict } from "../../models/failure.ts";
import type { ModelFacts, ModelState } from "../../models/health.ts";
import type { ModelStatus } from "../../surface.ts";
import { dateOf } from "./words.ts";

type Day = ModelStatus["day"];
type Percentiles = [p50: number, p95: number] | null;

interface DayRow extends Omit<Day, "firstTokenMs" | "totalMs"> {
  model: string;
  firstTokenMs: Percentiles;
  totalMs: Percentiles;
}

/**
 * How the models did with people's questions in the last 24 hours, by model; one that was not asked is not there.
 * The time that a failure took says nothing of how long an answer takes.
 */
export async function readDays(db: Pool, models: readonly string[]): Promise<Map<string, Day>> {
  const { rows } = await db.query<DayRow>(
    `select model, count(*)::int as tries,
            count(*) filter (where outcome = 'answered')::int as answered,
            percentile_cont(array[0.5, 0.95]) within group (order by first_token_ms) as "firstTokenMs",
            percentile_cont(array[0.5, 0.95]) within group (order by total_ms)
              filter (where outcome = 'answered') as "totalMs",
            sum(tokens_in)::bigint as "tokensIn", sum(tokens_out)::bigint as "tokensOut"
       from model_attempt
      where model = any($1::text[]) and at > now() - interval '24 hours' and not probe
      group by model`,
    [models],
  );
  return new Map(
    rows.map(({ model, firstTokenMs, totalMs, ...counts }) => [
      model,
      { ...counts, firstTokenMs: spread(firstTokenMs), totalMs: spread(totalMs) },
    ]),
  );
}

// Of nothing, a percentile is null: as a whole, or each of them.
function spread(percentiles: [number | null, number | null] | null): Day["totalMs"] {
  const [p50, p95] = percentiles ?? [null, null];
  return p50 === null || p95 === null ? null : { p50, p95 };
}

const NO_COUNTS = { tries: 0, answered: 0, tokensIn: 0, tokensOut: 0 };
const NO_TRIES: Day = { ...NO_COUNTS, firstTokenMs: null, totalMs: null };

const STATES = {
  unknown: "unknown",
  ready: "ready",
  cooling: "resting",
  retired: "retired",
  no_provider: "no_provider",
} as const satisfies Record<ModelState, ModelStatus["state"]>;

interface Asking {
  /** none: they are off; blocked: none of them is asked. */
  key: "none" | "blocked" | "works";
  wide: boolean;
  nowMs: number;
  /** A model much dearer than the first has had its share of the day. */
  isShareUsedUp(facts: ModelFacts): boolean;
}

/** The models as people are told of them, in the chain's order. */
export function modelStatuses(
  models: ModelFacts[],
  days: Map<string, Day>,
  { key, wide, nowMs, isShareUsedUp }: Asking,
): ModelStatus[] {
  const isAsked = (facts: ModelFacts) => whyPassedOver(facts, {}) === null && !isShareUsedUp(facts);
  const next = key === "works" ? models.find(isAsked) : null;
  return models.map((facts) => {
    const day = days.get(facts.model) ?? NO_TRIES;
    const seen = wide ? day : shareOnly(day);
    const status = { ...toStatus(facts, nowMs), day: seen, next: facts === next };
    return key === "none" ? { ...status, ...OFF } : status;
  });
}

/** People from outside see how well it went, not how much is asked. */
function shareOnly(day: Day): Day {
  const share = day.tries > 0 ? { tries: 1, answered: day.answered / day.tries } : {};
  return { ...day, ...NO_COUNTS, ...share };
}

const OFF = {
  state: "off",
  note: "no OPENROUTER_API_KEY: answers are the best passages as they stand",
  fix: "Set OPENROUTER_API_KEY; you get one at openrouter.ai/keys.",
  restingUntilMs: null,
} as const;

function toStatus(facts: ModelFacts, nowMs: number): Omit<ModelStatus, "day" | "next"> {
  const untilMs = facts.passedOverUntil?.getTime() ?? 0;
  return {
    id: facts.model,
    state: STATES[facts.state],
    note: noteOf(facts),
    fix: fixOf(facts),
    sinceMs: facts.since?.getTime() ?? null,
    restingUntilMs: untilMs > nowMs ? untilMs : null,
    lastSuccessMs: facts.lastSuccessAt?.getTime() ?? null,
    expiresOn: facts.expiresOn,
    uptime: facts.uptimeDay,
  };
}

function noteOf({ state, reason, expiresOn }: ModelFacts): string {
  switch (state) {
    case "cooling":
      return reason === null ? "it failed" : (REASONS[reason] ?? verdict(reason).text);
    case "retired":
      return "gone from OpenRouter, or its name is wrong";
    case "no_provider":
      return "no provider under your privacy setting";
    case "unknown":
    case "ready":
      return expiresOn === null ? "" : `off on ${dateOf(expiresOn)}`;
    default:
      return state satisfies never;
  }
}

/** Shorter than the verdicts' texts, for what makes a model rest. */
const REASONS: Partial<Record<FailureKind, string>> = {
  credit_busy: "busy",
  bad_request: "does not accept our requests",
  rate_limited: "too many requests",
  unavailable: "not available",
  unreachable: "not reached",
  first_token_late: "did not begin in time",
  stalled: "stopped in the middle",
  cut: "cut off in the middle",
  empty: "answered with nothing",
  unreadable: "unreadable answers",
  reasoning_only: "only thinks",
  answer_late: "did not finish in time",
};

function fixOf({ state, reason, expiresOn }: ModelFacts): string | null {
  if (state === "retired") return "Remove it from OPENROUTER_MODELS.";
  if (state === "no_provider") return "Allow more providers with OPENROUTER_DATA, or remove it.";
  if (state === "cooling" && reason === "bad_request") {
    return "Put another in its place in OPENROUTER_MODELS.";
  }
  return expiresOn === null ? null : "Choose another in OPENROUTER_MODELS by then.";
}
