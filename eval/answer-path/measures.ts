import type { Failure, Measure } from "../report.ts";
import { FALSE_REFUSALS, FOREIGN_REFUSED } from "../targets.ts";
import { type Asked, findings, type Library, PROMISES } from "./check.ts";
import { holds } from "./text.ts";

/** What became of all cases: promises that must hold, goals, and what is only told. */
export function measure(
  asked: readonly Asked[],
  library: Library,
): { measures: Measure[]; failures: Failure[] } {
  const found = asked.map((one) => ({ one, findings: findings(one, library) }));
  const promises = PROMISES.map(
    (name): Measure => ({
      name,
      value: found.filter(({ findings }) => findings.some((each) => each.promise === name)).length,
      unit: "count",
      ...{ must: { atMost: 0 }, stretch: { atMost: 0 } },
    }),
  );
  const failures = found.flatMap(({ one, findings }) =>
    findings.map(({ promise, why }) => ({ id: idOf(one), measure: promise, why })),
  );
  const rates = ratesOf(asked);
  return {
    measures: [...promises, ...rates.map(({ measure }) => measure)],
    failures: [...failures, ...rates.flatMap((rate) => rate.failures)],
  };
}

/** Unless depth is asked for. */
const WORDS_MAX = 80;

// Ids come twice in a set, so the question is told too.
function idOf({ of }: Asked): string {
  return `${of.id} “${of.question}”`;
}

interface Rate {
  measure: Measure;
  failures: Failure[];
}

function ratesOf(asked: readonly Asked[]): Rate[] {
  const answerable = asked.filter(({ of }) => of.expect.answered === true);
  const answered = answerable.filter(isAnswered);
  const foreign = asked.filter(({ of }) => of.kind === "out-of-corpus");
  // Whatever the model makes of it, the files hold the answer to these.
  const held = asked.filter(({ of }) => ["answerable", "bad-model"].includes(of.kind));
  return [
    rate("answerable: answered", answerable, isAnswered, { why: whyNotAnswered }),
    rate("answered: correct file cited", answered, isCited, { why: () => "it is not cited" }),
    rate("foreign: refused", foreign, (one) => !says(one), {
      why: () => "the model's own words are shown",
      must: FOREIGN_REFUSED.must,
      stretch: FOREIGN_REFUSED.stretch,
    }),
    falseRefusals(held),
    lengthOf(answered),
  ];
}

/** What people read of an answer, without its sources: as short as the question allows. */
function lengthOf(answered: readonly Asked[]): Rate {
  const counts = answered.map(({ reply }) => reply.text.match(/\p{L}[\p{L}\p{N}]*/gu)?.length ?? 0);
  const value = counts.toSorted((one, other) => one - other)[counts.length >> 1] ?? 0;
  const name = "answered: words shown, median";
  return { measure: { name, value, unit: "count", must: { atMost: WORDS_MAX } }, failures: [] };
}

function rate(
  name: string,
  cases: readonly Asked[],
  isRight: (one: Asked) => boolean,
  { why, ...bounds }: { why: (one: Asked) => string } & Pick<Measure, "must" | "stretch">,
): Rate {
  const wrong = cases.filter((one) => !isRight(one));
  const value = cases.length === 0 ? 1 : 1 - wrong.length / cases.length;
  return {
    measure: { name, value, unit: "share", ...bounds },
    failures: wrong.map((one) => ({ id: idOf(one), measure: name, why: why(one) })),
  };
}

function falseRefusals(held: readonly Asked[]): Rate {
  const name = "held by the files: refused";
  const refused = held.filter(({ prompts }) => prompts.length === 0);
  return {
    measure: {
      name,
      value: refused.length / Math.max(held.length, 1),
      unit: "share",
      must: FALSE_REFUSALS.must,
    },
    failures: refused.map((one) => ({ id: idOf(one), measure: name, why: "no model was asked" })),
  };
}

function says({ of, reply }: Asked): boolean {
  return of.answer !== null && holds(reply.text, of.answer);
}

function isAnswered(one: Asked): boolean {
  const { contains } = one.of.expect;
  const isThere = contains === undefined || holds(one.reply.text, contains);
  return isThere && one.reply.citations.length > 0;
}

function whyNotAnswered({ of, reply, prompts }: Asked): string {
  if (prompts.length === 0) return "no model was asked";
  if (!holds(reply.text, of.expect.contains ?? "")) return "the answer is not shown";
  return `shown without a source, as “${reply.text}”`;
}

function isCited({ of, reply }: Asked): boolean {
  const cited = reply.citations.map(({ fileName }) => fileName);
  return of.expect.cites.every((name) => cited.includes(name));
}
