import { readdir, readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import * as v from "valibot";
import type { Hit } from "../../src/search/retrieve.ts";
import { atOnce } from "../at-once.ts";
import { type Library, openLibrary } from "../library.ts";
import { type Failure, type Measure, type Report, since } from "../report.ts";
import { jsonLines } from "../sets.ts";
import { covered, finder, type Span } from "../spans.ts";
import { CHUNKING } from "../targets.ts";
import type { SetKind, SetToRun } from "./kind.ts";

/** Whole files, questions, and the spans of text that hold the answers: are they in what a model would be given? */
export const chunking: SetKind = { files: ["corpora", "queries.jsonl"], run };

const CONTEXT_CHARS_MAX = 5_000;
const QUESTIONS_AT_ONCE = 2;

const span = v.tuple([v.number(), v.number()]);
const Question = v.object({
  _id: v.string(),
  text: v.string(),
  /** The file's name without its end. */
  corpus: v.string(),
  spans: v.array(span),
});
type Question = v.InferOutput<typeof Question>;

interface Source {
  name: string;
  find: (passage: string) => Span | null;
}

async function run({ folder, name, engine }: SetToRun, signal: AbortSignal): Promise<Report[]> {
  const startedMs = performance.now();
  const questions = await jsonLines(join(folder, name, "queries.jsonl"), Question);
  const corpora = join(folder, name, "corpora");
  const names = (await readdir(corpora)).sort();
  const files = await Promise.all(
    names.map(async (file) => ({ name: file, content: await readFile(join(corpora, file)) })),
  );
  const sources = files.map((file): Source => {
    const find = finder(file.content.toString("utf8"));
    return { name: basename(file.name, extname(file.name)), find };
  });
  await using stack = new AsyncDisposableStack();
  const library = await openLibrary(stack, { engine, files }, signal);
  const found = await atOnce(QUESTIONS_AT_ONCE, questions, (one) => look(library, sources, one));
  return [
    {
      ...{ set: name, engine, cases: questions.length, seconds: since(startedMs) },
      measures: measuresOf(found),
      failures: found.flatMap(({ failures }) => failures),
    },
  ];
}

interface Found {
  recall: number;
  chars: number;
  failures: Failure[];
}

async function look(library: Library, sources: Source[], question: Question): Promise<Found> {
  const given = context((await library.search(question.text)).hits);
  const failures: Failure[] = [];
  const spans = given.flatMap((hit): readonly Span[] => {
    const [file = -1] = library.filesWith(hit);
    const source = sources[file];
    const place = source?.find(hit.text);
    if (!place) {
      const why = `passage ${hit.position} of ${source?.name} is not in its file`;
      failures.push({ id: question._id, measure: "passages", why });
    }
    return place && source?.name === question.corpus ? [place] : [];
  });
  const wanted = sum(question.spans.map(([start, end]) => end - start));
  const held = sum(question.spans.map((one) => covered(one, spans)));
  const chars = sum(given.map(({ text }) => text.length));
  return { recall: held / Math.max(wanted, 1), chars, failures };
}

/** The best passages, whole, as many as there is room for. */
function context(hits: readonly Hit[]): Hit[] {
  let left = CONTEXT_CHARS_MAX;
  const given: Hit[] = [];
  for (const hit of hits) {
    if (hit.text.length > left) continue;
    left -= hit.text.length;
    given.push(hit);
  }
  return given;
}

function measuresOf(found: readonly Found[]): Measure[] {
  const mean = (numbers: number[]) => sum(numbers) / Math.max(numbers.length, 1);
  const recall = mean(found.map((one) => one.recall));
  const chars = Math.round(mean(found.map((one) => one.chars)));
  return [
    {
      name: `recall in ${CONTEXT_CHARS_MAX} characters`,
      value: recall,
      unit: "share",
      ...CHUNKING,
    },
    { name: "characters of context", value: chars, unit: "count" },
  ];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
