import { createLog } from "../../src/log.ts";
import type { Asker, Chain } from "../../src/models/chain.ts";
import { openModels } from "../../src/models/models.ts";
import { createLedger } from "../../src/money/ledger.ts";
import { type Engine, openBenchDatabase } from "../database.ts";

const API_KEY = "bench";
const STDERR = 2;
const TRILLION = 1e12;
const BUDGETS = { dayMicrousd: TRILLION, monthMicrousd: TRILLION, dearDayMicrousd: TRILLION };

export interface ChainToOpen {
  baseUrl: string;
  models: readonly string[];
  firstTokenTimeoutMs: number;
}

/** Where the chain is measured: its real health and its real ledger in a real database. */
export interface Place {
  asker: Asker;
  /** It ends with this stack, which has to be before the place does. */
  open(stack: AsyncDisposableStack, chain: ChainToOpen): Chain;
  /** As before anything was learnt of any model. */
  forget(): Promise<void>;
}

export async function openPlace(stack: AsyncDisposableStack, engine: Engine): Promise<Place> {
  const log = createLog("error", STDERR);
  const { pool: db } = await openBenchDatabase(stack, engine, log);
  const { rows } = await db.query<{ id: number }>(
    "insert into workspace (platform, platform_id) values ('bench', 'bench') returning id",
  );
  const [workspace] = rows;
  if (!workspace) throw new Error("no workspace was made");
  const ledger = createLedger({ db, budgets: BUDGETS, log });
  return {
    asker: { payer: { workspaceId: workspace.id, userId: "asker" } },
    open: (user, { baseUrl, models, firstTokenTimeoutMs }) => {
      const limits = { firstTokenTimeoutMs, idleTimeoutMs: 20_000, answerTimeoutMs: 240_000 };
      const opened = openModels(
        { db, ledger, log, onAttempt: () => undefined },
        { apiKey: API_KEY, baseUrl, models, dataCollection: "deny", limits },
      );
      user.defer(() => opened.close());
      return opened.chain;
    },
    forget: async () => {
      await db.query("delete from model_health");
    },
  };
}
