import { homedir } from "node:os";
import { parseArgs } from "node:util";
import { FolderInUse } from "../../db/embedded/folder.ts";
import { requireNewest } from "../../db/migrate.ts";
import { createEmbedder } from "../../embed/credentials.ts";
import { ConfigError } from "../../errors.ts";
import { depth } from "../../jobs/queue.ts";
import type { Status } from "../../surface.ts";
import { readAddress } from "../address.ts";
import { readStatus } from "../status.ts";
import { type Command, EXIT, type Terminal } from "./command.ts";
import { openExisting } from "./database.ts";
import { wrap } from "./wrap.ts";

const ASK_MS_MAX = 10_000;

export const statusCommand: Command = {
  usage: "[--json]",
  summary: "tells how Docent is, also while it runs",
  options: ["--json  prints what /api/status answers"],
  async run(given, terminal) {
    const { values } = parseArgs({ args: given, options: { json: { type: "boolean" } } });
    const opened = terminal();
    const status = await findStatus(opened);
    if (values.json) opened.say(JSON.stringify(status));
    else for (const line of describe(status)) opened.say(line);
    return EXIT.done;
  },
};

/** The process that has the embedded database is the only one that can look into it. */
async function findStatus(terminal: Terminal): Promise<Status> {
  try {
    return await lookInside(terminal);
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error;
    return await askRunning(terminal, error);
  }
}

async function lookInside(terminal: Terminal): Promise<Status> {
  const { config, environment, log, migrations } = terminal;
  await using database = await openExisting(terminal);
  const { pool: db, engine } = database;
  await requireNewest(db, migrations);
  const homeFolder = environment.HOME ?? homedir();
  const embedder = await createEmbedder({ ...config.embedding, env: environment, homeFolder, log });
  const { models, apiKey } = config.openrouter;
  const queue = { depth: () => depth(db) };
  return await readStatus({ db, queue, engine, embedder, models, keyGiven: apiKey !== null });
}

async function askRunning({ config, stopSignal }: Terminal, inUse: FolderInUse): Promise<Status> {
  const address = await readAddress(config.dataFolder);
  // A process that is starting has the folder before it has an address.
  if (address === null) throw inUse;
  const signal = stopSignal();
  try {
    const either = AbortSignal.any([signal, AbortSignal.timeout(ASK_MS_MAX)]);
    const { token } = config.web;
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    const response = await fetch(`${address}/api/status`, { headers, signal: either });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    return (await response.json()) as Status;
  } catch (cause) {
    signal.throwIfAborted();
    throw new ConfigError(
      `Docent runs, but does not answer at ${address}. Its log should say why; or stop it and ask again.`,
      { cause },
    );
  }
}

function describe(status: Status): string[] {
  const { engine, embedder, models, files, queue, version } = status;
  return [
    status.line,
    "",
    ...wrap(`version   ${version}, ${engine} database`),
    ...wrap(
      `files     ${files.searchable} searchable, ${files.reading} being read, ${files.failed} not readable, ` +
        `${files.withoutVectors} without vectors`,
    ),
    ...wrap(`jobs      ${queue.waiting} waiting, ${queue.running} running, ${queue.dead} given up`),
    ...wrap(`meaning   ${embedder.state}${embedder.note && `: ${embedder.note}`}`),
    ...alike(models).flatMap((line, at) => wrap(`${at === 0 ? "models" : "      "}    ${line}`)),
  ];
}

/** Models of the same state for the same reason share a line. */
function alike(models: Status["models"]): string[] {
  const states = Map.groupBy(models, ({ state, note }) => (note ? `${state} (${note})` : state));
  return [...states].map(([state, those]) => `${those.map(({ id }) => id).join(", ")}: ${state}`);
}
