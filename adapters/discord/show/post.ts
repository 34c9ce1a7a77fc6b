import type { Posts, ReplyPart } from "../../../src/chat.ts";
import type { Mention } from "../../../src/events.ts";
import { type Pace, paced } from "../../shared/pace.ts";
import { failure } from "../client.ts";
import { isDirect } from "../place.ts";
import { type Answer, createAnswer } from "./answer.ts";
import { buttons, type Row } from "./buttons.ts";
import { postPrivately } from "./private.ts";
import { heading, SOURCES_SHOWN_MAX, smallPrint, sources } from "./sources.ts";
import { type Stage, threadOf } from "./thread.ts";
import { type Waiting, waitIn } from "./waiting.ts";

export interface Reply {
  parts: AsyncIterable<ReplyPart>;
  posts: Posts;
  pace: Pace;
  /** SECRET_KEY, where it is set. */
  secretKey?: string | null;
}

/** Where each part of a reply goes. */
interface Showing {
  to: Mention;
  answer: Answer;
  waiting: Waiting;
  isDirect: boolean;
  /** The files were asked, or a model: small talk is text alone, and nobody rates a greeting. */
  isAnswer: boolean;
  /** There are more sources than are shown. */
  hidesSources: boolean;
}

/** See `Adapter.post`. */
export async function post(
  stage: Stage,
  to: Mention,
  reply: Reply,
  signal: AbortSignal,
): Promise<void> {
  const channel = await stage.world.channel(to.place.channelId);
  const direct = channel !== null && isDirect(channel);
  const isPrivate = to.onlyFor !== undefined || (reply.posts.style === "private" && !direct);
  if (isPrivate) await postPrivately(stage, to, reply, signal);
  else await postOpenly(stage, to, { ...reply, direct }, signal);
}

async function postOpenly(
  stage: Stage,
  to: Mention,
  { parts, posts, pace, direct }: Reply & { direct: boolean },
  signal: AbortSignal,
): Promise<void> {
  const thread = threadOf(stage, to, posts.style, signal);
  const waiting = waitIn(thread);
  try {
    const answer = await createAnswer(thread, posts, pace.everyMs);
    const nothing = { isDirect: direct, isAnswer: false, hidesSources: false };
    const showing: Showing = { to, answer, waiting, ...nothing };
    for await (const part of paced(parts, pace, signal)) {
      await show(showing, part);
      if (answer.hasBegun) await waiting.end();
      if (!answer.wanted) return;
    }
    await answer.finish(under(showing, "done"));
  } catch (error) {
    throw failure(error);
  } finally {
    await waiting.end();
  }
}

async function show(showing: Showing, part: ReplyPart): Promise<void> {
  const { answer, waiting } = showing;
  if (part.kind !== "text") showing.isAnswer = true;
  switch (part.kind) {
    case "status":
      waiting.status(part.text, under(showing, "streaming"));
      return;
    case "text":
      return await answer.write(part.text, under(showing, "streaming"));
    case "restart":
      return await answer.restart(heading(part.note), under(showing, "streaming"));
    case "citations":
      showing.hidesSources = part.citations.length > SOURCES_SHOWN_MAX;
      answer.add(sources(part.citations));
      return;
    case "footer":
      answer.add(smallPrint(part.text));
      return;
    default:
      part satisfies never;
  }
}

function under(showing: Showing, phase: "streaming" | "done"): Row[] {
  const { to, isAnswer, hidesSources, isDirect: direct } = showing;
  if (!isAnswer) return [];
  const { place, messageId: questionId, userId: askerId } = to;
  const { channelId, threadId } = place;
  const target = { channelId, threadId: threadId ?? questionId, questionId, askerId };
  return buttons(target, { phase, hidesSources, isDirect: direct });
}
