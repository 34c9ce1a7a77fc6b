import { arrive, firstMode } from "../arrive.ts";
import type { AnswerStyle, ChannelMode, CommandReply } from "../chat.ts";
import { findPlace, modeOf, setMode, setStyle } from "../db/places.ts";
import { dateOf } from "../operator/status/words.ts";
import { allowed, type RightsDeps, type Who } from "./allowed.ts";

const FROM_NOW_ON = {
  auto: "From now on I read every document that is shared here. What was shared before and not read can be shared again.",
  ask: "From now on I read only what is handed over to me, with a question or by mention.",
  off: "From now on I read nothing here, and use nothing from here in answers.",
} satisfies Record<ChannelMode, string>;

const NOW = {
  auto: "I read every document that is shared here.",
  ask: "I read only what is handed over to me, with a question or by mention.",
  off: "I read nothing here, and use nothing from here in answers.",
} satisfies Record<ChannelMode, string>;

const NOT_ALLOWED = "Only a moderator of this channel or an admin can change that.";
const HOW =
  "A moderator of this channel or an admin can change it: channel auto, channel ask or channel off.";

const ANSWERS = {
  thread: "From now on I answer mentions here in a thread.",
  reply: "From now on I answer mentions here below the question.",
  private: "From now on I answer mentions here in private: whoever asks sees it alone.",
} satisfies Record<AnswerStyle, string>;

const NO_REPLIES = "Here I answer in threads, or in private: channel thread, or channel private.";

/** How the channel is read, or how it wants its answers. */
export async function setChannel(
  deps: RightsDeps,
  who: Who,
  wish: ChannelMode | AnswerStyle,
): Promise<CommandReply> {
  if (!(await allowed(deps, who, "set_mode", null))) return { done: false, text: NOT_ALLOWED };
  const { ids } = await arrive(deps, who.place);
  if (isStyle(wish)) {
    const { communities } = deps.adapterOf(who.place.platform);
    if (wish === "reply" && !communities) return { done: false, text: NO_REPLIES };
    await setStyle(deps.db, ids, wish);
    return { done: true, text: ANSWERS[wish] };
  }
  await setMode(deps.db, ids, wish, who.userId);
  return { done: true, text: FROM_NOW_ON[wish] };
}

function isStyle(wish: ChannelMode | AnswerStyle): wish is AnswerStyle {
  return wish in ANSWERS;
}

/** How the channel is read, and when that was set. */
export async function tellMode(deps: RightsDeps, { place, userId }: Who): Promise<CommandReply> {
  const ids = await findPlace(deps.db, place);
  const known = ids && (await modeOf(deps.db, ids));
  const mode = known?.mode ?? (await modeAtFirst(deps, place));
  const lines = [`This channel is on “${mode}”: ${NOW[mode]}`, setByWhom(known, userId), HOW];
  return { done: true, text: lines.join("\n") };
}

async function modeAtFirst(deps: RightsDeps, place: Who["place"]): Promise<ChannelMode> {
  const adapter = deps.adapterOf(place.platform);
  return firstMode(deps.channels, await adapter.readers(place), adapter);
}

function setByWhom(known: Awaited<ReturnType<typeof modeOf>>, userId: string): string {
  if (!known?.setBy || !known.setAt) return "Nobody has set that; it is how channels start here.";
  // Names are the platform's, and its ids say nothing to people.
  const who = known.setBy === userId ? "you" : "a moderator";
  return `Set by ${who} on ${dateOf(known.setAt)}.`;
}
