/** The numbers of lists and headings, which a Word document does not hold but only describes. */
import type { ListPlace } from "./docx-styles.ts";
import { attributeOf, readXml } from "./xml.ts";

const LEVELS_MAX = 9;
const NUMBER_MAX = 100_000;

interface Level {
  /** "decimal", "bullet", "lowerLetter" … */
  format: string;
  /** "%1.%2" stands for the numbers of the first two levels. */
  pattern: string;
  start: number;
}

export interface Numbering {
  /** A counter for one reading of the document: the marks of items in the order they stand there. */
  counter(): (place: ListPlace) => string;
}

/** What the file says of lists, of which several may be of the same plan. */
interface Plans {
  byPlan: Map<string, Level[]>;
  planOfList: Map<string, string>;
}

export function readNumbering(pieces: Iterable<string>): Numbering {
  const plans = readPlans(pieces);
  return {
    counter() {
      const counts = new Map<string, number[]>();
      return (place) => nextMark(plans, counts, place);
    },
  };
}

function readPlans(pieces: Iterable<string>): Plans {
  const plans: Plans = { byPlan: new Map(), planOfList: new Map() };
  let levels: Level[] = [];
  let level: Level = { format: "", pattern: "", start: 1 };
  let list = "";
  readXml(pieces, {
    open(name, attributes) {
      const value = attributeOf(attributes, "val");
      if (name === "abstractNum") {
        levels = [];
        plans.byPlan.set(attributeOf(attributes, "abstractNumId"), levels);
      } else if (name === "lvl") {
        level = { format: "decimal", pattern: "", start: 1 };
        const at = Number(attributeOf(attributes, "ilvl"));
        if (at >= 0 && at < LEVELS_MAX) levels[at] = level;
      } else if (name === "num") {
        list = attributeOf(attributes, "numId");
        // What a list changes in its plan is its own.
        levels = [];
      } else if (name === "abstractNumId") {
        plans.planOfList.set(list, value);
      } else {
        describe(level, name, value);
      }
    },
    close: () => undefined,
    text: () => undefined,
  });
  return plans;
}

function describe(level: Level, element: string, value: string): void {
  if (element === "numFmt") level.format = value;
  else if (element === "lvlText") level.pattern = value;
  else if (element === "start") level.start = Number.parseInt(value, 10) || 0;
}

function nextMark(plans: Plans, counts: Map<string, number[]>, place: ListPlace): string {
  const plan = plans.planOfList.get(place.id) ?? "";
  const levels = plans.byPlan.get(plan) ?? [];
  const at = Math.min(place.level, LEVELS_MAX - 1);
  const level = levels[at];
  if (level === undefined || level.format === "bullet" || level.format === "none") return "-";
  const numbers = counts.get(plan) ?? [];
  counts.set(plan, numbers);
  numbers[at] = Math.min((numbers[at] ?? level.start - 1) + 1, NUMBER_MAX);
  numbers.length = at + 1;
  const mark = level.pattern.replace(/%([1-9])/g, (_, digit: string) => {
    const one = Number(digit) - 1;
    return shown(numbers[one] ?? levels[one]?.start ?? 1, levels[one]?.format ?? "decimal");
  });
  return mark.trim() || "-";
}

function shown(number: number, format: string): string {
  switch (format) {
    case "lowerLetter":
      return letters(number);
    case "upperLetter":
      return letters(number).toUpperCase();
    case "lowerRoman":
      return roman(number);
    case "upperRoman":
      return roman(number).toUpperCase();
    default:
      return String(number);
  }
}

/** a to z, then aa to zz, as Word counts. */
function letters(number: number): string {
  const at = Math.max(0, number - 1);
  return String.fromCharCode(97 + (at % 26)).repeat(Math.min(9, Math.floor(at / 26) + 1));
}

const ROMAN: readonly (readonly [value: number, sign: string])[] = [
  [1000, "m"],
  [900, "cm"],
  [500, "d"],
  [400, "cd"],
  [100, "c"],
  [90, "xc"],
  [50, "l"],
  [40, "xl"],
  [10, "x"],
  [9, "ix"],
  [5, "v"],
  [4, "iv"],
  [1, "i"],
];

function roman(number: number): string {
  let rest = Math.min(number, 3999);
  let text = "";
  for (const [value, sign] of ROMAN) {
    for (; rest >= value; rest -= value) text += sign;
  }
  return text;
}
