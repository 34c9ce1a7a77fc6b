import { setTimeout as pause } from "node:timers/promises";
import type { Pool } from "pg";
import type { Posts, ReplyPart } from "../../src/chat.ts";
import type { Mention } from "../../src/events.ts";
import { createBell } from "./bell.ts";
import { addPart, appendParts, finishReply, openReply } from "./store/replies.ts";

const WRITE_EVERY_MS = 50;
// A slow database must not slow the model down, but what waits for it has an end.
const WAITING_CHARACTERS_MAX = 1_000_000;
const LOOK_EVERY_MS = 1_000;

/**
 * Writes a reply into the tables as it comes; gateways relay it from there. Called again (a retry after a crash,
 * an edited question, another answer wanted) it goes on in the same message, and replaces what that said.
 */
export async function showReply(
  db: Pool,
  question: Mention,
  reply: AsyncIterable<ReplyPart>,
  posts: Posts,
  signal: AbortSignal,
): Promise<void> {
  const opened = await openReply(db, question.messageId);
  if (!opened) return;
  if (!posts.posted.includes(opened.id)) await posts.onPosted(opened.id);
  const write = (parts: ReplyPart[]) => appendParts(db, opened, parts);
  if (opened.begun) await write([{ kind: "restart", note: opened.finished ? "" : INTERRUPTED }]);
  if (await sample(reply, write, signal)) await finishReply(db, opened);
}

const INTERRUPTED = "I was interrupted, so I started again.";

type Write = (parts: ReplyPart[]) => Promise<boolean>;

/**
 * Drains the source at its own pace, and writes what came at ours.
 * @returns false when there was nothing to write to any more
 */
async function sample(
  reply: AsyncIterable<ReplyPart>,
  write: Write,
  signal: AbortSignal,
): Promise<boolean> {
  const source = createDrain(reply, signal);
  try {
    while (await source.something()) {
      if (!(await write(source.take()))) return false;
      if (!source.ended()) await pause(WRITE_EVERY_MS, undefined, { signal });
    }
    return true;
  } finally {
    source.stop();
  }
}

/** Reads a source into a buffer, and waits only when that holds far too much. */
function createDrain(reply: AsyncIterable<ReplyPart>, signal: AbortSignal) {
  const came = createBell();
  const taken = createBell();
  let waiting: ReplyPart[] = [];
  let state: { kind: "open" | "ended" | "stopped" } | { kind: "failed"; error: unknown } = {
    kind: "open",
  };
  signal.addEventListener("abort", came.ring, { once: true });
  const drain = async () => {
    for await (const part of reply) {
      if (state.kind === "stopped") return;
      waiting = addPart(waiting, part);
      came.ring();
      while (size(waiting) > WAITING_CHARACTERS_MAX && state.kind === "open") {
        await taken.heard(LOOK_EVERY_MS);
      }
    }
    state = { kind: "ended" };
  };
  drain()
    .catch((error: unknown) => {
      state = { kind: "failed", error };
    })
    .finally(came.ring);
  return {
    /** Resolves true when parts wait, false at the end. @throws what the source threw, once all else is taken */
    async something(): Promise<boolean> {
      while (waiting.length === 0 && state.kind === "open") {
        signal.throwIfAborted();
        await came.heard(LOOK_EVERY_MS);
      }
      if (waiting.length === 0 && state.kind === "failed") throw state.error;
      return waiting.length > 0;
    },
    take(): ReplyPart[] {
      const parts = waiting;
      waiting = [];
      taken.ring();
      return parts;
    },
    ended: () => state.kind !== "open",
    stop() {
      signal.removeEventListener("abort", came.ring);
      if (state.kind === "open") state = { kind: "stopped" };
      taken.ring();
    },
  };
}

function size(parts: ReplyPart[]): number {
  return parts.reduce((sum, part) => sum + ("text" in part ? part.text.length : 0), 0);
}
