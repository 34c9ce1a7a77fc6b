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

// Invisible characters and direction marks, which hide what a text says. Joiners stay: scripts need them.
const INVISIBLE = /[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
const CODE = /(```[\s\S]*?(?:```|$)|`[^`\n]*`)/;
const FENCE = /```/g;

const OPENINGS: { open: RegExp; closed: RegExp }[] = [
  { open: /`/, closed: /```|`[^`]*`/g },
  {
    open: /!?[[【<]/,
    closed: /!?\[[^\]]*\](?:\([^)]*\)|(?!\())|【[^】]*】|<[^>]*>|<(?=[\s\d=])/g,
  },
];

const IMAGE = /!\[([^\]]*)\]\([^)]*\)/g;
const LINK = /\[([^\]]*)\]\([^)]*\)/g;
const ANGLE_LINK = /<[a-z][a-z0-9+.-]*:[^>\s|]*(?:\|([^>]*))?>/gi;
const PLATFORM_MENTION = /<([!@#])([^>|\s]*)(?:\|([^>]*))?>/g;
// What stands for an id that says nothing to people.
const NAMELESS: Record<string, string> = { "@": "someone", "#": "a channel" };
const MASS_MENTION = /@[\u200c\u200d]*(everyone|here|channel)\b/gi;
const URL_TEXT = /(?:\b[a-z][a-z0-9+.-]*:\/\/|\bwww\.)[^\s<>"'`)\]]+/gi;
const CITATION = /([ \t]*)[[【]\s*\^?(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*[\]】]/g;

/** @param passages the texts given to the model, of which the first was numbered 1 */
export function createCiting(passages: readonly string[]): Citing {
  const order: number[] = [];
  const renumber = (given: number): number | null => {
    const index = given - 1;
    if (index < 0 || index >= passages.length) return null;
    if (!order.includes(index)) order.push(index);
    return order.indexOf(index) + 1;
  };
  const known = (url: string): boolean => passages.some((text) => text.includes(url));

  let held = "";
  let inFence = false;
  const release = (upTo: number): string => {
    const text = held.slice(0, upTo);
    held = held.slice(upTo);
    const wasInFence = inFence;
    if ((text.match(FENCE)?.length ?? 0) % 2 === 1) inFence = !inFence;
    return unping(outsideCode(text, wasInFence, (prose) => cleanProse(prose, renumber, known)));
  };
  return {
    push: (delta) => {
      held += delta.replace(INVISIBLE, "");
      return release(safeCut(held));
    },
    end: () => release(held.length),
    used: () => [...order],
  };
}

/** How much of a text can't change its meaning by what may follow. */
function safeCut(text: string): number {
  // A run of ASCII at the end may be half a link, a mention or a marker; other scripts have no spaces to wait for.
  // The space before it goes with a marker that is dropped.
  const settled = text.search(/[ \t]*[\x21-\x7e\u200c\u200d]*$/);
  const opening = lastOpening(text.slice(0, settled));
  const cut = text.slice(0, Math.min(settled, opening)).trimEnd().length;
  return text.length - cut > HELD_CHARS_MAX ? text.length : cut;
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

function outsideCode(text: string, inFence: boolean, clean: (prose: string) => string): string {
  if (inFence) {
    const end = text.indexOf("```");
    if (end < 0) return text;
    return text.slice(0, end + 3) + outsideCode(text.slice(end + 3), false, clean);
  }
  // Splitting by a capturing pattern puts the code at the odd places.
  return text
    .split(CODE)
    .map((part, index) => (index % 2 === 1 ? part : clean(part)))
    .join("");
}

function cleanProse(
  prose: string,
  renumber: (given: number) => number | null,
  known: (url: string) => boolean,
): string {
  return prose
    .replace(IMAGE, "$1")
    .replace(LINK, (_link, label: string) => (/^\^?\d+$/.test(label) ? `[${label}]` : label))
    .replace(ANGLE_LINK, (_link, label: string | undefined) => label ?? "(link removed)")
    .replace(URL_TEXT, (url) => (known(url) ? `\`${url}\`` : "(link removed)"))
    .replace(CITATION, (_marker, space: string, numbers: string) => {
      const kept = numbers.split(/[,;]/).flatMap((number) => renumber(Number(number)) ?? []);
      return kept.length > 0 ? space + kept.map((number) => `[${number}]`).join("") : "";
    });
}

/** Also inside code: what a platform would ping is not left to the platform's parser. */
function unping(text: string): string {
  return text
    .replace(
      PLATFORM_MENTION,
      (_mention, sign: string, name: string, label: string | undefined) =>
        label ?? NAMELESS[sign] ?? name,
    )
    .replace(MASS_MENTION, "$1");
}
