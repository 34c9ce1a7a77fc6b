// A quote is one line for the eye, not a paragraph.
const QUOTE_CHARS_MAX = 220;

const TITLE_WEIGHT = 0.4;

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
  let best = "";
  let bestScore = -1;
  for (const line of linesOf(passage)) {
    const words = new Set(wordsOf(line));
    const shared = [...words].filter((word) => wanted.has(word)).length;
    const score = (shared / Math.sqrt(words.size + 4)) * (isTitle(line) ? TITLE_WEIGHT : 1);
    if (score > bestScore) [best, bestScore] = [line, score];
  }
  return shorten(best);
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

/** A heading, or what announces a table or list, says what comes and not what is. */
function isTitle(line: string): boolean {
  return line.startsWith("#") || line.endsWith(":");
}

function linesOf(passage: string): string[] {
  return passage
    .split("\n")
    .flatMap((line) => (line.includes("|") ? [line] : sentencesOf(line)))
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
