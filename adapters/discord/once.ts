/**
 * Files that stand in no message that could be asked for again: the attachment of a slash command, and what a message
 * command brings where Docent may not read messages. All that there is of them is a URL, good for about a day.
 */
import { type Sealer, sealer } from "../shared/seal.ts";
import type { Discord } from "./client.ts";

const PREFIX = "once.";
const PURPOSE = "discord: a file that comes once";
const ID_CHARS_MAX = 1_000;

type WithToken = Pick<Discord, "token">;

/**
 * The URL as a file's id, sealed: whoever has it can read the file.
 * @returns null where that would be too long for an id
 */
export function onceId(discord: WithToken, secretKey: string | null, url: string): string | null {
  const id = `${PREFIX}${sealerOf(discord, secretKey).seal(url)}`;
  return id.length <= ID_CHARS_MAX ? id : null;
}

export function isOnce(fileId: string): boolean {
  return fileId.startsWith(PREFIX);
}

/** @returns the file's URL; null where the id is none of these, or was sealed with another secret */
export function onceUrl(
  discord: WithToken,
  secretKey: string | null,
  fileId: string,
): string | null {
  if (!isOnce(fileId)) return null;
  return sealerOf(discord, secretKey).open(fileId.slice(PREFIX.length));
}

function sealerOf({ token }: WithToken, secretKey: string | null): Sealer {
  return sealer(secretKey ?? token, PURPOSE);
}
