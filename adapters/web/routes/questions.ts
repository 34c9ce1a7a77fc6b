import { type Context, Hono } from "hono";
import * as v from "valibot";
import type { Mention } from "../../../src/events.ts";
import { jsonOf, questionText, smallBody, tooLong } from "../body.ts";
import {
  accept,
  channelOf,
  messageId,
  notFound,
  placeIn,
  readableChannel,
  type Site,
  type WebEnv,
  wholeNumber,
} from "../site.ts";
import { eventStream, replyEvents, type ServerEvent } from "../sse.ts";
import { filesThere, tell } from "../store/files.ts";
import { latestThreads, messagesOf, questionOf, threadOf } from "../store/messages.ts";
import { addQuestion, dropQuestion, type Question } from "../store/questions.ts";

const PARTS_MAX = 1_000_000;
const FILES_MAX = 10;
const FILES_TEXT = `Files come as a list of ids, ${FILES_MAX} at most.`;

export function questionRoutes(site: Site): Hono<WebEnv> {
  const small = smallBody(tooLong(site.questionCharsMax));
  return new Hono<WebEnv>()
    .post("/channels/:channel/questions", small, (c) => ask(site, c))
    .get("/channels/:channel/messages", (c) => messages(site, c))
    .get("/replies/:id/stream", (c) => resume(site, c));
}

/** The event of a question; its key is the message's, so that handing it in again changes nothing. */
export function questionEvent(site: Site, question: Question): Mention {
  return {
    kind: "mention",
    key: `web:question:${question.id}`,
    place: placeIn(site, question.channel, question.thread),
    userId: question.userId,
    messageId: question.id,
    text: question.text,
    fileIds: question.fileIds,
  };
}

async function ask(site: Site, c: Context<WebEnv>): Promise<Response> {
  const channel = channelOf(site, c);
  const { text, thread, files } = await jsonOf(c, asked(site));
  const root = await rootOf(site, channel.id, thread);
  const fileIds = await filesIn(site, channel.id, files);
  const userId = c.get("person").id;
  const asks = { channel: channel.id, thread: root, userId, text, fileIds };
  const question = await addQuestion(site.db, asks);
  try {
    await accept(site, questionEvent(site, question));
  } catch (error) {
    await dropQuestion(site.db, question.id);
    throw error;
  }
  await tell(site.db, { channel: channel.id, kind: "message", id: question.id });
  return eventStream(answerEvents(site, question));
}

function asked({ questionCharsMax }: Site) {
  return v.object(
    {
      text: questionText(questionCharsMax),
      thread: v.nullish(v.union([v.string(), v.number()], "A thread is named by its id."), null),
      files: v.optional(
        v.pipe(v.array(v.string(FILES_TEXT), FILES_TEXT), v.maxLength(FILES_MAX, FILES_TEXT)),
        [],
      ),
    },
    "The question is empty: write what you want to know.",
  );
}

async function rootOf({ db }: Site, channel: string, thread: string | number | null) {
  if (thread === null) return null;
  const id = messageId(String(thread));
  const root = id && (await threadOf(db, channel, id));
  if (!root) throw notFound("This thread is no longer here.");
  return root;
}

async function filesIn({ db }: Site, channel: string, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const there = await filesThere(db, ids);
  if (ids.some((id) => there.get(id) !== channel)) {
    throw notFound("One of these files is no longer in this channel.");
  }
  return [...new Set(ids)];
}

async function* answerEvents(site: Site, question: Question): AsyncGenerator<ServerEvent> {
  yield { event: "accepted", data: { id: question.id, thread: question.thread } };
  yield* replyEvents(site, question.id, 0);
}

async function messages(site: Site, c: Context<WebEnv>): Promise<Response> {
  const channel = channelOf(site, c);
  const thread = c.req.query("thread");
  if (thread === undefined) {
    return c.json(await latestThreads(site.db, channel.id, messageId(c.req.query("before"))));
  }
  const id = messageId(thread);
  return c.json({ messages: id ? await messagesOf(site.db, channel.id, [id]) : [], more: false });
}

/** `id` is a question's, or its reply's: the question's is known before any reply is there. */
async function resume(site: Site, c: Context<WebEnv>): Promise<Response> {
  const id = messageId(c.req.param("id"));
  const question = id && (await questionOf(site.db, id));
  if (!question) throw notFound("This message is no longer here.");
  readableChannel(site.workspace, c.get("person"), question.channel);
  const from = wholeNumber(c.req.query("from"), 0, PARTS_MAX);
  return eventStream(replyEvents(site, question.id, from));
}
