import type { Citation } from "../../src/chat.ts";

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
const QUOTE_CHARS_MAX = 200;

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

function withoutPings(text: string): string {
  return text.replaceAll(CONTROL, `$1${APART}`).replaceAll(EVERYBODY, `@${APART}`);
}

/** The sources as Markdown: a link to where the file was shared, where in it, and a line of the source itself. */
export function sources(citations: readonly Citation[]): string {
  if (citations.length === 0) return "";
  return `\n\n**Sources**\n${citations.map(source).join("\n")}`;
}

function source(citation: Citation): string {
  const label = escaped([citation.fileName, citation.where].filter(Boolean).join(", "));
  const link = linkTarget(citation.permalink);
  const title = link ? `[${label}](${link})` : label;
  const quote = escaped(oneLine(citation.quote));
  return `\n[${citation.number}] ${title}${quote ? `\n> “${quote}”` : ""}`;
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
