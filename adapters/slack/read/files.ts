import type { FilesInfoResponse } from "@slack/web-api";
import { FileRejected, ServiceError } from "../../../src/errors.ts";
import type { SharedFile } from "../../../src/events.ts";
import { bounded, open } from "../../shared/download.ts";
import { createMemory } from "../../shared/memory.ts";
import { errorCode, reasonOf, type Slack } from "../client.ts";
import { isGone, isLink } from "../events/file-kinds.ts";
import { type FileFacts, fileInfo } from "../events/look-up.ts";
import { unlessAborted } from "../in-time.ts";
import { fileBody, inlineBody } from "./file-body.ts";

const ASKED_AT_ONCE = 5;
const KEPT_MS = 60_000;
const ENTRIES_MAX = 5_000;
/** Others only say that we may not see it. */
const DELETED_CODES = new Set(["file_not_found", "file_deleted"]);

/** Hosts beside Slack's own, as host or host:port, that may see the token. */
export type FileHosts = readonly string[];

/** See `Adapter.download`. */
export async function* download(
  { slack, fileHosts }: { slack: Slack; fileHosts: FileHosts },
  file: SharedFile,
  bytesMax: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const info = await unlessAborted(readableFile(slack, file.fileId), signal);
  const url = info.file.url_private_download ?? info.file.url_private;
  if (!url) {
    yield* bounded(inlineBody(info), bytesMax);
    return;
  }
  const source = {
    service: "slack",
    url,
    allowed: (target: URL) => isAllowed(target, fileHosts),
    headers: { authorization: `Bearer ${slack.botToken}` },
  };
  try {
    const response = await open(source, signal);
    yield* bounded(fileBody(response, info.file), bytesMax);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof FileRejected || error instanceof ServiceError) throw error;
    throw new ServiceError("slack", "the download broke off", { cause: error });
  }
}

/** Which files Slack still has, in the channels they are cited from. */
export interface Presence {
  present(slack: Slack, files: SharedFile[], signal: AbortSignal): Promise<SharedFile[]>;
  /** Call when something happened to the file. */
  forget(workspaceId: string, fileId: string): void;
}

/**
 * Remembers for a minute where a file is: many questions ask for the same ones, and Slack tells of so many a minute
 * only. A file that is deleted leaves the index by its event; this is for events that were missed.
 */
export function createPresence(): Presence {
  const channelsOf = createMemory<string[]>({ keptMs: KEPT_MS, entriesMax: ENTRIES_MAX });
  const keyOf = (workspaceId: string, fileId: string) => `${workspaceId} ${fileId}`;
  const present: Presence["present"] = (slack, files, signal) => {
    const isThere = async ({ fileId, place }: SharedFile): Promise<boolean> => {
      try {
        const key = keyOf(place.workspaceId, fileId);
        const channels = await channelsOf.get(key, () => channelsNow(slack, fileId));
        return channels.includes(place.channelId);
      } catch (error) {
        // Not known is as good as gone, and an answer can do without this source.
        const reason = reasonOf(error);
        slack.log.info({ fileId, reason }, "a cited file is gone, or Slack does not say");
        return false;
      }
    };
    return those(files, isThere, signal);
  };
  return { present, forget: (...file) => channelsOf.forget(keyOf(...file)) };
}

/** See `Adapter.gone`. */
export function gone(
  slack: Slack,
  files: SharedFile[],
  signal: AbortSignal,
): Promise<SharedFile[]> {
  return those(files, (file) => isSaidGone(slack, file), signal);
}

/** Those of which it is true, as far as that is known until the signal ends the asking. */
async function those(
  files: SharedFile[],
  ask: (file: SharedFile) => Promise<boolean>,
  signal: AbortSignal,
): Promise<SharedFile[]> {
  const some: SharedFile[] = [];
  const late = new Promise<"late">((resolve) => {
    signal.addEventListener("abort", () => resolve("late"), { once: true });
  });
  for (let next = 0; next < files.length && !signal.aborted; next += ASKED_AT_ONCE) {
    const asked = files.slice(next, next + ASKED_AT_ONCE);
    const found = await Promise.race([late, Promise.all(asked.map(ask))]);
    if (found === "late") break;
    some.push(...asked.filter((_, index) => found[index]));
  }
  return some;
}

async function isSaidGone(slack: Slack, { fileId, place }: SharedFile): Promise<boolean> {
  try {
    const { file: facts } = await slack.background.files.info({ file: fileId });
    return facts !== undefined && saysGone(facts, place.channelId);
  } catch (error) {
    if (DELETED_CODES.has(errorCode(error) ?? "")) return true;
    slack.log.info(
      { fileId, reason: reasonOf(error) },
      "Slack does not say whether a file is gone",
    );
    return false;
  }
}

/** What the facts leave out, or hide, is not known. */
function saysGone(facts: FileFacts, channelId: string): boolean {
  const { mode, file_access = "visible", channels, groups, ims, shares } = facts;
  if (mode === "tombstone" || DELETED_CODES.has(file_access)) return true;
  const isHidden = mode === "hidden_by_limit" || file_access !== "visible";
  if (isHidden || facts.has_more_shares || !(channels && groups && ims)) return false;
  const inMessages = { ...shares?.public, ...shares?.private };
  return ![...channels, ...groups, ...ims, ...Object.keys(inMessages)].includes(channelId);
}

async function channelsNow(slack: Slack, fileId: string): Promise<string[]> {
  const { file } = await readableFile(slack, fileId);
  return [...(file.channels ?? []), ...(file.groups ?? []), ...(file.ims ?? [])];
}

type Info = FilesInfoResponse & { file: FileFacts };

async function readableFile(slack: Slack, fileId: string): Promise<Info> {
  const info = await fileInfo(slack.read, fileId);
  if (!info?.file || isGone(info.file)) {
    throw new FileRejected("refused", "This file is gone, or I may not see it.");
  }
  if (isLink(info.file)) {
    throw new FileRejected("refused", "This file is only linked in Slack: please upload it.");
  }
  return { ...info, file: info.file };
}

function isAllowed(url: URL, fileHosts: FileHosts): boolean {
  if (url.protocol === "https:" && /(?:^|\.)slack\.com$/.test(url.host)) return true;
  return (url.protocol === "https:" || url.protocol === "http:") && fileHosts.includes(url.host);
}
