import { resolve } from "node:path";
import { hasDatabase } from "../../db/embedded/folder.ts";
import { type Database, openDatabase } from "../../db/pool.ts";
import { ConfigError } from "../../errors.ts";
import type { Terminal } from "./command.ts";

/** Inside the data folder: what the embedded engine has to itself. */
export function engineFolder(dataFolder: string): string {
  return resolve(dataFolder, "postgres");
}

/** Inside the data folder: nightly dumps, and what a restore replaced. */
export function dumpsFolder(dataFolder: string): string {
  return resolve(dataFolder, "dumps");
}

/** A database that a command has for a moment: `return await`, or it closes before its last query. */
export type Opened = Database & AsyncDisposable;

/** Opens the configured database, or makes an embedded one. @throws {FolderInUse} while Docent runs on it */
export async function openOrMake({ config, log }: Terminal): Promise<Opened> {
  const database = await openDatabase({
    databaseUrl: config.databaseUrl,
    dataFolder: engineFolder(config.dataFolder),
    log,
    // Every query that is under way fails with it, and so does the command.
    onFatal: () => undefined,
    poolMax: 2,
  });
  return { ...database, [Symbol.asyncDispose]: () => database.close() };
}

/** As {@link openOrMake}, and makes none: who asks about a database has one. */
export async function openExisting(terminal: Terminal): Promise<Opened> {
  const { databaseUrl, dataFolder } = terminal.config;
  if (databaseUrl === null && !(await hasDatabase(engineFolder(dataFolder)))) {
    throw new ConfigError(
      `There is no Docent in ${resolve(dataFolder)} yet. Start it first (npm start), or check DATA_DIR.`,
    );
  }
  return openOrMake(terminal);
}
