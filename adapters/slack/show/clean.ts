import type { Citation } from "../../../src/chat.ts";

/** A space without width: it is not seen, and parts what Slack would take as a command. */
const APART = "\u200B";
const CONTROL = /(<|&lt;|&#x0*3c;|&#0*60;)(?=[!@#]|[a-z][a-z0-9+.-]*:)/gi;
const EVERYBODY = /@(?=(?:channel|here|everyone)\b)/gi;
// A scheme may have been shown already, with the text before.
const BARE_LINK =
  /(?:\b[a-z][a-z0-9+.-]{0,30})?(?::\/\/|(?<![a-z0-9])www\.)[^\s`<>]*[^\s`<>.,;:!?'")\]]/;
const FENCE = /`{3,}|~{3,}/;
const CODE_SPAN = /(?<![`\\])`[^`\n]+`(?!`)/;
const BLANK_LINE = /\n[ \t\r]*\n/;
const CODE_OR_LINK = new RegExp(
  [FENCE, CODE_SPAN, /`/, BLANK_LINE, BARE_LINK].map(({ source }) => source).join("|"),
  "gi",
);
// Links, pings and fences are written in ASCII without spaces: a last word that looks like the start of one waits.
const LAST_WORD = /(?<![\x21-\x7E])[\x21-\x7E]+$/;
const WORD_CHARS_MAX = 2_000;
const MAY_GROW = /[<@&:/\]`~\\]|(?<![a-z0-9])w{1,3}\.?$/i;
const MESSAGE_LINK = /https:\/\/[\w.-]+\/archives\/[\w./?=&-]+/g;
const QUOTE_CHARS_MAX = 200;
const NOTE_CHARS_MAX = 1_000;
const QUESTION_CHARS_MAX = 150;
const NAME_CHARS_MAX = 80;
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
  const code = noCode();
  return {
    push: (text) => {
      const all = kept + text;
      const word = LAST_WORD.exec(all)?.[0] ?? "";
      kept = MAY_GROW.test(word) && word.length <= WORD_CHARS_MAX ? word : "";
      const shown = cleaned(all.slice(0, all.length - kept.length), code);
      return word.length > WORD_CHARS_MAX ? shown + APART : shown;
    },
    end: () => {
      const rest = kept;
      kept = "";
      return cleaned(rest, code);
    },
  };
}

/** The same for a text that is complete. */
export function harmless(text: string): string {
  return cleaned(text, noCode());
}

/** What was said so far may make code of what follows, or end the code that is made of a link. */
interface Code {
  /** What opened a block of code that is not closed yet; else empty. */
  fence: string;
  /** This paragraph has backticks whose other half is not known for sure. */
  isOpen: boolean;
}

function noCode(): Code {
  return { fence: "", isOpen: false };
}

/** Nothing is a link, whatever Slack takes for code. */
function cleaned(text: string, code: Code): string {
  const shown = withoutPings(text).replaceAll(CODE_OR_LINK, (found: string, at: number, all) => {
    const isSure = code.fence === "" && !code.isOpen;
    if (found.startsWith("\n")) code.isOpen = false;
    else if (/^(?:`+|~+)$/.test(found)) mark(code, found);
    else if (!isSure) return withoutLinks(found);
    else if (!found.startsWith("`")) return asCode(found, all[at - 1], all[at + found.length]);
    return found;
  });
  return shown.replaceAll("](", "] (");
}

function mark(code: Code, run: string): void {
  code.isOpen = true;
  if (run.length < 3) return;
  if (code.fence === "") code.fence = run;
  else if (run.startsWith(code.fence)) code.fence = "";
}

/** As code a link is still there to be read and copied, but opens nothing by a click or a preview. */
function asCode(link: string, before = "", after = ""): string {
  const isTaken = before === "\\" || before === "`" || after === "`";
  return isTaken ? withoutLinks(link) : `\`${link}\``;
}

function withoutLinks(text: string): string {
  return text.replaceAll("://", `:${APART}//`).replaceAll(/www(?=\.)/gi, `$&${APART}`);
}

/** The same for Slack's older markup, in which three characters are special. */
export function literal(text: string): string {
  return cleaned(escapedMarkup(text), noCode());
}

function escapedMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** The same, but messages of this workspace stay linked. @param label what such a link is called; else its address */
export function literalWithLinks(text: string, workspaceUrl: string, label?: string): string {
  const called = label === undefined ? "" : `|${label}`;
  const code = noCode();
  const said = (words: string) => cleaned(escapedMarkup(words), code);
  let shown = "";
  let from = 0;
  for (const { 0: url, index } of text.matchAll(MESSAGE_LINK)) {
    if (!url.startsWith(`${workspaceUrl}archives/`)) continue;
    shown += `${said(text.slice(from, index))}<${url.replaceAll("&", "&amp;")}${called}>`;
    from = index + url.length;
  }
  return shown + said(text.slice(from));
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
  const badge = citation.official ? " (official)" : "";
  return `\n[${citation.number}] ${title}${badge}${when}${quote ? `\n> “${quote}”` : ""}`;
}

/** Small print under an answer. */
export function smallPrint(text: string): string {
  return `\n\n_${escaped(oneLine(text, NOTE_CHARS_MAX))}_`;
}

/** What was asked, above an answer that stands apart from it. @param by whose name others are to read */
export function asked(question: string, by: string | null): string {
  const who = by === null ? "" : `**${escaped(oneLine(by, NAME_CHARS_MAX))}** asked:\n`;
  return `${who}> ${escaped(oneLine(question, QUESTION_CHARS_MAX))}\n\n`;
}

function oneLine(text: string, charsMax = QUOTE_CHARS_MAX): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > charsMax ? `${line.slice(0, charsMax)}…` : line;
}

function escaped(text: string): string {
  const literal = text.replaceAll(/[\\`*_~[\]]/g, "\\$&");
  return withoutLinks(withoutPings(literal));
}

function linkTarget(permalink: string | null): string | null {
  const url = permalink === null ? null : URL.parse(permalink);
  if (url?.protocol !== "https:") return null;
  return url.href.replaceAll("(", "%28").replaceAll(")", "%29").replaceAll(/[<>|]/g, "");
}
