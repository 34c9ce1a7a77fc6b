/** Slack's requests to an app in HTTP mode: signed, with three seconds to answer, and retried when told. */
import { createHmac } from "node:crypto";

const TIMEOUT_MS = 3_000;

/** Where Docent listens. */
export interface HttpAddress {
  /** Such as http://127.0.0.1:3000/slack/events */
  url: string;
  signingSecret: string;
  /** How often an event that failed is sent again at once; Slack does so three times. Default 0. */
  retries?: number;
  /** Slack's own three seconds where it is left out. */
  timeoutMs?: number;
}

/** What a test may forge. */
export interface Forgery {
  /** Seconds since 1970, as signed. */
  timestampS?: number;
  signature?: string;
  headers?: Record<string, string>;
}

export interface HttpRequest {
  type: "events_api" | "interactive" | "slash_commands" | "url_verification";
  payload: object;
  retryNum?: number;
  retryReason?: string;
}

export interface HttpAnswer {
  /** 0: it did not answer in time, or at all. */
  status: number;
  body: string;
  /** How long it took. */
  tookMs: number;
  /** It asked not to be sent this again. */
  noRetry: boolean;
  /** As X-Slack-Retry-Reason would have it; null when it was well. */
  failure: "http_timeout" | "connection_failed" | "http_error" | null;
}

export async function sendHttp(
  address: HttpAddress,
  request: HttpRequest,
  forgery: Forgery = {},
): Promise<HttpAnswer> {
  const { contentType, body } = written(request);
  const { timestampS = Math.floor(Date.now() / 1_000) } = forgery;
  const signature = forgery.signature ?? sign(address.signingSecret, timestampS, body);
  const { retryNum, retryReason = "http_error" } = request;
  const retry = retryNum ? { "x-slack-retry-num": `${retryNum}` } : {};
  const headers = {
    "content-type": contentType,
    "x-slack-request-timestamp": `${timestampS}`,
    "x-slack-signature": signature,
    ...(retryNum && { ...retry, "x-slack-retry-reason": retryReason }),
    ...forgery.headers,
  };
  return await timed(address, { headers, body });
}

async function timed(
  { url, timeoutMs = TIMEOUT_MS }: HttpAddress,
  { headers, body }: { headers: Record<string, string>; body: string },
): Promise<HttpAnswer> {
  const startedMs = performance.now();
  const took = () => performance.now() - startedMs;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { method: "POST", headers, body, signal });
    const text = await response.text();
    const noRetry = response.headers.get("x-slack-no-retry") === "1";
    const failure = response.ok ? null : "http_error";
    return { status: response.status, body: text, tookMs: took(), noRetry, failure };
  } catch {
    const failure = signal.aborted ? "http_timeout" : "connection_failed";
    return { status: 0, body: "", tookMs: took(), noRetry: false, failure };
  }
}

/** v0= and the HMAC of timestamp and raw body, in hex. */
export function sign(secret: string, timestampS: number, body: string): string {
  const hmac = createHmac("sha256", secret).update(`v0:${timestampS}:${body}`);
  return `v0=${hmac.digest("hex")}`;
}

const FORM = "application/x-www-form-urlencoded";

/** Events are JSON, presses a form with one field of JSON, commands a form. */
function written({ type, payload }: HttpRequest): { contentType: string; body: string } {
  if (type === "interactive") {
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    return { contentType: FORM, body };
  }
  if (type === "slash_commands") {
    const body = new URLSearchParams(payload as Record<string, string>).toString();
    return { contentType: FORM, body };
  }
  return { contentType: "application/json", body: JSON.stringify(payload) };
}
