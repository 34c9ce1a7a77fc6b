import { measureDead } from "../chain/dead-models.ts";
import { measureOverhead } from "../chain/overhead.ts";
import { openPlace } from "../chain/place.ts";
import type { Table } from "../report.ts";
import type { BenchOptions, Kind } from "./kind.ts";

/** What the chain of models costs a question: by itself, and while its first models are dead. */
export const chain: Kind = { name: "chain", run };

async function run(options: BenchOptions, signal: AbortSignal): Promise<Table[]> {
  const { engine, firstTokenMs, tell } = options;
  await using stack = new AsyncDisposableStack();
  const place = await openPlace(stack, engine);
  tell("the chain against the bare call");
  const instant = await measureOverhead(place, 0, signal);
  const usual = firstTokenMs === 0 ? [] : [await measureOverhead(place, firstTokenMs, signal)];
  const dead = await measureDead(place, { firstTokenMs, tell }, signal);
  return [...usual, instant, ...dead];
}
