import { expect, test } from "vitest";
import { analyse } from "../../src/search/analyse.ts";
import { QUESTION_WORDS } from "../../src/search/question_words.ts";
import { eachOfSparse } from "../../src/search/sparse.ts";
import { chunkTerms, nameTerms, questionNameTerms, questionTerms } from "../../src/search/terms.ts";

const shared = (one: string, other: string): string[] => {
  const words = analyse(other).words;
  return [...analyse(one).words.keys()].filter((word) => words.has(word));
};

test.each([
  ["English by its stem", "the elections of 2020", "who elected them", "elect"],
  ["English nouns in -ion", "an election", "they elect", "elect"],
  ["Russian", "главные выборы", "о выборах", "выбор"],
  ["Hindi, whose vowels are marks", "कितनी प्रजातियाँ", "प्रजातियों का", "प्रजात"],
  ["Greek with and without accents", "ερωτήσεις", "ερωτησεις", "ερωτησ"],
  ["Arabic with and without vowel signs", "كِتَاب", "كتاب", "كتاب"],
  ["Turkish capital İ", "İstanbul", "istanbul", "istanbul"],
  ["Chinese, which writes no spaces", "黑豹队的防守", "防守如何", "防守"],
  ["Thai", "สงครามเสรีนิยมในยุโรป", "เสรีนิยมคืออะไร", "เสรี"],
  ["Korean under its particles", "서울에서", "서울은", "서울"],
  ["digits of another script", "พ.ศ. ๒๕๖๓", "2563", "2563"],
  ["full-width letters", "ＡＢＣ株式会社", "abc", "abc"],
  ["a word with a soft hyphen", "infor\u00admation", "information", "inform"],
])("a word is found again: %s", (_, text, question, word) => {
  expect(shared(text, question)).toContain(word);
});

test("an identifier is found whole and by its parts", () => {
  const { words } = analyse("let parseHTTPRequest_v2 = 1");
  expect([...words.keys()]).toEqual(
    expect.arrayContaining(["parsehttprequest_v2", "pars", "http", "request", "v", "2"]),
  );
});

test("words in a row make pairs, and longer words four letters in a row", () => {
  const { pairs, grams, length } = analyse("Annual report, annual report");
  expect(pairs.get("annual report")).toBe(2);
  expect(grams.get("annu")).toBe(2);
  expect(length).toBe(4);
});

test.each([
  ["Who wrote the treaty?", ["wrote", "the", "treati"]],
  ["Сколько стоит лицензия?", ["сто", "лиценз"]],
  ["¿Cuánto cuesta?", ["cuesta"]],
])("what makes %j a question is left out", (question, words) => {
  expect([...analyse(question, QUESTION_WORDS).words.keys()]).toEqual(words);
});

test("a question's words in a script without spaces are left out with the letters around them", () => {
  const { words } = analyse("首都是什么", QUESTION_WORDS);
  expect(words.has("什么")).toBe(false);
  expect(words.has("首都")).toBe(true);
});

function termsOf(sparse: Buffer): number[] {
  const terms: number[] = [];
  eachOfSparse(sparse, (term) => terms.push(term));
  return terms;
}

test.each([
  ["nothing", ""],
  ["emoji", "😀👩‍👩‍👧🏳️‍🌈"],
  ["control characters", "\0\u0001\u001b[31m\u2028"],
  ["halves of surrogate pairs", "a\ud800b \udc00 \ud83d"],
  ["SQL", "'; drop table chunk; -- $1 {1:2}/3"],
  ["names of object properties", "constructor __proto__ toString hasOwnProperty"],
  ["one run of 8,000 letters", "x".repeat(8_000)],
  ["8,000 Chinese letters", "汉".repeat(8_000)],
  ["8,000 marks", "\u0301".repeat(8_000)],
  ["very many different words", Array.from({ length: 20_000 }, (_, n) => `w${n}`).join(" ")],
])("any text gives terms that the index takes: %s", (_, text) => {
  const { terms, words, weights } = chunkTerms(1, text);
  expect(terms.length).toBeLessThanOrEqual(16_000);
  for (const indices of [termsOf(words), termsOf(weights)]) {
    expect(indices.length).toBeLessThanOrEqual(16_000);
    const ascending = indices.every((term, at) => at === 0 || term > (indices[at - 1] ?? term));
    expect(ascending).toBe(true);
    expect([...terms, ...indices].every((term) => term >= 0 && term < 1e9)).toBe(true);
  }
  expect(questionTerms(1, text.slice(0, 8_000)).length).toBeLessThanOrEqual(16_000);
});

function allTerms(workspaceId: number, text: string): number[] {
  return termsOf(chunkTerms(workspaceId, text).weights);
}

test("two workspaces have other numbers for the same words", () => {
  const text = "The quick brown fox jumps over the lazy dog";
  const other = new Set(allTerms(2, text));
  expect(allTerms(1, text).filter((term) => other.has(term))).toEqual([]);
});

test("the kinds of term are told apart", () => {
  const kinds = questionTerms(1, "annual report").map(({ kind, weight }) => `${kind} ${weight}`);
  expect(new Set(kinds)).toEqual(new Set(["word 1", "gram 0.25", "pair 0.2"]));
});

test("a file's name is matched by words and by letters, and its extension counts for nothing", () => {
  const name = new Set(nameTerms(1, "AMERICANWATERWORKS_2022_10K.pdf"));
  const weightOf = (question: string): number =>
    questionNameTerms(1, question)
      .filter(({ term }) => name.has(term))
      .reduce((sum, { weight }) => sum + weight, 0);
  expect(weightOf("American Water Works in 2022")).toBeGreaterThan(
    weightOf("American Express 2022"),
  );
  expect(weightOf("pdf")).toBe(0);
});
