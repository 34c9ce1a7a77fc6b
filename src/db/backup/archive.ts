/** The embedded engine's files, packed into one: a tar, compressed by Zstandard. */
import { createWriteStream } from "node:fs";
import { access, chmod, mkdir, readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdCompress } from "node:zlib";
import { create, extract } from "tar";
import { ConfigError } from "../../errors.ts";
import { majorOf, POSTGRES_MAJOR } from "../embedded/folder.ts";
import { makeWhole } from "./whole.ts";

/** Tells which Postgres it is of. */
const FIRST = "PG_VERSION";
/** The engine starts from it: with this one there, nothing was cut off. */
const LAST = "global/pg_control";

/** Packs the folder of an engine that does not run. */
export function writeArchive(
  engineFolder: string,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  return makeWhole(file, async (unfinished) => {
    const names = (await namesBelow(engineFolder)).filter((name) => name !== LAST);
    const options = { cwd: engineFolder, portable: true, noDirRecurse: true };
    const tar = Readable.from(create(options, [FIRST, ...names, LAST]));
    await pipeline(tar, createZstdCompress(), createWriteStream(unfinished), { signal });
  });
}

/** Folders too: an engine misses those that are empty. */
async function namesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, "/"))
    .filter((name) => name !== FIRST);
}

/**
 * Unpacks into a new folder what {@link writeArchive} made.
 * @throws {ConfigError} where the file is no such backup, is damaged, or is of another Postgres
 */
export async function readArchive(file: string, engineFolder: string): Promise<void> {
  await mkdir(engineFolder, { mode: 0o700 });
  try {
    await unpack(file, engineFolder);
    await access(join(engineFolder, LAST));
  } catch (cause) {
    throw new ConfigError(`${file} is no whole backup of an embedded Docent. Name another file.`, {
      cause,
    });
  }
  const major = await majorOf(engineFolder);
  if (major !== POSTGRES_MAJOR) throw ofAnother(file, major);
}

async function unpack(file: string, folder: string): Promise<void> {
  await extract({
    file,
    cwd: folder,
    // Makes an error of what would be a mere warning, such as a file that was cut off.
    strict: true,
    filter: (_path, entry) => "type" in entry && ["File", "Directory"].includes(entry.type),
  });
  await chmod(folder, 0o700);
}

function ofAnother(file: string, major: string | null): ConfigError {
  return new ConfigError(
    `${file} is a backup of an embedded Postgres ${major}; this Docent brings Postgres ${POSTGRES_MAJOR}. ` +
      "Restore it with the Docent that made it.",
  );
}
