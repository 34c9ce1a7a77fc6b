import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Any address of the machine: what listens there is reached at this one. */
const EVERYWHERE = /\/\/(0\.0\.0\.0|\[::\])(?=:|$)/;

/** Where a process can be asked, and with what: whoever can read its data folder is its operator. */
export interface OperatorAddress {
  address: string;
  key: string;
}

/**
 * Leaves word of where the process that holds this data folder can be asked.
 * @returns what takes it back
 */
export async function announce(
  dataFolder: string,
  { address, key }: OperatorAddress,
): Promise<() => Promise<void>> {
  const path = pathIn(dataFolder);
  // One that a crash left behind may be open to others.
  await rm(path, { force: true });
  await writeFile(path, `${address.replace(EVERYWHERE, "//127.0.0.1")}\n${key}\n`, { mode: 0o600 });
  return () => rm(path, { force: true });
}

/** Null where nobody has left word, or has taken it back. */
export async function readAddress(dataFolder: string): Promise<OperatorAddress | null> {
  try {
    const [address = "", key = ""] = (await readFile(pathIn(dataFolder), "utf8")).split("\n");
    return { address, key };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

function pathIn(dataFolder: string): string {
  return join(dataFolder, "address");
}
