import { expect, test } from "vitest";
import { rarity, saturated } from "../../src/search/bm25.ts";
import { fuse } from "../../src/search/fuse.ts";

const found = (position: number, lexicalScore: number | null, vectorScore: number | null) => ({
  contentId: 1,
  position,
  lexicalScore,
  vectorScore,
  hasVector: vectorScore !== null,
});
/** Its vector is not among the nearest. */
const distant = (position: number, lexicalScore: number) => ({
  ...found(position, lexicalScore, null),
  hasVector: true,
});

test("what both legs find comes before what one of them finds", () => {
  const ranked = fuse([distant(1, 9), found(2, 8, 0.95), found(3, null, 0.91), found(4, 1, 0.1)]);
  expect(ranked.map(({ position }) => position)).toEqual([2, 1, 3, 4]);
  expect(ranked.every(({ score }) => score >= 0 && score <= 1)).toBe(true);
});

test("without vectors words decide alone, and the best scores 1", () => {
  const ranked = fuse([found(1, 2, null), found(2, 4, null)]);
  expect(ranked.map(({ position, score }) => [position, score])).toEqual([
    [2, 1],
    [1, 0.5],
  ]);
});

test("what has no vector yet is judged by its words, and not beaten by a stray vector", () => {
  const words = Array.from({ length: 12 }, (_, at) => found(at, 12 - at / 2, null));
  const stray = [found(20, 2, 0.9), found(21, null, 0.8)];
  const ranked = fuse([...stray, ...words]).map(({ position }) => position);
  expect(ranked.slice(0, 12)).toEqual(words.map(({ position }) => position));
  expect(fuse([found(1, 9, null), found(2, null, 0.9)]).map(({ score }) => score)).toEqual([
    1, 0.25,
  ]);
});

test("a leg with hits that are all alike counts them all, and no hits at all are no error", () => {
  expect(fuse([found(1, null, 0.5), found(2, null, 0.5)]).map(({ score }) => score)).toEqual([
    0.5, 0.5,
  ]);
  expect(fuse([])).toEqual([]);
});

test("a repeated word counts ever less, a long passage less, and a rare word most", () => {
  expect(saturated(2, 250) - saturated(1, 250)).toBeGreaterThan(
    saturated(9, 250) - saturated(8, 250),
  );
  expect(saturated(1, 1000)).toBeLessThan(saturated(1, 100));
  expect(rarity(1, 1000)).toBeGreaterThan(rarity(500, 1000));
  expect(rarity(1000, 1000)).toBeGreaterThan(0);
});
