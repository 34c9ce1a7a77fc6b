import type { Pool } from "pg";
import { findModel, type ListedModel } from "./catalogue.ts";
import { claimChore } from "./chore.ts";
import { allOf, type Watched } from "./probe.ts";

// Who answered within that is alive, whatever the list says.
const HOUR = "interval '1 hour'";
const EXPIRY_AHEAD_DAYS = 30;
const DAY_S = 24 * 60 * 60;

/** Holds the configured models against the service's catalogue: what they are like, and which have gone or will go. */
export async function checkCatalogue(watched: Watched, signal: AbortSignal): Promise<void> {
  const listed = await watched.catalogue.models(signal);
  // An empty list says nothing about anybody.
  if (listed.size === 0) return;
  const checks = watched.models.map((model) => {
    const found = findModel(listed, model);
    return found ? take(watched, model, found, signal) : retire(watched, model);
  });
  await allOf(checks);
}

async function take(
  watched: Watched,
  model: string,
  found: ListedModel,
  signal: AbortSignal,
): Promise<void> {
  const { db, catalogue } = watched;
  if (await save(db, model, found)) await warnOfExpiry(watched, model, found);
  const endpoints = await catalogue.endpoints(model, signal);
  if (endpoints === null) return;
  // A retired model that is served again is tried out at once.
  await db.query(
    `update model_health set
       uptime_day = $2,
       cooling_until = case when state = 'retired' and $3 > 0 then now()
                                else cooling_until end
      where model = $1`,
    [model, endpoints.uptimeDay, endpoints.count],
  );
}

/** @returns whether its end is near */
async function save(db: Pool, model: string, found: ListedModel): Promise<boolean> {
  const { rows } = await db.query<{ isExpiring: boolean | null }>(
    `insert into model_health as known (model, state, catalogued_at, expires_on, context_tokens,
        sees_images, input_microusd_per_mtoken, output_microusd_per_mtoken)
     values ($1, 'unknown', now(), $2, $3, $4, $5, $6)
     on conflict (model) do update set
       catalogued_at = now(),
       expires_on = excluded.expires_on,
       context_tokens = excluded.context_tokens,
       sees_images = excluded.sees_images,
       input_microusd_per_mtoken = excluded.input_microusd_per_mtoken,
       output_microusd_per_mtoken = excluded.output_microusd_per_mtoken
     returning expires_on <= current_date + $7::int as "isExpiring"`,
    [
      model,
      found.expiresOn,
      found.contextTokens,
      found.seesImages,
      found.price?.inputMicrousd ?? null,
      found.price?.outputMicrousd ?? null,
      EXPIRY_AHEAD_DAYS,
    ],
  );
  return rows[0]?.isExpiring ?? false;
}

async function warnOfExpiry(
  { db, log }: Watched,
  model: string,
  { expiresOn }: ListedModel,
): Promise<void> {
  if (!(await claimChore(db, `warn of the end of ${model}`, DAY_S))) return;
  log.warn(
    { model, expiresOn },
    "a model will end: put another one in its place in OPENROUTER_MODELS",
  );
}

/**
 * A model that is not listed is passed over and tried out at once, since the list may be short of some; one that
 * answered of late is left alone. One that was retired already keeps its pause.
 */
async function retire({ db, log }: Watched, model: string): Promise<void> {
  const { rowCount } = await db.query(
    `insert into model_health as known (model, state, reason, cooling_until)
     values ($1, 'retired', 'retired', now())
     on conflict (model) do update set
       state = 'retired',
       reason = 'retired',
       since = now(),
       cooling_until = excluded.cooling_until
      where known.state <> 'retired'
        and (known.last_success_at is null or known.last_success_at < now() - ${HOUR})`,
    [model],
  );
  if (rowCount === 0) return;
  log.warn({ model }, "a model has left the catalogue: remove it from OPENROUTER_MODELS");
}
