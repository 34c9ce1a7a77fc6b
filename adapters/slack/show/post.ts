import type { types } from "@slack/bolt";
import type { Posts, ReplyPart } from "../../../src/chat.ts";
import type { Mention } from "../../../src/events.ts";
import { type Pace, paced } from "../../shared/pace.ts";
import { failure, type Slack } from "../client.ts";
import { type Answer, createAnswer } from "./answer.ts";
import { below, isSeen, nameOf } from "./asked.ts";
import { buttons, menuFor } from "./buttons.ts";
import {
  asked,
  type Cleaner,
  createCleaner,
  harmless,
  SOURCES_SHOWN_MAX,
  smallPrint,
  sources,
} from "./clean.ts";
import { postPrivately } from "./private.ts";
import { type Thread, threadOf } from "./thread.ts";

/** Longer than storing the id of a message takes. */
const SETTLE_PACES = 3;

/** Where each part of a reply goes. */
interface Showing {
  thread: Thread;
  answer: Answer;
  cleaner: Cleaner;
  /** The files were asked, or a model: small talk is text alone, and nobody rates a greeting. */
  isAnswer: boolean;
  /** There are more sources than are shown. */
  hidesSources: boolean;
}

export interface Reply {
  parts: AsyncIterable<ReplyPart>;
  posts: Posts;
  pace: Pace;
  /** SECRET_KEY, where it is set. */
  secretKey?: string | null;
}

/** See `Adapter.post`. */
export async function post(
  slack: Slack,
  to: Mention,
  reply: Reply,
  signal: AbortSignal,
): Promise<void> {
  const { onlyFor } = to;
  if (onlyFor) await postPrivately(slack, { ...to, onlyFor }, reply);
  else await postInThread(slack, to, reply, signal);
}

async function postInThread(
  slack: Slack,
  to: Mention,
  { parts, posts, pace }: Reply,
  signal: AbortSignal,
): Promise<void> {
  const thread = threadOf(slack, to, signal);
  const answer = await createAnswer(thread, posts, SETTLE_PACES * pace.everyMs).catch(
    (error: unknown) => {
      throw failure(error);
    },
  );
  const nothing = { isAnswer: false, hidesSources: false };
  const showing = { thread, answer, cleaner: createCleaner(), ...nothing };
  try {
    for await (const part of paced(withQuestion(slack, to, parts), pace, signal)) {
      await show(showing, part);
      if (!answer.wanted) break;
    }
    await answer.write(showing.cleaner.end());
    await answer.finish(under(to, showing));
  } catch (error) {
    await answer.breakOff();
    throw failure(error);
  }
}

/** What was asked by a form stands nowhere else. */
async function* withQuestion(slack: Slack, to: Mention, parts: Reply["parts"]) {
  if (isSeen(to)) yield* parts;
  else yield* below(asked(to.text, await nameOf(slack, to.userId)), parts);
}

async function show(showing: Showing, part: ReplyPart): Promise<void> {
  const { thread, answer, cleaner } = showing;
  if (part.kind !== "text") showing.isAnswer = true;
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
      showing.hidesSources = part.citations.length > SOURCES_SHOWN_MAX;
      return await answer.write(cleaner.end() + sources(part.citations));
    case "footer":
      return await answer.write(cleaner.end() + smallPrint(part.text));
    default:
      part satisfies never;
  }
}

function under(
  { place, messageId, userId }: Mention,
  { isAnswer, hidesSources }: Showing,
): types.KnownBlock[] {
  if (!isAnswer) return [];
  const { channelId, threadId } = place;
  const target = {
    channelId,
    threadId: threadId ?? messageId,
    questionId: messageId,
    askerId: userId,
  };
  return buttons(target, menuFor(channelId, hidesSources));
}
