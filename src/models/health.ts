import type { Pool } from "pg";
import type { Status } from "../surface.ts";
import type { Attempt } from "./chain.ts";
import { verdict } from "./failure.ts";

/** Keeps what an attempt says of its model. A failure that is no retirement leaves the state as it was. */
export async function recordAttempt(db: Pool, attempt: Attempt): Promise<void> {
  if (attempt.reason === "") {
    await recordSuccess(db, attempt.model);
    return;
  }
  const { retired, text } = verdict(attempt.reason);
  await db.query(
    `insert into model_health as known (model, state, reason, failures)
     values ($1, coalesce($2, 'unknown'), $3, 1)
     on conflict (model) do update set
       state = coalesce($2, known.state),
       reason = excluded.reason,
       failures = known.failures + 1,
       since = case when known.state = coalesce($2, known.state) then known.since else now() end`,
    [attempt.model, retired ? "retired" : null, text],
  );
}

async function recordSuccess(db: Pool, model: string): Promise<void> {
  await db.query(
    `insert into model_health as known (model, state, last_success_at)
     values ($1, 'ready', now())
     on conflict (model) do update set
       state = 'ready',
       reason = null,
       failures = 0,
       cooling_until = null,
       last_success_at = now(),
       since = case when known.state = 'ready' then known.since else now() end`,
    [model],
  );
}

interface HealthRow {
  model: string;
  state: string;
  reason: string | null;
  failures: number;
}

/** How the models are, in the order given; `unknown` for one that was never asked. */
export async function readHealth(db: Pool, models: readonly string[]): Promise<Status["models"]> {
  const { rows } = await db.query<HealthRow>(
    "select model, state, reason, failures from model_health where model = any($1::text[])",
    [models],
  );
  return models.map((id) => {
    const row = rows.find(({ model }) => model === id);
    return { id, state: row ? stateOf(row) : "unknown", note: row ? noteOf(row) : "not asked yet" };
  });
}

function stateOf({ state, failures }: HealthRow): string {
  return state !== "retired" && failures > 0 ? "failing" : state;
}

function noteOf({ reason, failures }: HealthRow): string {
  if (reason === null) return "answers";
  return failures === 1 ? reason : `${reason} (${failures} times in a row)`;
}
