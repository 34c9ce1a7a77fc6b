/** Runs `post` in another process. The parent calls `postElsewhere`, the child's small fixture `servePost`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Adapter, ReplyPart } from "../../src/chat.ts";
import type { Posting, PostJob } from "./adapter.ts";

type Said = { posted: string } | { done: true } | { error: string };

/**
 * @param fixture a module that builds an adapter and calls `servePost` with it
 * @param argument what the fixture finds in process.argv[2], such as the platform's address
 */
export function postElsewhere(fixture: URL, argument: string, job: PostJob): Posting {
  const child = spawn(process.execPath, [fileURLToPath(fixture), argument], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const posted: string[] = [];
  const done = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      const said = JSON.parse(line) as Said;
      if ("posted" in said) posted.push(said.posted);
      else if ("error" in said) throw new Error(said.error);
      else return;
    }
    throw new Error("the posting process ended before it was done");
  })();
  // A test that kills the child never waits for `done`.
  done.catch(() => undefined);
  child.stdin.end(JSON.stringify(job));
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  return { posted, done, kill };
}

/** The child's side: reads the job from standard input, posts it, says what happened on standard output. */
export async function servePost(adapter: Pick<Adapter, "post">): Promise<void> {
  const job = JSON.parse(await text(process.stdin)) as PostJob;
  const say = (said: Said) => process.stdout.write(`${JSON.stringify(said)}\n`);
  const onPosted = async (id: string) => void say({ posted: id });
  const posts = { onPosted, ...knowledge(job) };
  try {
    await adapter.post(job.to, parts(job), posts, AbortSignal.timeout(30_000));
    say({ done: true });
  } catch (error) {
    say({ error: error instanceof Error ? error.message : String(error) });
  }
}

/** What the core knows of earlier tries. */
function knowledge({ posted, again }: PostJob) {
  const orphans = async (ids: string[]) => ids.filter((id) => !posted.includes(id));
  return { posted, ...(again && { orphans }) };
}

/** The job's parts as a source that comes bit by bit, as a model's answer does. */
export async function* parts(job: PostJob): AsyncGenerator<ReplyPart> {
  for (const part of job.parts) {
    await new Promise((resolve) => setImmediate(resolve));
    yield part;
  }
  if (job.neverEnds) await new Promise((resolve) => setTimeout(resolve, 60_000));
}

/** For a platform that a second process can't reach (the embedded database): an adapter of its own here. */
export function postHere(adapter: Pick<Adapter, "post">, job: PostJob): Posting {
  const killed = new AbortController();
  const posted: string[] = [];
  const onPosted = async (id: string) => void posted.push(id);
  const posts = { onPosted, ...knowledge(job) };
  const done = adapter.post(job.to, parts(job), posts, killed.signal);
  done.catch(() => undefined);
  const kill = async () => {
    killed.abort();
    await done.catch(() => undefined);
  };
  return { posted, done, kill };
}
