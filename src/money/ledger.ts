import type { Pool } from "pg";
import { ServiceError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { capReached, isReading, READING_SHARE } from "./caps.ts";
import { warnOperator } from "./notices.ts";
import { type Budgets, STANDING, type Standing, standings } from "./spending.ts";

/** Who a call is made for: the workspace pays, the person is written down. */
export interface Payer {
  workspaceId: number;
  /** Null where nobody in particular asked for it. */
  userId: string | null;
}

/** A call that costs money, with the most that it can cost, in whole millionths of a dollar. */
export interface Call {
  purpose: "answer" | "index" | "query" | "rerank" | "context";
  model: string;
  microusdMax: number;
  /** Much dearer than the first model: it has a daily share of its own. */
  dear?: boolean;
}

/** What a call really took, in whole millionths of a dollar; that may be more than was set aside. */
export interface Taken {
  tokensIn: number;
  tokensOut: number;
  microusd: number;
}

/** Money set aside. Whoever holds it settles it, whatever became of the call; settling twice is settling once. */
export interface Reservation {
  settle(taken: Taken): Promise<void>;
}

export interface Ledger {
  /**
   * Sets the worst case aside before the call, so that calls at the same time can't overspend together.
   * @throws {BudgetReached} when it does not fit any more
   */
  reserve(payer: Payer, call: Call): Promise<Reservation>;
}

/** Which cap is reached (none: there is no budget at all): the workspace's for the day or month, reading's share of it, or that of dear models. */
export type Cap = "day" | "month" | "reading" | "dear" | "none";

/** A budget is used up, and until it renews words alone have to do. */
export class BudgetReached extends ServiceError {
  override name = "BudgetReached";
  readonly cap: Cap;
  readonly renewsAt: Date;

  constructor(cap: Cap, renewsAt: Date) {
    super("budget", `The budget is used up (${cap}); it renews at ${renewsAt.toISOString()}.`, {
      retryable: false,
    });
    this.cap = cap;
    this.renewsAt = renewsAt;
  }
}

export interface LedgerDeps {
  db: Pool;
  budgets: Budgets;
  log: Log;
  metrics?: Pick<Metrics, "costUsd">;
}

// What did not fit may fit by the time that we look why, because something was settled in between.
const TRIES_MAX = 3;
// No call takes so long; whoever made it is gone.
const FORGOTTEN_HOURS = 1;

/** Keeps the books in the database, for all processes together. */
export function createLedger(deps: LedgerDeps): Ledger {
  return {
    async reserve(payer, call) {
      const { costId, standing } = await bookOrThrow(deps, payer, call);
      await warnOperator(deps, standing);
      return { settle: (taken) => settle(deps, { payer, call, costId }, taken) };
    },
  };
}

/**
 * Settles what a crash left behind. Nobody knows what those calls took: at what was set aside for them no budget
 * is overspent.
 */
export async function settleForgotten(db: Pool): Promise<void> {
  await db.query(
    "update cost set settled = true where not settled and at < now() - $1 * interval '1 hour'",
    [FORGOTTEN_HOURS],
  );
}

interface Booked {
  costId: number;
  /** With what was just set aside. */
  standing: Standing;
}

async function bookOrThrow(deps: LedgerDeps, payer: Payer, call: Call): Promise<Booked> {
  for (let tried = 1; ; tried += 1) {
    const booked = await book(deps, payer, call);
    if (booked) return booked;
    const [standing] = await standings(deps.db, payer.workspaceId, deps.budgets);
    if (!standing) throw new Error("the workspace that was to pay is gone");
    const reached = capReached(standing, call, deps.budgets);
    if (!reached && tried < TRIES_MAX) continue;
    const { cap, renewsAt } = reached ?? { cap: "day", renewsAt: standing.dayRenewsAt };
    if (cap === "day" || cap === "month") await warnOperator(deps, standing, cap);
    throw new BudgetReached(cap, renewsAt);
  }
}

/** Sets the money aside if it fits: the lock on the day's row lets one call after the other look and write. */
async function book({ db, budgets }: LedgerDeps, payer: Payer, call: Call): Promise<Booked | null> {
  const { purpose, model, microusdMax, dear } = call;
  const { rows } = await db.query<Standing & { costId: number; heldMicrousd: number }>(BOOK, [
    payer.workspaceId,
    budgets.dayMicrousd,
    budgets.monthMicrousd,
    budgets.dearDayMicrousd,
    microusdMax,
    isReading(call) ? microusdMax : 0,
    dear ? microusdMax : 0,
    purpose,
    model,
    payer.userId,
  ]);
  const [row] = rows;
  if (!row) return null;
  const { costId, heldMicrousd, ...before } = row;
  const monthMicrousd = before.monthMicrousd - before.dayMicrousd + heldMicrousd;
  return { costId, standing: { ...before, dayMicrousd: heldMicrousd, monthMicrousd } };
}

/** What is $5 in all, $6 for reading and $7 for dear models has to fit in; what costs nothing always does. */
function fits(day: { spent: string; reading: string; dear: string }): string {
  const monthBefore = `"monthMicrousd" - "dayMicrousd"`;
  const readingBefore = `"readingMonthMicrousd" - "readingDayMicrousd"`;
  return `
    ($5::bigint = 0 or ${day.spent} + $5::bigint <=
       least("dayMicrousdMax", "monthMicrousdMax" - (${monthBefore})))
    and ($6::bigint = 0 or ${day.reading} + $6::bigint <=
       least("dayMicrousdMax" * ${READING_SHARE},
             "monthMicrousdMax" * ${READING_SHARE} - (${readingBefore})))
    and ($7::bigint = 0 or ${day.dear} + $7::bigint <= $4::bigint)`;
}

// The standing is what was known when the statement began. Of today's spending only the row itself is believed,
// which another call may have changed since; what the month's earlier days took hardly changes any more.
const BOOK = `
  with standing as materialized (${STANDING}),
  booked as (
    insert into spend as held (workspace_id, day, microusd, reading_microusd, dear_microusd)
    select "workspaceId", "dayStartsOn"::date, $5::bigint, $6::bigint, $7::bigint from standing
     where ${fits({ spent: "0", reading: "0", dear: "0" })}
    on conflict (workspace_id, day) do update
       set microusd = held.microusd + excluded.microusd,
           reading_microusd = held.reading_microusd + excluded.reading_microusd,
           dear_microusd = held.dear_microusd + excluded.dear_microusd
     where exists (select from standing where ${fits({
       spent: "held.microusd",
       reading: "held.reading_microusd",
       dear: "held.dear_microusd",
     })})
    returning microusd
  ),
  noted as (
    insert into cost (workspace_id, purpose, model, user_id, microusd, settled)
    select $1, $8, $9, $10, $5::bigint, false from booked
    returning id
  )
  select standing.*, noted.id as "costId", booked.microusd as "heldMicrousd"
    from standing, booked, noted`;

interface Open {
  payer: Payer;
  call: Call;
  costId: number;
}

async function settle(
  deps: LedgerDeps,
  { payer, call, costId }: Open,
  taken: Taken,
): Promise<void> {
  const difference = taken.microusd - call.microusdMax;
  const { rowCount } = await deps.db.query(
    `with settled as (
       update cost set settled = true, tokens_in = $3, tokens_out = $4, microusd = $5
        where workspace_id = $1 and id = $2 and not settled
       returning (at at time zone 'UTC')::date as day
     ), corrected as (
       -- The day on which it was set aside, which may be over.
       update spend s set microusd = microusd + $6::bigint,
              reading_microusd = reading_microusd + $7::bigint,
              dear_microusd = dear_microusd + $8::bigint
         from settled where s.workspace_id = $1 and s.day = settled.day
     )
     select from settled`,
    [
      payer.workspaceId,
      costId,
      taken.tokensIn,
      taken.tokensOut,
      taken.microusd,
      difference,
      isReading(call) ? difference : 0,
      call.dear ? difference : 0,
    ],
  );
  if (rowCount === 0) return;
  deps.metrics?.costUsd.inc({ purpose: call.purpose }, taken.microusd / 1e6);
  const [standing] = await standings(deps.db, payer.workspaceId, deps.budgets);
  if (standing) await warnOperator(deps, standing);
}
