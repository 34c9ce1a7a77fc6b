import { expect, test } from "vitest";
import { createTally } from "../../src/search/tally.ts";

test("a tally counts as a map does, also when it outgrows its slots and terms meet in one", () => {
  const tally = createTally();
  const counts = new Map<number, number>();
  let state = 1;
  for (let at = 0; at < 60_000; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    // Multiples of a power of two share their last bits, and 0 is a term like any other.
    const term = (state % 9_000) * 65_536;
    tally.add(term);
    counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  expect(tally.size()).toBe(counts.size);
  expect([...counts].every(([term, count]) => tally.of(term) === count)).toBe(true);
  expect(tally.of(1)).toBe(0);
});

test("what was added less often than asked for is left out", () => {
  const tally = createTally();
  tally.add(7, 3);
  tally.add(8);
  const kept = tally.atLeast(2);
  expect([kept.of(7), kept.of(8), kept.size()]).toEqual([3, 0, 1]);
});
