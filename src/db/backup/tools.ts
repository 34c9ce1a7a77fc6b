/** Postgres' own programs, run with what they need and no password where other users could see it. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { ConfigError } from "../../errors.ts";

export interface Tools {
  databaseUrl: string;
  /** Only PATH, HOME and what begins with PG of it reach the programs. */
  environment: Record<string, string | undefined>;
  signal: AbortSignal;
}

/** @throws {ConfigError} where the program is missing, too old for the server, or fails */
export async function runTool(
  { databaseUrl, environment, signal }: Tools,
  program: "pg_dump" | "pg_restore",
  args: (withoutPassword: string) => string[],
): Promise<string> {
  const url = new URL(databaseUrl);
  const password = decodeURIComponent(url.password) || url.searchParams.get("password");
  url.password = "";
  url.searchParams.delete("password");
  const env = { ...needed(environment), LC_ALL: "C", ...(password && { PGPASSWORD: password }) };
  const child = spawn(program, args(url.href), { env, signal, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", (error) => reject(cannotRun(program, error)));
    child.once("close", resolve);
  });
  const [code, output, complaint] = await Promise.all([
    ended,
    text(child.stdout),
    text(child.stderr),
  ]);
  if (code === 0) return output;
  throw failed(program, complaint);
}

function needed(environment: Tools["environment"]): Record<string, string | undefined> {
  const names = Object.keys(environment).filter((name) =>
    /^(PATH|HOME|SYSTEMROOT|PG.+)$/i.test(name),
  );
  return Object.fromEntries(names.map((name) => [name, environment[name]]));
}

function cannotRun(program: string, error: NodeJS.ErrnoException): Error {
  if (error.code !== "ENOENT") return error;
  return new ConfigError(
    `There is no ${program} on the PATH. Install PostgreSQL's client programs of the server's version, or run ` +
      `${program} on the server itself.`,
    { cause: error },
  );
}

function failed(program: string, complaint: string): ConfigError {
  if (/server version mismatch|unsupported version/.test(complaint)) {
    return new ConfigError(
      `The ${program} on the PATH is too old for this. Put that of the server's version first on the PATH.`,
    );
  }
  const lines = complaint.trim().split("\n");
  const said = lines.find((line) => /error:/.test(line)) ?? lines.at(-1) ?? "";
  return new ConfigError(`${program} could not do it: ${said.replace(/^.*?error:\s*/, "")}`);
}
