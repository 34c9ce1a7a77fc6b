import {
  type APIApplication,
  type APIUser,
  DiscordAPIError,
  HTTPError,
  RateLimitError,
  REST,
  RESTJSONErrorCodes,
  Routes,
} from "discord.js";
import { ConfigError, ServiceError } from "../../src/errors.ts";
import type { Log } from "../../src/log.ts";

const TIMEOUT_MS = 15_000;
const RETRIES = 2;
/** A longer wait goes back to the queue: whoever waits here holds a worker. */
const LIMIT_WAIT_MS_MAX = 10_000;

const REFUSED =
  "Discord refuses the token: check DISCORD_TOKEN (Bot page of the Developer Portal).";

export interface Identity {
  applicationId: string;
  botUserId: string;
}

/** Discord's REST API, which works in any process. */
export interface Discord {
  /**
   * Tries again by itself when Discord fails; what posts carries a nonce, so that nothing is posted twice. Each
   * bucket of Discord's limits has a queue of its own.
   */
  rest: REST;
  token: string;
  log: Log;
  /** Who the bot is. Asked once; a failure is not remembered. */
  identity(): Promise<Identity>;
}

export interface ClientOptions {
  token: string;
  /** Where the REST API is, without its version; Discord's own by default. */
  apiUrl?: string | null | undefined;
  log: Log;
}

export function createClient({ token, apiUrl, log }: ClientOptions): Discord {
  const rest = new REST(restOptions(apiUrl)).setToken(token);
  let known: Identity | null = null;
  const identity = async () => {
    known ??= await whoAmI(rest);
    return known;
  };
  return { rest, token, log, identity };
}

export function restOptions(apiUrl: string | null | undefined) {
  return {
    version: "10",
    timeout: TIMEOUT_MS,
    retries: RETRIES,
    // A limit that says no time would be tried again without a pause.
    rejectOnRateLimit: ({ retryAfter }: { retryAfter: number }) =>
      retryAfter <= 0 || retryAfter > LIMIT_WAIT_MS_MAX,
    ...(apiUrl && { api: apiUrl }),
  };
}

async function whoAmI(rest: REST): Promise<Identity> {
  try {
    const [user, application] = await Promise.all([
      rest.get(Routes.user()) as Promise<APIUser>,
      rest.get(Routes.currentApplication()) as Promise<APIApplication>,
    ]);
    return { applicationId: application.id, botUserId: user.id };
  } catch (error) {
    throw failure(error);
  }
}

/** Discord's own number for what went wrong; undefined for anything but an answer of Discord's. */
export function errorCode(error: unknown): number | undefined {
  return error instanceof DiscordAPIError ? Number(error.code) : undefined;
}

/** What was asked for is gone, or was never ours to see. */
const GONE = new Set<number>([
  RESTJSONErrorCodes.UnknownChannel,
  RESTJSONErrorCodes.UnknownGuild,
  RESTJSONErrorCodes.UnknownMember,
  RESTJSONErrorCodes.UnknownMessage,
  RESTJSONErrorCodes.UnknownUser,
  RESTJSONErrorCodes.MissingAccess,
]);

export function isGone(error: unknown): boolean {
  const code = errorCode(error);
  return code !== undefined && GONE.has(code);
}

/** The same failure as one of our own errors. What isn't Discord's is returned as it is. */
export function failure(error: unknown): unknown {
  if (error instanceof RateLimitError) {
    const retryAfterMs = error.retryAfter;
    return new ServiceError("discord", "Discord asks to slow down", { status: 429, retryAfterMs });
  }
  if (error instanceof DiscordAPIError) return platformFailure(error);
  if (error instanceof HTTPError) {
    const { status } = error;
    const retryable = status >= 500;
    return new ServiceError("discord", `Discord answered ${status}`, { status, retryable });
  }
  // After one refusal, discord.js sends no request with that token any more.
  if (error instanceof Error && error.message.startsWith("Expected token to be set")) {
    return new ConfigError(REFUSED);
  }
  if (isConnectionTrouble(error)) {
    return new ServiceError("discord", "Discord did not answer", { cause: error });
  }
  return error;
}

function platformFailure({ status, code }: DiscordAPIError): Error {
  // The error itself holds the URL and the body of the request: neither may be shown.
  if (status === 401) return new ConfigError(REFUSED);
  const retryable = status >= 500 || status === 429;
  return new ServiceError("discord", `Discord said ${code}`, { status, retryable });
}

/** undici's errors and the timeout of discord.js come with codes and names of their own. */
function isConnectionTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "AbortError" || error.name === "TypeError" || "code" in error;
}

/** What went wrong in a few words, fit for the log. */
export function reasonOf(error: unknown): string {
  const known = failure(error);
  if (known instanceof ServiceError || known instanceof ConfigError) {
    return `${known.name}: ${known.message}`;
  }
  return known instanceof Error ? known.name : "unknown";
}
