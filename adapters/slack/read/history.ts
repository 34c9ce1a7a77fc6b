import type { FilesListResponse } from "@slack/web-api";
import type { SharedPage } from "../../../src/chat.ts";
import type { FileShared, Place } from "../../../src/events.ts";
import { failure, type Identity, type Slack } from "../client.ts";
import { isGone, isLink } from "../events/file-kinds.ts";
import { fileShared } from "../events/messages.ts";
import { placeOf } from "../place.ts";

const PAGE = 100;

type Listed = NonNullable<FilesListResponse["files"]>[number];

/** See `Adapter.shared`: the files of a channel as Slack lists them. The cursor is the page's number. */
export async function shared(
  slack: Slack,
  place: Place,
  cursor: string | null,
  signal: AbortSignal,
): Promise<SharedPage> {
  const self = await slack.identity();
  signal.throwIfAborted();
  const page = Number(cursor ?? 1);
  try {
    const listed = await slack.read.files.list({ channel: place.channelId, count: PAGE, page });
    const files = (listed.files ?? []).flatMap((file) => sharesIn(place, file, self));
    const { total, pages = 1 } = listed.paging ?? {};
    return { files, total: total ?? null, next: page < pages ? String(page + 1) : null };
  } catch (error) {
    throw failure(error);
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
