import type { CommandReply } from "../chat.ts";
import { setBlocked, setPaused } from "../db/brakes.ts";
import { chooseHome, leaveHome } from "../db/people.ts";
import { allowed, type RightsDeps, type Who } from "./allowed.ts";
import { forgetAllOf } from "./me.ts";

const PAUSED = "I am paused: I read nothing and answer nobody here. To wake me: resume";
const RESUMED =
  "I am awake again. What was shared meanwhile I have not read: share it again if I should.";
const WHOM = "Whom? Name them after it, as in: block @PERSON";
const BLOCKED = "From now on I take nothing from this person: no files, no questions.";
const UNBLOCKED = "From now on I read and answer this person again.";
const CHOSEN =
  "From now on your direct messages search what you can read on this server. To change that, write: server";
const CHOOSE =
  "With your next message I ask you which server to search. Where you share one server with me, it is that one.";
const ALL_HERE = "Here I search this place already.";

const NOT_ADMIN = "Only an admin can do that.";

/** Admins stop everything in the workspace, and let it go on. */
export async function pause(deps: RightsDeps, who: Who, paused: boolean): Promise<CommandReply> {
  if (!(await allowed(deps, who, "pause", null))) return { done: false, text: NOT_ADMIN };
  await setPaused(deps.db, who.place, paused);
  return { done: true, text: paused ? PAUSED : RESUMED };
}

export async function block(
  deps: RightsDeps,
  who: Who,
  personId: string | null,
  blocked: boolean,
): Promise<CommandReply> {
  if (!(await allowed(deps, who, "block", null))) return { done: false, text: NOT_ADMIN };
  if (personId === null) return { done: false, text: WHOM };
  await setBlocked(deps.db, who.place, personId, blocked);
  return { done: true, text: blocked ? BLOCKED : UNBLOCKED };
}

/** Where a person's direct messages search from now on. */
export async function chooseWorkspace(
  { db }: RightsDeps,
  { place, userId }: Who,
): Promise<CommandReply> {
  await chooseHome(db, place, userId);
  return { done: true, text: CHOSEN };
}

/** Their next direct message asks where to search. */
export async function chooseAnew(
  { db, adapterOf }: RightsDeps,
  { place, userId }: Who,
): Promise<CommandReply> {
  const { visibility } = await adapterOf(place.platform).readers(place);
  if (visibility !== "direct") return { done: false, text: ALL_HERE };
  await leaveHome(db, place.platform, userId);
  return { done: true, text: CHOOSE };
}

/** All that somebody else has shared and asked in the workspace. */
export async function forgetPerson(
  deps: RightsDeps,
  who: Who,
  personId: string,
): Promise<CommandReply> {
  if (!(await allowed(deps, who, "forget_person", null))) {
    return { done: false, text: NOT_ADMIN };
  }
  const counts = await forgetAllOf(deps, who.place, personId);
  return { done: true, text: `I have forgotten ${counts} of theirs, with the answers.` };
}
