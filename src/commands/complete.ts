import { brakeOn } from "../brakes.ts";
import type { Choice, Completing } from "../chat.ts";
import { filesCalled, type ListedFile, newestFiles } from "../db/files.ts";
import { findPlace } from "../db/places.ts";
import { dateOf } from "../operator/status/words.ts";
import { may } from "../rights.ts";
import { type RightsDeps, standingOf } from "./allowed.ts";
import { nameOf } from "./words.ts";

const CHOICES_MAX = 25;
const FILES_MAX = 200;

/** Files of this very channel, and only those that this person may have forgotten. */
export async function complete(deps: RightsDeps, typing: Completing): Promise<Choice[]> {
  const { place, userId, text } = typing;
  const ids = await findPlace(deps.db, place);
  if (!ids || (await brakeOn(deps, typing))) return [];
  const standing = await standingOf(deps, typing);
  const files =
    text.trim() === ""
      ? (await newestFiles(deps.db, ids, FILES_MAX)).files
      : await filesCalled(deps.db, ids, text, FILES_MAX);
  return files
    .filter(({ sharerId }) => may("forget_file", { userId, standing, ownerId: sharerId }))
    .slice(0, CHOICES_MAX)
    .map(choiceOf);
}

/** By its number, which is its own for good. */
function choiceOf({ number, name, sharedAt }: ListedFile): Choice {
  return { label: `${nameOf(name)} · ${dateOf(sharedAt)}`, value: String(number) };
}
