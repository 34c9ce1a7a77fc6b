import type { Table } from "../report.ts";
import { measureStart } from "../start/measure.ts";
import type { BenchOptions, Kind } from "./kind.ts";

const CHUNKS = 50_000;

/** How soon the whole product is ready, and how much memory it has, empty and full. */
export const start: Kind = { name: "start", run };

function run(options: BenchOptions, signal: AbortSignal): Promise<Table[]> {
  const { engine, chunks = CHUNKS, tell } = options;
  return measureStart({ engine, chunks }, tell, signal);
}
