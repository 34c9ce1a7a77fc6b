import type { Standing } from "./chat.ts";
import { allowed, type RightsDeps, standingOf, type Who } from "./commands/allowed.ts";
import { brakesOf } from "./db/brakes.ts";
import type { Action } from "./rights.ts";

export type Brake = "paused" | "blocked" | "role" | "new";

/** What is said to whoever wants something; nothing to whoever was blocked, where others would read it. */
export const BRAKED: Record<Brake, string> = {
  paused: "I am paused here. An admin can wake me with the command resume.",
  blocked: "I don't take anything from you here; an admin has decided that.",
  role: "Here I answer people with certain roles only. The admins know which.",
  new: "You have only just come in. Please ask me again in some minutes.",
};

/**
 * What keeps this person from using Docent in this workspace, by any way: mentions, direct messages, buttons,
 * commands and files alike. Null: nothing does. Admins are held by nothing but the pause.
 */
export async function brakeOn(deps: RightsDeps, who: Who): Promise<Brake | null> {
  const { place, userId } = who;
  const { paused, blocked } = await brakesOf(deps.db, place, userId);
  if (paused) return "paused";
  const hasRoles = deps.adapterOf(place.platform).communities === true;
  if (!blocked && !hasRoles) return null;
  const standing = await standingOf(deps, who);
  if (standing.admin) return null;
  return blocked ? "blocked" : byStanding(deps.brakes, standing);
}

function byStanding(rules: RightsDeps["brakes"], standing: Standing): Brake | null {
  const { roles = [], memberSinceMs } = standing;
  const isIn = (named: readonly string[]) =>
    roles.some(({ id, name }) => named.includes(id) || named.includes(name));
  if (isIn(rules.blockedRoles)) return "role";
  if (rules.allowedRoles.length > 0 && !isIn(rules.allowedRoles)) return "role";
  // Guests of a call have no such time; who is no member any more has none to be told.
  if (memberSinceMs === undefined) return null;
  const sinceMs = memberSinceMs ?? Date.now();
  return Date.now() - sinceMs < rules.memberAgeMsMin ? "new" : null;
}

/** The same in words for them alone. */
export async function refusalFor(deps: RightsDeps, who: Who): Promise<string | null> {
  const brake = await brakeOn(deps, who);
  return brake && BRAKED[brake];
}

/** May this person do it, and does nothing keep them from it? */
export async function mayNow(
  deps: RightsDeps,
  who: Who,
  action: Action,
  ownerId: string | null,
): Promise<boolean> {
  return (await brakeOn(deps, who)) === null && (await allowed(deps, who, action, ownerId));
}
