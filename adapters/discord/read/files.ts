import type { APIAttachment, APIMessage } from "discord.js";
import { ConfigError, FileRejected, ServiceError } from "../../../src/errors.ts";
import type { SharedFile } from "../../../src/events.ts";
import { bounded, open, tooLarge } from "../../shared/download.ts";
import { type Discord, reasonOf } from "../client.ts";
import { attachmentsOf } from "../events/messages.ts";
import { isOnce, onceUrl } from "../once.ts";
import { messageOf } from "./message.ts";

/** Of one channel discord.js asks for one after the other in any case. */
const ASKED_AT_ONCE = 8;
const HOSTS: ReadonlySet<string> = new Set(["cdn.discordapp.com", "media.discordapp.net"]);
const OURS = [ConfigError, FileRejected, ServiceError];
const HAND_OVER_AGAIN =
  "Discord keeps such a file for a short time only. Send it to me as a direct message, or share it in a channel.";

export interface FileDeps {
  discord: Discord;
  /** Hosts beside Discord's own, as host or host:port. */
  fileHosts: readonly string[];
  secretKey: string | null;
}

/** See `Adapter.download`. No token is sent: whoever has the URL may have the file. */
export async function* download(
  deps: FileDeps,
  file: SharedFile,
  bytesMax: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    const url = isOnce(file.fileId)
      ? urlOfOnce(deps, file)
      : await freshUrl(deps.discord, file, bytesMax, signal);
    const response = await opened(deps, file, url, signal);
    if (response.body) yield* bounded(response.body, bytesMax);
  } catch (error) {
    signal.throwIfAborted();
    if (OURS.some((kind) => error instanceof kind)) throw error;
    throw new ServiceError("discord", "the download broke off", { cause: error });
  }
}

async function opened(
  { fileHosts }: FileDeps,
  { fileId }: SharedFile,
  url: string,
  signal: AbortSignal,
): Promise<Response> {
  const allowed = (target: URL) => isAllowed(target, fileHosts);
  try {
    return await open({ service: "discord", url, allowed, headers: {} }, signal);
  } catch (error) {
    if (isOnce(fileId) && error instanceof FileRejected) throw tooLate(error);
    throw error;
  }
}

function isAllowed({ protocol, host }: URL, fileHosts: readonly string[]): boolean {
  if (protocol === "https:" && HOSTS.has(host)) return true;
  return (protocol === "https:" || protocol === "http:") && fileHosts.includes(host);
}

function urlOfOnce({ discord, secretKey }: FileDeps, { fileId }: SharedFile): string {
  const url = onceUrl(discord, secretKey, fileId);
  if (url === null) throw tooLate();
  return url;
}

function tooLate(cause?: FileRejected): FileRejected {
  return new FileRejected("refused", HAND_OVER_AGAIN, { cause });
}

/** URLs of files are good for about a day: the message has a fresh one. */
async function freshUrl(
  discord: Discord,
  file: SharedFile,
  bytesMax: number,
  signal: AbortSignal,
): Promise<string> {
  const message = await messageOf(discord, file, signal);
  const attachment = message && attachmentIn(message, file);
  if (!attachment) throw new FileRejected("refused", "This file is gone, or I may not see it.");
  if (attachment.size > bytesMax) throw tooLarge(bytesMax);
  return attachment.url;
}

function attachmentIn(message: APIMessage, { fileId }: SharedFile): APIAttachment | undefined {
  return attachmentsOf(message).find(({ id }) => id === fileId);
}

/** See `Adapter.present`. What comes once stands in no message: it is there until it is forgotten. */
export async function present(
  { discord }: Pick<FileDeps, "discord">,
  files: SharedFile[],
  signal: AbortSignal,
): Promise<SharedFile[]> {
  const told = await those(discord, files, signal, (message, file) =>
    Boolean(message && attachmentIn(message, file)),
  );
  return files.filter((file) => isOnce(file.fileId) || told.has(file));
}

/** See `Adapter.gone`. */
export async function gone(
  { discord }: Pick<FileDeps, "discord">,
  files: SharedFile[],
  signal: AbortSignal,
): Promise<SharedFile[]> {
  const told = await those(discord, files, signal, (message, file) =>
    message ? !isWithheld(message) && !attachmentIn(message, file) : true,
  );
  return files.filter((file) => told.has(file));
}

/** People write no empty messages: Discord hides what is in one from who lacks the Message Content intent. */
function isWithheld(message: APIMessage): boolean {
  return message.content === "" && attachmentsOf(message).length === 0;
}

type Is = (message: APIMessage | null, file: SharedFile) => boolean;

/** Those of which it is true, as far as that is known until the signal ends the asking. */
async function those(
  discord: Discord,
  files: SharedFile[],
  signal: AbortSignal,
  is: Is,
): Promise<Set<SharedFile>> {
  const some = new Set<SharedFile>();
  const asked = files.filter(({ fileId }) => !isOnce(fileId));
  const messages = Map.groupBy(asked, ({ place, messageId }) => `${place.channelId} ${messageId}`);
  const waiting = messages.values();
  const ask = async () => {
    for (const together of waiting) {
      if (signal.aborted) return;
      const message = await whatIsThere(discord, together, signal);
      if (message === undefined) continue;
      for (const file of together) if (is(message, file)) some.add(file);
    }
  };
  const late = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await Promise.race([late, Promise.all(Array.from({ length: ASKED_AT_ONCE }, ask))]);
  // What comes late must not change what was said.
  return new Set(some);
}

/** Undefined: not known. */
async function whatIsThere(
  discord: Discord,
  [file]: SharedFile[],
  signal: AbortSignal,
): Promise<APIMessage | null | undefined> {
  if (!file) return undefined;
  try {
    return await messageOf(discord, file, signal);
  } catch (error) {
    const reason = reasonOf(error);
    discord.log.info(
      { messageId: file.messageId, reason },
      "Discord does not say what became of it",
    );
    return undefined;
  }
}
