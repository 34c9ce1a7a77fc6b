import { APIError } from "openai";
import * as v from "valibot";
import { type FailureKind, ModelFailed } from "./failure.ts";

/** The fields we read of OpenRouter's errors, whole or inside a stream. */
const ErrorBody = v.object({
  code: v.fallback(v.nullish(v.union([v.number(), v.string()])), null),
  message: v.fallback(v.string(), ""),
  metadata: v.fallback(
    v.nullish(
      v.object({
        error_type: v.fallback(v.nullish(v.string()), null),
        limit_source: v.fallback(v.nullish(v.string()), null),
        reason: v.fallback(v.nullish(v.string()), null),
        retry_after_seconds: v.fallback(v.nullish(v.number()), null),
      }),
    ),
    null,
  ),
});

type ErrorBody = v.InferOutput<typeof ErrorBody>;

// A provider that means milliseconds, or nonsense, must not take a model out for years.
const RETRY_AFTER_MS_MAX = 60 * 60_000;
const PRIVACY = /data policy|privacy|zdr|guardrail/i;
const TOO_LONG = new Set([
  "context_length_exceeded",
  "max_tokens_exceeded",
  "token_limit_exceeded",
  "string_too_long",
  "payload_too_large",
]);
const REFUSED = new Set(["content_policy_violation", "refusal", "permission_denied"]);
const BAD_REQUEST = new Set(["invalid_request", "invalid_prompt", "unprocessable"]);

/** What an error of the openai client means: OpenRouter's own status, an error in a stream, or the network. */
export function failureOf(raw: unknown): ModelFailed {
  if (raw instanceof ModelFailed) return raw;
  if (raw instanceof SyntaxError) return new ModelFailed("unreadable");
  if (!(raw instanceof APIError)) return new ModelFailed("unreachable");
  const { status } = raw;
  if (status === undefined)
    return raw.error ? failureInside(raw.error) : new ModelFailed("unreachable");
  const body = parseBody(raw.error);
  return new ModelFailed(kindOfStatus(status, body), {
    status,
    retryAfterMs: retryAfterMs(raw.headers?.get("retry-after"), body),
  });
}

/**
 * An error inside an answer that began well (status 200). It is the upstream's: only OpenRouter's own status says
 * that our key is bad, our credit used up or a model gone.
 */
export function failureInside(error: unknown): ModelFailed {
  const body = parseBody(error);
  const code = Number(body.code);
  const status = Number.isInteger(code) && code >= 100 ? code : undefined;
  const kind = kindOfType(body) ?? (status === 429 ? "rate_limited" : null) ?? kindOfInside(status);
  return new ModelFailed(kind, { status, retryAfterMs: retryAfterMs(null, body) });
}

function kindOfInside(status: number | undefined): FailureKind {
  return status === 403 ? "refused" : "unavailable";
}

function kindOfStatus(status: number, body: ErrorBody): FailureKind {
  switch (status) {
    case 400:
      if (/not a valid model/i.test(body.message)) return "retired";
      return kindOfType(body) ?? "bad_request";
    case 401:
      return "key_invalid";
    case 402:
      return isCreditBusy(body) ? "credit_busy" : "credit_out";
    case 403:
      return "refused";
    case 404:
      return PRIVACY.test(body.message) ? "no_provider" : "retired";
    case 413:
      return "too_long";
    case 422:
      return kindOfType(body) ?? "bad_request";
    case 429:
      return "rate_limited";
    default:
      return "unavailable";
  }
}

function kindOfType(body: ErrorBody): FailureKind | null {
  const type = body.metadata?.error_type ?? String(body.code);
  if (TOO_LONG.has(type)) return "too_long";
  if (REFUSED.has(type)) return "refused";
  if (BAD_REQUEST.has(type)) return "bad_request";
  return type === "rate_limit_exceeded" ? "rate_limited" : null;
}

// Money that answers under way have reserved comes back; a request dearer than the whole budget never fits.
function isCreditBusy({ metadata }: ErrorBody): boolean {
  return (
    metadata?.limit_source === "openrouter_in_flight_budget" &&
    metadata.reason !== "weight_exceeds_budget"
  );
}

function retryAfterMs(header: string | null | undefined, body: ErrorBody): number | undefined {
  const seconds = Number(header || body.metadata?.retry_after_seconds || Number.NaN);
  const waitMs = Number.isNaN(seconds) ? Date.parse(header ?? "") - Date.now() : seconds * 1000;
  return Number.isNaN(waitMs) ? undefined : Math.min(RETRY_AFTER_MS_MAX, Math.max(0, waitMs));
}

function parseBody(error: unknown): ErrorBody {
  const parsed = v.safeParse(ErrorBody, error);
  return parsed.success ? parsed.output : { code: null, message: "", metadata: null };
}
