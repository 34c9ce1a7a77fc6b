import { randomUUID } from "node:crypto";
import { readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { parse } from "dotenv";

const FOR_THE_OWNER = 0o600;
const PLAIN = /^[\p{L}\p{N}_.,:*/+=-]*$/u;

/** What stands in the file; nothing where there is none. */
export async function readSettings(file: string): Promise<Record<string, string>> {
  return parse(await textOf(file));
}

/** Whole or not at all; from then on for its owner alone. */
export async function writeSettings(file: string, settings: Record<string, string>): Promise<void> {
  const text = withSettings(await textOf(file), settings);
  // Where the file is a link, what it leads to is written.
  const target = await realpath(file).catch(whenMissing(file));
  const draft = `${target}.${randomUUID()}`;
  try {
    await writeFile(draft, text, { mode: FOR_THE_OWNER, flag: "wx" });
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** A setting takes the line that it has, else one below its example, else a new one. All else stays. */
export function withSettings(text: string, settings: Record<string, string>): string {
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  for (const [name, value] of Object.entries(settings)) {
    const own = new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=`);
    const before = lines.findIndex((line) => own.test(line));
    const rest = lines.filter((line) => !own.test(line));
    const example = rest.findLastIndex((line) => line.startsWith(`#${name}=`));
    const below = example < 0 ? rest.length : example + 1;
    rest.splice(before < 0 ? below : before, 0, `${name}=${quoted(value)}`);
    lines.splice(0, lines.length, ...rest);
  }
  return `${lines.join("\n")}\n`;
}

function quoted(value: string): string {
  return PLAIN.test(value) ? value : `'${value}'`;
}

async function textOf(file: string): Promise<string> {
  return await readFile(file, "utf8").catch(whenMissing(""));
}

function whenMissing<T>(otherwise: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT") return otherwise;
    throw error;
  };
}
