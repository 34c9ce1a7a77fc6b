/** What all processes together know of the models, from their own attempts and from the service's catalogue. */
import type { Pool } from "pg";
import { inTransaction } from "../db/transaction.ts";
import type { Attempt } from "./attempt.ts";
import type { Health } from "./chain.ts";
import { type FailureKind, isFailureKind, pauseOf, verdict } from "./failure.ts";
import { markKey, readKey } from "./key.ts";
import type { Price } from "./price.ts";

export type ModelState = "unknown" | "ready" | "cooling" | "retired" | "no_provider";

/** A model as it stands now. */
export interface ModelFacts {
  model: string;
  state: ModelState;
  /** The kind of its last failure, while that counts. */
  reason: FailureKind | null;
  since: Date | null;
  /** Until then no question is put to it; afterwards it is tried out first. */
  passedOverUntil: Date | null;
  lastSuccessAt: Date | null;
  /** Failures in a row, of questions. */
  failures: number;
  /** Null: not known. */
  contextTokens: number | null;
  seesImages: boolean | null;
  price: Price | null;
  /** YYYY-MM-DD, where its end is announced. */
  expiresOn: string | null;
  /** Percent of the last day. */
  uptimeDay: number | null;
}

interface HealthRow extends Omit<ModelFacts, "reason" | "price" | "passedOverUntil"> {
  reason: string | null;
  /** By the database's clock; negative when it is over. */
  restMs: number | null;
  inputMicrousd: number | null;
  outputMicrousd: number | null;
}

/** The health of the chain's models and its key, as the database has it for all processes. */
export function createHealth(deps: {
  db: Pool;
  models: readonly string[];
  /** The key's. */
  fingerprint: string;
}): Health {
  const { db, models, fingerprint } = deps;
  return {
    read: async () => {
      const [key, facts] = await Promise.all([readKey(db, fingerprint), readHealth(db, models)]);
      return { key, models: facts };
    },
    record: async (attempt, failure) => {
      const retryAfterMs = failure?.retryAfterMs;
      const key = keyStateAfter(attempt);
      await Promise.all([
        recordAttempt(db, attempt, { probe: false, retryAfterMs }),
        key && markKey(db, fingerprint, key),
      ]);
    },
  };
}

/** What an attempt says of the key; null: nothing. */
function keyStateAfter({ reason }: Attempt): "valid" | "invalid" | "credit_out" | null {
  if (reason === "") return "valid";
  if (reason === "key_invalid") return "invalid";
  return reason === "credit_out" ? "credit_out" : null;
}

// A process that tries a model out may crash: then another one does.
const PROBE_LEASE_S = 90;

/** How the models stand, in the order given. */
export async function readHealth(db: Pool, models: readonly string[]): Promise<ModelFacts[]> {
  const { rows } = await db.query<HealthRow>(
    `select model, state, reason, since, failures,
            (extract(epoch from cooling_until - now()) * 1000)::float8 as "restMs",
            last_success_at as "lastSuccessAt", context_tokens as "contextTokens",
            sees_images as "seesImages", to_char(expires_on, 'YYYY-MM-DD') as "expiresOn",
            uptime_day::float8 as "uptimeDay", input_microusd_per_mtoken as "inputMicrousd",
            output_microusd_per_mtoken as "outputMicrousd"
       from model_health where model = any($1::text[])`,
    [models],
  );
  const known = new Map(rows.map((row) => [row.model, toFacts(row)]));
  return models.map((model) => known.get(model) ?? neverAsked(model));
}

function toFacts({ reason, restMs, inputMicrousd, outputMicrousd, ...row }: HealthRow): ModelFacts {
  const priced = inputMicrousd !== null && outputMicrousd !== null;
  return {
    ...row,
    // By the clock of this process, which may go wrong.
    passedOverUntil: restMs === null ? null : new Date(Date.now() + restMs),
    reason: reason !== null && isFailureKind(reason) ? reason : null,
    price: priced ? { inputMicrousd, outputMicrousd } : null,
  };
}

/** A model of which nothing is known. */
export function neverAsked(model: string): ModelFacts {
  return {
    model,
    state: "unknown",
    reason: null,
    since: null,
    passedOverUntil: null,
    lastSuccessAt: null,
    failures: 0,
    contextTokens: null,
    seesImages: null,
    price: null,
    expiresOn: null,
    uptimeDay: null,
  };
}

