import { mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { ConfigError } from "./errors.ts";

/** A folder for files that are being read. What crashed processes left behind goes; nothing else is touched. */
export async function openWorkFolder(dataFolder: string): Promise<string> {
  const root = path.resolve(dataFolder, "work");
  const own = path.join(root, String(process.pid));
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    for (const name of await readdir(root)) {
      const left = name === String(process.pid) || !isAlive(Number(name));
      if (left) await rm(path.join(root, name), { recursive: true, force: true });
    }
    await mkdir(own, { mode: 0o700 });
  } catch (error) {
    throw new ConfigError(
      `Docent can't write to its data folder ${path.resolve(dataFolder)}. Give it the right to, or set DATA_DIR to another folder.`,
      { cause: error },
    );
  }
  return own;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
