import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("../../docent.mjs", import.meta.url));

export interface Product {
  url: string;
  /** What it said on both outputs, so far. */
  said(): string;
  /** As a crash: no handler runs. Its children go with it, as a container's would. */
  kill(): Promise<void>;
  /** As an operator stops it. @returns the exit code */
  stop(): Promise<number | null>;
}

/** Starts the whole product as a user does, with these settings and nothing else of the environment. */
export async function startProduct(settings: Record<string, string>): Promise<Product> {
  const child = spawnProduct(settings);
  let said = "";
  let address: string | undefined;
  const ready = new Promise<string>((resolve, reject) => {
    for (const output of [child.stdout, child.stderr]) {
      if (!output) continue;
      createInterface(output).on("line", (line) => {
        said += `${line}\n`;
        address = /^Docent is ready: (\S+)/.exec(line)?.[1];
        if (address) resolve(address);
      });
    }
    child.once("exit", () => reject(new Error(`Docent did not start:\n${said}`)));
  });
  return {
    url: await ready,
    said: () => said,
    kill: () => end(child, "SIGKILL").then(() => undefined),
    stop: () => end(child, "SIGTERM"),
  };
}

/** Starts it where it must refuse to. @returns what it said, and its exit code */
export async function refusedProduct(
  settings: Record<string, string>,
): Promise<{ said: string; code: number | null }> {
  const child = spawnProduct(settings);
  let said = "";
  child.stdout?.on("data", (text) => (said += text));
  child.stderr?.on("data", (text) => (said += text));
  await once(child, "close");
  return { said, code: child.exitCode };
}

function spawnProduct(settings: Record<string, string>): ChildProcess {
  const env = {
    PATH: process.env.PATH,
    HOME: "/nonexistent",
    AWS_EC2_METADATA_DISABLED: "true",
    PORT: "0",
    ...settings,
  };
  // Away from the repository, so that a developer's .env plays no part.
  return spawn(process.execPath, [ENTRY, "start"], { env, cwd: "/", stdio: "pipe" });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  }
  return child.exitCode;
}
