import { copyFile, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { where } from "../../answer/where.ts";
import { FileRejected } from "../../errors.ts";
import type { Chunk } from "../../ingest/chunk.ts";
import { createExtractor, type Extractor } from "../../ingest/extract/extractor.ts";
import { type Command, EXIT, type Terminal, UsageError } from "./command.ts";

const MIB = 1024 * 1024;

export const extractCommand: Command = {
  usage: "FILE… [--json]",
  summary: "reads files as if they were shared, and prints their passages",
  options: [
    "--json  prints a JSON object a line: {file, position, text, locator} for each passage, or",
    "        {file, error: {kind, message}} for a file that can't be read",
    "Ends with 3 where a file could not be read. Needs no database.",
  ],
  async run(given, terminal) {
    const { values, positionals } = parseArgs({
      args: given,
      allowPositionals: true,
      options: { json: { type: "boolean" } },
    });
    if (positionals.length === 0) throw new UsageError("Which file?");
    const opened = terminal();
    const print = values.json ? printJson : printText;
    const readable = await extractAll(opened, positionals, (file, result) => {
      for (const line of print(file, result)) opened.say(line);
    });
    return readable ? EXIT.done : EXIT.unreadable;
  },
};

type Result = Chunk[] | FileRejected;

/** @returns whether every file could be read */
async function extractAll(
  { config, log, stopSignal }: Terminal,
  files: string[],
  print: (file: string, result: Result) => void,
): Promise<boolean> {
  const { fileBytesMax, filePagesMax, fileChunksMax } = config.limits;
  const workFolder = await mkdtemp(join(tmpdir(), "docent-extract-"));
  const extractor = createExtractor({ workFolder, log, limits: { filePagesMax, fileChunksMax } });
  const signal = stopSignal();
  let readable = true;
  try {
    for (const file of files) {
      const result = await read({ extractor, workFolder, fileBytesMax }, file, signal);
      readable &&= !(result instanceof FileRejected);
      print(file, result);
    }
  } finally {
    await extractor.close();
    await rm(workFolder, { recursive: true, force: true });
  }
  return readable;
}

async function read(
  deps: { extractor: Extractor; workFolder: string; fileBytesMax: number },
  file: string,
  signal: AbortSignal,
): Promise<Result> {
  const path = join(deps.workFolder, "file");
  try {
    await bring(file, path, deps.fileBytesMax);
    const chunks: Chunk[] = [];
    for await (const part of deps.extractor.extract({ path, name: basename(file) }, signal)) {
      if (part.kind === "chunks") chunks.push(...part.chunks);
    }
    return chunks;
  } catch (error) {
    if (error instanceof FileRejected) return error;
    throw error;
  }
}

/** The reading process sees its work folder alone. What is refused here, a download refuses. */
async function bring(file: string, path: string, bytesMax: number): Promise<void> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new FileRejected("refused", "There is no such file, or it may not be read.", { cause });
  });
  if (!found.isFile()) throw new FileRejected("refused", "This is no file.");
  if (found.size === 0) throw new FileRejected("empty", "The file is empty.");
  if (found.size > bytesMax) {
    const most = `${Math.floor(bytesMax / MIB)} MiB`;
    throw new FileRejected("too_large", `This file is larger than ${most}, the most I can read.`);
  }
  await copyFile(file, path).catch((cause: unknown) => {
    throw new FileRejected("refused", "This file may not be read.", { cause });
  });
}

function printJson(file: string, result: Result): string[] {
  if (result instanceof FileRejected) {
    const { kind, message } = result;
    return [JSON.stringify({ file, error: { kind, message } })];
  }
  return result.map(({ text, locator }, position) =>
    JSON.stringify({ file, position, text, locator }),
  );
}

function printText(file: string, result: Result): string[] {
  if (result instanceof FileRejected) return [`── ${file}: ${result.message}`, ""];
  return result.flatMap(({ text, locator }) => {
    const place = [file, where(locator)].filter(Boolean).join(", ");
    return [`── ${place}`, text, ""];
  });
}
