import { expect, test } from "vitest";
import { asText, ms, type Report, targetsMet } from "../../bench/report.ts";
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
