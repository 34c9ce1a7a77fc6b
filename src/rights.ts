import type { Standing } from "./chat.ts";

/** What can be done to a thing, beside reading it. */
export type Action =
  | "forget_file"
  | "set_mode"
  | "backfill"
  | "opt_out"
  | "see_files"
  | "see_sources"
  | "mute"
  | "stop"
  | "regenerate"
  | "rate"
  | "see_money"
  | "pause"
  | "block"
  | "forget_person"
  | "set_sources"
  | "set_official";

/** `owner`: who shared the file, asked the question, or whom it is about. `reader`: who can read the place. */
export type Role = "reader" | "owner" | "moderator" | "admin";

/** WHO MAY DO WHAT, on every platform. Whatever is not here, nobody may. */
export const RIGHTS: Record<Action, readonly Role[]> = {
  forget_file: ["owner", "moderator", "admin"],
  set_mode: ["moderator", "admin"],
  // The owner is whoever invited Docent.
  backfill: ["owner", "moderator", "admin"],
  opt_out: ["owner"],
  // Of the place itself: what others hold stays with answer/scope.ts.
  see_files: ["reader", "owner", "moderator", "admin"],
  see_sources: ["reader", "owner", "moderator", "admin"],
  mute: ["reader", "owner", "moderator", "admin"],
  stop: ["owner", "moderator", "admin"],
  regenerate: ["owner", "moderator", "admin"],
  rate: ["reader", "owner", "moderator", "admin"],
  // What the workspace has spent, and how the key stands.
  see_money: ["admin"],
  pause: ["admin"],
  // These hold in the whole workspace: a channel's moderator is not enough.
  block: ["admin"],
  forget_person: ["admin"],
  set_sources: ["admin"],
  set_official: ["moderator", "admin"],
};

export interface Actor {
  userId: string;
  standing: Standing;
  /** Whom the thing belongs to. */
  ownerId: string | null;
}

export function may(action: Action, actor: Actor): boolean {
  return rolesOf(actor).some((role) => RIGHTS[action].includes(role));
}

function rolesOf({ userId, standing, ownerId }: Actor): Role[] {
  const roles: Role[] = ["reader"];
  if (userId === ownerId) roles.push("owner");
  if (standing.moderator) roles.push("moderator");
  if (standing.admin) roles.push("admin");
  return roles;
}
