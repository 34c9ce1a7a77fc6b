import {
  type Logger,
  LogLevel,
  type WebAPICallResult,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
  type WebClientOptions,
} from "@slack/web-api";
import { ConfigError, ServiceError } from "../../src/errors.ts";
import type { Log } from "../../src/log.ts";
import type { Clock } from "../shared/clock.ts";
import { createTurns, isPaced, type Turn, type Turns } from "./turns.ts";

const TIMEOUT_MS = 15_000;
const READ_RETRIES = { retries: 2, minTimeout: 200, maxTimeout: 1_000 };
const NO_RETRIES = { retries: 0 };

/** Error codes that only the operator can do something about, with what to do. */
const OPERATOR: Record<string, string> = {
  invalid_auth: "Slack refuses the token: check SLACK_BOT_TOKEN and SLACK_APP_TOKEN.",
  not_authed: "Slack got no token: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN.",
  account_inactive: "The Slack token belongs to an app that was removed: install it again.",
  token_revoked: "The Slack token was revoked: install the app again.",
  token_expired: "The Slack token has expired: turn off token rotation and install the app again.",
  not_allowed_token_type:
    "SLACK_BOT_TOKEN must be the bot token (xoxb-…), SLACK_APP_TOKEN the app-level token (xapp-…).",
  missing_scope: "The Slack app lacks a scope: update it from manifest.yml and install it again.",
};

/** Failures of Slack itself, which pass. */
const PASSING = new Set([
  "fatal_error",
  "internal_error",
  "ratelimited",
  "request_timeout",
  "service_unavailable",
]);

export interface Identity {
  teamId: string;
  botUserId: string;
  botId: string | null;
  /** Such as https://acme.slack.com/ */
  workspaceUrl: string;
}

export interface Slack {
  /** Tries again by itself: for what may be done twice. */
  read: WebClient;
  /** As `read`, for work that nobody waits for: what somebody waits for goes first. */
  background: WebClient;
  /** Tries once: a message whose answer was lost may well have been posted. */
  write: WebClient;
  botToken: string;
  /** For what Slack counts. */
  turns: Turns;
  log: Log;
  /** Who the bot is. Asked once; a failure is not remembered. */
  identity(): Promise<Identity>;
}

export interface ClientOptions {
  botToken: string;
  /** Where the Web API is; Slack's own by default. */
  apiUrl: string | undefined;
  clock?: Clock | undefined;
  /** Ends the waiting of all calls for their turns. */
  closing?: AbortSignal | undefined;
  log: Log;
}

export function createClient({ botToken, apiUrl, clock, closing, log }: ClientOptions): Slack {
  const turns = createTurns(clock);
  const reading = webOptions({ apiUrl, log }, READ_RETRIES);
  const writing = webOptions({ apiUrl, log }, NO_RETRIES);
  const pacing = { turns, signal: closing };
  const read = new PacedClient(botToken, reading, pacing);
  const background = new PacedClient(botToken, reading, { ...pacing, background: true });
  const write = new PacedClient(botToken, writing, pacing);
  let known: Identity | null = null;
  const identity = async () => {
    known ??= await whoAmI(read);
    return known;
  };
  return { read, background, write, botToken, turns, log, identity };
}

interface Pacing extends Omit<Turn, "method"> {
  turns: Turns;
}

/** Each call waits for its turn, where its method has any. */
class PacedClient extends WebClient {
  readonly #pacing: Pacing;

  constructor(botToken: string, options: WebClientOptions, pacing: Pacing) {
    super(botToken, options);
    this.#pacing = pacing;
  }

  override async apiCall(
    method: string,
    options?: Record<string, unknown>,
  ): Promise<WebAPICallResult> {
    const call = () => super.apiCall(method, options);
    const { turns, ...turn } = this.#pacing;
    return isPaced(method) ? await turns.take({ ...turn, method }, call) : await call();
  }
}

/** Slack's own defaults wait without end, and stop all calls for one that was limited. */
export function webOptions(
  { apiUrl, log }: Pick<ClientOptions, "apiUrl" | "log">,
  retryConfig: NonNullable<WebClientOptions["retryConfig"]> = NO_RETRIES,
): WebClientOptions {
  return {
    ...(apiUrl !== undefined && { slackApiUrl: apiUrl }),
    timeout: TIMEOUT_MS,
    retryConfig,
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logger: quiet(log),
  };
}

async function whoAmI(client: WebClient): Promise<Identity> {
  const { team_id, user_id, bot_id, url } = await client.auth.test();
  if (!(team_id && user_id && url)) throw new ServiceError("slack", "auth.test gave no identity");
  return { teamId: team_id, botUserId: user_id, botId: bot_id ?? null, workspaceUrl: url };
}

/** Slack's own word for what went wrong; undefined for anything but an answer of Slack's. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof WebAPIPlatformError ? error.data.error : undefined;
}

/** The same failure as one of our own errors. What isn't Slack's is returned as it is. */
export function failure(error: unknown): unknown {
  if (error instanceof WebAPIRateLimitedError) {
    const retryAfterMs = error.retryAfter * 1_000;
    return new ServiceError("slack", "Slack asks to slow down", { status: 429, retryAfterMs });
  }
  if (error instanceof WebAPIPlatformError) return platformFailure(error);
  if (error instanceof WebAPIHTTPError) {
    const status = error.statusCode;
    return new ServiceError("slack", `Slack answered ${status}`, {
      status,
      retryable: status >= 500,
    });
  }
  if (error instanceof WebAPIRequestError) {
    return new ServiceError("slack", "Slack did not answer", { cause: error.original });
  }
  return error;
}

function platformFailure(error: WebAPIPlatformError): Error {
  const code = error.data.error;
  const advice = OPERATOR[code];
  if (advice) return new ConfigError(advice, { cause: error });
  // An answer that is not JSON is put here whole.
  const word = /^\w{1,80}$/.test(code) ? code : "something that is no answer";
  const retryable = PASSING.has(code) || word !== code;
  return new ServiceError("slack", `Slack said ${word}`, { retryable });
}

/**
 * Slack's libraries log whole messages at debug, and URLs that hold a ticket: only their warnings and errors
 * are let through, without what looks like a secret.
 */
export function quiet(log: Log): Logger {
  const silent = () => undefined;
  return {
    debug: silent,
    info: silent,
    warn: (...parts: unknown[]) => log.warn(sayable(parts)),
    error: (...parts: unknown[]) => log.warn(sayable(parts)),
    setLevel: silent,
    getLevel: () => LogLevel.WARN,
    setName: silent,
  };
}

function sayable(parts: unknown[]): string {
  const words = parts.map((part) => (part instanceof Error ? part.message : String(part)));
  return `slack: ${withoutSecrets(words.join(" "))}`;
}

/** What went wrong in a few words, fit for the log. */
export function reasonOf(error: unknown): string {
  const known = failure(error);
  return known instanceof Error ? withoutSecrets(`${known.name}: ${known.message}`) : "unknown";
}

function withoutSecrets(text: string): string {
  return text
    .replaceAll(/\bx(?:ox|app)[\w-]+/g, "[hidden]")
    .replaceAll(/\bwss?:\/\/\S+/g, "[hidden]")
    .slice(0, 500);
}
