/** What the chain lives on, in memory: for tests of the chain itself. */
import type { Attempt } from "../../src/models/attempt.ts";
import type { Health } from "../../src/models/chain.ts";
import type { ModelFailed } from "../../src/models/failure.ts";
import { type ModelFacts, neverAsked } from "../../src/models/health.ts";
import { BudgetReached, type Call, type Ledger, type Taken } from "../../src/money/ledger.ts";

export const PAYER = { workspaceId: 1, userId: "U1" };

export function factsOf(model: string, more: Partial<ModelFacts> = {}): ModelFacts {
  return { ...neverAsked(model), ...more };
}

export interface MemoryHealth extends Health {
  key: Awaited<ReturnType<Health["read"]>>["key"];
  models: ModelFacts[];
  attempts: Attempt[];
}

/** Remembers attempts; how the models stand is what the test says. */
export function memoryHealth(models: ModelFacts[]): MemoryHealth {
  const health: MemoryHealth = {
    key: { state: "unknown", restingUntil: null },
    models,
    attempts: [],
    read: async () => ({ key: health.key, models: health.models }),
    record: async (attempt: Attempt, _failure: ModelFailed | null) => {
      health.attempts.push(attempt);
    },
  };
  return health;
}

export interface MemoryLedger extends Ledger {
  calls: (Call & { taken: Taken | null })[];
}

/** @param refuses which calls there is no money for */
export function memoryLedger(refuses: (call: Call) => boolean = () => false): MemoryLedger {
  const calls: MemoryLedger["calls"] = [];
  return {
    calls,
    reserve: async (_payer, call) => {
      if (refuses(call)) throw new BudgetReached(call.dear ? "dear" : "day", new Date(0));
      const noted: MemoryLedger["calls"][number] = { ...call, taken: null };
      calls.push(noted);
      return {
        settle: async (taken) => {
          noted.taken = taken;
        },
      };
    },
  };
}
