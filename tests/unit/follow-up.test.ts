import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decide, isOnlyThanks, type Meant } from "../../src/answer/follow-up.ts";

interface Turn {
  text: string;
  label: Meant;
  toOthers?: boolean;
}

const TURNS: Turn[] = JSON.parse(
  readFileSync(new URL("./follow-up-turns.json", import.meta.url), "utf8"),
);
const WRONG_SHARE_MAX = 0.02;
const RECALL_MIN = 0.85;

const meantBy = ({ text, toOthers }: Turn): Meant => (toOthers ? "nothing" : decide(text));

describe("what people write in a thread without a mention, in some thirty languages", () => {
  test("of all that is no question, at most two in a hundred are taken for one", () => {
    const others = TURNS.filter(({ label }) => label !== "question");
    const wrong = others.filter((turn) => meantBy(turn) === "question");
    expect(wrong.length / others.length, textsOf(wrong)).toBeLessThanOrEqual(WRONG_SHARE_MAX);
  });

  test("most questions are seen as such", () => {
    const questions = TURNS.filter(({ label }) => label === "question");
    const missed = questions.filter((turn) => meantBy(turn) !== "question");
    const recall = 1 - missed.length / questions.length;
    expect(recall, textsOf(missed)).toBeGreaterThanOrEqual(RECALL_MIN);
  });

  test("thanks are seen as such", () => {
    const thanks = TURNS.filter(({ label }) => label === "thanks");
    const missed = thanks.filter((turn) => meantBy(turn) !== "thanks");
    expect(missed.length / thanks.length, textsOf(missed)).toBeLessThanOrEqual(WRONG_SHARE_MAX);
  });
});

describe("a message", () => {
  test.each<[string, string, Meant]>([
    ["of code alone asks nothing", "```\nwhy?\n```", "nothing"],
    ["with a question below its code asks", "```\nx = 1\n```\nwhat does that mean?", "question"],
    ["that quotes a question asks nothing", "> what is the price?", "nothing"],
    ["that asks about a quotation asks", "> about 40\nis that per month?", "question"],
    ["of a link asks nothing", "https://wiki.example/?page=2&why", "nothing"],
    ["too long to be a follow-up asks nothing", `${"word ".repeat(400)}?`, "nothing"],
    ["that is pasted asks nothing", `${"=".repeat(20_000)} why?`, "nothing"],
    ["of nothing asks nothing", "", "nothing"],
    ["that asks after it thanks asks", "Thanks! And in 2023?", "question"],
    ["that thanks somebody else is none of ours", "Thanks Anna!", "nothing"],
    ["that names us is ours", "Docent, which page?", "question"],
    ["that names somebody else is not", "Anna, which page?", "nothing"],
    ["in full-width letters is read as any other", "ｗｈｉｃｈ ｐａｇｅ？", "question"],
  ])("%s", (_name, text, meant) => {
    expect(decide(text)).toBe(meant);
  });

  // A pattern that tries all ways to match would take till the end of time.
  test.each(["a", "あ", "!", "х", "ha", "a ", "why, ", "can you ", "?"])(
    "that repeats %j to the limit is read, too",
    (word) => {
      expect(decide(word.repeat(1_500 / word.length))).not.toBe("thanks");
      expect(decide(`${word.repeat(1_400 / word.length)} x`)).not.toBe("thanks");
    },
  );
});

function textsOf(turns: Turn[]): string {
  return turns.map(({ text }) => text).join("\n");
}

describe("put to Docent itself", () => {
  test.each([
    "thanks",
    "Thank you so much!",
    "ok 👍",
    "ok :+1::skin-tone-2:",
    "👍",
    "🙏❤️",
    "great, thanks",
    "Perfect. Thanks a lot, Docent!",
    "alles klar, danke dir",
    "merci beaucoup",
    "谢谢",
    "了解しました、ありがとう",
    "감사합니다",
    "ठीक है, धन्यवाद",
  ])("%s is thanks alone", (text) => {
    expect(isOnlyThanks(text)).toBe(true);
  });

  test.each([
    "",
    "?",
    "👎",
    "ok 🤔",
    "thanks?",
    "thanks, and in 2023",
    "thanks for the plan, when is the launch",
    "ok, which page",
    "good practice for lamps",
    "no",
    "no thanks to Ben",
    "all files",
    "top 10",
    "cool roofs",
    "谢谢，那么2023年呢",
  ])("%s may be a question", (text) => {
    expect(isOnlyThanks(text)).toBe(false);
  });
});
