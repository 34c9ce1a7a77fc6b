import { APIConnectionError, APIError } from "openai";
import { expect, test } from "vitest";
import { type FailureKind, verdict } from "../../src/models/failure.ts";
import { failureInside, failureOf } from "../../src/models/openrouter-errors.ts";

const answered = (status: number, message: string, metadata?: object, headers = {}) =>
  APIError.generate(
    status,
    { error: { code: status, message, metadata } },
    "",
    new Headers(headers),
  );

const limitSource = (limit_source: string, reason?: string) => ({ limit_source, reason });

test.each<[number, string, object | undefined, FailureKind]>([
  [400, "x/y is not a valid model ID", undefined, "retired"],
  [400, "Provider returned error", { error_type: "context_length_exceeded" }, "too_long"],
  [400, "Provider returned error", undefined, "bad_request"],
  [401, "User not found.", undefined, "key_invalid"],
  [402, "Insufficient credits", limitSource("openrouter_credits"), "credit_out"],
  [402, "Key limit", limitSource("openrouter_key_limit"), "credit_out"],
  [
    402,
    "In flight",
    limitSource("openrouter_in_flight_budget", "in_flight_budget_exhausted"),
    "credit_busy",
  ],
  [
    402,
    "In flight",
    limitSource("openrouter_in_flight_budget", "weight_exceeds_budget"),
    "credit_out",
  ],
  [403, "Flagged", { reasons: ["x"] }, "refused"],
  [404, "No endpoints found for x/y.", undefined, "retired"],
  [404, "No endpoints found matching your data policy", undefined, "no_provider"],
  [408, "Timeout", undefined, "unavailable"],
  [413, "Too large", undefined, "too_long"],
  [422, "Unprocessable", undefined, "bad_request"],
  [429, "Rate limited", undefined, "rate_limited"],
  [500, "Oops", undefined, "unavailable"],
  [524, "Timeout at the edge", undefined, "unavailable"],
  [529, "Overloaded", undefined, "unavailable"],
])("status %i %j %j is %s", (status, message, metadata, kind) => {
  expect(failureOf(answered(status, message, metadata))).toMatchObject({ kind, status });
});

test.each<[unknown, FailureKind]>([
  [{ code: 502, message: "Provider disconnected" }, "unavailable"],
  [{ code: "429", message: "Slow down" }, "rate_limited"],
  [{ code: "rate_limit_exceeded", message: "Slow down" }, "rate_limited"],
  [{ code: 403, message: "Flagged" }, "refused"],
  [{ code: 400, message: "", metadata: { error_type: "refusal" } }, "refused"],
  // An upstream's trouble with its own key, money or models says nothing of ours.
  [{ code: 401, message: "Invalid key" }, "unavailable"],
  [{ code: 402, message: "No money" }, "unavailable"],
  [{ code: 404, message: "No endpoints found for x" }, "unavailable"],
  [null, "unavailable"],
  ["broken", "unavailable"],
])("inside an answer that began well, %j is %s", (error, kind) => {
  expect(failureInside(error).kind).toBe(kind);
});

test("what is no answer of OpenRouter's is the network, or not readable", () => {
  expect(failureOf(new APIConnectionError({ message: "refused" })).kind).toBe("unreachable");
  expect(failureOf(new TypeError("terminated")).kind).toBe("unreachable");
  expect(failureOf(new SyntaxError("bad JSON")).kind).toBe("unreadable");
});

test("the wait that is asked for is read from the header or the body, in seconds or as a date", () => {
  const waitOf = (metadata: object | undefined, headers: object) =>
    failureOf(answered(429, "", metadata, headers)).retryAfterMs;
  expect(waitOf(undefined, { "retry-after": "2" })).toBe(2000);
  expect(waitOf({ retry_after_seconds: 1.5 }, {})).toBe(1500);
  expect(waitOf(undefined, { "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" })).toBe(0);
  expect(waitOf(undefined, {})).toBeUndefined();
});

test("only a bad key, used-up credit and the answer's own limit stop the chain", () => {
  const kinds: FailureKind[] = [
    "key_invalid",
    "credit_out",
    "answer_late",
    "retired",
    "stalled",
    "refused",
  ];
  const stopping = kinds.filter((kind) => verdict(kind).next === "stop");
  expect(stopping).toEqual(["key_invalid", "credit_out", "answer_late"]);
});
