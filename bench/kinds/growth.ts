import { createLog } from "../../src/log.ts";
import { openBenchDatabase } from "../database.ts";
import { measureGrowth } from "../growth/measure.ts";
import type { Table } from "../report.ts";
import type { BenchOptions, Kind } from "./kind.ts";

const SIZES = [10_000, 50_000, 100_000];
const LARGE_SIZE = 500_000;
const STDERR = 2;

/** What searching and storing cost while a workspace grows. */
export const growth: Kind = { name: "growth", run };

async function run(options: BenchOptions, signal: AbortSignal): Promise<Table[]> {
  const { engine, large, chunks, tell } = options;
  await using stack = new AsyncDisposableStack();
  const database = await openBenchDatabase(stack, engine, createLog("error", STDERR));
  const sizes = large ? [...SIZES, LARGE_SIZE] : SIZES;
  // So many at most, for trying it out.
  const wanted = chunks ? [...sizes.filter((size) => size < chunks), chunks] : sizes;
  return [await measureGrowth(database, wanted, { tell, signal })];
}
