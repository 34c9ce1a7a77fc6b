import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inServer, urlOf } from "../tests/support/postgres-template.ts";
import { startProduct } from "../tests/support/product.ts";

export type Engine = "embedded" | "postgres";

export interface Person {
  id: string;
  name: string;
  guest: boolean;
}

export interface Channel {
  id: string;
  name: string;
  visibility: "public" | "private" | "direct";
  /** Ids of people. */
  members: string[];
}

/** The first person is the admin. */
export interface Workspace {
  people: Person[];
  channels: Channel[];
}

export interface ProductOptions {
  engine: Engine;
  workspace: Workspace;
  /** Beside those that make it an evaluation: its models, its limits. */
  settings: Record<string, string>;
}

/**
 * Starts the whole product as a user does, in a folder and a database of its own, and leaves nothing behind.
 * @param work is given its address
 */
export async function withProduct<T>(
  { engine, workspace, settings }: ProductOptions,
  work: (url: string) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "docent-eval-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const workspaceFile = join(folder, "workspace.json");
  await writeFile(workspaceFile, JSON.stringify(workspace));
  const product = await startProduct({
    ...settings,
    ...(engine === "postgres" && { DATABASE_URL: await freshDatabase(stack) }),
    DATA_DIR: join(folder, "data"),
    WEB_WORKSPACE: workspaceFile,
    LOG_LEVEL: "error",
  });
  stack.defer(async () => {
    await product.stop();
    process.stderr.write(unusual(product.said()));
  });
  return await work(product.url);
}

async function freshDatabase(stack: AsyncDisposableStack): Promise<string> {
  const serverUrl = process.env.TEST_DATABASE_URL;
  if (!serverUrl) throw new Error("TEST_DATABASE_URL names no server to make a database in");
  const name = `docent_eval_${randomBytes(4).toString("hex")}`;
  await inServer(serverUrl, (client) => client.query(`create database ${name}`));
  stack.defer(() =>
    inServer(serverUrl, (client) => client.query(`drop database ${name} with (force)`)),
  );
  return urlOf(serverUrl, name);
}

/** The errors that it logged, each once with how often: whoever reads the measures should know of them. */
function unusual(said: string): string {
  const messages = said.split("\n").flatMap((line) => /"msg":"([^"]*)"/.exec(line)?.[1] ?? []);
  const counts = Map.groupBy(messages, (message) => message);
  return [...counts].map(([message, all]) => `logged ${all.length} ×: ${message}\n`).join("");
}
