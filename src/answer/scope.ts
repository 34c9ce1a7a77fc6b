import type { Pool } from "pg";
import type { Adapter, Readers } from "../chat.ts";
import { ensurePlace, type OpenChannel, openChannels, type PlaceIds } from "../db/places.ts";
import { ServiceError } from "../errors.ts";
import type { Place } from "../events.ts";

/** The channels whose files may be used in an answer to a place. */
export interface Scope {
  channels: OpenChannel[];
  /** Platform ids of those that the platform has named just now; the others were public when last heard of. */
  named: readonly string[];
  /** Why less than the asker may see was searched; null where nothing was left out for the readers' sake. */
  narrowed: "outsiders" | "roles" | "unknown" | "channel_off" | null;
  isPrivate: boolean;
}

/** For whom an answer is, and where it is going to stand. */
export interface Audience {
  place: Place;
  /** Who asks. */
  userId: string;
  ids: PlaceIds;
  readers: Readers;
  /** Nobody but the asker is going to see it, wherever it was asked for. */
  isPrivate: boolean;
}

/**
 * THE AUDIENCE RULE: an answer that others can read uses only what every one of them may read.
 *
 * | place                                             | scope                                          |
 * |---------------------------------------------------|------------------------------------------------|
 * | direct message, or asked in private anywhere      | all that this person can read now              |
 * | public or private channel, full members alone     | the channel and the workspace's public ones    |
 * | channel with guests, people from elsewhere, roles | the channel, and what provably all its readers |
 * | channel whose readers are not known               | can read (when unknown: nothing more)          |
 *
 * Asked anew for every answer; nothing of it is remembered in an event.
 */
export async function scopeOf(
  deps: { db: Pool; adapter: Adapter; scope: "audience" | "channel" },
  audience: Audience,
): Promise<Scope> {
  const { db, adapter } = deps;
  const { place, userId, ids, readers, isPrivate } = audience;
  const wanted = { publicOnes: false, platformIds: [place.channelId], hereId: place.channelId };
  let narrowed: Scope["narrowed"] = null;
  if (isPrivate) {
    // Whoever asks there in private may have left it meanwhile.
    wanted.platformIds = await adapter.readable(place.workspaceId, userId);
  } else if (readers.visibility === "direct") {
    wanted.platformIds.push(...(await adapter.readable(place.workspaceId, userId)));
  } else if (readers.outsiders === false) {
    wanted.publicOnes = deps.scope === "audience";
  } else {
    narrowed = whyNarrow(readers);
    if (deps.scope === "audience") wanted.platformIds.push(...readers.alsoReadable);
  }
  const channels = await openChannels(db, ids.workspaceId, wanted);
  const isHereOpen = channels.some(({ id }) => id === ids.channelId);
  if (!isHereOpen && !isPrivate) narrowed = "channel_off";
  return { channels, named: wanted.platformIds, narrowed, isPrivate };
}

function whyNarrow({ outsiders, byRoles }: Readers): Scope["narrowed"] {
  if (byRoles) return "roles";
  return outsiders === null ? "unknown" : "outsiders";
}

/** The channels of all that this person can read now, for what nobody else is going to see. */
export async function openTo(
  { db, adapter }: { db: Pool; adapter: Adapter },
  { place, userId }: Pick<Audience, "place" | "userId">,
  workspaceId: number,
): Promise<OpenChannel[]> {
  const platformIds = await adapter.readable(place.workspaceId, userId);
  const wanted = { publicOnes: false, platformIds, hereId: place.channelId };
  return openChannels(db, workspaceId, wanted);
}

/**
 * The scope without those of these channels that are public no more: that news may have been missed. What the
 * platform says of them now is written down; of whom it says nothing, nothing is used.
 * @param used platform ids of the channels that an answer is about to stand on
 */
export async function stillOpen(
  { db, adapter }: { db: Pool; adapter: Adapter },
  place: Place,
  scope: Scope,
  used: readonly string[],
): Promise<Scope> {
  // Those that were named can still have become channels for adults alone.
  const isSure = (id: string) => scope.named.includes(id) && !adapter.communities;
  const asked = [...new Set(used)].filter((id) => id !== place.channelId && !isSure(id));
  const closed = await Promise.all(
    asked.map(async (channelId) => {
      const there = { ...place, channelId, threadId: null };
      const readers = await adapter.readers(there).catch((error: unknown) => {
        if (error instanceof ServiceError) return null;
        throw error;
      });
      const isOpen =
        readers?.visibility === "public" || (readers && scope.named.includes(channelId));
      if (isOpen && !(readers.ageRestricted && !(await isForAdults(adapter, place)))) return null;
      if (readers) await ensurePlace(db, there, readers);
      return channelId;
    }),
  );
  return { ...scope, channels: scope.channels.filter((one) => !closed.includes(one.platformId)) };
}

async function isForAdults(adapter: Adapter, place: Place): Promise<boolean> {
  return (await adapter.readers(place)).ageRestricted === true;
}

// More names than this tell nobody anything.
const NAMES_MAX = 3;

/** Where was looked, for people; never what was left out. */
function whereLooked(scope: Scope): string {
  const names = scope.channels.flatMap(({ name }) => (name ? [`#${name}`] : []));
  const shown = names.slice(0, NAMES_MAX).join(", ");
  const more = scope.channels.length - Math.min(names.length, NAMES_MAX);
  if (!shown) return "this conversation";
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** One line that explains a narrow scope; null where there is nothing to explain. */
export function narrowNote(scope: Scope): string | null {
  switch (scope.narrowed) {
    case null:
    // Where roles open every channel, each answer would say so: it is said where nothing was found.
    case "roles":
      return null;
    case "outsiders":
      return `I looked in ${whereLooked(scope)} only, because guests can read this channel.`;
    case "channel_off":
      return scope.channels.length > 0
        ? `I looked in ${whereLooked(scope)} only: files of this channel are not read.`
        : "Files of this channel are not read, because somebody has turned that off.";
    case "unknown":
      return `I looked in ${whereLooked(scope)} only, because I can't tell who else reads this channel.`;
    default:
      return scope.narrowed satisfies never;
  }
}

/** How far was looked, in one sentence. */
export function looked(scope: Scope): string {
  if (scope.isPrivate) return "I looked in what you can read.";
  return narrowNote(scope) ?? `I looked in ${whereLooked(scope)}.`;
}

export function nothingFound(scope: Scope): string {
  const found = `I found nothing about that in the files shared here. ${looked(scope)}`;
  // Sharing more would not help there.
  if (scope.narrowed === "channel_off") return found;
  return `${found} Share a file that holds it, and ask me again.`;
}
