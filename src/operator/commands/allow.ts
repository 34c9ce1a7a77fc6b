import { parseArgs } from "node:util";
import { FolderInUse } from "../../db/embedded/folder.ts";
import { requireNewest } from "../../db/migrate.ts";
import { allow, allowNoMore } from "../../db/served.ts";
import { ConfigError } from "../../errors.ts";
import { type Command, EXIT, type Terminal, UsageError } from "./command.ts";
import { type Opened, openExisting } from "./database.ts";

/** What a workspace is called, by its platform. */
const WORKSPACES: Record<string, string> = { guild: "discord" };

export const allowCommand: Command = {
  usage: "guild ID [--no-longer]",
  summary: "has Docent serve one more Discord server",
  options: ["--no-longer  has it left alone again"],
  async run(given, terminal) {
    const { values, positionals } = parseArgs({
      args: given,
      allowPositionals: true,
      options: { "no-longer": { type: "boolean", default: false } },
    });
    const [kind = "", workspaceId = "", ...others] = positionals;
    const platform = Object.hasOwn(WORKSPACES, kind) ? WORKSPACES[kind] : undefined;
    if (platform === undefined || others.length > 0) throw new UsageError("Allow what? guild ID.");
    if (!/^\d{5,25}$/.test(workspaceId)) {
      throw new UsageError("A server's id is a number: right-click the server, Copy Server ID.");
    }
    const opened = terminal();
    await using database = await openIdle(opened);
    await requireNewest(database.pool, opened.migrations);
    const workspace = { platform, workspaceId };
    if (!values["no-longer"]) {
      await allow(database.pool, workspace);
      opened.say(`Server ${workspaceId} is served from now on, within a minute.`);
      return EXIT.done;
    }
    const listed = opened.config.served[platform] ?? [];
    if (await allowNoMore(database.pool, workspace, listed)) throw stillServed(workspaceId, listed);
    opened.say(`Server ${workspaceId} is left alone from now on, within a minute.`);
    return EXIT.done;
  },
};

function stillServed(id: string, listed: readonly string[]): ConfigError {
  return new ConfigError(
    listed.includes(id)
      ? `Server ${id} stands in DISCORD_GUILDS: take it away there, and start Docent again.`
      : `Server ${id} is the only one, and served as long as DISCORD_GUILDS names no other.`,
  );
}

async function openIdle(terminal: Terminal): Promise<Opened> {
  try {
    return await openExisting(terminal);
  } catch (cause) {
    if (!(cause instanceof FolderInUse)) throw cause;
    throw new ConfigError(
      "Docent is running on this database. Stop it and run this again, or put the server into DISCORD_GUILDS and " +
        "start it anew.",
      { cause },
    );
  }
}
