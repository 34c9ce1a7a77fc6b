import type { Pool } from "pg";
import { inTransaction } from "../db/transaction.ts";
import type { Log } from "../log.ts";
import type { Scope } from "./frequencies.ts";
import { byBits, DIMENSIONS, halfvecBuffer, signBitsBuffer } from "./vectors.ts";
import { VISIBLE_SHARE } from "./visible.ts";

/** Of so many questions with a vector one is checked. */
const CHECKED_ONE_IN = 100;
const FIRST = 10;
/** Looking at every vector of a very large scope is not worth more. */
const CHECK_MS_MAX = 30_000;

export interface RecallDeps {
  db: Pool;
  log: Log;
  /** Told what part of the nearest passages the search by sign bits finds: 0 to 1. */
  onChecked: (recall: number) => void;
  random?: () => number;
}

/** Sometimes compares the search by sign bits with the exact answer; nobody waits for it. */
export type RecallCheck = (scope: Scope, vector: Float32Array) => void;

/**
 * How well sign bits do depends on the model's vectors, so that whoever runs Docent must be able to see it.
 */
export function createRecallCheck(deps: RecallDeps): RecallCheck {
  const { random = Math.random, log, onChecked } = deps;
  return (scope, vector) => {
    if (random() * CHECKED_ONE_IN >= 1) return;
    recallOf(deps.db, scope, vector).then(
      (recall) => recall !== null && onChecked(recall),
      (error: unknown) => log.warn({ err: error }, "the search by vectors could not be checked"),
    );
  };
}

/** @returns the part of the exact first ten that sign bits find; null where there are no vectors in scope */
export async function recallOf(
  db: Pool,
  { workspaceId, channelIds }: Scope,
  vector: Float32Array,
): Promise<number | null> {
  return inTransaction(db, async (client) => {
    await client.query(`set local statement_timeout = ${CHECK_MS_MAX}`);
    const { rows } = await client.query<{ found: number; all: number }>(
      `with visible as materialized (select s.id, s.content_id from ${VISIBLE_SHARE}),
       ${byBits("$3", "$4", FIRST)},
       exact as (
         select v.content_id, v.position from chunk_vector v
          where v.workspace_id = $1 and v.content_id in (select content_id from visible)
          order by (v.embedding <#> $4::halfvec(${DIMENSIONS})) + 0, 1, 2 limit ${FIRST})
       select count(*) as all, count(vector.content_id) as found
         from exact left join vector using (content_id, position)`,
      [workspaceId, channelIds, signBitsBuffer(vector), halfvecBuffer(vector)],
    );
    const [{ found, all } = { found: 0, all: 0 }] = rows;
    return all > 0 ? found / all : null;
  });
}
