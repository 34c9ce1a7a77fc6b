import type { Measure, Report } from "./report.ts";
import { LANGUAGES } from "./targets.ts";

/** How the same questions do over all of their languages. Nothing where there are none. */
export function byLanguages(reports: readonly Report[]): Report[] {
  const sets = reports.filter(({ set }) => set.startsWith(LANGUAGES.start));
  const [first] = sets;
  if (!first) return [];
  const scores = sets.flatMap(
    ({ measures }) => measures.find(({ name }) => name === LANGUAGES.measure)?.value ?? [],
  );
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
  const { mean, worst } = LANGUAGES;
  const measures: Measure[] = [
    { name: "mean nDCG@10", value: sum(scores) / scores.length, unit: "score", ...mean },
    { name: "worst nDCG@10", value: Math.min(...scores), unit: "score", ...worst },
  ];
  const total = {
    cases: sum(sets.map(({ cases }) => cases)),
    seconds: sum(sets.map(({ seconds }) => seconds)),
  };
  const set = `${LANGUAGES.start}* of ${sets.length}`;
  return [{ set, engine: first.engine, ...total, measures, failures: [] }];
}
