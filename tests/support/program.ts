import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface Program {
  /** The next line that it says; undefined once it has ended. */
  line(): Promise<string | undefined>;
  /** Tells it a line. */
  tell(line: string): void;
  /** As a power cut for the process: no signal handler runs. */
  kill(): Promise<void>;
}

/** Starts one of the programs beside this file, which run until they are killed. */
export function startProgram(file: string, ...args: string[]): Program {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    line: async () => (await lines.next()).value,
    tell: (line) => void child.stdin.write(`${line}\n`),
    kill: () => kill(child),
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
