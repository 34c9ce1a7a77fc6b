import { createHash } from "node:crypto";
import {
  type APIAllowedMentions,
  MessageFlags,
  type RESTPostAPIChannelMessageJSONBody,
} from "discord.js";
import type { Row } from "./buttons.ts";

export type Body = RESTPostAPIChannelMessageJSONBody;

const NONCE_CHARS = 25;

/** Whatever the text says, nobody is called. */
export const NOBODY: APIAllowedMentions = { parse: [], replied_user: false };

/** A message that calls nobody and opens no preview. */
export function body(content: string, under: readonly Row[] = []): Body {
  return {
    content,
    components: [...under],
    allowed_mentions: NOBODY,
    flags: MessageFlags.SuppressEmbeds,
  };
}

/** With the same words for what it is, a message is posted once, however often it is tried within some minutes. */
export function once(...about: (string | number)[]): Pick<Body, "nonce" | "enforce_nonce"> {
  const hash = createHash("sha256").update(JSON.stringify(about)).digest("base64url");
  return { nonce: hash.slice(0, NONCE_CHARS), enforce_nonce: true };
}
