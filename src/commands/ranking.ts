import { arrive } from "../arrive.ts";
import type { CommandReply, Readers } from "../chat.ts";
import { filesCalled, markOfficial } from "../db/files.ts";
import { findPlace, findWorkspace } from "../db/places.ts";
import { channelsDrawnOn, setDrawnOn } from "../db/sources-allowed.ts";
import { ServiceError } from "../errors.ts";
import type { Place } from "../events.ts";
import { allowed, type RightsDeps, type Who } from "./allowed.ts";
import type { SourcesWish } from "./parse.ts";
import { nameOf } from "./words.ts";

const NOT_ADMIN = "Only an admin can set which channels answers draw on.";
const NOT_MODERATOR =
  "Only a moderator of this channel or an admin can say which files count first.";
const ALL = "Answers may draw on every channel that their readers can read.";
const NO_FILES = "I know no file of that name in this channel. The command files lists them.";
const SEVERAL = "Several files are called that. Name one by its number in files.";

const FILES_MAX = 20;
const CHANNELS_MET_MAX = 25;

/** Which channels other channels' answers may draw on; who may read what holds beside it. */
export async function setSources(
  deps: RightsDeps,
  who: Who,
  { how, named }: SourcesWish,
): Promise<CommandReply> {
  if (!(await allowed(deps, who, "set_sources", null))) return { done: false, text: NOT_ADMIN };
  const workspaceId = await findWorkspace(deps.db, who.place);
  if (workspaceId === null) return { done: false, text: "I know no channel here yet." };
  await meet(deps, who.place, named);
  const known = await setDrawnOn(deps.db, workspaceId, how, named);
  if (how === "all") return { done: true, text: ALL };
  if (known === 0) return { done: false, text: "I don't know these channels yet." };
  return { done: true, text: await drawnOn(deps, workspaceId) };
}

/** A channel may be named by its id before anything has happened in it. */
async function meet(deps: RightsDeps, place: Place, named: string[]): Promise<void> {
  for (const channelId of named.slice(0, CHANNELS_MET_MAX)) {
    const there = { ...place, channelId, threadId: null };
    if (await findPlace(deps.db, there)) continue;
    const readers = await readersOf(deps, there);
    if (readers && readers.channelName !== null) await arrive(deps, there);
  }
}

/** Null: the platform knows of none by that word. */
async function readersOf({ adapterOf }: RightsDeps, place: Place): Promise<Readers | null> {
  try {
    return await adapterOf(place.platform).readers(place);
  } catch (error) {
    if (error instanceof ServiceError) return null;
    throw error;
  }
}

async function drawnOn({ db }: RightsDeps, workspaceId: number): Promise<string> {
  const { chosen, names } = await channelsDrawnOn(db, workspaceId);
  if (!chosen && names.length === 0) return ALL;
  const list = names.map((name) => `#${name}`).join(", ") || "none";
  return chosen
    ? `Answers in other channels draw on these alone, where their readers can read them: ${list}.`
    : `Answers in other channels draw on all but these: ${list}.`;
}

/** A file of this channel counts before others, or does so no more. */
export async function setOfficial(
  deps: RightsDeps,
  who: Who,
  { wish, wanted }: { wish: "on" | "off"; wanted: string },
): Promise<CommandReply> {
  if (!(await allowed(deps, who, "set_official", null))) {
    return { done: false, text: NOT_MODERATOR };
  }
  const ids = await findPlace(deps.db, who.place);
  const found = ids ? await filesCalled(deps.db, ids, wanted, FILES_MAX) : [];
  const [file, ...others] = found.filter(({ isIt }) => isIt);
  if (!ids || !file) return { done: false, text: NO_FILES };
  if (others.length > 0) return { done: false, text: SEVERAL };
  const isOn = wish === "on";
  await markOfficial(deps.db, ids, file.fileId, isOn ? who.userId : null);
  const name = nameOf(file.name);
  const text = isOn
    ? `${name} counts before other files now.`
    : `${name} counts like any other file.`;
  return { done: true, text };
}
