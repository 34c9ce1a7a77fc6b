import { parseArgs } from "node:util";
import type { Pool } from "pg";
import { migrate, schemaVersion } from "../../db/migrate.ts";
import type { Database } from "../../db/pool.ts";
import { openQueue } from "../../jobs/queue.ts";
import { type Command, EXIT, type Terminal } from "./command.ts";
import { openOrMake } from "./database.ts";

interface Versions {
  schema: number;
  /** The queue's tables are pg-boss's own, with numbers of their own. */
  queue: number;
}

export const migrateCommand: Command = {
  usage: "[--json]",
  summary: "brings the database to the newest version",
  options: ["--json  prints the versions as JSON"],
  async run(given, terminal) {
    const { values } = parseArgs({ args: given, options: { json: { type: "boolean" } } });
    const opened = terminal();
    await using database = await openOrMake(opened);
    const from = await versions(database.pool);
    const to = await bringToNewest(database, opened);
    opened.say(values.json ? JSON.stringify({ from, to }) : sentence(from, to));
    return EXIT.done;
  },
};

/** Everything that `start` would do to the tables. */
export async function bringToNewest(
  { pool, engine }: Database,
  { migrations, log }: Terminal,
): Promise<Versions> {
  await migrate(pool, migrations);
  const queue = await openQueue({ db: pool, engine, log });
  await queue.close();
  return versions(pool);
}

async function versions(db: Pool): Promise<Versions> {
  const schema = await schemaVersion(db);
  const found = await db.query<{ queue: boolean }>(
    "select to_regclass('queue.version') is not null as queue",
  );
  if (!found.rows[0]?.queue) return { schema, queue: 0 };
  const { rows } = await db.query<{ version: number }>("select version from queue.version");
  return { schema, queue: rows[0]?.version ?? 0 };
}

function sentence(from: Versions, to: Versions): string {
  const now = `schema ${to.schema}, queue ${to.queue}`;
  const same = from.schema === to.schema && from.queue === to.queue;
  if (same) return `The database is at the newest version already: ${now}.`;
  if (from.schema === 0) return `The database was empty and is at the newest version now: ${now}.`;
  return `The database went from schema ${from.schema}, queue ${from.queue} to ${now}.`;
}
