// A quote is one line for the eye, not a paragraph.
const QUOTE_CHARS_MAX = 220;

// What ends like that announces a list or table.
const TITLE_WEIGHT = 0.4;
const LINES_MAX = 4;
const SHORT_LINE_CHARS = 60;
const RULER = /^[\s|:-]*-[\s|:-]*$/;

const SENTENCES = new Intl.Segmenter(undefined, { granularity: "sentence" });
// "paid to Mr. Novak" is one sentence.
const ABBREVIATED =
  /\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|Nr|Inc|Ltd|Co|vs|etc|e\.g|i\.e|z\.B|\p{Lu})\.\s*$/u;

const WORDS = new Intl.Segmenter(undefined, { granularity: "word" });
const MARKERS_FIRST = /^(?:\s*\[\d{1,3}\])+/;

/**
 * The line of a passage that says most of what was claimed, word for word from the source.
 * @param claim the sentence that cites the passage, and the question
 */
export function bestQuote(passage: string, claim: string): string {
  const wanted = new Set(wordsOf(claim));
  const lines = linesOf(passage);
  const scores = lines.map((line) => {
    const words = new Set(wordsOf(line));
    const score = sharedWith(wanted, words).size / Math.sqrt(words.size + 4);
    return score * (line.endsWith(":") ? TITLE_WEIGHT : 1);
  });
  const at = scores.indexOf(Math.max(...scores));
  return shorten(withWhatFollows(lines.slice(at, at + LINES_MAX), wanted));
}

/** "name: Ada" answers nothing about the phone that the next line holds: short lines go together as far as needed. */
function withWhatFollows([first = "", ...rest]: string[], wanted: Set<string>): string {
  const known = sharedWith(wanted, new Set(wordsOf(first)));
  const last = rest.findLastIndex((line) =>
    [...sharedWith(wanted, new Set(wordsOf(line)))].some((word) => !known.has(word)),
  );
  const together = [first, ...rest.slice(0, last + 1)];
  return together.every((line) => line.length <= SHORT_LINE_CHARS) ? together.join(" ") : first;
}

function sharedWith(wanted: Set<string>, words: Set<string>): Set<string> {
  return new Set([...words].filter((word) => wanted.has(word)));
}

/** The sentences of an answer that cite a number, for finding the line that they stand on. */
export function claimsFor(text: string, number: number): string {
  const marker = `[${number}]`;
  const lines = text.split("\n").filter((line) => line.includes(marker));
  const sentences = lines.flatMap((line) =>
    [...SENTENCES.segment(line)].map((part) => part.segment),
  );
  const claims = sentences.flatMap((sentence, index) => {
    if (!sentence.includes(marker)) return [];
    // A marker may stand behind the full stop, and so at the head of the next sentence.
    const isBehind = MARKERS_FIRST.exec(sentence)?.[0].includes(marker);
    return (isBehind ? sentences[index - 1] : sentence) ?? "";
  });
  return claims.join(" ");
}

/** Sentences and rows. Headings and the names of columns say what comes, not what is, and count only when alone. */
function linesOf(passage: string): string[] {
  const rows = passage.split("\n");
  const isTitle = (row: string, at: number): boolean =>
    row.startsWith("#") || (row.includes("|") && RULER.test(rows[at + 1] ?? ""));
  const told = rows.filter((row, at) => /[\p{L}\p{N}]/u.test(row) && !isTitle(row, at));
  return (told.length > 0 ? told : rows)
    .flatMap((line) =>
      line.includes("|") ? [line.replace(/^\s*\||\|\s*$/g, "")] : sentencesOf(line),
    )
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter((line) => /[\p{L}\p{N}]/u.test(line));
}

function sentencesOf(line: string): string[] {
  const sentences: string[] = [];
  for (const { segment } of SENTENCES.segment(line)) {
    const last = sentences.at(-1);
    if (last !== undefined && ABBREVIATED.test(last))
      sentences[sentences.length - 1] = last + segment;
    else sentences.push(segment);
  }
  return sentences;
}

function wordsOf(text: string): string[] {
  const parts = [...WORDS.segment(text.normalize("NFKC").toLowerCase())];
  return parts.flatMap((part) => (part.isWordLike ? [part.segment] : []));
}

function shorten(line: string): string {
  if (line.length <= QUOTE_CHARS_MAX) return line;
  const cut = line.slice(0, QUOTE_CHARS_MAX - 1);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), QUOTE_CHARS_MAX / 2))}…`.toWellFormed();
}
