import { openTo } from "../answer/scope.ts";
import type { CommandReply } from "../chat.ts";
import { type FileOfChannel, newestFilesOf } from "../db/files.ts";
import { findWorkspace } from "../db/places.ts";
import { dateOf } from "../operator/status/words.ts";
import type { RightsDeps, Who } from "./allowed.ts";
import { STATES } from "./files.ts";
import { nameOf } from "./words.ts";

const FILES_SHOWN = 20;

const NO_FILES = "None yet. Share a file in a channel that I am in, and ask me about it.";
const UNNAMED = "a direct message";

/** The newest files of every channel that this person can read now, a line each. */
export async function listMyFiles(deps: RightsDeps, who: Who): Promise<CommandReply> {
  const { db, adapterOf } = deps;
  const workspaceId = await findWorkspace(db, who.place);
  if (workspaceId === null) return { done: true, text: NO_FILES };
  const channels = await openTo({ db, adapter: adapterOf(who.place.platform) }, who, workspaceId);
  const ids = channels.map(({ id }) => id);
  const files = await newestFilesOf(db, workspaceId, ids, FILES_SHOWN);
  return { done: true, text: files.map(lineOf).join("\n") || NO_FILES };
}

function lineOf({ name, channelName, sharedAt, state, permalink }: FileOfChannel): string {
  const where = channelName === null ? UNNAMED : `#${nameOf(channelName)}`;
  const parts = [nameOf(name), where, dateOf(sharedAt), STATES[state]];
  return [...parts, ...(permalink ? [permalink] : [])].join(" · ");
}
