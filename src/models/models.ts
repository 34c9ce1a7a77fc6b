import type { Pool } from "pg";
import type { Log } from "../log.ts";
import type { Ledger } from "../money/ledger.ts";
import type { Attempt } from "./attempt.ts";
import { createCatalogue } from "./catalogue.ts";
import { type Chain, createChain } from "./chain.ts";
import { createClient } from "./client.ts";
import { createHealth } from "./health.ts";
import { fingerprintOf } from "./key.ts";
import { createOpenRouter, type OpenRouterLimits, type OpenRouterOptions } from "./openrouter.ts";
import { startWatch } from "./watch.ts";

export interface ModelsOptions {
  apiKey: string;
  baseUrl: string;
  /** Asked in this order. */
  models: readonly string[];
  dataCollection: OpenRouterOptions["dataCollection"];
  limits: OpenRouterLimits & { answerTimeoutMs: number };
}

export interface Models {
  chain: Chain;
  close(): Promise<void>;
}

/** The chain at OpenRouter, its health in the database, and the watch that keeps that true. */
export function openModels(
  deps: { db: Pool; ledger: Ledger; log: Log; onAttempt(attempt: Attempt): void },
  options: ModelsOptions,
): Models {
  const { db, ledger, log } = deps;
  const { apiKey, baseUrl, models, limits, dataCollection } = options;
  const fingerprint = fingerprintOf(apiKey);
  const openai = createClient({ apiKey, baseUrl });
  const client = createOpenRouter({ client: openai, dataCollection, limits });
  const known = createHealth({ db, models, fingerprint });
  const health: typeof known = {
    read: known.read,
    record: (attempt, failure) => {
      deps.onAttempt(attempt);
      return known.record(attempt, failure);
    },
  };
  const catalogue = createCatalogue({ client: openai });
  const watch = startWatch({ db, models, client, catalogue, fingerprint, log });
  return { chain: createChain({ client, health, ledger, log, limits }), close: watch.close };
}
