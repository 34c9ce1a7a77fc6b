import type { FilesListResponse } from "@slack/web-api";
import type { SharedPage } from "../../../src/chat.ts";
import type { FileShared, Place } from "../../../src/events.ts";
import { errorCode, failure, type Identity, type Slack } from "../client.ts";
import { isGone, isLink } from "../events/file-kinds.ts";
import { GONE_CODES } from "../events/look-up.ts";
import { fileShared } from "../events/messages.ts";
import { unlessAborted } from "../in-time.ts";
import { placeOf } from "../place.ts";

const PAGE = 100;
const LOOKED_UP_AT_ONCE = 5;

export interface Wanted {
  place: Place;
  cursor: string | null;
  idsOnly?: boolean | undefined;
}

type Listed = NonNullable<FilesListResponse["files"]>[number];

/** See `Adapter.shared`: the files of a channel as Slack lists them. The cursor is the page's number. */
export async function shared(
  slack: Slack,
  { place, cursor, idsOnly = false }: Wanted,
  signal: AbortSignal,
): Promise<SharedPage> {
  const self = await slack.identity();
  const page = Number(cursor ?? 1);
  const wanted = { channel: place.channelId, count: PAGE, page };
  try {
    const list = await unlessAborted(slack.background.files.list(wanted), signal);
    const listed = list.files ?? [];
    const looking = { slack, self, place, signal };
    const { total, pages = 1 } = list.paging ?? {};
    return {
      files: idsOnly ? [] : await sharesOfAll(looking, listed),
      listed: listed.flatMap(({ id }) => id ?? []),
      total: total ?? null,
      next: page < pages ? String(page + 1) : null,
    };
  } catch (error) {
    throw failure(error);
  }
}

interface Looking {
  slack: Slack;
  self: Identity;
  place: Place;
  signal: AbortSignal;
}

async function sharesOfAll(looking: Looking, listed: Listed[]): Promise<FileShared[]> {
  const shares: FileShared[] = [];
  for (let next = 0; next < listed.length; next += LOOKED_UP_AT_ONCE) {
    const some = listed.slice(next, next + LOOKED_UP_AT_ONCE);
    const looked = Promise.all(some.map((file) => sharesOf(looking, file)));
    const found = await unlessAborted(looked, looking.signal);
    shares.push(...found.flat());
  }
  return shares;
}

/** The list often leaves out in which messages a file is. */
async function sharesOf(looking: Looking, file: Listed): Promise<FileShared[]> {
  const { slack, self, place } = looking;
  if (!file.id || isGone(file) || isLink(file)) return [];
  const told = sharesIn(place, file, self);
  if (told.length > 0) return told;
  try {
    const { file: facts } = await slack.background.files.info({ file: file.id });
    return facts ? sharesIn(place, facts, self) : [];
  } catch (error) {
    if (!GONE_CODES.has(errorCode(error) ?? "")) throw error;
    return [];
  }
}

/** As its message said it: the same share is the same event, whichever way it comes. */
function sharesIn({ workspaceId, channelId }: Place, file: Listed, self: Identity): FileShared[] {
  const { id, user: userId, shares } = file;
  if (!(id && userId) || isGone(file) || isLink(file)) return [];
  const messages = shares?.public?.[channelId] ?? shares?.private?.[channelId] ?? [];
  return messages.flatMap(({ ts: messageId, thread_ts }) => {
    if (!messageId) return [];
    const place = placeOf(workspaceId, channelId, thread_ts ?? messageId);
    const handedOver = false;
    return [fileShared({ place, userId, messageId, handedOver }, { ...file, id }, self)];
  });
}
