import { expect, test } from "vitest";
import { readConfig } from "../../src/config.ts";
import { costMicrousdMax } from "../../src/embed/embedder.ts";
import { capReached } from "../../src/money/caps.ts";
import type { Call } from "../../src/money/ledger.ts";
import { noticesDue } from "../../src/money/notices.ts";
import type { Standing } from "../../src/money/spending.ts";

const NOTHING: Standing = {
  ...{ workspaceId: 1, workspace: "acme", dayMicrousdMax: 1000, monthMicrousdMax: 5000 },
  ...{ dayMicrousd: 0, monthMicrousd: 0, readingDayMicrousd: 0, readingMonthMicrousd: 0 },
  ...{ dearDayMicrousd: 0, dayStartsOn: "2027-05-14", monthStartsOn: "2027-05-01" },
  dayRenewsAt: new Date("2027-05-15T00:00:00Z"),
  monthRenewsAt: new Date("2027-06-01T00:00:00Z"),
};
const ASKED: Call = { purpose: "answer", model: "test/first", microusdMax: 100 };
const READ: Call = { ...ASKED, purpose: "index" };

test.each<[string, Partial<Standing>, Call, string | null]>([
  ["to its last millionth the day is there to be spent", { dayMicrousd: 900 }, ASKED, null],
  ["one more is too much", { dayMicrousd: 901 }, ASKED, "day 15"],
  ["the month lasts longer", { dayMicrousd: 901, monthMicrousd: 4901 }, ASKED, "month 01"],
  ["reading has half of the day", { readingDayMicrousd: 401 }, READ, "reading 15"],
  ["and half of the month", { readingMonthMicrousd: 2401 }, READ, "reading 01"],
  ["which is nothing to a question", { readingDayMicrousd: 500 }, ASKED, null],
  ["a dear one has its share", { dearDayMicrousd: 101 }, { ...ASKED, dear: true }, "dear 15"],
  ["which is nothing to the others", { dearDayMicrousd: 200 }, ASKED, null],
  ["what is free fits", { monthMicrousd: 9000 }, { ...ASKED, microusdMax: 0 }, null],
])("of the caps, %s", (_, standing, call, expected) => {
  const reached = capReached({ ...NOTHING, ...standing }, call, { dearDayMicrousd: 200 });
  const day = reached?.renewsAt.toISOString().slice(8, 10);
  expect(reached && `${reached.cap} ${day}`).toBe(expected);
});

test.each<[Partial<Standing>, "day" | "month" | null, string[]]>([
  [{ dayMicrousd: 499 }, null, []],
  [{ dayMicrousd: 500 }, null, ["day 50"]],
  [{ dayMicrousd: 1200 }, null, ["day 50", "day 80", "day 100"]],
  [{ dayMicrousd: 10, monthMicrousd: 4000 }, null, ["month 50", "month 80"]],
  [{ dayMicrousd: 700 }, "day", ["day 50", "day 80", "day 100"]],
  [{ dayMicrousdMax: 0 }, null, []],
  [{ dayMicrousdMax: 0 }, "day", ["day 50", "day 80", "day 100"]],
])("with %o, refused by %s, the operator has to know of %o", (standing, usedUp, expected) => {
  const due = noticesDue({ ...NOTHING, ...standing }, usedUp);
  expect(due.map(({ period, percent }) => `${period} ${percent}`)).toEqual(expected);
});

test("budgets are set in dollars and kept in millionths", () => {
  const { money, limits } = readConfig({
    BUDGET_USD_PER_DAY: "0.29",
    DEAR_MODEL_USD_PER_DAY: "0",
    QUESTIONS_PER_DAY: "5",
  });
  expect(money).toEqual({
    dayMicrousd: 290_000,
    monthMicrousd: 20_000_000,
    dearDayMicrousd: 0,
  });
  expect(limits.questionsPerDay).toBe(5);
});

test.each(["-1", "1,50", "$2", "1e3", "100001", "0.0000001"])("%s is no budget", (given) => {
  expect(() => readConfig({ BUDGET_USD_PER_DAY: given })).toThrow(
    "BUDGET_USD_PER_DAY must be dollars from 0 to 100000, like 0.25",
  );
});

test("vectors are reckoned with a token for two bytes, whatever the script", () => {
  expect(costMicrousdMax([])).toBe(0);
  expect(costMicrousdMax(["a".repeat(2000)])).toBe(135);
  expect(costMicrousdMax(["鷺".repeat(1000), "abc"])).toBe(203);
});
