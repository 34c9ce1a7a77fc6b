import { type Analysis, analyse, fold } from "../search/analyse.ts";
import { rarity } from "../search/bm25.ts";
import { FUNCTION_WORDS, QUESTION_WORDS } from "../search/question_words.ts";
import { KIND_WEIGHTS } from "../search/weights.ts";

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

const MARKERS_FIRST = /^(?:\s*\[\d{1,3}\])+/;
const MARKERS = /\[\d{1,3}\]/g;

// Function words of scripts that write no spaces.
const PARTICLES = "は が を に の と で も へ か です ます から まで 的 了 是 在 和";
const UNTELLING: ReadonlySet<string> = new Set([
  ...QUESTION_WORDS,
  ...`${FUNCTION_WORDS} ${PARTICLES}`.split(" ").map(fold),
]);

interface Line extends Analysis {
  text: string;
}

/**
 * The line of a passage that says most of what was claimed, word for word from the source. The first, where none
 * says any of it.
 * @param claim the sentence that cites the passage, and the question
 */
export function bestQuote(passage: string, claim: string): string {
  const wanted = tellingOf(claim);
  const lines = linesOf(passage).map((text) => ({ text, ...analyse(text) }));
  // What every line says tells none of them from the others.
  const worth = (kind: "words" | "grams", line: Line): number =>
    sharedWith(wanted[kind], line[kind])
      .map((term) => rarity(lines.filter((one) => one[kind].has(term)).length, lines.length))
      .reduce((sum, one) => sum + one, 0);
  const scores = lines.map((line) => {
    const score = worth("words", line) + KIND_WEIGHTS.gram * worth("grams", line);
    return (score / Math.sqrt(line.length + 4)) * (line.text.endsWith(":") ? TITLE_WEIGHT : 1);
  });
  const at = scores.indexOf(Math.max(...scores));
  return shorten(withWhatFollows(lines.slice(at, at + LINES_MAX), wanted));
}

/** Whether a text holds any word that tells what a question is about. */
export function hasWordOf(text: string, question: string): boolean {
  return sharedWith(tellingOf(question).words, analyse(text).words).length > 0;
}

/** What a text says without its function words, unless it has no others. */
function tellingOf(claim: string): Analysis {
  const text = claim.replace(MARKERS, " ");
  const telling = analyse(text, UNTELLING);
  return telling.words.size > 0 ? telling : analyse(text, QUESTION_WORDS);
}

/** "name: Ada" answers nothing about the phone that the next line holds: short lines go together as far as needed. */
function withWhatFollows([first, ...rest]: Line[], wanted: Analysis): string {
  if (!first) return "";
  const last = rest.findLastIndex((line) =>
    sharedWith(wanted.words, line.words).some((word) => !first.words.has(word)),
  );
  const together = [first, ...rest.slice(0, last + 1)].map(({ text }) => text);
  return together.every((text) => text.length <= SHORT_LINE_CHARS)
    ? together.join(" ")
    : first.text;
}

function sharedWith(wanted: Map<string, number>, there: Map<string, number>): string[] {
  return [...wanted.keys()].filter((term) => there.has(term));
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

function shorten(line: string): string {
  if (line.length <= QUOTE_CHARS_MAX) return line;
  const cut = line.slice(0, QUOTE_CHARS_MAX - 1);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), QUOTE_CHARS_MAX / 2))}…`.toWellFormed();
}
