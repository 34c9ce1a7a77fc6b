import type { Standing } from "./chat.ts";

/** What can be done to a thing, beside reading it. */
export type Action =
  | "forget_file"
  | "set_mode"
  | "opt_out"
  | "stop"
  | "regenerate"
  | "rate"
  | "see_money";

/** `owner`: who shared the file, asked the question, or whom it is about. `reader`: who can read the place. */
export type Role = "reader" | "owner" | "moderator" | "admin";

/** WHO MAY DO WHAT, on every platform. Whatever is not here, nobody may. */
export const RIGHTS: Record<Action, readonly Role[]> = {
  forget_file: ["owner", "moderator", "admin"],
  set_mode: ["moderator", "admin"],
  opt_out: ["owner"],
  stop: ["owner", "moderator", "admin"],
  regenerate: ["owner", "moderator", "admin"],
  rate: ["reader", "owner", "moderator", "admin"],
  // What the workspace has spent, and how the key stands.
  see_money: ["admin"],
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
