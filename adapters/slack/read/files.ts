import type { FilesInfoResponse } from "@slack/web-api";
import { FileRejected, ServiceError } from "../../../src/errors.ts";
import type { SharedFile } from "../../../src/events.ts";
import { bounded, open } from "../../shared/download.ts";
import { reasonOf, type Slack } from "../client.ts";
import { isGone, isLink } from "../events/file-kinds.ts";
import { type FileFacts, fileInfo } from "../events/look-up.ts";
import { fileBody, inlineBody } from "./file-body.ts";

const PRESENT_AT_ONCE = 5;

/** Hosts beside Slack's own, as host or host:port, that may see the token. */
export type FileHosts = readonly string[];

/** See `Adapter.download`. */
export async function* download(
  { slack, fileHosts }: { slack: Slack; fileHosts: FileHosts },
  file: SharedFile,
  bytesMax: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const info = await readableFile(slack, file.fileId);
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

/** The files that Slack still has, in the channels they are cited from. */
export async function present(
  slack: Slack,
  files: SharedFile[],
  signal: AbortSignal,
): Promise<SharedFile[]> {
  const there: SharedFile[] = [];
  const late = new Promise<"late">((resolve) => {
    signal.addEventListener("abort", () => resolve("late"), { once: true });
  });
  for (let next = 0; next < files.length && !signal.aborted; next += PRESENT_AT_ONCE) {
    const some = files.slice(next, next + PRESENT_AT_ONCE);
    const found = await Promise.race([late, Promise.all(some.map((file) => isThere(slack, file)))]);
    if (found === "late") break;
    there.push(...some.filter((_, index) => found[index]));
  }
  return there;
}

async function isThere(slack: Slack, file: SharedFile): Promise<boolean> {
  try {
    const { file: facts } = await readableFile(slack, file.fileId);
    const channels = [...(facts.channels ?? []), ...(facts.groups ?? []), ...(facts.ims ?? [])];
    return channels.includes(file.place.channelId);
  } catch (error) {
    // Not known is as good as gone, and an answer can do without this source.
    slack.log.info(
      { fileId: file.fileId, reason: reasonOf(error) },
      "a cited file is gone, or Slack does not say",
    );
    return false;
  }
}

type Info = FilesInfoResponse & { file: FileFacts };

async function readableFile(slack: Slack, fileId: string): Promise<Info> {
  const info = await fileInfo(slack, fileId);
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
