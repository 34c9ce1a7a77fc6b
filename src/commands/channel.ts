import { arrive, firstMode } from "../arrive.ts";
import type { ChannelMode, CommandReply } from "../chat.ts";
import { findPlace, modeOf, setMode } from "../db/places.ts";
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

export async function setChannelMode(
  deps: RightsDeps,
  who: Who,
  mode: ChannelMode,
): Promise<CommandReply> {
  if (!(await allowed(deps, who, "set_mode", null))) return { done: false, text: NOT_ALLOWED };
  const { ids } = await arrive(deps, who.place);
  await setMode(deps.db, ids, mode, who.userId);
  return { done: true, text: FROM_NOW_ON[mode] };
}

/** How the channel is read, who has set that, and when. */
export async function tellMode(deps: RightsDeps, { place, userId }: Who): Promise<CommandReply> {
  const ids = await findPlace(deps.db, place);
  const known = ids && (await modeOf(deps.db, ids));
  const mode = known?.mode ?? (await modeAtFirst(deps, place));
  const lines = [`This channel is on “${mode}”: ${NOW[mode]}`, setByWhom(known, userId), HOW];
  return { done: true, text: lines.join("\n") };
}

async function modeAtFirst(deps: RightsDeps, place: Who["place"]): Promise<ChannelMode> {
  return firstMode(deps.channels, await deps.adapterOf(place.platform).readers(place));
}

function setByWhom(known: Awaited<ReturnType<typeof modeOf>>, userId: string): string {
  if (!known?.setBy || !known.setAt) return "Nobody has set that; it is how channels start here.";
  const who = known.setBy === userId ? "you" : known.setBy;
  return `Set by ${who} on ${dateOf(known.setAt)}.`;
}
