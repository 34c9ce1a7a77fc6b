import type { Citation } from "../../../src/chat.ts";

/** A space without width: it is not seen, and parts what Slack would take as a command. */
const APART = "\u200B";
const CONTROL = /(<|&lt;|&#x0*3c;|&#0*60;)(?=[!@#]|[a-z][a-z0-9+.-]*:)/gi;
const EVERYBODY = /@(?=(?:channel|here|everyone)\b)/gi;
// A scheme may have been shown already, with the text before.
const BARE_LINK = /(?<!`)(?:\b[a-z][a-z0-9+.-]*)?(?::\/\/|\bwww\.)[^\s`<>]*[^\s`<>.,;:!?'")\]]/gi;
const FENCE = /```/g;
// Links and pings are written in ASCII without spaces: a last word that looks like the start of one waits.
const LAST_WORD = /[\x21-\x7E]{1,2000}$/;
const MAY_GROW = /[<@&:/\]`]|\bw{1,3}\.?$/i;
const MESSAGE_LINK = /https:\/\/[\w.-]+\/archives\/[\w./?=&-]+/g;
const QUOTE_CHARS_MAX = 200;
const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });

/** Makes untrusted text harmless as it comes: nobody is pinged, and no link is made that isn't a citation of ours. */
export interface Cleaner {
  /** What can be shown by now; a last word that may become a link or a ping is kept back. */
  push(text: string): string;
  /** The rest. */
  end(): string;
}

export function createCleaner(): Cleaner {
  let kept = "";
  let inFence = false;
  const cleaned = (text: string) => {
    // Between fences Slack makes no links, and our backticks would be seen.
    const pieces = text.split(FENCE).map((piece, index) => {
      inFence = index === 0 ? inFence : !inFence;
      return inFence ? withoutPings(piece) : harmless(piece);
    });
    return pieces.join("```");
  };
  return {
    push: (text) => {
      const all = kept + text;
      const word = LAST_WORD.exec(all)?.[0] ?? "";
      kept = MAY_GROW.test(word) ? word : "";
      return cleaned(all.slice(0, all.length - kept.length));
    },
    end: () => {
      const rest = kept;
      kept = "";
      return cleaned(rest);
    },
  };
}

/** The same for a text that is complete. */
export function harmless(text: string): string {
  // As code a link is still there to be read and copied, but opens nothing by a click or a preview.
  return withoutPings(text).replaceAll(BARE_LINK, "`$&`").replaceAll("](", "] (");
}

/** The same for Slack's older markup, in which three characters are special. */
export function literal(text: string): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return harmless(escaped);
}

/** The same, but messages of this workspace stay linked. */
export function literalWithLinks(text: string, workspaceUrl: string): string {
  let shown = "";
  let from = 0;
  for (const { 0: url, index } of text.matchAll(MESSAGE_LINK)) {
    if (!url.startsWith(`${workspaceUrl}archives/`)) continue;
    shown += `${literal(text.slice(from, index))}<${url.replaceAll("&", "&amp;")}>`;
    from = index + url.length;
  }
  return shown + literal(text.slice(from));
}

function withoutPings(text: string): string {
  return text.replaceAll(CONTROL, `$1${APART}`).replaceAll(EVERYBODY, `@${APART}`);
}

/** As many sources an answer shows; the rest is told on demand. */
export const SOURCES_SHOWN_MAX = 3;

/** The sources as Markdown: a link to where the file was shared, where in it, and a line of the source itself. */
export function sources(citations: readonly Citation[], shownMax = SOURCES_SHOWN_MAX): string {
  if (citations.length === 0) return "";
  const shown = citations.slice(0, shownMax).map(source);
  const left = citations.length - shown.length;
  const rest = left > 0 ? `\n\n${left} more under “All sources” in the menu.` : "";
  return `\n\n**Sources**\n${shown.join("\n")}${rest}`;
}

function source(citation: Citation): string {
  const label = escaped([citation.fileName, citation.where].filter(Boolean).join(", "));
  const link = linkTarget(citation.permalink);
  const title = link ? `[${label}](${link})` : label;
  const quote = escaped(oneLine(citation.quote));
  const when = citation.sharedAtMs > 0 ? `, shared ${DAY.format(citation.sharedAtMs)}` : "";
  return `\n[${citation.number}] ${title}${when}${quote ? `\n> “${quote}”` : ""}`;
}

/** Small print under an answer. */
export function smallPrint(text: string): string {
  return `\n\n_${escaped(oneLine(text))}_`;
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > QUOTE_CHARS_MAX ? `${line.slice(0, QUOTE_CHARS_MAX)}…` : line;
}

function escaped(text: string): string {
  const literal = text.replaceAll(/[\\`*_~[\]]/g, "\\$&");
  return withoutPings(literal).replaceAll(/(?<=[a-z]):(?=\/\/)/gi, `:${APART}`);
}

function linkTarget(permalink: string | null): string | null {
  const url = permalink === null ? null : URL.parse(permalink);
  if (url?.protocol !== "https:") return null;
  return url.href.replaceAll("(", "%28").replaceAll(")", "%29").replaceAll(/[<>|]/g, "");
}
