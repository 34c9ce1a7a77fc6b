import { describe, expect, test } from "vitest";
import { articlesOf, partsIn } from "../../eval/articles.ts";
import { byLanguages } from "../../eval/languages.ts";
import { metricsOf } from "../../eval/metrics.ts";
import { asText, mustsMet, type Report } from "../../eval/report.ts";
import { questionVector, vectorOf } from "../../eval/simulated-vectors.ts";
import { covered, finder } from "../../eval/spans.ts";
import { rankingMeasures } from "../../eval/targets.ts";

const judgements = new Map([
  ["one", new Map([["a", 1]])],
  [
    "two",
    new Map([
      ["b", 2],
      ["c", 1],
      ["d", 0],
    ]),
  ],
]);

describe("the metrics of a ranking", () => {
  test("are those of a perfect one, and of none", () => {
    const perfect = new Map([
      ["one", ["a"]],
      ["two", ["b", "c"]],
    ]);
    const best = metricsOf(["one", "two"], perfect, judgements);
    expect([best.ndcg10, best.mrr10, best.recall(1), best.hit(1)]).toEqual([1, 1, 0.75, 1]);
    const none = metricsOf(["one", "two"], new Map(), judgements);
    expect([none.ndcg10, none.mrr10, none.recall(100), none.hit(100)]).toEqual([0, 0, 0, 0]);
  });

  test("hold a late place against it, and what is judged as wrong for nothing", () => {
    const late = new Map([["two", ["d", "x", "c"]]]);
    const found = metricsOf(["two"], late, judgements);
    expect(found.mrr10).toBeCloseTo(1 / 3);
    expect(found.ndcg10).toBeCloseTo(0.5 / (2 + 1 / Math.log2(3)));
    expect([found.recall(2), found.recall(3), found.hit(3)]).toEqual([0, 0.5, 1]);
  });

  test("have targets by how the set's name begins, and are told of any other set", () => {
    const metrics = metricsOf(["one"], new Map([["one", ["a"]]]), judgements);
    const [first] = rankingMeasures("xquad-xx", metrics);
    expect(first).toMatchObject({ name: "nDCG@10", must: { atLeast: 0.94 } });
    const unknown = rankingMeasures("anything", metrics);
    expect(unknown.length).toBeGreaterThan(3);
    expect(unknown.filter(({ must, stretch }) => must || stretch)).toEqual([]);
  });
});

describe("a passage", () => {
  test("is found in its text however it was wrapped, counted in characters", () => {
    const find = finder("A 🦩 stands.\n\nIt   sleeps.");
    expect(find("stands. It sleeps.")).toEqual([4, 25]);
    expect(find("It wakes.")).toBeNull();
    expect(find(" ")).toBeNull();
  });

  test("covers what it and others share once", () => {
    const passages = [
      [0, 12],
      [8, 14],
      [18, 30],
    ] as const;
    expect(covered([10, 20], passages)).toBe(6);
    expect(covered([40, 50], passages)).toBe(0);
  });

  test("is of the paragraphs of which it holds most, or of the page that it is from", () => {
    const row = (_id: string, text: string) => ({ _id, text, title: "Birds" });
    const rows = [
      row("heron", "Herons fish."),
      row("crow", "Crows think."),
      row("x", "z".repeat(99)),
    ];
    const [article, ...others] = articlesOf(rows);
    if (!article) throw new Error("no article");
    expect(others).toEqual([]);
    expect(partsIn(article, "Herons fish.\n\nCrows think.")).toEqual(["heron", "crow"]);
    expect(partsIn(article, "fish.\n\nCrows think.")).toEqual(["crow"]);
    expect(partsIn(article, "z".repeat(20))).toEqual(["x"]);
    expect(partsIn(article, "Owls sleep.")).toEqual([]);
  });
});

describe("simulated vectors", () => {
  const near = (one: Float32Array, other: Float32Array) =>
    one.reduce((sum, number, at) => sum + number * (other[at] ?? 0), 0);

  test("are the same for the same text, of length 1, and have nothing in common with others", () => {
    expect(vectorOf("heron")).toEqual(vectorOf("heron"));
    expect(near(vectorOf("heron"), vectorOf("heron"))).toBeCloseTo(1);
    expect(Math.abs(near(vectorOf("heron"), vectorOf("crow")))).toBeLessThan(0.15);
  });

  test("bring a question nearer to its answer, the more the better they are", () => {
    const answer = vectorOf("heron");
    const [weak, good] = [2, 8].map((strength) =>
      near(questionVector("?", [answer], strength), answer),
    );
    expect(good).toBeGreaterThan((weak ?? 1) + 0.1);
  });
});

const report = (set: string, value: number): Report => ({
  ...{ set, engine: "embedded", cases: 2, seconds: 1, failures: [] },
  measures: [
    { name: "nDCG@10", value, unit: "score", must: { atLeast: 0.5 }, stretch: { atLeast: 0.8 } },
  ],
});

test("a must that is missed fails the run, a stretch that is missed does not", () => {
  expect([0.4, 0.6, 0.9].map((value) => mustsMet(report("a", value)))).toEqual([false, true, true]);
  const text = asText([report("a", 0.4), report("b", 0.6), report("c", 0.9)]);
  expect(text.match(/[✓✗]+/g)).toEqual(["✗", "✓", "✓✓"]);
});

test("languages are told by their mean and by the worst, other sets by themselves", () => {
  const [all, ...others] = byLanguages([
    report("xquad-aa", 0.9),
    report("xquad-bb", 1),
    report("c", 0),
  ]);
  expect(others).toEqual([]);
  expect(all?.measures.map(({ value }) => value)).toEqual([0.95, 0.9]);
  expect(byLanguages([report("c", 0)])).toEqual([]);
});
