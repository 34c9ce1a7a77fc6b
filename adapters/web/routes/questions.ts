import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import type { Mention } from "../../../src/chat.ts";
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
import { tell } from "../store/files.ts";
import {
  addQuestion,
  dropQuestion,
  latestThreads,
  messagesOf,
  type Question,
  questionOf,
  threadOf,
} from "../store/messages.ts";

const BODY_BYTES_MAX = 256 * 1024;
const PARTS_MAX = 1_000_000;

export function questionRoutes(site: Site): Hono<WebEnv> {
  const small = bodyLimit({
    maxSize: BODY_BYTES_MAX,
    onError: () => {
      throw new HTTPException(413, { message: tooLong(site) });
    },
  });
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
  };
}

async function ask(site: Site, c: Context<WebEnv>): Promise<Response> {
  const channel = channelOf(site, c);
  const { text, thread } = await asked(site, c);
  const root = thread === null ? null : await threadOf(site.db, channel.id, thread);
  if (thread !== null && root === null) throw notFound("This thread is no longer here.");
  const userId = c.get("person").id;
  const question = await addQuestion(site.db, { channel: channel.id, thread: root, userId, text });
  try {
    await accept(site, questionEvent(site, question));
  } catch (error) {
    await dropQuestion(site.db, question.id);
    throw error;
  }
  await tell(site.db, channel.id, "message", question.id);
  return eventStream(answerEvents(site, question));
}

async function* answerEvents(site: Site, question: Question): AsyncGenerator<ServerEvent> {
  yield { event: "accepted", data: { id: question.id, thread: question.thread } };
  yield* replyEvents(site, question.id, 0);
}

async function asked(site: Site, c: Context<WebEnv>) {
  const body: unknown = await c.req.json().catch((cause: unknown) => {
    throw new HTTPException(400, { message: 'A question comes as JSON: {"text": "…"}.', cause });
  });
  const { text, thread } = fieldsOf(body);
  if (typeof text !== "string" || text.trim() === "") {
    throw new HTTPException(400, {
      message: "The question is empty: write what you want to know.",
    });
  }
  if (text.length > site.questionCharsMax) throw new HTTPException(400, { message: tooLong(site) });
  if (thread === undefined || thread === null) return { text: storable(text), thread: null };
  const id = messageId(String(thread));
  if (id === null) throw notFound("This thread is no longer here.");
  return { text: storable(text), thread: id };
}

function fieldsOf(body: unknown): { text?: unknown; thread?: unknown } {
  return typeof body === "object" && body !== null ? body : {};
}

/** Postgres stores neither NUL nor half a surrogate pair. */
function storable(text: string): string {
  return text.replaceAll("\0", "").toWellFormed().trim();
}

function tooLong({ questionCharsMax }: Site): string {
  const most = questionCharsMax.toLocaleString("en");
  return `The question is too long: at most ${most} characters, please shorten it.`;
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
