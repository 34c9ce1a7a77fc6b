import { supportOf } from "./support.ts";

/**
 * What stands between a model's words and the chat. Files and models are not trusted: a citation is kept only
 * when it names a passage that was given, a link only when it stands in such a passage (and then not to be
 * clicked), and nothing can ping anybody. All of it works on a stream, holding back the few characters
 * that may still turn into something else.
 */

export interface Citing {
  /** Takes what the model said next, returns what may be shown now. */
  push(delta: string): string;
  /** Returns what was still held back. */
  end(): string;
  /** Indexes of the passages cited, from 0, in the order of first use: the first is shown as [1]. */
  used(): number[];
}

// An opening that nothing closes within so many characters is only a character.
const HELD_CHARS_MAX = 400;
const REMOVED = "(link removed)";

// A citation is looked at together with what stands before it, so far back.
const SENTENCE_CHARS_MAX = 1_000;

// Invisible characters and direction marks, which hide what a text says. Joiners stay: scripts need them.
const INVISIBLE = /[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
const CODE = /(```[\s\S]*?(?:```|$)|`[^`\n]*`)/;
const FENCE = /```/g;

const OPENINGS: { open: RegExp; closed: RegExp }[] = [
  { open: /`/, closed: /```|`[^`]*`/g },
  { open: /["“«]/, closed: /"[^"]*"|“[^”]*”|«[^»]*»|\d"/g },
  {
    open: /!?[[【<]/,
    closed: /!?\[[^\]]*\](?:\([^)]*\)|(?!\())|【[^】]*】|<[^>]*>|<(?=[\s\d=])/g,
  },
];

const IMAGE = /!\[([^\]]*)\]\([^)]*\)/g;
const LINK = /\[([^\]]*)\]\([^)]*\)/g;
const ANGLE_LINK = /<[a-z][a-z0-9+.-]*:[^>\s|]*(?:\|([^>]*))?>/gi;
const PLATFORM_MENTION = /<([!@#])([^<>|\s]*)(?:\|([^<>]*))?>/g;
// What such a mention was hidden in, or the start of one whose end is far away.
const MENTION_START = /<(?=[!@#]\w)/g;
// What stands for an id that says nothing to people.
const NAMELESS: Record<string, string> = { "@": "someone", "#": "a channel" };
const MASS_MENTION = /@[\u200c\u200d]*(everyone|here|channel)\b/gi;
// The last kind has the page's own scheme: "//evil.example".
const URL_TEXT = /(?:\b[a-z][a-z0-9+.-]*:\/\/|\bwww\.|(?<![\w:/])\/\/(?=[\w-]+\.))[^\s<>"'`)\]]+/gi;
const LINK_JOINT = /\](?=\()/g;
const QUOTED = /"[^"\n]{20,}"|“[^”\n]{20,}”|«[^»\n]{20,}»/g;
const QUOTE_LEFT_OUT = "(a quote that is not in the files was left out)";
const CITATION = /([ \t]*)[[【]\s*\^?(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*[\]】]/g;

/** @param passages the texts given to the model, of which the first was numbered 1 */
export function createCiting(passages: readonly string[]): Citing {
  const order: number[] = [];
  let said = "";
  const renumber = (given: number, before: string): number | null => {
    if (given < 1 || given > passages.length) return null;
    const claim = lastSentence(said + before);
    // What it was to stand behind is not in the files, so it stands on nothing.
    if (claim.includes(QUOTE_LEFT_OUT)) return null;
    const index = supportOf(claim, passages, given - 1);
    if (index === null) return null;
    if (!order.includes(index)) order.push(index);
    return order.indexOf(index) + 1;
  };
  const known = (url: string): boolean => passages.some((text) => text.includes(url));
  const plain = passages.map(lettersOf);
  const isQuote = (text: string): boolean =>
    plain.some((passage) => passage.includes(lettersOf(text)));

  let held = "";
  let inFence = false;
  const release = (upTo: number): string => {
    const text = held.slice(0, upTo);
    held = held.slice(upTo);
    const wasInFence = inFence;
    if ((text.match(FENCE)?.length ?? 0) % 2 === 1) inFence = !inFence;
    const clean = {
      prose: (prose: string) => cleanProse(prose, { renumber, known, isQuote }),
      // What is code here may be none to the platform, so a link is taken out of it too.
      code: (code: string) => code.replace(URL_TEXT, (url) => (known(url) ? url : REMOVED)),
    };
    const shown = unping(cleanParts(text, wasInFence, clean));
    said = (said + shown).slice(-SENTENCE_CHARS_MAX);
    return shown;
  };
  return {
    push: (delta) => {
      held += delta.replace(INVISIBLE, "");
      const cut = safeCut(held);
      // A word this long is none: the space keeps what follows from making a link or a mention of it.
      return cut === null ? `${release(held.length)} ` : release(cut);
    },
    end: () => release(held.length),
    used: () => [...order],
  };
}

/** How much of a text can't change its meaning by what may follow; null when too much would have to wait. */
function safeCut(text: string): number | null {
  // A run of ASCII at the end may be half a link, a mention or a marker; other scripts have no spaces to wait for.
  // The space before it goes with a marker that is dropped.
  const settled = text.search(/[ \t]*[\x21-\x7e\u200c\u200d]*$/);
  const opening = lastOpening(text.slice(0, settled));
  const cuts = [Math.min(settled, opening), settled].map(
    (at) => text.slice(0, at).trimEnd().length,
  );
  return cuts.find((cut) => text.length - cut <= HELD_CHARS_MAX) ?? null;
}

/** Where the earliest bracket or backtick stands that is still open on the last line. */
function lastOpening(text: string): number {
  const start = text.lastIndexOf("\n") + 1;
  const line = text.slice(start);
  const starts = OPENINGS.flatMap(({ open, closed }) => {
    const at = line.replace(closed, (match) => " ".repeat(match.length)).search(open);
    return at < 0 ? [] : [start + at];
  });
  return Math.min(text.length, ...starts);
}

function cleanParts(
  text: string,
  inFence: boolean,
  clean: { prose(prose: string): string; code(code: string): string },
): string {
  if (inFence) {
    const end = text.indexOf("```");
    if (end < 0) return clean.code(text);
    return clean.code(text.slice(0, end + 3)) + cleanParts(text.slice(end + 3), false, clean);
  }
  // Splitting by a capturing pattern puts the code at the odd places.
  return text
    .split(CODE)
    .map((part, index) => (index % 2 === 1 ? clean.code(part) : clean.prose(part)))
    .join("");
}

interface Checks {
  /** @param before what was said before the marker */
  renumber(given: number, before: string): number | null;
  known(url: string): boolean;
  isQuote(text: string): boolean;
}

function cleanProse(prose: string, { renumber, known, isQuote }: Checks): string {
  return prose
    .replace(QUOTED, (quote) => (isQuote(quote) ? quote : QUOTE_LEFT_OUT))
    .replace(IMAGE, "$1")
    .replace(LINK, (_link, label: string) => (/^\^?\d+$/.test(label) ? `[${label}]` : label))
    .replace(ANGLE_LINK, (_link, label: string | undefined) => label ?? REMOVED)
    .replace(URL_TEXT, (url) => (known(url) ? `\`${url}\`` : REMOVED))
    .replace(LINK_JOINT, "] ")
    .replace(CITATION, (_marker, space: string, numbers: string, at: number, all: string) => {
      const before = all.slice(0, at);
      const kept = numbers
        .split(/[,;]/)
        .flatMap((number) => renumber(Number(number), before) ?? []);
      const unique = [...new Set(kept)];
      return unique.length > 0 ? space + unique.map((number) => `[${number}]`).join("") : "";
    });
}

/** The sentence that a marker at the end of this text belongs to, without markers. */
function lastSentence(text: string): string {
  const plain = text.replace(/\[\d{1,3}\]/g, "").trimEnd();
  const sentences = plain.split(/(?<=[.!?。！？])\s+|\n+/);
  return sentences.at(-1) ?? "";
}

function lettersOf(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, "");
}

/** Also inside code: what a platform would ping is not left to the platform's parser. */
function unping(text: string): string {
  return text
    .replace(
      PLATFORM_MENTION,
      (_mention, sign: string, name: string, label: string | undefined) =>
        label ?? NAMELESS[sign] ?? name,
    )
    .replace(MENTION_START, "< ")
    .replace(MASS_MENTION, "$1");
}
