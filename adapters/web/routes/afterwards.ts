import { randomUUID } from "node:crypto";
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import * as v from "valibot";
import type { MessageChanged } from "../../../src/events.ts";
import { jsonOf, questionText, smallBody, storable, tooLong } from "../body.ts";
import {
  accept,
  adminOf,
  channelOf,
  messageId,
  notFound,
  placeIn,
  type Site,
  type WebEnv,
} from "../site.ts";
import { filesThere, tell } from "../store/files.ts";
import {
  editQuestion,
  findQuestion,
  removeQuestion,
  type StoredQuestion,
  undoEdit,
} from "../store/questions.ts";
import { channelsOf } from "../workspace.ts";

/** For so long a question can be changed after it was asked. */
export const EDIT_MS_MAX = 10 * 60_000;

const REASON_CHARS_MAX = 500;

const REASON = v.pipe(
  v.string("The reason is text."),
  v.maxLength(REASON_CHARS_MAX, `The reason is too long: ${REASON_CHARS_MAX} characters at most.`),
  v.transform(storable),
);
const RATING = v.object(
  {
    rating: v.picklist(["up", "down"], "A rating is “up” or “down”."),
    reason: v.optional(REASON, ""),
  },
  "A rating is “up” or “down”.",
);

/** What can be done about a question once it is asked, and about its answer. */
export function afterwardsRoutes(site: Site): Hono<WebEnv> {
  const path = "/channels/:channel/questions/:id";
  const small = smallBody(tooLong(site.questionCharsMax));
  return new Hono<WebEnv>()
    .put(path, small, (c) => edit(site, c))
    .delete(path, (c) => remove(site, c))
    .post(`${path}/stop`, (c) => stop(site, c))
    .post(`${path}/regenerate`, (c) => regenerate(site, c))
    .post(`${path}/rating`, small, (c) => rate(site, c))
    .get(`${path}/inspection`, (c) => inspect(site, c));
}

/** The event of an edit; its key holds when, so that handing it in again changes nothing. */
export function editedEvent(site: Site, question: StoredQuestion): MessageChanged {
  return {
    kind: "message_changed",
    key: `web:edited:${question.id}:${question.editedAtMs}`,
    ...about(site, question, question.userId),
    text: question.text,
  };
}

/** What every event about a question holds. */
function about(site: Site, { channel, thread, id }: StoredQuestion, userId: string) {
  return { place: placeIn(site, channel, thread), userId, messageId: id };
}

async function questionIn(site: Site, c: Context<WebEnv>): Promise<StoredQuestion> {
  const channel = channelOf(site, c);
  const id = messageId(c.req.param("id"));
  const question = id && (await findQuestion(site.db, channel.id, id));
  if (!question) throw notFound("This question is no longer here.");
  return question;
}

function forbid(message: string): never {
  throw new HTTPException(403, { message });
}

/** The core decides who may; this only says it at once. */
function askerOrAdmin(site: Site, c: Context<WebEnv>, question: StoredQuestion, what: string) {
  const person = c.get("person");
  const admin = adminOf(site);
  if (person.id === question.userId || person === admin) return;
  forbid(`Only who asked, or ${admin?.name}, can ${what}.`);
}

async function edit(site: Site, c: Context<WebEnv>): Promise<Response> {
  const before = await questionIn(site, c);
  if (c.get("person").id !== before.userId) forbid("Only who asked can change the question.");
  const { text } = await jsonOf(
    c,
    v.object({ text: questionText(site.questionCharsMax) }, "The question is empty."),
  );
  if (Date.now() - before.askedAtMs > EDIT_MS_MAX) {
    forbid("A question can be changed for ten minutes only: please ask it anew.");
  }
  if (text === before.text) return c.json({ id: before.id, text });
  const edited = await editQuestion(site.db, before.id, text);
  if (!edited) throw notFound("This question is no longer here.");
  try {
    await accept(site, editedEvent(site, edited));
  } catch (error) {
    await undoEdit(site.db, before);
    throw error;
  }
  await tell(site.db, { channel: before.channel, kind: "message", id: before.id });
  return c.json({ id: before.id, text });
}

async function remove(site: Site, c: Context<WebEnv>): Promise<Response> {
  const question = await questionIn(site, c);
  askerOrAdmin(site, c, question, "delete the question");
  await accept(site, {
    kind: "message_deleted",
    key: `web:deleted:${question.id}`,
    ...about(site, question, c.get("person").id),
  });
  await removeQuestion(site.db, question.id);
  return c.body(null, 204);
}

async function stop(site: Site, c: Context<WebEnv>): Promise<Response> {
  const question = await questionIn(site, c);
  askerOrAdmin(site, c, question, "stop the answer");
  if (question.answeredAtMs === null) {
    const key = `web:stopped:${question.id}:${randomUUID()}`;
    await accept(site, { kind: "stopped", key, ...about(site, question, c.get("person").id) });
  }
  return c.json({}, 202);
}

/** Wanted twice of the same answer, one other answer is made: the key holds when that one was complete. */
async function regenerate(site: Site, c: Context<WebEnv>): Promise<Response> {
  const question = await questionIn(site, c);
  askerOrAdmin(site, c, question, "have it answered anew");
  const key = `web:regenerate:${question.id}:${question.answeredAtMs ?? randomUUID()}`;
  const event = { kind: "regenerate_wanted", key } as const;
  await accept(site, { ...event, ...about(site, question, c.get("person").id) });
  return c.json({}, 202);
}

async function rate(site: Site, c: Context<WebEnv>): Promise<Response> {
  const question = await questionIn(site, c);
  const { rating, reason } = await jsonOf(c, RATING);
  const userId = c.get("person").id;
  const key = `web:rated:${question.id}:${userId}:${randomUUID()}`;
  await accept(site, { kind: "rated", key, ...about(site, question, userId), rating, reason });
  return c.json({}, 202);
}

/** Also of a question whose words were taken back: its answer may still stand. */
async function inspect(site: Site, c: Context<WebEnv>): Promise<Response> {
  const channel = channelOf(site, c);
  const id = messageId(c.req.param("id"));
  const found = id && (await site.library.inspect(placeIn(site, channel.id, null), id));
  if (!found) throw notFound("It is not known how this was answered.");
  const channels = await filesThere(
    site.db,
    found.passages.map(({ fileId }) => fileId),
  );
  const readable = new Set(channelsOf(site.workspace, c.get("person")).map((one) => one.id));
  // Where a passage's file is to be opened, for whom that channel is open.
  const channelId = (fileId: string) => {
    const id = channels.get(fileId) ?? "";
    return readable.has(id) ? id : null;
  };
  const passages = found.passages.map((one) => ({ ...one, channelId: channelId(one.fileId) }));
  return c.json({ ...found, passages });
}
