import type { Pool, PoolClient } from "pg";

export interface Cost {
  purpose: "answer" | "index" | "query" | "rerank" | "context";
  model: string;
  userId?: string;
  tokensIn: number;
  tokensOut?: number;
  /** Millionths of a dollar. */
  microusd: number;
}

/** Writes down what a call took. */
export async function addCost(
  db: Pool | PoolClient,
  workspaceId: number,
  cost: Cost,
): Promise<void> {
  await db.query(
    `insert into cost (workspace_id, purpose, model, user_id, tokens_in, tokens_out, microusd)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      workspaceId,
      cost.purpose,
      cost.model,
      cost.userId ?? null,
      cost.tokensIn,
      cost.tokensOut ?? 0,
      cost.microusd,
    ],
  );
}
