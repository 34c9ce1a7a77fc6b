import type { CommandReply } from "../chat.ts";
import { removeShare, sharerOf } from "../db/contents.ts";
import { filesCalled, type ListedFile, newestFiles } from "../db/files.ts";
import { findPlace, modeOf, type PlaceIds } from "../db/places.ts";
import { inTransaction } from "../db/transaction.ts";
import { dateOf } from "../operator/status/words.ts";
import { may } from "../rights.ts";
import { allowed, type RightsDeps, standingOf, type Who } from "./allowed.ts";
import { countOf, nameOf, oneLine } from "./words.ts";

const FILES_SHOWN = 20;

const NO_FILES =
  "I know no files of this channel yet. Share one, and I read it where the channel allows that.";
const NOT_ALLOWED =
  "Only who shared this file, a moderator of this channel or an admin can have it forgotten.";
const WHICH = "Which file? Write its name or its number after it, as in: forget plan.pdf";
const UNUSED = "This channel is off, so none of these is used in answers.";

export const STATES = {
  reading: "being read",
  searchable: "searchable",
  failed: "not readable",
} satisfies Record<ListedFile["state"], string>;

/** The newest files of this channel, and of no other. */
export async function listFiles(deps: RightsDeps, who: Who): Promise<CommandReply> {
  const { place, userId } = who;
  const ids = await findPlace(deps.db, place);
  if (!ids || !(await allowed(deps, who, "see_files", null))) return { done: true, text: NO_FILES };
  const { files, total } = await newestFiles(deps.db, ids, FILES_SHOWN);
  if (total === 0) return { done: true, text: NO_FILES };
  const count = countOf(total, "file");
  const title =
    total > files.length ? `The newest ${files.length} of ${count} here:` : `${count} here:`;
  const settings = await modeOf(deps.db, ids);
  const off = settings?.mode === "off" ? [UNUSED] : [];
  const lines = files.map((file) => lineOf(file, userId));
  return { done: true, text: [title, ...lines, ...off].join("\n") };
}

/** The sharer's name is not known here, but one's own files are. */
function lineOf({ number, name, sharerId, sharedAt, state }: ListedFile, userId: string): string {
  const parts = [number, nameOf(name), dateOf(sharedAt), STATES[state]];
  return [...parts, ...(sharerId === userId ? ["yours"] : [])].join(" · ");
}

export async function forgetFile(
  deps: RightsDeps,
  who: Who,
  fileId: string,
): Promise<CommandReply> {
  const ids = await findPlace(deps.db, who.place);
  const file = ids && (await sharerOf(deps.db, ids, fileId));
  if (!file) return { done: true, text: "I know nothing of this file." };
  if (!(await allowed(deps, who, "forget_file", file.sharerId))) {
    return { done: false, text: NOT_ALLOWED };
  }
  return forget(deps, ids, { fileId, name: file.name });
}

/** Forgets the one file that is called so, of those that this person may have forgotten. */
export async function forgetNamed(
  deps: RightsDeps,
  who: Who,
  wanted: string,
): Promise<CommandReply> {
  if (wanted === "") return { done: false, text: WHICH };
  const ids = await findPlace(deps.db, who.place);
  if (!ids) return { done: false, text: NO_FILES };
  const found = await filesCalled(deps.db, ids, wanted, FILES_SHOWN);
  const called = found.filter(({ isIt }) => isIt);
  if (called.length === 0) return { done: false, text: notCalledSo(wanted, found, who.userId) };
  const theirs = await forgettable(deps, who, called);
  const [only, ...others] = theirs;
  if (!only) return { done: false, text: NOT_ALLOWED };
  if (others.length === 0) return forget(deps, ids, only);
  const lines = theirs.map((file) => lineOf(file, who.userId));
  const title = "Several files are called that. Name one by its number, as in: ";
  return { done: false, text: [`${title}forget ${only.number}`, ...lines].join("\n") };
}

async function forgettable<F extends ListedFile>(
  deps: RightsDeps,
  who: Who,
  files: F[],
): Promise<F[]> {
  const { userId } = who;
  const standing = await standingOf(deps, who);
  return files.filter(({ sharerId }) =>
    may("forget_file", { userId, standing, ownerId: sharerId }),
  );
}

async function forget(
  { db }: RightsDeps,
  ids: PlaceIds,
  { fileId, name }: Pick<ListedFile, "fileId" | "name">,
): Promise<CommandReply> {
  await inTransaction(db, (client) => removeShare(client, ids, fileId));
  return { done: true, text: `I have forgotten ${nameOf(name)}.` };
}

// What was typed is only told back, not shown whole.
const TYPED_CHARS_SHOWN = 40;

function notCalledSo(wanted: string, similar: ListedFile[], userId: string): string {
  const none = `No file here is called “${oneLine(wanted, TYPED_CHARS_SHOWN)}”.`;
  if (similar.length === 0) return `${none} The command files lists them.`;
  const lines = similar.map((file) => lineOf(file, userId));
  return [`${none} Did you mean one of these?`, ...lines].join("\n");
}
