import type { Posts, ReplyPart } from "../../src/chat.ts";
import type { Mention } from "../../src/events.ts";
import { type Pace, paced } from "../shared/pace.ts";
import { type Answer, createAnswer } from "./answer.ts";
import { type Cleaner, createCleaner, harmless, smallPrint, sources } from "./clean.ts";
import { failure, type Slack } from "./client.ts";
import { type Thread, threadOf } from "./thread.ts";

/** Longer than storing the id of a message takes. */
const SETTLE_PACES = 3;

/** Where each part of a reply goes. */
interface Showing {
  thread: Thread;
  answer: Answer;
  cleaner: Cleaner;
}

export interface Reply {
  parts: AsyncIterable<ReplyPart>;
  posts: Posts;
  pace: Pace;
}

/** See `Adapter.post`. */
export async function post(
  slack: Slack,
  to: Mention,
  { parts, posts, pace }: Reply,
  signal: AbortSignal,
): Promise<void> {
  const thread = threadOf(slack, to);
  const answer = await createAnswer(thread, posts, SETTLE_PACES * pace.everyMs).catch(
    (error: unknown) => {
      throw failure(error);
    },
  );
  const showing = { thread, answer, cleaner: createCleaner() };
  try {
    for await (const part of paced(parts, pace, signal)) {
      await show(showing, part);
      if (!answer.wanted) return;
    }
    await answer.write(showing.cleaner.end());
    await answer.finish();
  } catch (error) {
    await answer.breakOff();
    throw failure(error);
  }
}

async function show(showing: Showing, part: ReplyPart): Promise<void> {
  const { thread, answer, cleaner } = showing;
  switch (part.kind) {
    case "status":
      thread.status(part.text);
      return;
    case "text":
      return await answer.write(cleaner.push(part.text));
    case "restart":
      showing.cleaner = createCleaner();
      return await answer.restart(harmless(part.note));
    case "citations":
      return await answer.write(cleaner.end() + sources(part.citations));
    case "footer":
      return await answer.write(cleaner.end() + smallPrint(part.text));
    default:
      part satisfies never;
  }
}
