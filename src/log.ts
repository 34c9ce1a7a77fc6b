import { type Logger, pino } from "pino";

export type Log = Logger;

// Keys that may hold a secret or people's words, wherever an object with them is logged.
const REDACTED = ["token", "apiKey", "authorization", "password", "secret", "text", "question"];

/**
 * Structured lines on standard output.
 * @param level pino's: trace, debug, info, warn, error, fatal or silent
 */
export function createLog(level: string): Log {
  return pino({
    level,
    base: null,
    redact: { paths: REDACTED.flatMap((key) => [key, `*.${key}`]), censor: "[hidden]" },
  });
}
