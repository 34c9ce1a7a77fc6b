import { type ArriveDeps, arrive } from "./arrive.ts";
import type { Command, CommandReply } from "./chat.ts";
import { removeShare, sharerOf } from "./db/contents.ts";
import { type PlaceIds, setMode, setOptedOut } from "./db/places.ts";
import { inTransaction } from "./db/transaction.ts";
import { type Action, may } from "./rights.ts";
import type { Status, StatusViewer } from "./surface.ts";

export interface RightsDeps extends ArriveDeps {
  /** Ids of people who are admins here, whatever the platform says. */
  adminUsers: readonly string[];
}

export interface CommandDeps extends RightsDeps {
  status(viewer: StatusViewer): Promise<Status>;
}

const MODES = {
  auto: "From now on I read every document that is shared here. What was shared before and not read can be shared again.",
  ask: "From now on I read only what is handed over to me, with a question or by mention.",
  off: "From now on I read nothing here, and use nothing from here in answers.",
};

/** Does what somebody wants done at once, if they may, and says so in one sentence; a status takes lines. */
export async function runCommand(deps: CommandDeps, command: Command): Promise<CommandReply> {
  if (command.kind === "status") return tellStatus(deps, command);
  const { place, userId } = command;
  const { ids } = await arrive(deps, place);
  switch (command.kind) {
    case "set_mode":
      if (!(await allowed(deps, command, "set_mode", null))) {
        return {
          done: false,
          text: "Only a moderator of this channel or an admin can change that.",
        };
      }
      await setMode(deps.db, ids, command.mode, userId);
      return { done: true, text: MODES[command.mode] };
    case "opt_out":
      await setOptedOut(deps.db, ids.workspaceId, userId, command.out);
      return { done: true, text: command.out ? OPTED_OUT : OPTED_IN };
    case "forget_file":
      return forgetFile(deps, command, ids);
    default:
      return command satisfies never;
  }
}

const OPTED_OUT =
  "From now on I read nothing that you share, and use nothing of it in answers. You can turn it back on at any time.";
const OPTED_IN = "From now on I read what you share again, where the channel allows it.";

async function forgetFile(
  deps: CommandDeps,
  command: Command & { kind: "forget_file" },
  ids: PlaceIds,
): Promise<CommandReply> {
  const file = await sharerOf(deps.db, ids, command.fileId);
  if (!file) return { done: true, text: "I know nothing of this file." };
  if (!(await allowed(deps, command, "forget_file", file.sharerId))) {
    const text =
      "Only who shared this file, a moderator of this channel or an admin can have it forgotten.";
    return { done: false, text };
  }
  await inTransaction(deps.db, (client) => removeShare(client, ids, command.fileId));
  return { done: true, text: `I have forgotten ${file.name}.` };
}

/** Nothing is made for it: it works also where nothing has happened yet. */
async function tellStatus(deps: CommandDeps, command: Command): Promise<CommandReply> {
  const { place } = command;
  const [{ outsiders }, admin] = await Promise.all([
    deps.adapterOf(place.platform).readers(place),
    allowed(deps, command, "see_money", null),
  ]);
  // Whoever asks may be an outsider where there are some; an admin is none.
  const wide = outsiders === false || admin;
  const { details } = await deps.status({ workspace: place, wide, admin });
  return { done: true, text: details.join("\n") };
}

/** @param ownerId whom the thing belongs to; null when to nobody */
export async function allowed(
  { adapterOf, adminUsers }: RightsDeps,
  { place, userId }: Pick<Command, "place" | "userId">,
  action: Action,
  ownerId: string | null,
): Promise<boolean> {
  const known = await adapterOf(place.platform).standing(place, userId);
  const standing = { ...known, admin: known.admin || adminUsers.includes(userId) };
  return may(action, { userId, standing, ownerId });
}
