import { type Logger, pino } from "pino";

export type Log = Logger;

// Keys that may hold a secret or people's words, wherever an object with them is logged.
const REDACTED = ["token", "apiKey", "authorization", "password", "secret", "text", "question"];

// A chain of causes longer than this is a loop.
const CAUSES_MAX = 5;

/**
 * Structured lines on standard output.
 * @param level pino's: trace, debug, info, warn, error, fatal or silent
 * @param output where to instead: 2 is standard error
 */
export function createLog(level: string, output = 1): Log {
  const options = {
    level,
    base: null,
    serializers: { err: (error: unknown) => describeError(error, CAUSES_MAX) },
    redact: { paths: REDACTED.flatMap((key) => [key, `*.${key}`]), censor: "[hidden]" },
  };
  return pino(options, pino.destination(output));
}

/**
 * Only what helps and holds nobody's words: errors of the database and of HTTP clients carry rows,
 * requests and headers in other properties.
 */
export function describeError(error: unknown, causesMax: number): unknown {
  if (!(error instanceof Error)) return typeof error;
  const { name, message, stack, cause } = error;
  const code = "code" in error ? error.code : undefined;
  const status = "status" in error ? error.status : undefined;
  const below = cause && causesMax > 0 ? describeError(cause, causesMax - 1) : undefined;
  return { name, message, code, status, stack, cause: below };
}
