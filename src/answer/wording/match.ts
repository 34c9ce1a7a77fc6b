/**
 * Words as people write them in a thread, by what is meant with them, a line or two for each language. All are
 * sources of regular expressions, joined by "|": one may go on in the next line. Texts come in lower case and NFKC.
 */

const LETTER = "[\\p{L}\\p{M}\\p{N}]";

/** At the beginning. `joined` are those of scripts that put no space between words. */
export function first(words: string[], joined: string[] = []): RegExp {
  return new RegExp(`^${either(words, joined)}`, "u");
}

export function anywhere(words: string[], joined: string[] = []): RegExp {
  return new RegExp(`(?<!${LETTER})${either(words, [])}|${either([], joined)}`, "u");
}

export function last(words: string[], joined: string[] = []): RegExp {
  return new RegExp(`(?:(?<!${LETTER})${either(words, [])}|${either([], joined)})[.!~ ]*$`, "u");
}

function either(words: string[], joined: string[]): string {
  // Some letters of Hindi and Thai fall apart in NFKC: what is looked for must do so too.
  const any = (list: string[]) => (list.length === 0 ? "(?!)" : list.join("|").normalize("NFKC"));
  return `(?:(?:${any(words)})(?!${LETTER})|(?:${any(joined)}))`;
}
