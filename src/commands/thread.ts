import { arrive } from "../arrive.ts";
import type { CommandReply } from "../chat.ts";
import { setMuted } from "../db/muted.ts";
import { findPlace } from "../db/places.ts";
import { allowed, type RightsDeps, type Who } from "./allowed.ts";

const OUTSIDE = "That works inside a thread. Write it there, after a mention of me.";
const MUTED = "I stay quiet in this thread until somebody mentions me.";
const UNMUTED = "In this thread I answer again without a mention, when something is asked of me.";
const NOT_ALLOWED = "Only who can read this thread can change that.";

export async function mute(deps: RightsDeps, who: Who, muted: boolean): Promise<CommandReply> {
  const { place, userId } = who;
  const { threadId } = place;
  if (threadId === null) return { done: false, text: OUTSIDE };
  if (!(await allowed(deps, who, "mute", null))) return { done: false, text: NOT_ALLOWED };
  // Where nothing has happened yet, nothing is muted; a wish for quiet is kept.
  const ids = (await findPlace(deps.db, place)) ?? (muted ? (await arrive(deps, place)).ids : null);
  if (ids) await setMuted(deps.db, ids, threadId, { muted, by: userId });
  return { done: true, text: muted ? MUTED : UNMUTED };
}
