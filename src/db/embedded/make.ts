import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MAKE_MS_MAX = 120_000;

/**
 * Makes the engine's folder, whole or not at all: until it is complete it has another name. The name is new
 * each time, since the program that makes it can outlive a killed Docent for some seconds.
 */
export async function makeEngineFolder(engineFolder: string): Promise<void> {
  await removeUnfinished(engineFolder);
  const unfinished = `${engineFolder}-unfinished-${randomUUID()}`;
  await create(unfinished);
  await rename(unfinished, engineFolder);
}

/** What was being made, or restored, when a process died. Nobody else may be at work in the data folder. */
export async function removeUnfinished(engineFolder: string): Promise<void> {
  const parent = dirname(engineFolder);
  const prefix = `${basename(engineFolder)}-unfinished-`;
  const names = (await readdir(parent)).filter((name) => name.startsWith(prefix));
  // A program that is killed with us may still be writing.
  const options = { recursive: true, force: true, maxRetries: 5 };
  await Promise.all(names.map((name) => rm(join(parent, name), options)));
}

function create(folder: string): Promise<void> {
  const program = fileURLToPath(new URL("./create.ts", import.meta.url));
  // An empty environment: it needs none of our secrets.
  const options = { env: {}, timeout: MAKE_MS_MAX };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, folder], options, (error, _stdout, stderr) => {
      if (error) reject(new Error(stderr || error.message, { cause: error }));
      else resolve();
    });
  });
}
