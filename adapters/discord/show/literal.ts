import { escapeMarkdown } from "discord.js";
import { inert } from "./clean.ts";

/** A space without width. */
const APART = "\u200B";
const FOREIGN = /:\/\/(?!discord\.com\/channels\/)/g;

/** Plain text that would be Markdown and mentions for Discord; of links only those to messages stay. */
export function literal(text: string): string {
  const plain = escapeMarkdown(text, { heading: true, maskedLink: true })
    .replaceAll("<", "\\<")
    .replaceAll(FOREIGN, `:${APART}//`);
  return inert(plain);
}
