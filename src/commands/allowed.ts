import type { ArriveDeps } from "../arrive.ts";
import type { Standing } from "../chat.ts";
import type { Place } from "../events.ts";
import { type Action, may } from "../rights.ts";

export interface RightsDeps extends ArriveDeps {
  /** Ids of people who are admins here, whatever the platform says. */
  adminUsers: readonly string[];
  brakes: BrakeRules;
}

/** Who may not use Docent at all, for now. */
export interface BrakeRules {
  /** Roles by id or name; none: everybody. */
  allowedRoles: readonly string[];
  blockedRoles: readonly string[];
  memberAgeMsMin: number;
}

/** Who wants something, and where they said it. */
export interface Who {
  place: Place;
  userId: string;
}

const NO_STANDING: Standing = { admin: false, moderator: false };

/** @param ownerId whom the thing belongs to; null when to nobody */
export async function allowed(
  deps: RightsDeps,
  who: Who,
  action: Action,
  ownerId: string | null,
): Promise<boolean> {
  const { userId } = who;
  // What everybody may, or anybody with their own things, needs no word from the platform.
  if (may(action, { userId, standing: NO_STANDING, ownerId })) return true;
  return may(action, { userId, standing: await standingOf(deps, who), ownerId });
}

export async function standingOf(
  { adapterOf, adminUsers }: RightsDeps,
  { place, userId }: Who,
): Promise<Standing> {
  const known = await adapterOf(place.platform).standing(place, userId);
  return { ...known, admin: known.admin || adminUsers.includes(userId) };
}
