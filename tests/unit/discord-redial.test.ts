import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { backoffMs, createRedial } from "../../adapters/discord/receive/redial.ts";

const HOUR_MS = 3_600_000;

/** Is it this shard's turn by now? */
async function isDue(redial: ReturnType<typeof createRedial>, shardId = 0): Promise<boolean> {
  const turn = redial.turn(shardId).then(() => true);
  return await Promise.race([turn, setImmediate(false)]);
}

describe("a lost connection", () => {
  test("is made again at once the first time, and later once nothing helps", async () => {
    const redial = createRedial(new AbortController().signal, HOUR_MS);
    redial.ready(0);
    redial.lost(0);
    expect(await isDue(redial)).toBe(true);
    redial.lost(0);
    expect(await isDue(redial)).toBe(false);
    expect(await isDue(redial, 1)).toBe(true);
  });

  test("that was made and is lost again within seconds was no success", async () => {
    const redial = createRedial(new AbortController().signal, HOUR_MS);
    redial.lost(0);
    redial.ready(0);
    redial.lost(0);
    expect(await isDue(redial)).toBe(false);
  });

  test("is not made any more after the end", async () => {
    const ending = new AbortController();
    const redial = createRedial(ending.signal, HOUR_MS);
    redial.lost(0);
    ending.abort();
    expect(await isDue(redial)).toBe(false);
  });

  test("takes longer each time, but not for ever", () => {
    const waits = [1, 2, 3, 4, 20].map((failures) => backoffMs(failures));
    expect(waits[0]).toBeLessThanOrEqual(1_000);
    expect(waits[3]).toBeGreaterThanOrEqual(4_000);
    expect(waits[4]).toBeLessThanOrEqual(120_000);
  });
});
