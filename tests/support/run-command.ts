import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("../../docent.mjs", import.meta.url));
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

export interface Ended {
  code: number;
  out: string;
  /** What it said to people, apart from the result. */
  said: string;
}

/** Runs one command as an operator does, with these settings and nothing else of the environment. */
export function runCommand(settings: Record<string, string>, ...args: string[]): Promise<Ended> {
  // Away from the repository, so that a developer's .env plays no part.
  return runCommandIn({ folder: "/", settings, typed: "" }, ...args);
}

/** As {@link runCommand}, in a folder, where the operator types these lines. */
export function runCommandIn(
  { folder, settings, typed }: { folder: string; settings: Record<string, string>; typed: string },
  ...args: string[]
): Promise<Ended> {
  const env = {
    PATH: process.env.PATH,
    HOME: "/nonexistent",
    AWS_EC2_METADATA_DISABLED: "true",
    ...settings,
  };
  const options = { env, cwd: folder, maxBuffer: OUTPUT_BYTES_MAX };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [ENTRY, ...args], options, (error, out, said) => {
      resolve({ code: error ? Number(error.code) : 0, out, said });
    });
    child.stdin?.end(typed);
  });
}
