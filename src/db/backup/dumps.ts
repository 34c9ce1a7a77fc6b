/** The dumps that a running Docent makes of its embedded database, every night. */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Pool } from "pg";
import type { Log } from "../../log.ts";
import { writeArchive } from "./archive.ts";
import { timeIn, timeName } from "./names.ts";

const KEPT = 2;
/** By this machine's clock. */
const HOUR_OF_NIGHT = 3;
/** A dump leaves so much of the disk free, or is not made. */
const FREE_BYTES_MIN = 512 * 1024 * 1024;
const NAME = /^docent-[\dTZ-]+\.tar\.zst$/;

export interface DumpDeps {
  db: Pool;
  /** Copies the engine's files into a new folder while it runs. */
  snapshot(target: string): Promise<void>;
  /** Where the dumps are kept; made if missing. */
  folder: string;
  log: Log;
  /** How much of the folder's disk is free; for tests. */
  freeBytes?: (folder: string) => Promise<number>;
}

/**
 * Makes a dump where this night's is still to be made, and keeps the newest two. One that fails is not tried
 * again before the next night: the log says why.
 */
export function createNightly(deps: DumpDeps) {
  let attemptedMs = 0;
  return async (now: Date, signal: AbortSignal): Promise<void> => {
    const nightMs = lastNight(now).getTime();
    if (attemptedMs >= nightMs) return;
    attemptedMs = now.getTime();
    await mkdir(deps.folder, { recursive: true, mode: 0o700 });
    if ((await newestMs(deps)) >= nightMs) return;
    if (await fits(deps)) await dump(deps, now, signal);
  };
}

/** The last time that it was three in the morning. */
function lastNight(now: Date): Date {
  const night = new Date(now);
  night.setHours(HOUR_OF_NIGHT, 0, 0, 0);
  if (night > now) night.setDate(night.getDate() - 1);
  return night;
}

/** When the newest dump was made; without any, when the database was, so that a first night is waited for. */
async function newestMs({ db, folder }: DumpDeps): Promise<number> {
  const newest = (await dumpsIn(folder)).at(-1);
  if (newest) return timeIn(newest).getTime();
  const { rows } = await db.query<{ made: Date | null }>(
    "select min(applied_at) as made from schema_version",
  );
  return rows[0]?.made?.getTime() ?? 0;
}

/** Oldest first. */
async function dumpsIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => NAME.test(name)).sort();
}

/** A dump takes up to twice the database for a moment: its copy, and what becomes of it. */
async function fits({ db, folder, log, freeBytes = freeOf }: DumpDeps): Promise<boolean> {
  const { rows } = await db.query<{ bytes: number }>(
    "select pg_database_size(current_database()) as bytes",
  );
  const free = await freeBytes(folder);
  const wantedBytes = 2 * (rows[0]?.bytes ?? 0) + FREE_BYTES_MIN;
  if (free >= wantedBytes) return true;
  log.warn({ freeBytes: free, wantedBytes }, "no dump this night: the disk is nearly full");
  return false;
}

async function freeOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function dump(deps: DumpDeps, now: Date, signal: AbortSignal): Promise<void> {
  const { folder, log } = deps;
  await removeUnfinished(folder);
  const copy = join(folder, `unfinished-${randomUUID()}`);
  const file = join(folder, `docent-${timeName(now)}.tar.zst`);
  try {
    const since = performance.now();
    await deps.snapshot(copy);
    await writeArchive(copy, file, signal);
    const { size: bytes } = await stat(file);
    const tookMs = Math.round(performance.now() - since);
    log.info({ bytes, tookMs }, "the nightly dump is made");
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
  for (const old of (await dumpsIn(folder)).slice(0, -KEPT)) await rm(join(folder, old));
}

/** What a crash left behind. */
async function removeUnfinished(folder: string): Promise<void> {
  const left = (await readdir(folder)).filter((name) => name.includes("unfinished-"));
  for (const name of left) await rm(join(folder, name), { recursive: true, force: true });
}
