import { expect, test } from "vitest";
import { createTries } from "../../adapters/web/tries.ts";

test("after too many wrong tries a source waits until the window is over, others do not", () => {
  let nowMs = 1_000;
  const tries = createTries(2, 60_000, () => nowMs);
  tries.failed("here");
  expect(tries.waitMs("here")).toBe(0);
  nowMs += 10_000;
  tries.failed("here");
  expect([tries.waitMs("here"), tries.waitMs("there")]).toEqual([50_000, 0]);
  nowMs += 50_000;
  expect(tries.waitMs("here")).toBe(0);
  tries.failed("here");
  expect(tries.waitMs("here")).toBe(0);
});
