import type { BigIntStats } from "node:fs";
import { constants, copyFile, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join, relative } from "node:path";

/** A file that was written to as shortly before may be written to again without its time changing. */
const CLOCK_MS = 2_000n;
const NS_PER_MS = 1_000_000n;
const COPIES_AT_ONCE = 8;

/** What a copy was made of, by name: size and time. Null where that may not tell the next change. */
export type Copied = Map<string, string | null>;

/**
 * Makes a folder what another one is, where the two differ. Called a second time, while nobody writes there, it has
 * little left to do, and the copy is exact.
 * @param before what the call before returned
 */
export async function copyChanged(from: string, to: string, before: Copied): Promise<Copied> {
  const startNs = BigInt(Date.now()) * NS_PER_MS;
  await mkdir(to, { recursive: true, mode: 0o700 });
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  const nameOf = (entry: (typeof entries)[number]) =>
    relative(from, join(entry.parentPath, entry.name));
  for (const folder of entries.filter((entry) => entry.isDirectory())) {
    await mkdir(join(to, nameOf(folder)), { recursive: true, mode: 0o700 });
  }
  const names = entries.filter((entry) => entry.isFile()).map(nameOf);
  const copied: Copied = new Map();
  const rest = names.values();
  const copyRest = async (): Promise<void> => {
    for (const name of rest) {
      const found = await statOf(join(from, name));
      if (!found) continue;
      const mark = markOf(found, startNs);
      const same = mark !== null && before.get(name) === mark;
      if (!same) await copy(join(from, name), join(to, name));
      copied.set(name, mark);
    }
  };
  await Promise.all(Array.from({ length: COPIES_AT_ONCE }, copyRest));
  const gone = [...before.keys()].filter((name) => !copied.has(name));
  for (const name of gone) await rm(join(to, name), { force: true });
  return copied;
}

function markOf({ size, mtimeNs }: BigIntStats, startNs: bigint): string | null {
  return mtimeNs < startNs - CLOCK_MS * NS_PER_MS ? `${size} ${mtimeNs}` : null;
}

async function statOf(path: string): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(ignoreGone);
}

async function copy(from: string, to: string): Promise<void> {
  // Where the file system can, both share their blocks.
  await copyFile(from, to, constants.COPYFILE_FICLONE).catch(ignoreGone);
}

/** The engine removes files while it runs. */
function ignoreGone(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
  throw error;
}
