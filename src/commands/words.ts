/** What stands in the replies of commands is not ours, so it keeps to its line. */

const NAME_CHARS_MAX = 80;

/** A file's name as one short line, without characters that hide what it says. */
export function nameOf(name: string): string {
  return oneLine(name, NAME_CHARS_MAX);
}

// Joiners stay: scripts need them.
const INVISIBLE = /(?!\u200c|\u200d)\p{Cf}/gu;

export function oneLine(text: string, charsMax: number): string {
  const chars = [
    ...text
      .replace(INVISIBLE, "")
      .replace(/[\p{Cc}\s]+/gu, " ")
      .trim(),
  ];
  return chars.length > charsMax ? `${chars.slice(0, charsMax - 1).join("")}…` : chars.join("");
}

/** "1 question", "2 questions". */
export function countOf(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`;
}
