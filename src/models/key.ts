/** What all processes together know of the OpenRouter key. */
import { createHash } from "node:crypto";
import type { Pool } from "pg";
import type { KeyReport } from "./catalogue.ts";

export type KeyState = "unknown" | "valid" | "invalid" | "credit_out";

/** The key as it stands. Money is in millionths of a dollar; null where there is no limit, or nothing is known. */
export interface KeyFacts extends KeyReport {
  state: KeyState;
  since: Date | null;
  /** Until then nothing is asked with it. */
  restingUntil: Date | null;
  checkedAt: Date | null;
}

// How long a key is left alone. Somebody who replaces it starts Docent anew; credit is bought in between.
const INVALID_REST_S = 60;
const CREDIT_OUT_REST_S = 5 * 60;
// A process that checks the key may crash, or not reach the service: then it is checked again.
const CHECK_LEASE_S = 60;
const FINGERPRINT_CHARS = 16;

const UNKNOWN: KeyFacts = {
  state: "unknown",
  since: null,
  restingUntil: null,
  limitMicrousd: null,
  remainingMicrousd: null,
  dayMicrousd: null,
  monthMicrousd: null,
  expiresAt: null,
  checkedAt: null,
};

/** Tells keys apart, and gives nothing of them away. */
export function fingerprintOf(apiKey: string): string {
  return createHash("sha256").update(apiKey).digest("hex").slice(0, FINGERPRINT_CHARS);
}

export async function readKey(db: Pool, fingerprint: string): Promise<KeyFacts> {
  const { rows } = await db.query<Omit<KeyFacts, "restingUntil"> & { restMs: number | null }>(
    `select state, since, (extract(epoch from resting_until - now()) * 1000)::float8 as "restMs", limit_microusd as "limitMicrousd",
            remaining_microusd as "remainingMicrousd", day_microusd as "dayMicrousd",
            month_microusd as "monthMicrousd", expires_at as "expiresAt", checked_at as "checkedAt"
       from model_key where fingerprint = $1`,
    [fingerprint],
  );
  const [row] = rows;
  if (!row) return UNKNOWN;
  const { restMs, ...facts } = row;
  // By the clock of this process, which may go wrong.
  return { ...facts, restingUntil: restMs === null ? null : new Date(Date.now() + restMs) };
}

/** What an answer of the service said of the key: a bad one rests, and is checked before it is used again. */
export async function markKey(
  db: Pool,
  fingerprint: string,
  state: "valid" | "invalid" | "credit_out",
): Promise<void> {
  // Each answer says that the key is valid: only news is written.
  await db.query(
    `insert into model_key as known (fingerprint, state, resting_until)
     values ($1, $2, now() + $3 * interval '1 second')
     on conflict (fingerprint) do update set
       state = $2,
       since = case when known.state = $2 then known.since else now() end,
       resting_until = excluded.resting_until
      where known.state <> $2 or $2 <> 'valid'`,
    [fingerprint, state, restS(state)],
  );
}

function restS(state: "valid" | "invalid" | "credit_out"): number | null {
  if (state === "valid") return null;
  return state === "invalid" ? INVALID_REST_S : CREDIT_OUT_REST_S;
}

/** What the service itself tells of the key. That it knows the key makes it valid, but gives it no credit. */
export async function saveKeyFacts(
  db: Pool,
  fingerprint: string,
  { limitMicrousd, remainingMicrousd, dayMicrousd, monthMicrousd, expiresAt }: KeyReport,
): Promise<void> {
  await db.query(
    `insert into model_key as known (fingerprint, state, limit_microusd, remaining_microusd,
                                     day_microusd, month_microusd, expires_at, checked_at)
     values ($1, 'valid', $2, $3, $4, $5, $6, now())
     on conflict (fingerprint) do update set
       (state, since, resting_until) = (
         select case when news then 'valid' else known.state end,
                case when news then now() else known.since end,
                case when news then null else known.resting_until end
           from (select known.state in ('unknown', 'invalid') as news) n),
       limit_microusd = excluded.limit_microusd,
       remaining_microusd = excluded.remaining_microusd,
       day_microusd = excluded.day_microusd,
       month_microusd = excluded.month_microusd,
       expires_at = excluded.expires_at,
       checked_at = now()`,
    [fingerprint, limitMicrousd, remainingMicrousd, dayMicrousd, monthMicrousd, expiresAt],
  );
}

/** What was wrong with a key whose rest is over; claimed, so that one process checks it. Null: nothing to check. */
export async function claimKeyCheck(
  db: Pool,
  fingerprint: string,
): Promise<"invalid" | "credit_out" | null> {
  const { rows } = await db.query<{ state: "invalid" | "credit_out" }>(
    `update model_key set resting_until = now() + $2 * interval '1 second'
      where fingerprint = $1 and state in ('invalid', 'credit_out') and resting_until <= now()
      returning state`,
    [fingerprint, CHECK_LEASE_S],
  );
  return rows[0]?.state ?? null;
}
