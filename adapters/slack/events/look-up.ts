import { setTimeout as sleep } from "node:timers/promises";
import type { FilesInfoResponse, WebClient } from "@slack/web-api";
import type { FileShared, FileTouched, Incoming } from "../../../src/events.ts";
import { errorCode, failure, type Identity, reasonOf, type Slack } from "../client.ts";
import { isLink, isWrittenInSlack, nameOf } from "./file-kinds.ts";
import { fromHistory } from "./messages.ts";

/** Slack wants its acknowledgement within three seconds. */
const NAMES_WAIT_MS = 2_000;
const SHARES_MAX = 20;
/** The file is gone, or not for us. */
export const GONE_CODES: ReadonlySet<string> = new Set([
  "file_not_found",
  "file_deleted",
  "not_visible",
  "access_denied",
]);
const UNREADABLE_CODES = new Set([
  "channel_not_found",
  "not_in_channel",
  "thread_not_found",
  "message_not_found",
]);

export type FileFacts = NonNullable<FilesInfoResponse["file"]>;

/** What Slack knows of a file; null when it is gone, or not for us. @throws {ServiceError} */
export async function fileInfo(
  { files }: WebClient,
  fileId: string,
): Promise<FilesInfoResponse | null> {
  try {
    return await files.info({ file: fileId });
  } catch (error) {
    if (GONE_CODES.has(errorCode(error) ?? "")) return null;
    throw failure(error);
  }
}

/**
 * See `Adapter.lookUp`: just as its messages said it, so that the same share is the same event. After a change it is
 * another one for each version, so that it is read again.
 * @throws {ServiceError} when Slack does not say
 */
export async function lookUp(slack: Slack, touched: FileTouched): Promise<FileShared[]> {
  const { fileId, place, everywhere, changedAt } = touched;
  const facts = (await fileInfo(slack.background, fileId))?.file;
  if (!facts || (changedAt !== null && !canChange(facts))) return [];
  const self = await slack.identity();
  const wanted = messagesOf(facts)
    .filter(({ channelId }) => everywhere || place.channelId === channelId)
    .slice(0, SHARES_MAX);
  const found = await Promise.all(wanted.map((at) => sharedIn({ slack, self, touched }, at)));
  const shares = found.flat();
  if (changedAt === null) return shares;
  const version = String(facts.edit_timestamp ?? facts.updated ?? changedAt);
  return shares.map((share) => ({ ...share, key: `${share.key}:changed:${version}` }));
}

/** What is written in Slack is edited there; of an upload a later version may come. */
function canChange(facts: FileFacts): boolean {
  const { created = 0, updated = 0, edit_timestamp = 0 } = facts;
  return isWrittenInSlack(facts) || Math.max(updated, edit_timestamp) > created;
}

interface At {
  channelId: string;
  ts: string;
  threadTs: string;
}

function messagesOf({ shares }: FileFacts): At[] {
  const channels = [
    ...Object.entries(shares?.public ?? {}),
    ...Object.entries(shares?.private ?? {}),
  ];
  return channels.flatMap(([channelId, messages]) =>
    messages.flatMap(({ ts, thread_ts }) =>
      ts ? [{ channelId, ts, threadTs: thread_ts ?? ts }] : [],
    ),
  );
}

async function sharedIn(
  { slack, self, touched }: { slack: Slack; self: Identity; touched: FileTouched },
  { channelId, ts, threadTs }: At,
): Promise<FileShared[]> {
  const only = { oldest: ts, latest: ts, inclusive: true };
  try {
    const at = { channel: channelId, ts: threadTs, ...only };
    const { messages = [] } = await slack.background.conversations.replies(at);
    // The thread's first message comes along whatever was asked for.
    const message = messages.find((other) => other.ts === ts);
    const place = { workspaceId: touched.place.workspaceId, channelId };
    const events = message ? fromHistory(place, message, self) : [];
    return events.flatMap((event) =>
      event.kind === "file_shared" && event.fileId === touched.fileId ? [event] : [],
    );
  } catch (error) {
    if (UNREADABLE_CODES.has(errorCode(error) ?? "")) return [];
    throw failure(error);
  }
}

/**
 * Files of channels shared with other workspaces, and those asked about in a form, come by their id alone: their
 * names are asked for. Where Slack does not say in time they stay as they are.
 */
export async function named(slack: Slack, events: readonly Incoming[]): Promise<Incoming[]> {
  const found = events.map(async (event) => {
    if (event.kind !== "file_shared" || event.name !== event.fileId) return event;
    const late = sleep(NAMES_WAIT_MS, event, { ref: false });
    return await Promise.race([withName(slack, event), late]);
  });
  return (await Promise.all(found)).filter((event) => event !== null);
}

/** @returns null for a link that nobody handed over */
async function withName(slack: Slack, event: FileShared): Promise<FileShared | null> {
  try {
    const facts = (await fileInfo(slack.read, event.fileId))?.file;
    if (!facts) return event;
    if (isLink(facts) && !event.handedOver) return null;
    return { ...event, name: nameOf({ ...facts, id: event.fileId }), bytes: facts.size ?? 0 };
  } catch (error) {
    slack.log.info(
      { fileId: event.fileId, reason: reasonOf(error) },
      "a shared file comes without its name",
    );
    return event;
  }
}
