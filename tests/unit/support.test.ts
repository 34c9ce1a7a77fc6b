import { describe, expect, test } from "vitest";
import { createCiting } from "../../src/answer/cite.ts";
import { bestHolder, supportOf } from "../../src/answer/support.ts";

const PASSAGES = [
  "From the foundation of the union, the court allowed citizens to bring claims.",
  "Since its foundation, the treaties sought to enable people to pursue their goals.",
  "The weather was fine.",
];

describe("a citation", () => {
  test.each<[string, string, number, number | null]>([
    ["stays where the passage holds the claim", "The court allowed citizens", 0, 0],
    [
      "moves to the passage that holds what the cited one hardly does",
      "Since its foundation",
      0,
      1,
    ],
    ["goes where the passage has no word of the claim", "The treaties enable llamas", 2, null],
    ["stays where no passage shares a word: another language", "Das Wetter war schön", 2, 2],
  ])("%s", (_name, claim, cited, expected) => {
    expect(supportOf(claim, PASSAGES, cited)).toBe(expected);
  });

  test("goes with the invented quote that it stood behind", () => {
    const citing = createCiting(PASSAGES);
    const text = citing.push('The court says "nobody may ever bring any claims" [1]. Fine [3].');
    expect(text + citing.end()).toMatch(/^The court says \(a quote .* left out\)\. Fine \[1\]\.$/);
    expect(citing.used()).toEqual([2]);
  });
});

test.each<[string, string, number]>([
  ["the passage itself, where it holds as much as its neighbours", "The weather", 0],
  ["the neighbour that alone holds the claim", "the treaties enable people", 1],
  ["of two with the same words, the one that has them in this order", "stood under lamps", 2],
  ["the passage itself, where none of them speaks of it", "Llamas", 0],
])("a citation opens at %s", (_name, claim, expected) => {
  const texts = ["Under the weather lamps stood.", PASSAGES[1] ?? "", "It stood under lamps."];
  expect(bestHolder(claim, texts)).toBe(expected);
});
