import type { Citation } from "../../../src/chat.ts";
import { escaped } from "./clean.ts";

/** As many sources an answer shows; the rest is told on demand. */
export const SOURCES_SHOWN_MAX = 3;

const LABEL_CHARS_MAX = 300;
const QUOTE_CHARS_MAX = 200;
const QUESTION_CHARS_MAX = 150;
const NOTE_CHARS_MAX = 1_000;
const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });

/** As Markdown: a link to where the file was shared, where in it, when, and a line of the source itself. */
export function sources(citations: readonly Citation[], shownMax = SOURCES_SHOWN_MAX): string {
  if (citations.length === 0) return "";
  const shown = citations.slice(0, shownMax).map(source);
  const left = citations.length - shown.length;
  const rest = left > 0 ? [`-# ${left} more under “All sources”.`] : [];
  return ["**Sources**", ...shown, ...rest].join("\n\n");
}

function source(citation: Citation): string {
  const { fileName, where, quote, sharedAtMs, official } = citation;
  const label = escaped([fileName, where].filter(Boolean).join(", "), LABEL_CHARS_MAX);
  const link = linkTarget(citation.permalink);
  const when = sharedAtMs > 0 ? [`shared ${DAY.format(sharedAtMs)}`] : [];
  const about = [link ? `[${label}](${link})` : label, ...(official ? ["official"] : []), ...when];
  const line = escaped(quote, QUOTE_CHARS_MAX);
  return `[${citation.number}] ${about.join(" · ")}${line ? `\n> “${line}”` : ""}`;
}

/** Small print under an answer. */
export function smallPrint(text: string): string {
  return `-# ${escaped(text, NOTE_CHARS_MAX)}`;
}

/** A word of ours above an answer. */
export function heading(note: string): string {
  return `*${escaped(note, NOTE_CHARS_MAX)}*`;
}

/** What was asked, above an answer that stands apart from it. */
export function asked(question: string): string {
  const line = escaped(question, QUESTION_CHARS_MAX);
  return line === "" ? "" : `> ${line}`;
}

function linkTarget(permalink: string | null): string | null {
  const url = permalink === null ? null : URL.parse(permalink);
  if (url?.protocol !== "https:") return null;
  return url.href.replaceAll("(", "%28").replaceAll(")", "%29").replaceAll(/[<>|]/g, "");
}
