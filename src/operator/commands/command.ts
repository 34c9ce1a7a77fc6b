import type { Config } from "../../config.ts";
import type { Log } from "../../log.ts";

/** What the shell learns. */
export const EXIT = { done: 0, failed: 1, usage: 2, unreadable: 3 } as const;

/** What a command is run with. */
export interface Terminal {
  config: Config;
  environment: Record<string, string | undefined>;
  /** On standard error, so that the output is the result alone. */
  log: Log;
  /** The folder of the migrations. */
  migrations: string;
  /** Writes one line of the result. */
  say(line: string): void;
  /** Once asked for, Ctrl-C aborts it in place of ending the process. */
  stopSignal(): AbortSignal;
}

export interface Command {
  /** What comes after the name: `FILE [--force]`. */
  usage: string;
  /** One line. */
  summary: string;
  /** Its options, a line each; empty where there are none. */
  options: string[];
  /**
   * @param given what comes after the name, as node:util's parseArgs takes it
   * @returns the exit code
   * @throws {UsageError} and what parseArgs throws
   */
  run(given: string[], terminal: () => Terminal): Promise<number>;
}

/** What was typed can't be meant; the message is one sentence. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The one argument that a command takes. */
export function onlyArgument(given: string[], what: string): string {
  const [first, second] = given;
  if (first && second === undefined) return first;
  throw new UsageError(first ? `One ${what} only, please.` : `Which ${what}?`);
}
