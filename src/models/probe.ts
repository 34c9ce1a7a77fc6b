/** Finds out whether a model or the key works again, without a question of somebody's. */
import type { Pool } from "pg";
import type { Log } from "../log.ts";
import type { Ledger, Payer } from "../money/ledger.ts";
import { type Attempt, type ChatClient, type Tried, tryModel } from "./attempt.ts";
import type { Catalogue } from "./catalogue.ts";
import { type FailureKind, ModelFailed } from "./failure.ts";
import { claimDue, type ModelFacts, type ModelState, readHealth, recordAttempt } from "./health.ts";
import { claimKeyCheck, markKey, readKey, saveKeyFacts } from "./key.ts";
import type { ChatRequest } from "./request.ts";

/** What is watched, and with what. */
export interface Watched {
  db: Pool;
  /** Those that are configured, in the chain's order. */
  models: readonly string[];
  client: ChatClient;
  catalogue: Catalogue;
  /** Of the key that the client uses. */
  fingerprint: string;
  log: Log;
}

// Small, so that it costs next to nothing; some models take no less than 16 tokens, and some think first.
const REQUEST: ChatRequest = {
  messages: [{ role: "user", content: "Say OK." }],
  tokensMax: 64,
};
// Shorter than the claim on a model lasts.
const PROBE_TIMEOUT_MS = 60_000;

// It is done for everybody, so nobody's budget pays for it.
const NOBODY: Payer = { workspaceId: 0, userId: null };
const NO_BUDGET: Ledger = { reserve: async () => ({ settle: async () => undefined }) };

// The model does work; only so small a request was nothing for it.
const ALIVE = new Set<FailureKind>(["reasoning_only", "filtered", "refused"]);

// Which model tells best whether there is credit.
const HOPE: Record<ModelState, number> = {
  ready: 0,
  unknown: 1,
  cooling: 2,
  no_provider: 3,
  retired: 4,
};

/** Tries out the models whose pause is over, all at the same time. */
export async function probeDue(watched: Watched, signal: AbortSignal): Promise<void> {
  const { db, models, fingerprint } = watched;
  const key = await readKey(db, fingerprint);
  // With such a key each of them would fail, and that says nothing of the model.
  if (key.state === "invalid" || key.state === "credit_out") return;
  const due = await claimDue(db, models);
  if (due.length === 0) return;
  const facts = await readHealth(db, due);
  await allOf(facts.map((one) => tryOut(watched, one, signal)));
}

/** Looks whether a key that was no good has become good, once its rest is over. */
export async function recheckKey(watched: Watched, signal: AbortSignal): Promise<void> {
  const { db, models, fingerprint } = watched;
  const was = await claimKeyCheck(db, fingerprint);
  if (was === null) return;
  const said = await checkKey(watched, signal);
  if (said === "invalid" || (said === "known" && was === "invalid")) return;
  // The key's own limit may have money left where the account has none: only an answer tells.
  const facts = await readHealth(db, models);
  const best = facts.toSorted((a, b) => HOPE[a.state] - HOPE[b.state])[0];
  if (best) await tryOut(watched, best, signal);
}

/** Asks the service about the key, and writes down what it says. */
export async function checkKey(
  { db, catalogue, fingerprint }: Watched,
  signal: AbortSignal,
): Promise<"invalid" | "known" | "untold"> {
  const report = await catalogue.key(signal);
  if (report === null) return "untold";
  if (report === "invalid") {
    await markKey(db, fingerprint, "invalid");
    return "invalid";
  }
  await saveKeyFacts(db, fingerprint, report);
  return "known";
}

/** Waits for all, also when one fails. @throws what the first one threw */
export async function allOf(works: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(works);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

async function tryOut(watched: Watched, facts: ModelFacts, signal: AbortSignal): Promise<void> {
  const { attempt, failure } = await ask(watched, facts, signal);
  const kind = failure instanceof ModelFailed ? failure.kind : null;
  const { db, fingerprint } = watched;
  if (kind === "key_invalid") return markKey(db, fingerprint, "invalid");
  if (kind === "credit_out") return markKey(db, fingerprint, "credit_out");
  // Others are being answered: the claim on the model runs out, and it is tried out again.
  if (kind === "credit_busy") return;
  const isAlive = kind === null || ALIVE.has(kind);
  const answered: Attempt = { ...attempt, outcome: "answered", reason: "" };
  const retryAfterMs = failure?.retryAfterMs;
  await recordAttempt(db, isAlive ? answered : attempt, { probe: true, retryAfterMs });
  if (isAlive) await markKey(db, fingerprint, "valid");
}

async function ask({ client }: Watched, facts: ModelFacts, signal: AbortSignal): Promise<Tried> {
  const deadline = new AbortController();
  const late = () => deadline.abort(new ModelFailed("answer_late"));
  const timer = setTimeout(late, PROBE_TIMEOUT_MS);
  const until = AbortSignal.any([signal, deadline.signal]);
  const deps = { client, ledger: NO_BUDGET, later: () => undefined, onEnd: () => undefined };
  const one = { facts, request: REQUEST, payer: NOBODY, dear: false };
  const answer = tryModel(deps, one, until);
  try {
    let step = await answer.next();
    while (!step.done) step = await answer.next();
    signal.throwIfAborted();
    return step.value;
  } finally {
    clearTimeout(timer);
  }
}
