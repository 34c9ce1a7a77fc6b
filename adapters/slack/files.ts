import type { FilesInfoResponse } from "@slack/web-api";
import { FileRejected, ServiceError } from "../../src/errors.ts";
import type { SharedFile } from "../../src/events.ts";
import { bounded, open } from "../shared/download.ts";
import { errorCode, failure, reasonOf, type Slack } from "./client.ts";

const DOWNLOAD_TIMEOUT_MS = 60_000;
const PRESENT_AT_ONCE = 5;
const GONE_CODES = new Set(["file_not_found", "file_deleted", "not_visible", "access_denied"]);
const GONE_MODES = new Set(["tombstone", "hidden_by_limit"]);
const HTML = /^\s*<(?:!doctype html|html)\b/i;

type FileFacts = NonNullable<FilesInfoResponse["file"]>;

/** Hosts beside Slack's own, as host or host:port, that may see the token. */
export type FileHosts = readonly string[];

/** See `Adapter.download`. */
export async function* download(
  { slack, fileHosts }: { slack: Slack; fileHosts: FileHosts },
  file: SharedFile,
  bytesMax: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const facts = await readableFile(slack, file.fileId);
  const url = facts.url_private_download ?? facts.url_private;
  if (!url) throw new FileRejected("refused", "Slack offers no download for this file.");
  const source = {
    service: "slack",
    url,
    allowed: (target: URL) => isAllowed(target, fileHosts),
    headers: { authorization: `Bearer ${slack.botToken}` },
  };
  const until = AbortSignal.any([signal, AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS)]);
  try {
    const response = await open(source, until);
    if (response.body) yield* bounded(withoutLoginPage(response.body, response, facts), bytesMax);
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
    const facts = await readableFile(slack, file.fileId);
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

async function readableFile(slack: Slack, fileId: string): Promise<FileFacts> {
  const facts = await slack.read.files.info({ file: fileId }).catch((error: unknown) => {
    if (!GONE_CODES.has(errorCode(error) ?? "")) throw failure(error);
    throw new FileRejected("refused", "This file is gone, or I may not see it.", { cause: error });
  });
  const { file } = facts;
  if (!file || GONE_MODES.has(file.mode ?? "") || file.file_access === "access_denied") {
    throw new FileRejected("refused", "This file is gone, or I may not see it.");
  }
  if (file.mode === "external") {
    throw new FileRejected("refused", "This file is only linked in Slack: please upload it.");
  }
  return file;
}

function isAllowed(url: URL, fileHosts: FileHosts): boolean {
  if (url.protocol === "https:" && /(?:^|\.)slack\.com$/.test(url.host)) return true;
  return (url.protocol === "https:" || url.protocol === "http:") && fileHosts.includes(url.host);
}

/** Without access to a file Slack answers 200 with the HTML of its login page. */
async function* withoutLoginPage(
  bytes: AsyncIterable<Uint8Array>,
  response: Response,
  facts: FileFacts,
): AsyncGenerator<Uint8Array> {
  if (isLoginType(response, facts)) throw loginPage();
  let first = true;
  for await (const piece of bytes) {
    const isText = facts.mimetype?.startsWith("text/") ?? false;
    if (first && !isText && HTML.test(Buffer.from(piece.subarray(0, 200)).toString("latin1"))) {
      throw loginPage();
    }
    first = false;
    yield piece;
  }
}

function isLoginType({ headers }: Response, facts: FileFacts): boolean {
  if (!headers.get("content-type")?.startsWith("text/html")) return false;
  const isAttachment = headers.get("content-disposition")?.startsWith("attachment") ?? false;
  return !(isAttachment && facts.mimetype === "text/html");
}

function loginPage(): FileRejected {
  return new FileRejected(
    "refused",
    "Slack asked me to log in instead of giving the file: I may not download it here.",
  );
}
