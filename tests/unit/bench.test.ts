import { expect, test } from "vitest";
import { channelsOf, planDocuments, SHARES } from "../../bench/corpus/plan.ts";
import { createProse } from "../../bench/corpus/prose.ts";
import { createSpace } from "../../bench/corpus/space.ts";
import { illustrated, pasted } from "../../bench/markdown.ts";
import { growthPlot } from "../../bench/plot.ts";
import { asText, figure, ms, type Report, targetsMet } from "../../bench/report.ts";
import { questionsOf, recallOf, scopesOf } from "../../bench/retrieval/questions.ts";
import { median, percentile } from "../../bench/statistics.ts";

test.each<[number[], number, number]>([
  [[7], 0.95, 7],
  [[3, 1, 2], 0.5, 2],
  [[10, 2], 0.5, 6],
  [[1, 2, 3, 4, 5], 0, 1],
  [[5, 4, 3, 2, 1], 0.75, 4],
  [[0, 10, 20], 0.95, 19],
])("of %j, %d lie below %d", (values, share, expected) => {
  expect(percentile(values, share)).toBeCloseTo(expected);
});

test("there is no middle of nothing", () => {
  expect(() => median([])).toThrow("nothing was measured");
});

function reportOf(lostMs: number): Report {
  const share = { value: 0.012, unit: "share", atMost: 0.05 } as const;
  const rows = [
    { name: "whole", figures: [ms(1300), ms(-0.04)] },
    { name: "lost", figures: [ms(lostMs, 5), share] },
  ];
  const tables = [{ title: "A model", columns: ["time", "share"], rows }];
  return { kind: "chain", engine: "embedded", cores: 2, load: 0.25, seconds: 9, tables };
}

test("a report shows each figure beside its target, and whether it is met", () => {
  expect(asText(reportOf(7.04)).split("\n")).toEqual([
    "chain: embedded engine, 2 cores with a load of 0.3 when it began, 9 s",
    "",
    "A model",
    "                       time               share",
    "whole             1300.0 ms              0.0 ms",
    "lost    7.0 ms (≤ 5.0 ms) ✗   1.2 % (≤ 5.0 %) ✓",
    "",
  ]);
});

test("a target is met up to its limit, and one miss is enough to miss", () => {
  expect([4, 5, 5.1].map((lostMs) => targetsMet(reportOf(lostMs)))).toEqual([true, true, false]);
});

test("every kind of figure is told in its own unit", () => {
  const figures = [
    figure("count", 50_000),
    figure("share", 0.979, { atLeast: 0.98 }),
    figure("times", 12.34, { atLeast: 10 }),
    figure("s", 1.25),
    figure("MiB", 1_023.6, { atMost: 1_024 }),
    figure("per second", 2_345.6),
  ];
  const columns = figures.map(() => "figure");
  const tables = [{ title: "All", columns, rows: [{ name: "", figures }] }];
  const told = asText({ ...reportOf(1), tables })
    .split("\n")
    .at(-2);
  expect(told?.trim().split(/ {3,}/)).toEqual([
    "50,000",
    "97.9 % (≥ 98.0 %) ✗",
    "12.3 × (≥ 10.0 ×) ✓",
    "1.3 s",
    "1,024 MiB (≤ 1,024 MiB) ✓",
    "2,346 /s",
  ]);
});

test("figures are pasted into their own place of the page, twice as once", () => {
  const page =
    "# A\n<!-- chain embedded -->\nold\n<!-- end of chain embedded -->\nB\n<!-- growth plot -->\n<!-- end of growth plot -->\n";
  const once = pasted(page, [reportOf(7.04)]);
  expect(once).toBe(`# A
<!-- chain embedded -->
Measured on the embedded engine, 2 cores with a load of 0.3 when it began; it took 9 s.

**A model**

|  | time | share |
| --- | ---: | ---: |
| whole | 1300.0 ms | 0.0 ms |
| lost | 7.0 ms (≤ 5.0 ms) ✗ | 1.2 % (≤ 5.0 %) ✓ |
<!-- end of chain embedded -->
B
<!-- growth plot -->
<!-- end of growth plot -->
`);
  expect(pasted(once, [reportOf(7.04)])).toBe(once);
  expect(illustrated(page)).toContain("-->\n![Searching");
  expect(() => pasted(page, [{ ...reportOf(1), engine: "postgres" }])).toThrow("chain postgres");
});

