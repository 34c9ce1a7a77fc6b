import { scopeOf, stillOpen } from "../answer/scope.ts";
import { where } from "../answer/where.ts";
import type { CommandReply } from "../chat.ts";
import { findPlace, type PlaceIds } from "../db/places.ts";
import { type AnswerSources, findSources, type StoredSource } from "../db/sources.ts";
import { allowed, type Who } from "./allowed.ts";
import type { CommandDeps } from "./deps.ts";
import { nameOf, oneLine } from "./words.ts";

const QUOTE_CHARS_MAX = 200;

const OUTSIDE = "That works inside a thread. Write it there, after a mention of me.";
const NO_ANSWER = "I know of no answer of mine here.";
const NOT_YET = "That answer is still being written. Ask me again when it is there.";
const NONE = "That answer stands on no file.";
const GONE = "What that answer stood on is no longer shared where I may look for this place.";

/** All sources of the last answer in this thread. */
export async function tellLastSources(deps: CommandDeps, who: Who): Promise<CommandReply> {
  const { threadId } = who.place;
  if (threadId === null) return { done: false, text: OUTSIDE };
  return tellSourcesOf(deps, who, { threadId });
}

/** All sources of the answer to this question, for whoever reads the place where it was asked. */
export function tellSources(
  deps: CommandDeps,
  who: Who,
  questionId: string,
): Promise<CommandReply> {
  return tellSourcesOf(deps, who, { questionId });
}

async function tellSourcesOf(
  deps: CommandDeps,
  who: Who,
  of: Parameters<typeof findSources>[2],
): Promise<CommandReply> {
  const ids = await findPlace(deps.db, who.place);
  const answer = ids && (await findSources(deps.db, ids, of, who.userId));
  if (!answer || !(await allowed(deps, who, "see_sources", null))) {
    return { done: false, text: NO_ANSWER };
  }
  if (answer.state === "answering") return { done: false, text: NOT_YET };
  if (answer.total === 0) return { done: true, text: NONE };
  const open = await openSources(deps, who, ids, answer);
  return { done: true, text: open.length > 0 ? open.map(linesOf).join("\n") : GONE };
}

/** The sources that this place may still see: by the rule that answers go by, asked anew. */
async function openSources(
  deps: CommandDeps,
  { place, userId }: Who,
  ids: PlaceIds,
  answer: AnswerSources,
): Promise<StoredSource[]> {
  const reading = { ...deps, adapter: deps.adapterOf(place.platform) };
  const readers = await reading.adapter.readers(place);
  const scope = await scopeOf(reading, { place, userId, ids, readers, isPrivate: answer.private });
  const isIn = ({ channels }: typeof scope) => {
    const open = new Set(channels.map(({ platformId }) => platformId));
    return (source: StoredSource) => open.has(source.channelId);
  };
  const sources = answer.sources.filter(isIn(scope));
  const used = sources.map(({ channelId }) => channelId);
  return sources.filter(isIn(await stillOpen(reading, place, scope, used)));
}

function linesOf({ number, name, locator, quote, permalink }: StoredSource): string {
  const at = where(locator);
  return [
    `[${number}] ${nameOf(name)}${at ? `, ${oneLine(at, QUOTE_CHARS_MAX)}` : ""}`,
    ...(quote ? [`“${oneLine(quote, QUOTE_CHARS_MAX)}”`] : []),
    ...(permalink ? [permalink] : []),
  ].join("\n");
}
