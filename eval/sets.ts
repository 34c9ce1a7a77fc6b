/** The files of question sets, as they are published. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";

const id = v.pipe(
  v.union([v.string(), v.number()]),
  v.transform((given) => String(given)),
);

// Left over from where a text was taken from; no text file holds them.
const CONTROLS = /(?![\t\n\r])\p{Cc}/gu;

const Row = v.object({
  _id: id,
  title: v.optional(v.string(), ""),
  text: v.pipe(
    v.string(),
    v.transform((given) => given.replace(CONTROLS, " ")),
  ),
  /** The file that it is a part of, and its page there, counted from 0. */
  doc: v.optional(v.string()),
  page: v.optional(v.number()),
});
const Question = v.object({ _id: id, text: v.string() });

export type Row = v.InferOutput<typeof Row>;
export type Question = v.InferOutput<typeof Question>;

/** Grades of rows by their ids, for each question. */
export type Judgements = ReadonlyMap<string, ReadonlyMap<string, number>>;

export interface RankingSet {
  rows: Row[];
  /** Those that have a judgement. */
  questions: Question[];
  judgements: Judgements;
}

export const CORPUS = "corpus.jsonl";
export const RANKING_FILES = [CORPUS, "queries.jsonl", "qrels.tsv"] as const;

export async function readRankingSet(folder: string): Promise<RankingSet> {
  const [corpus, queries, qrels] = RANKING_FILES.map((name) => join(folder, name));
  const judgements = judgementsOf(await readFile(qrels ?? "", "utf8"));
  const questions = await jsonLines(queries ?? "", Question);
  return {
    rows: await jsonLines(corpus ?? "", Row),
    questions: questions.filter(({ _id }) => judgements.has(_id)),
    judgements,
  };
}

export async function readRows(folder: string): Promise<Row[]> {
  return jsonLines(join(folder, CORPUS), Row);
}

/** @throws where a line is not of this shape */
export async function jsonLines<S extends v.GenericSchema>(
  file: string,
  shape: S,
): Promise<v.InferOutput<S>[]> {
  return linesOf(await readFile(file, "utf8")).map((line) => v.parse(shape, JSON.parse(line)));
}

function judgementsOf(qrels: string): Judgements {
  const judgements = new Map<string, Map<string, number>>();
  for (const line of linesOf(qrels).slice(1)) {
    const [question = "", row = "", grade] = line.split("\t");
    const grades = judgements.get(question) ?? new Map<string, number>();
    judgements.set(question, grades.set(row, Number(grade)));
  }
  return judgements;
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter(Boolean);
}

/** Are the rows pages of files, instead of files? */
export function arePages(rows: readonly Row[]): boolean {
  return rows.some(({ doc, page }) => doc !== undefined && page !== undefined);
}