test("the growth is drawn with a line for each engine and a point for each size", () => {
  const columns = [
    "chunks",
    "search p50",
    "search p95",
    "inserted",
    "tables and indexes",
    "memory",
  ];
  const rows = [10_000, 50_000].map((chunks) => ({
    name: "",
    figures: [figure("count", chunks), ...[3, 5, 2_000, 90, 400].map((value) => ms(value))],
  }));
  const report = { ...reportOf(1), kind: "growth", tables: [{ title: "Growth", columns, rows }] };
  const plot = growthPlot([report, { ...report, engine: "postgres" }]);
  expect(plot.match(/<polyline/g)).toHaveLength(8);
  expect(plot.match(/<circle/g)).toHaveLength(16);
  expect(plot).toContain(">50k<");
  expect(plot).not.toMatch(/NaN|undefined/);
});

const CHUNKS = 20_000;
const PLAN = planDocuments(CHUNKS, 2_000, 1);

test("each scope of the made workspace sees its share of the chunks, whatever is shared twice", () => {
  expect(planDocuments(CHUNKS, 2_000, 1)).toEqual(PLAN);
  const stored = new Map(PLAN.map(({ index }) => [index, 1_000 + index]));
  for (const [level, scope] of scopesOf(PLAN, stored).entries()) {
    const channels = channelsOf(level);
    const seen = PLAN.filter(
      (one) => one.workspace === 0 && one.channels.some((channel) => channels.includes(channel)),
    );
    expect(seen.reduce((sum, { chunks }) => sum + chunks, 0)).toBe((SHARES[level] ?? 0) * CHUNKS);
    expect(new Set(seen.map(({ index }) => 1_000 + index))).toEqual(scope.visible);
    expect(scope.channels).toHaveLength(channels.length);
  }
  const twice = PLAN.filter(({ channels }) => channels.length > 1);
  expect(twice.length / PLAN.length).toBeCloseTo(0.1, 1);
  const others = PLAN.filter(({ workspace }) => workspace > 0);
  expect(new Set(others.map(({ workspace }) => workspace)).size).toBe(50);
});

function cosine(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, number, at) => sum + number * (other[at] ?? 0), 0);
}

test("made passages are alike by topic, and more so by document", () => {
  const [one = PLAN[0], sibling] = PLAN.filter(({ topic }) => topic === PLAN[0]?.topic);
  const stranger = PLAN.find(({ topic }) => topic !== one?.topic);
  if (!one || !sibling || !stranger) throw new Error("the plan is too small");
  const space = createSpace(1);
  const passage = space.passage(one, 0);
  expect(passage).toEqual(createSpace(1).passage(one, 0));
  expect(cosine(passage, passage)).toBeCloseTo(1, 5);
  const alike = [
    cosine(passage, space.question(one, 0, 1)),
    cosine(passage, space.passage(one, 1)),
    cosine(passage, space.passage(sibling, 0)),
    cosine(passage, space.passage(stranger, 0)),
  ];
  expect(alike).toEqual(alike.toSorted((a, b) => b - a));
});

test("made texts are all different, and a question has words of its passage's document", () => {
  const [one, other] = PLAN;
  if (!one || !other) throw new Error("the plan is too small");
  const prose = createProse(1);
  const texts = [prose.passage(one, 0), prose.passage(one, 1), prose.passage(other, 0)];
  expect(new Set(texts).size).toBe(3);
  expect(createProse(1).passage(one, 0)).toBe(texts[0]);
  expect(prose.title(one)).not.toBe(prose.title(other));
  const asked = prose.question(one, 0).match(/[a-z]+/g) ?? [];
  const all = Array.from({ length: 20 }, (_, position) => prose.passage(one, position)).join(" ");
  expect(asked.filter((word) => all.includes(` ${word} `)).length).toBeGreaterThan(2);
});

test("the exact answers are the nearest passages of the scope, and recall is their share", () => {
  const documents = planDocuments(2_000, 200, 1);
  const stored = new Map(documents.map(({ index }) => [index, index]));
  const corpus = { documents, stored, space: createSpace(1), prose: createProse(1) };
  const scopes = scopesOf(documents, stored);
  const passages = documents.flatMap((document) =>
    Array.from({ length: document.workspace === 0 ? document.chunks : 0 }, (_, position) => ({
      mark: `${document.index}:${position}`,
      level: document.level,
      vector: corpus.space.passage(document, position),
    })),
  );
  for (const { level, isEasy, vector, nearest } of questionsOf(corpus, 1, 1)) {
    const all = passages
      .filter((passage) => passage.level <= level)
      .map((passage) => ({ ...passage, cosine: cosine(passage.vector, vector) }));
    const best = all.toSorted((a, b) => b.cosine - a.cosine).slice(0, 10);
    expect(nearest).toEqual(best.map(({ mark }) => mark));
    expect(nearest).toHaveLength(Math.min(10, scopes[level]?.chunks ?? 0));
    if (isEasy) expect(best[0]?.cosine).toBeGreaterThan(0.6);
  }
  expect(recallOf(["1:1", "1:2", "1:3", "1:4"], ["1:2", "9:9", "1:4", "1:1"])).toBe(0.75);
});
