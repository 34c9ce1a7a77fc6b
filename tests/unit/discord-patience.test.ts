import { RateLimitError } from "discord.js";
import { expect, test } from "vitest";
import { patiently } from "../../adapters/discord/show/patience.ts";
import { fastClock } from "../support/clock.ts";

const { signal } = new AbortController();

function limited(retryAfter: number): RateLimitError {
  const about = { global: false, method: "POST", url: "", route: "", majorParameter: "", hash: "" };
  const times = { limit: 5, timeToReset: retryAfter, retryAfter, sublimitTimeout: 0 };
  return new RateLimitError({ ...about, ...times, scope: "user" });
}

/** Fails with these, one after the other. */
function failing(...errors: Error[]) {
  return async () => {
    const error = errors.shift();
    if (error) throw error;
    return "done";
  };
}

test("Discord's limits are waited for as long as Discord says", async () => {
  const clock = fastClock();
  const call = failing(limited(20_000), limited(30_000));
  expect(await patiently(clock, call, signal)).toBe("done");
  expect(clock.sleptMs).toEqual([20_000, 30_000]);
});

test.each([
  ["a limit that lasts too long", [limited(61_000)]],
  ["one that does not end", Array.from({ length: 6 }, () => limited(1))],
  ["any other failure", [new Error("gone")]],
])("%s is not waited for", async (_what, errors) => {
  const [first] = errors;
  await expect(patiently(fastClock(), failing(...errors), signal)).rejects.toBeInstanceOf(
    first?.constructor,
  );
});
