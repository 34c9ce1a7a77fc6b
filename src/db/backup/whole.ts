import { randomUUID } from "node:crypto";
import { chmod, open, rename, rm } from "node:fs/promises";
import { ConfigError } from "../../errors.ts";

/**
 * Makes a file whole or not at all, readable by its owner alone: until `write` is done it has another name.
 * @throws {ConfigError} where the file can't be made there
 */
export async function makeWhole(
  file: string,
  write: (unfinished: string) => Promise<void>,
): Promise<void> {
  const unfinished = `${file}.unfinished-${randomUUID()}`;
  try {
    await (await open(unfinished, "wx", 0o600)).close();
    await write(unfinished);
    await chmod(unfinished, 0o600);
    await force(unfinished);
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw isOfSystem(error) ? cannotWrite(file, error) : error;
  }
}

/** A rename may reach the disk before the bytes do, unless they are forced there first. */
async function force(path: string): Promise<void> {
  await using file = await open(path, "r+");
  await file.sync();
}

function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

function cannotWrite(file: string, cause: NodeJS.ErrnoException): ConfigError {
  const reasons: Record<string, string> = {
    ENOENT: "its folder does not exist",
    EACCES: "the folder is not yours to write to",
    EISDIR: "there is a folder of that name",
    ENOSPC: "the disk is full",
  };
  const reason = reasons[cause.code ?? ""] ?? cause.code;
  return new ConfigError(`${file} can't be written: ${reason}. Name another file.`, { cause });
}
