import { randomUUID } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { ConfigError } from "../../errors.ts";
import { claimAnyFolder, claimFolder, hasDatabase } from "../embedded/folder.ts";
import { removeUnfinished } from "../embedded/make.ts";
import { readArchive, writeArchive } from "./archive.ts";
import { kindOfBackup } from "./kind.ts";
import { timeName } from "./names.ts";

/** @throws {ConfigError} where there is no database yet, or another Docent runs on it */
export async function backUpEmbedded(
  dataFolder: string,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  if (!(await hasDatabase(dataFolder))) {
    throw new ConfigError(`There is nothing to back up: ${dataFolder} holds no database yet.`);
  }
  const claim = await claimFolder(dataFolder);
  await writeArchive(claim.engineFolder, file, signal).finally(claim.release);
}

/**
 * Puts a backup in the place of the database, whole or not at all.
 * @param force also where there is a database already, which is kept under another name
 * @returns that name, or null where there was none
 */
export async function restoreEmbedded(
  dataFolder: string,
  file: string,
  force: boolean,
): Promise<string | null> {
  if ((await kindOfBackup(file)) === "postgres") {
    throw new ConfigError(
      `${file} is a backup of a Postgres. Set DATABASE_URL to the one to restore it to.`,
    );
  }
  const { engineFolder, isNew, release } = await claimAnyFolder(dataFolder);
  const unpacked = `${engineFolder}-unfinished-${randomUUID()}`;
  try {
    if (!isNew && !force) throw wouldReplace(engineFolder);
    await removeUnfinished(engineFolder);
    await readArchive(file, unpacked);
    const aside = isNew ? null : `${engineFolder}-before-${timeName(new Date())}`;
    if (aside) await rename(engineFolder, aside);
    await rename(unpacked, engineFolder);
    return aside;
  } finally {
    // What could not be unpacked whole may still be being written to.
    await rm(unpacked, { recursive: true, force: true, maxRetries: 5 });
    release();
  }
}

function wouldReplace(engineFolder: string): ConfigError {
  return new ConfigError(
    `There is a database already, in ${engineFolder}. With --force it is moved aside and kept; or set DATA_DIR to ` +
      "another folder.",
  );
}
