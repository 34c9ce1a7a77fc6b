import { type APIMessage, Routes } from "discord.js";
import { ServiceError } from "../../../src/errors.ts";
import type { Place } from "../../../src/events.ts";
import { type Discord, failure } from "../client.ts";
import { isByPerson } from "../events/messages.ts";
import { isNotThere } from "./message.ts";

const PAGE = 100;
// A thread of more messages has more than one voice.
const PAGES_MAX = 3;

type Rest = Pick<Discord, "rest">;

/** See `Adapter.voices`. Where the answers stand in the channel itself, the thread is whatever answers each other. */
export async function voices(discord: Rest, { channelId, threadId }: Place): Promise<string[]> {
  const rootId = threadId ?? channelId;
  const begun = rootId === channelId ? null : await rootOf(discord, channelId, rootId);
  const said =
    (await messagesIn(discord, rootId, "before")) ??
    linked(rootId, (await messagesIn(discord, channelId, "after", rootId)) ?? []);
  const all = begun ? [begun, ...said] : said;
  return [...new Set(all.filter(isByPerson).map(({ author }) => author.id))];
}

/** What the thread begins with stands in the channel. */
async function rootOf(
  discord: Rest,
  channelId: string,
  rootId: string,
): Promise<APIMessage | null> {
  const route = Routes.channelMessage(channelId, rootId);
  return await there(discord.rest.get(route) as Promise<APIMessage>);
}

/** Null: there is no such channel. @throws {ServiceError} when there are too many */
async function messagesIn(
  { rest }: Rest,
  channelId: string,
  way: "before" | "after",
  from?: string,
): Promise<APIMessage[] | null> {
  const messages: APIMessage[] = [];
  const query = new URLSearchParams({ limit: `${PAGE}` });
  if (from !== undefined) query.set(way, from);
  for (let count = 0; count < PAGES_MAX; count += 1) {
    const route = Routes.channelMessages(channelId);
    const page = await there(rest.get(route, { query }) as Promise<APIMessage[]>);
    if (!page) return null;
    messages.push(...page);
    // A page begins with its newest message, whichever way it was asked for.
    const last = way === "before" ? page.at(-1) : page[0];
    if (!last || page.length < PAGE) return messages;
    query.set(way, last.id);
  }
  throw new ServiceError("discord", "the thread is too long to look through", { retryable: false });
}

/** What answers the first message, or what answers that, and so on. */
function linked(rootId: string, messages: readonly APIMessage[]): APIMessage[] {
  const ids = new Set([rootId]);
  const oldestFirst = messages.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  return oldestFirst.filter(({ id, message_reference: answered }) => {
    const isLinked = ids.has(answered?.message_id ?? "");
    if (isLinked) ids.add(id);
    return isLinked;
  });
}

async function there<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (isNotThere(error)) return null;
    throw failure(error);
  }
}
