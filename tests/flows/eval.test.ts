import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { chunking } from "../../eval/kinds/chunking.ts";
import { followUp } from "../../eval/kinds/follow-up.ts";
import { foreign, hasForeign } from "../../eval/kinds/foreign.ts";
import type { SetKind } from "../../eval/kinds/kind.ts";
import { pdf } from "../../eval/kinds/pdf.ts";
import { ranking } from "../../eval/kinds/ranking.ts";
import type { Report } from "../../eval/report.ts";
import { readRankingSet } from "../../eval/sets.ts";
import { pdf as pdfOf } from "../support/pdf.ts";

const never = new AbortController().signal;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "docent-test-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(file: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), content);
}

const lines = (rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const qrels = (rows: string[]) => ["query-id\tcorpus-id\tscore", ...rows].join("\n");

async function run(kind: SetKind, name: string): Promise<Report[]> {
  return kind.run({ folder, name, engine: inject("engine"), out: folder }, never);
}

const valuesOf = (report: Report | undefined): Record<string, number> =>
  Object.fromEntries((report?.measures ?? []).map(({ name, value }) => [name, value]));

const BIRDS = ["heron", "crow", "owl", "swan", "wren", "gull"];
const HABITS = ["fishes at dawn", "hides walnuts", "hunts by ear", "glides on lakes"];

/** Paragraphs about birds, some of each. */
async function putBirds(name: string): Promise<void> {
  const rows = BIRDS.flatMap((bird) =>
    HABITS.map((habit, at) => ({
      ...{ _id: `${bird}${at}`, title: bird },
      text: `Everybody who has watched it knows that the ${bird} ${habit}.`,
    })),
  );
  await put(`${name}/corpus.jsonl`, lines(rows));
  const questions = rows.map(({ _id, title }, at) => ({
    ...{ _id: `q${_id}`, text: `When is it that the ${title} ${HABITS[at % HABITS.length]}?` },
  }));
  await put(`${name}/queries.jsonl`, lines(questions));
  await put(`${name}/qrels.tsv`, qrels(rows.map(({ _id }) => `q${_id}\t${_id}\t1`)));
}

test("a ranking set is ranked, and fused with simulated vectors", async () => {
  const rows = BIRDS.map((bird) => ({ _id: bird, title: "", text: `The ${bird} is a bird.` }));
  const twice = { _id: "again", title: "copy", text: "The wren is a bird." };
  await put("scifact/corpus.jsonl", lines([...rows, twice, { _id: "empty", text: " " }]));
  const questions = BIRDS.map((bird) => ({ _id: `q-${bird}`, text: `What is the ${bird}?` }));
  await put("scifact/queries.jsonl", lines([...questions, { _id: "unjudged", text: "Why?" }]));
  await put("scifact/qrels.tsv", qrels(BIRDS.map((bird) => `q-${bird}\t${bird}\t1`)));
  const [birds, fused, ...others] = await run(ranking, "scifact");
  expect(birds).toMatchObject({ set: "scifact", cases: 6, failures: [] });
  expect(valuesOf(birds)["nDCG@10"]).toBeGreaterThan(0.9);
  const written = await readFile(join(folder, "scifact.tsv"), "utf8");
  const [question, row, score] = written.split("\n")[0]?.split("\t") ?? [];
  expect([question, row]).toEqual(["q-heron", "heron"]);
  expect(Number(score)).toBeGreaterThan(0);
  expect(written).toMatch(/q-wren\twren\t/);
  expect(written).toMatch(/q-wren\tagain\t/);
  expect(valuesOf(fused)["good vectors alone"]).toBeGreaterThan(0.3);
  expect(others).toEqual([]);
});

test("questions about articles that nobody shared are told from the others", async () => {
  await putBirds("birds");
  const set = await readRankingSet(join(folder, "birds"));
  expect([hasForeign(set.rows), hasForeign(set.rows.slice(0, 5))]).toEqual([true, false]);
  const report = await foreign({ name: "birds", engine: inject("engine") }, set, never);
  expect(report).toMatchObject({ set: "foreign to birds", cases: 24, failures: [] });
  expect(valuesOf(report)).toMatchObject({ "held: refused": 0 });
});

test("pages are put together to files, and found as pages", async () => {
  const text = (bird: string, word: string) => `The ${word} of the ${bird} is counted. `.repeat(40);
  const rows = BIRDS.flatMap((bird, at) =>
    ["income", "debt"].map((word, page) => ({
      ...{ _id: `${at}#${page}`, title: `${bird} 2023`, doc: `${at}`, page },
      text: text(bird, word),
    })),
  );
  await put("reports/corpus.jsonl", lines(rows));
  await put(
    "reports/queries.jsonl",
    lines([{ _id: "q", text: "What is the debt of wren in 2023?" }]),
  );
  await put("reports/qrels.tsv", qrels(["q\t4#1\t1"]));
  const [report] = await run(ranking, "reports");
  expect(valuesOf(report)).toMatchObject({ "nDCG@10": 1, "right file first": 1 });
});

test("the pages of real PDFs are found, and a file that can't be read is told", async () => {
  const pages = [["Herons fish at dawn."], ["Crows hide walnuts under leaves."]];
  await put("pdf-birds/pdfs/birds.pdf", pdfOf({ pages }));
  await put("pdf-birds/pdfs/broken.pdf", "%PDF-1.7 and nothing else");
  const rows = [0, 1].map((page) => ({ _id: `b#${page}`, text: "", doc: "birds", page }));
  await put("pdf-birds/corpus.jsonl", lines(rows));
  await put("pdf-birds/queries.jsonl", lines([{ _id: "q", text: "Where do crows hide walnuts?" }]));
  await put("pdf-birds/qrels.tsv", qrels(["q\tb#1\t1"]));
  const [report] = await run(pdf, "pdf-birds");
  expect(valuesOf(report)).toMatchObject({ "nDCG@10": 1, "right file first": 1 });
  expect(report?.failures).toMatchObject([{ id: "broken.pdf", measure: "read" }]);
});

test("spans of whole files are recalled by the passages that there is room for", async () => {
  const paragraph = (word: string) => `The ${word} is described here at length. `.repeat(30).trim();
  const text = ["heron", "crow", "owl", "swan"].map(paragraph).join("\n\n");
  await put("cut/corpora/birds.md", text);
  const at = text.indexOf("The owl");
  const question = { _id: "q", text: "How is the owl described?", corpus: "birds" };
  await put("cut/queries.jsonl", lines([{ ...question, spans: [[at, at + 100]] }]));
  const [report] = await run(chunking, "cut");
  expect(report?.failures).toEqual([]);
  expect(valuesOf(report)["recall in 5000 characters"]).toBe(1);
});

test("a second question finds what only the first one names", async () => {
  await putBirds("birds");
  const one = {
    ...{ id: "1", thread: ["What does the swan do?"], question: "And when does it hide walnuts?" },
    ...{ standalone: "When does the swan hide walnuts?", relevant: "swan1", article: "swan" },
  };
  await put("second/cases.jsonl", lines([one]));
  const [report] = await run(followUp, "second");
  expect(valuesOf(report)).toMatchObject({ "R@5": 1, "R@5 asked as a whole": 1 });
});
