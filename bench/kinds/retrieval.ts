import type { Table } from "../report.ts";
import { measureQuestions } from "../retrieval/ask.ts";
import { measureSearches } from "../retrieval/compare.ts";
import { openPlace } from "../retrieval/place.ts";
import type { BenchOptions, Kind } from "./kind.ts";

const CHUNKS = 50_000;

/** What lies between a question and the model, and how good and how fast the search in it is. */
export const retrieval: Kind = { name: "retrieval", run };

async function run(options: BenchOptions, signal: AbortSignal): Promise<Table[]> {
  const { engine, chunks = CHUNKS, tell } = options;
  await using stack = new AsyncDisposableStack();
  tell(`the search: first ${chunks} chunks are stored`);
  const place = await openPlace(stack, { engine, chunks }, signal);
  tell("the way of a question to the model");
  const asked = await measureQuestions(place, signal);
  tell("what is found, and how fast");
  return [asked, ...(await measureSearches(place, signal))];
}
