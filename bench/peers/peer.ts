import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as v from "valibot";

/** A library that Docent is measured against. It works in a process of its own. */
export interface Peer {
  /** The time is the library's own, without the way between the processes. */
  call(call: "search" | "ingest", input: object): Promise<{ ms: number; output: unknown }>;
}

export type PeerName = "langchain" | "llamaindex";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const SERVE = fileURLToPath(new URL("serve.mjs", import.meta.url));

const Answer = v.union([
  v.object({ ms: v.number(), output: v.unknown() }),
  v.object({ error: v.string() }),
]);

/** Starts a library on a database, and installs it first where that is still to be done. It ends with the stack. */
export async function startPeer(
  stack: AsyncDisposableStack,
  name: PeerName,
  databaseUrl: string,
): Promise<Peer> {
  await install();
  // What they warn of would be read as being about Docent; what fails is told by the answer.
  const child = fork(SERVE, [name, databaseUrl], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  stack.defer(async () => {
    if (child.exitCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  });
  await answerOf(child, name);
  return {
    call: (call, input) => {
      const answer = answerOf(child, name);
      child.send({ call, input });
      return answer;
    },
  };
}

async function answerOf(
  child: ChildProcess,
  name: PeerName,
): Promise<{ ms: number; output: unknown }> {
  const given = await new Promise<unknown>((resolve, reject) => {
    const ended = (): void => reject(new Error(`${name} ended`));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve(message);
    });
  });
  const answer = v.parse(Answer, given);
  if ("error" in answer) throw new Error(`${name}: ${answer.error}`);
  return answer;
}

/** From the lock beside this file, with whatever registry npm is set to. */
async function install(): Promise<void> {
  const isThere = await access(`${FOLDER}node_modules/.package-lock.json`).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  process.stderr.write("installing what Docent is measured against …\n");
  const npm = spawn("npm", ["ci"], { cwd: FOLDER, stdio: ["ignore", "ignore", "inherit"] });
  const [code] = await once(npm, "exit");
  if (code !== 0) throw new Error("what Docent is measured against could not be installed");
}
