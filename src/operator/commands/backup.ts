import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { backUpEmbedded } from "../../db/backup/embedded.ts";
import { backUpPostgres } from "../../db/backup/postgres.ts";
import { FolderInUse } from "../../db/embedded/folder.ts";
import { ConfigError } from "../../errors.ts";
import { type Command, EXIT, onlyArgument } from "./command.ts";
import { dumpsFolder, engineFolder } from "./database.ts";

const MB = 1_000_000;

export const backupCommand: Command = {
  usage: "FILE",
  summary: "writes the whole database into one file",
  options: [],
  async run(given, terminal) {
    const { positionals } = parseArgs({ args: given, allowPositionals: true });
    const file = resolve(onlyArgument(positionals, "file"));
    const { config, environment, stopSignal, say } = terminal();
    const signal = stopSignal();
    const { databaseUrl, dataFolder } = config;
    if (databaseUrl) await backUpPostgres({ databaseUrl, environment, signal }, file);
    else await backUpFolder(dataFolder, file, signal);
    say(`The backup is in ${file} (${((await stat(file)).size / MB).toFixed(1)} MB).`);
    return EXIT.done;
  },
};

async function backUpFolder(dataFolder: string, file: string, signal: AbortSignal): Promise<void> {
  try {
    await backUpEmbedded(engineFolder(dataFolder), file, signal);
  } catch (cause) {
    if (!(cause instanceof FolderInUse)) throw cause;
    throw new ConfigError(
      `Docent is running on this database. Stop it first, or use the newest dump of ${dumpsFolder(dataFolder)}, which ` +
        "it writes every night.",
      { cause },
    );
  }
}
