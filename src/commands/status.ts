import type { CommandReply } from "../chat.ts";
import { readPerson } from "../db/people.ts";
import { findWorkspace } from "../db/places.ts";
import { moneyTexts } from "../operator/status/details.ts";
import { narrow } from "../operator/status/words.ts";
import { allowed, type Who } from "./allowed.ts";
import type { CommandDeps } from "./deps.ts";
import { questionsMax } from "./quota.ts";

/** Nothing is made for it: it works also where nothing has happened yet. */
export async function tellStatus(
  deps: CommandDeps,
  who: Who & { aloud?: boolean },
): Promise<CommandReply> {
  const { place } = who;
  const adapter = deps.adapterOf(place.platform);
  const [{ outsiders }, isAdmin] = await Promise.all([
    adapter.readers(place),
    allowed(deps, who, "see_money", null),
  ]);
  const admin = isAdmin && !who.aloud;
  // Whoever asks may be an outsider where there are some, as in a community; an admin is none.
  const wide = admin || (outsiders === false && !adapter.communities);
  const { details } = await deps.status({ workspace: place, wide, admin });
  return { done: true, text: details.join("\n") };
}

/** What this person has had of what there is; admins are told what the workspace has. */
export async function tellUsage(deps: CommandDeps, who: Who): Promise<CommandReply> {
  const { place, userId } = who;
  const [workspaceId, admin] = await Promise.all([
    findWorkspace(deps.db, place),
    allowed(deps, who, "see_money", null),
  ]);
  const { questionsToday, files } = await readPerson(deps.db, workspaceId, userId);
  const questionsPerDay = await questionsMax(deps, who);
  const lines = [
    `Your questions today: ${questionsToday} of ${questionsPerDay}. The count starts anew at 00:00 UTC.`,
    `Your files that I know: ${files}`,
  ];
  if (admin) lines.push(...(await moneyLines(deps, place)));
  return { done: true, text: lines.join("\n") };
}

async function moneyLines(deps: CommandDeps, workspace: Who["place"]): Promise<string[]> {
  const { money } = await deps.status({ workspace, wide: true, admin: true });
  return money ? moneyTexts(money).flatMap((parts) => narrow(...parts)) : [];
}
