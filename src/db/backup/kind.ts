import { open } from "node:fs/promises";
import { ConfigError } from "../../errors.ts";

const POSTGRES_MAGIC = Buffer.from("PGDMP");
const ZSTANDARD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/**
 * Which engine's backup a file seems to be, by its first bytes.
 * @throws {ConfigError} where it is none, or can't be read
 */
export async function kindOfBackup(path: string): Promise<"embedded" | "postgres"> {
  const head = await headOf(path);
  if (head.subarray(0, POSTGRES_MAGIC.length).equals(POSTGRES_MAGIC)) return "postgres";
  if (head.subarray(0, ZSTANDARD_MAGIC.length).equals(ZSTANDARD_MAGIC)) return "embedded";
  throw new ConfigError(`${path} is no backup that Docent made. Name another file.`);
}

async function headOf(path: string): Promise<Buffer> {
  try {
    await using file = await open(path, "r");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const reason = missing ? "There is no file" : "This file can't be read:";
    throw new ConfigError(`${reason} ${path}. Name another one.`, { cause });
  }
}
