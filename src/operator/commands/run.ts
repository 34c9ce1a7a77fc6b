/** The command line: which command is meant, and what its end means to the shell. */
import type { Config } from "../../config.ts";
import { ConfigError, ServiceError } from "../../errors.ts";
import { createLog } from "../../log.ts";
import { allowCommand } from "./allow.ts";
import { backupCommand } from "./backup.ts";
import { type Command, EXIT, type Terminal, UsageError } from "./command.ts";
import { extractCommand } from "./extract.ts";
import { migrateCommand } from "./migrate.ts";
import { restoreCommand } from "./restore.ts";
import { searchCommand } from "./search.ts";
import { type SetupDeps, setupCommand } from "./setup.ts";
import { type Start, startCommand } from "./start.ts";
import { statusCommand } from "./status.ts";

const STANDARD_ERROR = 2;

const COMMANDS: Record<string, Command> = {
  migrate: migrateCommand,
  allow: allowCommand,
  backup: backupCommand,
  restore: restoreCommand,
  search: searchCommand,
  extract: extractCommand,
  status: statusCommand,
};

export interface CommandLine {
  /** Settings are read only once a command is known to be meant. */
  settings(): { config: Config; environment: Record<string, string | undefined> };
  start: Start;
  setup: SetupDeps;
  migrations: string;
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream;
  /** For a command that cleans up after Ctrl-C; where nobody asks for it, that ends the process at once. */
  stopSignal(): AbortSignal;
}

/** Runs what was typed. @returns the exit code; `start` goes on after that */
export async function runCommandLine(argv: string[], line: CommandLine): Promise<number> {
  const [name, ...given] = argv;
  const commands: Record<string, Command> = {
    start: startCommand(line.start),
    setup: setupCommand(line.setup),
    ...COMMANDS,
  };
  if (name === undefined || ["help", "--help", "-h"].includes(name)) {
    line.stdout.write(overview(commands));
    return EXIT.done;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    line.stderr.write(`There is no command ${name}.\n\n${overview(commands)}`);
    return EXIT.usage;
  }
  if (asksForHelp(given)) {
    line.stdout.write(help(name, command));
    return EXIT.done;
  }
  try {
    return await command.run(given, () => terminalOf(line));
  } catch (error) {
    return explain(error, line.stderr, help(name, command));
  }
}

function asksForHelp(given: string[]): boolean {
  const options = given.includes("--") ? given.slice(0, given.indexOf("--")) : given;
  return options.includes("--help") || options.includes("-h");
}

function terminalOf(line: CommandLine): Terminal {
  const { config, environment } = line.settings();
  // What `info` tells is for those who follow a running Docent.
  const level = config.logLevel === "info" ? "warn" : config.logLevel;
  return {
    ...{ config, environment, log: createLog(level, STANDARD_ERROR) },
    migrations: line.migrations,
    stopSignal: line.stopSignal,
    say: (text) => line.stdout.write(`${text}\n`),
  };
}

/** @throws what is a bug of ours, for its stack to be seen */
function explain(error: unknown, stderr: CommandLine["stderr"], usage: string): number {
  const misuse = error instanceof UsageError ? error.message : sentenceOfParseArgs(error);
  if (misuse !== null) {
    stderr.write(`${misuse}\n\n${usage}`);
    return EXIT.usage;
  }
  if (error instanceof ConfigError || error instanceof ServiceError) {
    stderr.write(`${error.message}\n`);
  } else if (error instanceof Error && error.name === "AbortError") {
    stderr.write("Stopped.\n");
  } else {
    throw error;
  }
  return EXIT.failed;
}

/** Node adds advice about its own syntax behind the first sentence. */
function sentenceOfParseArgs(error: unknown): string | null {
  if (!(error instanceof Error && "code" in error)) return null;
  if (!String(error.code).startsWith("ERR_PARSE_ARGS")) return null;
  return `${error.message.split(". ")[0]?.replace(/\.$/, "")}.`;
}

function overview(commands: Record<string, Command>): string {
  const names = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(8)} ${summary}\n`,
  );
  return `Usage: npm run docent -- COMMAND

${names.join("")}
COMMAND --help tells more of each. Settings come from the environment and from .env; .env.example lists them all.
`;
}

function help(name: string, { usage, summary, options }: Command): string {
  const lines = options.map((option) => `  ${option}\n`).join("");
  const head = `Usage: npm run docent -- ${name} ${usage}`.trimEnd();
  return `${head}\n\n${name} ${summary}.\n${lines && `\n${lines}`}`;
}
