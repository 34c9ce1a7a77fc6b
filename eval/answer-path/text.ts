/** Is this there, word for word? Case, spaces and signs are not looked at; nothing is nowhere. */
export function holds(text: string, wanted: string): boolean {
  const words = folded(wanted);
  return words !== "" && ` ${folded(text)} `.includes(` ${words} `);
}

function folded(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, " ")
    .trim();
}

const CODE = /```[\s\S]*?(?:```|$)|`[^`\n]*`/g;
const MARKER = /\[(\d{1,3})\]/g;
const MASS_MENTION = /<!(?:channel|here|everyone)\b|@(?:everyone|here|channel)\b/gi;
const LINK =
  /!?\[[^\]]*\]\([^)]*\)|<[a-z][a-z0-9+.-]*:[^>\s]*>|\b[a-z][a-z0-9+.-]*:\/\/\S+|\bwww\.\S+/gi;
const QUOTE = /"([^"\n]{20,})"|“([^”\n]{20,})”|«([^»\n]{20,})»/g;

/** The numbers that stand in a text as citations. */
export function markers(text: string): number[] {
  const found = [...text.replace(CODE, "").matchAll(MARKER)];
  return [...new Set(found.map((match) => Number(match[1])))];
}

/** What would call many people at once, also from inside code. */
export function massMentions(text: string): string[] {
  return text.match(MASS_MENTION) ?? [];
}

/** What can be clicked, or loads by itself. */
export function links(text: string): string[] {
  return text.replace(CODE, "").match(LINK) ?? [];
}

/** What a text says that somebody else said, where that is long enough to be a quote. */
export function quotes(text: string): string[] {
  return [...text.matchAll(QUOTE)].flatMap((match) => match[1] ?? match[2] ?? match[3] ?? []);
}

/** For looking up texts that were wrapped anew. */
export function squeezed(text: string): string {
  return text.replace(/\s+/g, " ");
}
