import { measureReport } from "../ingest/measure.ts";
import { openPlace } from "../ingest/place.ts";
import type { Table } from "../report.ts";
import type { BenchOptions, Kind } from "./kind.ts";

/** How long a report of 190 pages takes to be found, and what it takes meanwhile. */
export const ingest: Kind = { name: "ingest", run };

async function run(options: BenchOptions, signal: AbortSignal): Promise<Table[]> {
  const { engine, file, tell } = options;
  await using stack = new AsyncDisposableStack();
  tell("the reading of a report");
  return await measureReport(await openPlace(stack, engine), file, signal);
}
