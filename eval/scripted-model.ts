import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import * as v from "valibot";

/** A model that behaves as the set's cases say, and writes down every prompt. */
export interface ScriptedModel extends AsyncDisposable {
  baseUrl: string;
  prompts(): Promise<string[]>;
}

const START_MS_MAX = 10_000;
const Entry = v.object({ prompt: v.string() });

/** @param program the set's own: `node PROGRAM CASES PORT LOG`, which then says `listening PORT` */
export async function startScriptedModel(
  program: string,
  casesFile: string,
  logFile: string,
): Promise<ScriptedModel> {
  // It is there also when nothing was asked.
  await writeFile(logFile, "");
  const child = spawn(process.execPath, [program, casesFile, "0", logFile], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {},
  });
  const lines = createInterface(child.stdout);
  const [line] = await once(lines, "line", { signal: AbortSignal.timeout(START_MS_MAX) });
  const port = /(\d+)$/.exec(String(line))?.[1];
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    prompts: async () => {
      const log = await readFile(logFile, "utf8");
      return log
        .split("\n")
        .filter(Boolean)
        .map((entry) => v.parse(Entry, JSON.parse(entry)).prompt);
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null) return;
      const exit = once(child, "exit");
      child.kill();
      await exit;
    },
  };
}
