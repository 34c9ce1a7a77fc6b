import { mkdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ConfigError } from "../../errors.ts";

/** The engine's own folder, inside the data folder. */
const ENGINE_FOLDER = "postgres";
const LOCK_FILE = "docent.lock";
/** Two that start together may disturb each other's attempt; the wait lets one of them win. */
const LOCK_MS_MAX = 500;
const SQLITE_BUSY = 5;

/** The engine's files belong to one major version of Postgres: this is the one we bring. */
export const POSTGRES_MAJOR = "18";

export interface Claim {
  /** Where the engine keeps its files. */
  engineFolder: string;
  /** True where nothing is there yet. */
  isNew: boolean;
  release(): void;
}

/** Another process has the folder: stop it, or ask it. */
export class FolderInUse extends ConfigError {}

/**
 * Makes the data folder if need be, and keeps every other process out of it.
 * @throws {FolderInUse} while another Docent runs on it
 * @throws {ConfigError} where the folder cannot be used, or is of another Postgres
 */
export async function claimFolder(dataFolder: string): Promise<Claim> {
  const claim = await claimAnyFolder(dataFolder);
  const { engineFolder, major } = claim;
  if (major === null || major === POSTGRES_MAJOR) return claim;
  claim.release();
  throw ofAnother(engineFolder, major);
}

/** As {@link claimFolder}, also where the files there are another Postgres's: for putting others in their place. */
export async function claimAnyFolder(
  dataFolder: string,
): Promise<Claim & { major: string | null }> {
  const folder = resolve(dataFolder);
  const lock = await lockFolder(folder);
  const engineFolder = join(folder, ENGINE_FOLDER);
  try {
    const major = await majorOf(engineFolder);
    return { engineFolder, major, isNew: major === null, release: () => lock.close() };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Whether the embedded database was ever made there. */
export async function hasDatabase(dataFolder: string): Promise<boolean> {
  return (await majorOf(join(resolve(dataFolder), ENGINE_FOLDER))) !== null;
}

/** The major version of Postgres that an engine's folder belongs to; null where it holds no engine. */
export async function majorOf(engineFolder: string): Promise<string | null> {
  return (await readVersion(join(engineFolder, "PG_VERSION"))) ?? null;
}

/**
 * The system's own file lock, which it gives back when a process dies, however it dies. Node reaches it only
 * through SQLite: a transaction on an empty database holds it, and nothing is ever written.
 */
async function lockFolder(folder: string): Promise<DatabaseSync> {
  try {
    await mkdir(folder, { recursive: true });
    return lockFile(join(folder, LOCK_FILE));
  } catch (error) {
    throw errcodeOf(error) === SQLITE_BUSY ? inUse(folder, error) : unusable(folder, error);
  }
}

function lockFile(path: string): DatabaseSync {
  const lock = new DatabaseSync(path, { timeout: LOCK_MS_MAX });
  try {
    lock.exec("begin exclusive");
  } catch (error) {
    lock.close();
    throw error;
  }
  return lock;
}

function errcodeOf(error: unknown): unknown {
  return error instanceof Error && "errcode" in error ? error.errcode : undefined;
}

function inUse(folder: string, cause: unknown): FolderInUse {
  return new FolderInUse(
    `Another Docent is running on the folder ${folder}. Stop it, or give this one another DATA_DIR.`,
    { cause },
  );
}

function unusable(folder: string, cause: unknown): ConfigError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConfigError(
    `Docent cannot write to its folder ${folder} (${reason}). Make it writable, or set DATA_DIR to another one.`,
    { cause },
  );
}

function ofAnother(engineFolder: string, major: string): ConfigError {
  return new ConfigError(
    `The folder ${engineFolder} was made by an embedded Postgres ${major}; this Docent brings Postgres ` +
      `${POSTGRES_MAJOR}, which can read neither it nor its backups. Run the Docent that made it, or set DATA_DIR to an ` +
      "empty folder and share the files anew.",
  );
}

async function readVersion(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw unusable(path, error);
  }
}
