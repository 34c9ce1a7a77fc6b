import { parseArgs } from "node:util";
import { type Config, misspelt } from "../../config.ts";
import { ConfigError } from "../../errors.ts";
import { createLog, type Log } from "../../log.ts";
import { type Command, EXIT } from "./command.ts";

export interface Docent {
  address: string;
  /** Finishes what is under way, within the grace, and closes everything in reverse. */
  close(): Promise<void>;
}

export type Start = (
  config: Config,
  log: Log,
  environment: Record<string, string | undefined>,
) => Promise<Docent>;

export function startCommand(start: Start): Command {
  return {
    usage: "",
    summary: "starts Docent, as npm start does",
    options: [],
    async run(given, terminal) {
      parseArgs({ args: given });
      const { config, environment } = terminal();
      const log = createLog(config.logLevel);
      for (const { name, meant } of misspelt(environment)) {
        log.warn(`${name} is no setting and is not read; is ${meant} meant?`);
      }
      try {
        const docent = await start(config, log, environment);
        process.stdout.write(`\nDocent is ready: ${docent.address}\n\n`);
        stopOnSignals(docent, log);
      } catch (error) {
        // What was opened before a mistake was seen must not keep the process alive.
        if (error instanceof ConfigError) setImmediate(() => process.exit());
        throw error;
      }
      return EXIT.done;
    },
  };
}

function stopOnSignals(docent: Docent, log: Log): void {
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, "stopping: running answers may finish");
    docent.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, "could not stop cleanly");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}
