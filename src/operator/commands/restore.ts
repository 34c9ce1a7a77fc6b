import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { restoreEmbedded } from "../../db/backup/embedded.ts";
import { restorePostgres } from "../../db/backup/postgres.ts";
import { type Command, EXIT, onlyArgument, type Terminal } from "./command.ts";
import { dumpsFolder, engineFolder, openOrMake } from "./database.ts";
import { bringToNewest } from "./migrate.ts";

export const restoreCommand: Command = {
  usage: "FILE [--force]",
  summary: "puts a backup or a nightly dump in the place of the database",
  options: ["--force  also where there is a database already; that one is kept aside"],
  async run(given, terminal) {
    const { values, positionals } = parseArgs({
      args: given,
      allowPositionals: true,
      options: { force: { type: "boolean" } },
    });
    const file = resolve(onlyArgument(positionals, "file"));
    const opened = terminal();
    const aside = await restore(opened, file, values.force ?? false);
    if (aside) opened.say(`What was there before is kept in ${aside}.`);
    opened.say(`Restored from ${file}: ${await summary(opened)}.`);
    return EXIT.done;
  },
};

async function restore(terminal: Terminal, file: string, force: boolean): Promise<string | null> {
  const { config, environment } = terminal;
  const { databaseUrl, dataFolder } = config;
  if (databaseUrl === null) return restoreEmbedded(engineFolder(dataFolder), file, force);
  await using database = await openOrMake(terminal);
  const asideFolder = dumpsFolder(dataFolder);
  const signal = terminal.stopSignal();
  const tools = { databaseUrl, environment, signal, db: database.pool, asideFolder, force };
  return await restorePostgres(tools, file);
}

/** Opens it as a start would, which an older backup may need, and looks inside. */
async function summary(terminal: Terminal): Promise<string> {
  await using database = await openOrMake(terminal);
  await bringToNewest(database, terminal);
  const { rows } = await database.pool.query<{ files: number }>(
    `select count(*)::int as files
       from share s join content c on c.workspace_id = s.workspace_id and c.id = s.content_id
      where c.state = 'searchable'`,
  );
  const files = rows[0]?.files ?? 0;
  return files === 1 ? "1 file is searchable" : `${files} files are searchable`;
}