/**
 * Writes down an attempt, and what it says of its model.
 * @param probe it was no question of somebody's: a success makes the model ready, but only a real answer clears
 * its failures, so that one that fails with each question rests longer each time
 */
export async function recordAttempt(
  db: Pool,
  attempt: Attempt,
  { probe, retryAfterMs }: { probe: boolean; retryAfterMs?: number | undefined },
): Promise<void> {
  await Promise.all([keep(db, attempt, probe), learn(db, attempt, probe, retryAfterMs)]);
}

async function keep(db: Pool, attempt: Attempt, probe: boolean): Promise<void> {
  const { model, outcome, reason, firstTokenMs, totalMs, tokensIn, tokensOut, costMicrousd } =
    attempt;
  await db.query(
    `insert into model_attempt (model, outcome, reason, probe, first_token_ms, total_ms,
                                tokens_in, tokens_out, microusd)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [model, outcome, reason, probe, firstTokenMs, totalMs, tokensIn, tokensOut, costMicrousd],
  );
}

async function learn(
  db: Pool,
  { model, reason }: Attempt,
  probe: boolean,
  retryAfterMs: number | undefined,
): Promise<void> {
  if (reason === "") return recordSuccess(db, model, probe);
  const { blame } = verdict(reason);
  if (blame !== "question" && blame !== "key") {
    await recordFailure(db, model, reason, retryAfterMs ?? 0);
  }
}

async function recordSuccess(db: Pool, model: string, probe: boolean): Promise<void> {
  await db.query(
    `insert into model_health as known (model, state, last_success_at)
     values ($1, 'ready', now())
     on conflict (model) do update set
       state = 'ready',
       reason = null,
       failures = case when $2 then known.failures else 0 end,
       cooling_until = null,
       probing_until = null,
       last_success_at = now(),
       since = case when known.state = 'ready' then known.since else now() end`,
    [model, probe],
  );
}

interface Known {
  state: ModelState;
  failures: number;
  /** It is passed over already. */
  resting: boolean;
}

/** Locked, so that failures at the same time are counted one after the other. */
async function recordFailure(
  db: Pool,
  model: string,
  reason: FailureKind,
  retryAfterMs: number,
): Promise<void> {
  await inTransaction(db, async (client) => {
    const { rows } = await client.query<Known>(
      `insert into model_health as known (model, state) values ($1, 'unknown')
       on conflict (model) do update set model = excluded.model
       returning state, failures, coalesce(cooling_until > now(), false) as resting`,
      [model],
    );
    const [known] = rows;
    if (!known) throw new Error("an upsert of a model returned no row");
    const { state, failures, pauseMs } = afterFailure(known, reason, retryAfterMs);
    await client.query(
      `update model_health
          set state = $2, reason = $3, failures = $4, probing_until = null,
              since = case when state = $2 then since else now() end,
              cooling_until = greatest(cooling_until, now() + $5 * interval '1 ms')
        where model = $1`,
      [model, state, reason, failures, pauseMs],
    );
  });
}

/**
 * The pause doubles with each failure in a row. Questions that ran into the same trouble at the same time count as
 * one: while the model is passed over, another failure only keeps it so.
 */
function afterFailure(known: Known, reason: FailureKind, retryAfterMs: number) {
  const failures = known.resting ? known.failures : known.failures + 1;
  const { firstMs, mostMs, tolerated } = pauseOf(reason);
  if (failures <= tolerated) return { state: known.state, failures, pauseMs: null };
  const doubledMs = Math.min(mostMs, firstMs * 2 ** (failures - tolerated - 1));
  return { state: stateAfter(reason), failures, pauseMs: Math.max(retryAfterMs, doubledMs) };
}

function stateAfter(reason: FailureKind): ModelState {
  const { blame } = verdict(reason);
  return blame === "retired" || blame === "no_provider" ? blame : "cooling";
}

/**
 * The models whose pause is over, for trying them out; claimed, so that one process does it.
 * @param models those that are configured: nobody wants to know of others
 */
export async function claimDue(db: Pool, models: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ model: string }>(
    `update model_health set probing_until = now() + $2 * interval '1 second'
      where model = any($1::text[]) and cooling_until <= now()
        and state in ('cooling', 'retired', 'no_provider')
        and (probing_until is null or probing_until < now())
      returning model`,
    [models, PROBE_LEASE_S],
  );
  return rows.map((row) => row.model);
}
