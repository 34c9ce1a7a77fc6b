import type { KeyFacts } from "../../models/key.ts";
import type { ModelStatus, Status } from "../../surface.ts";
import { dateOf, filesOf, roughSecondsOf, shortNames, timeOf } from "./words.ts";

/** What the words are made from: the status, and what not everybody is told as it is. */
export interface StatusFacts extends Omit<Status, "line" | "details"> {
  key: KeyFacts["state"] | "none";
  /** Until when there is no money for a question; null while there is some. */
  usedUpUntilMs: number | null;
  viewer: { wide: boolean; admin: boolean };
  nowMs: number;
}

/** One line for people, who may be in a thread. */
export function lineOf(facts: StatusFacts): string {
  return [...headOf(facts), ...amountsOf(facts)].join(" · ");
}

/** Whether it works and what to do about it, then how long an answer takes. */
export function headOf(facts: StatusFacts): string[] {
  const next = facts.models.find((model) => model.next);
  const trouble = keyTrouble(facts) ?? budgetTrouble(facts);
  if (trouble) return trouble;
  if (!next) return noModel(facts);
  const { totalMs } = next.day;
  const about = totalMs ? [`answers in about ${roughSecondsOf(totalMs.p50)}`] : [];
  return [next === facts.models[0] ? "✅ Working" : reserve(facts, next), ...about];
}

const NO_KEY = "⚠️ Working without a model: set OPENROUTER_API_KEY for written answers";
const NO_MODEL = "⚠️ No model answers right now";

function keyTrouble({ key, viewer }: StatusFacts): string[] | null {
  switch (key) {
    case "none":
      return [NO_KEY];
    case "invalid":
    case "credit_out":
      return viewer.admin
        ? KEY_TROUBLE[key]
        : [NO_MODEL, "whoever runs me needs to look at the key"];
    case "valid":
    case "unknown":
      return null;
    default:
      return key satisfies never;
  }
}

const KEY_TROUBLE = {
  invalid: [
    "⚠️ No model answers: the key is not valid",
    "make a new one at openrouter.ai/keys and set OPENROUTER_API_KEY",
  ],
  credit_out: [
    "⚠️ No model answers: the key's credit or limit is used up",
    "see openrouter.ai/settings/credits",
  ],
};

function budgetTrouble({ usedUpUntilMs, viewer, nowMs }: StatusFacts): string[] | null {
  if (usedUpUntilMs === null) return null;
  const until = timeOf(usedUpUntilMs, nowMs);
  if (!viewer.admin) return [`⚠️ Working by words alone until ${until}`];
  // Later than the next midnight, it is the month's.
  const period = usedUpUntilMs - nowMs > DAY_MS ? "this month's" : "today's";
  return ["⚠️ Working by words alone", `${period} budget is used up until ${until}`];
}

const DAY_MS = 24 * 60 * 60 * 1000;

function noModel({ models, nowMs }: StatusFacts): string[] {
  const resting = models.filter(({ state }) => state === "resting");
  if (resting.length === 0) return [NO_MODEL, "others are needed in OPENROUTER_MODELS"];
  const firstMs = Math.min(...resting.map(({ restingUntilMs }) => restingUntilMs ?? 0));
  const when = firstMs > nowMs ? `at ${timeOf(firstMs, nowMs)}` : "now";
  return [NO_MODEL, `trying again ${when}`];
}

function reserve({ models, nowMs }: StatusFacts, next: ModelStatus): string {
  const nameOf = shortNames(models.map(({ id }) => id));
  const [first] = models;
  const why = first ? ` (${nameOf(first.id)} ${absence(first, nowMs)})` : "";
  return `⚠️ Answering with a reserve: ${nameOf(next.id)}${why}`;
}

function absence(model: ModelStatus, nowMs: number): string {
  if (model.state === "retired") return "is retired";
  if (model.state === "no_provider") return "has no provider under your privacy setting";
  return `is ${restingText(model, nowMs)}`;
}

/** "resting until 14:32 UTC"; when its rest is over, somebody is about to find out. */
export function restingText({ restingUntilMs }: ModelStatus, nowMs: number): string {
  return restingUntilMs === null
    ? "being tried out"
    : `resting until ${timeOf(restingUntilMs, nowMs)}`;
}

function amountsOf({ viewer, embedder, files }: StatusFacts): string[] {
  const parts: string[] = [];
  if (embedder.state === "failing") parts.push("the embedder is away: words alone");
  if (!viewer.wide) return parts;
  if (files.reading > 0) parts.push(`${filesOf(files.reading)} waiting`);
  else parts.push(`${filesOf(files.searchable)} searchable`);
  if (files.withoutVectors > 0) parts.push(`${files.withoutVectors} by words alone`);
  return parts;
}

/** "off on 14 Jan 2027", where the end of a model is announced that is not gone yet. */
export function endOf({ expiresOn, state }: ModelStatus): string | null {
  return expiresOn === null || state === "retired" ? null : `off on ${dateOf(expiresOn)}`;
}
