import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export interface Metrics {
  registry: Registry;
  /** Jobs done, by queue and outcome: done, failed. */
  jobs: Counter<"queue" | "outcome">;
  jobSeconds: Histogram<"queue">;
  /** Attempts at models, by model and outcome: answered, failed. */
  modelAttempts: Counter<"model" | "outcome">;
  /** Dollars spent on calls that are settled, by purpose. */
  costUsd: Counter<"purpose">;
  /** What part of the nearest passages the search by sign bits has found, of the questions that were checked. */
  vectorRecall: Histogram;
  queueDepth: Gauge<"state">;
}

// From a word's answer to a book's reading.
const JOB_SECONDS = [0.05, 0.25, 1, 2.5, 5, 10, 30, 60, 300];

// Below .98 something is wrong: see the search's own tests.
const RECALLS = [0.5, 0.8, 0.9, 0.95, 0.98, 1];

export function createMetrics(depth: () => Promise<Record<string, number>>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    jobs: new Counter({
      name: "docent_jobs_total",
      help: "Jobs ended, by queue and outcome",
      labelNames: ["queue", "outcome"],
      registers,
    }),
    jobSeconds: new Histogram({
      name: "docent_job_seconds",
      help: "Time that a job took, by queue",
      labelNames: ["queue"],
      buckets: JOB_SECONDS,
      registers,
    }),
    modelAttempts: new Counter({
      name: "docent_model_attempts_total",
      help: "Attempts at models, by model and outcome",
      labelNames: ["model", "outcome"],
      registers,
    }),
    costUsd: new Counter({
      name: "docent_cost_usd_total",
      help: "Dollars spent on calls of services, by purpose",
      labelNames: ["purpose"],
      registers,
    }),
    vectorRecall: new Histogram({
      name: "docent_vector_recall",
      help: "Share of the exact nearest ten passages that the search finds, of one question in 100",
      buckets: RECALLS,
      registers,
    }),
    queueDepth: new Gauge({
      name: "docent_queue_jobs",
      help: "Jobs by state: waiting, running, dead",
      labelNames: ["state"],
      registers,
      async collect() {
        for (const [state, count] of Object.entries(await depth())) this.set({ state }, count);
      },
    }),
  };
}
