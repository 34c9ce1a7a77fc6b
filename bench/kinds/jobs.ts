import { measureJobs } from "../jobs/measure.ts";
import type { Table } from "../report.ts";
import type { BenchOptions, Kind } from "./kind.ts";

/** How soon jobs are started, alone and behind those of others. */
export const jobs: Kind = { name: "jobs", run };

function run({ engine, tell }: BenchOptions, signal: AbortSignal): Promise<Table[]> {
  return measureJobs(engine, { tell, signal });
}
