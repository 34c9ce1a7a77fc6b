import type { PlannedDocument } from "./plan.ts";
import { below, createRandom, seedOf } from "./random.ts";

const WORDS = 30_000;
const WORDS_A_PASSAGE = 260;
const WORDS_A_SENTENCE = 14;
const TOPIC_WORDS = 200;
const DOCUMENT_WORDS = 30;
/** What part of a passage its topic's words are, and its document's. */
const TOPIC_SHARE = 0.25;
const DOCUMENT_SHARE = 0.1;

const CONSONANTS = "bdfgklmnprstvz";
const VOWELS = "aeiou";

/** Made texts, each by its own seed: some words are everywhere, some tell the topic, some the document. */
export interface Prose {
  passage(document: PlannedDocument, position: number): string;
  /** What its file is called. */
  title(document: PlannedDocument): string;
  /** As people ask about a passage: a few of its words, common ones and telling ones. */
  question(document: PlannedDocument, position: number): string;
}

export function createProse(seed: number): Prose {
  const vocabulary = Array.from({ length: WORDS }, (_, at) => wordOf(at));
  // As in every language, the n-th word is about n times as rare as the first.
  const common = (random: () => number) => vocabulary[Math.floor(WORDS ** random()) - 1] ?? "";
  const oneOf = (random: () => number, group: number, count: number) =>
    vocabulary[below(createRandom(seedOf(seed, 6, group, below(random, count))), WORDS)] ?? "";
  const word = (random: () => number, { topic, index }: PlannedDocument): string => {
    const kind = random();
    if (kind < DOCUMENT_SHARE) return oneOf(random, index, DOCUMENT_WORDS);
    if (kind < DOCUMENT_SHARE + TOPIC_SHARE) return oneOf(random, -1 - topic, TOPIC_WORDS);
    return common(random);
  };
  return {
    title({ topic, index }) {
      const random = createRandom(seedOf(seed, 9, index));
      return [
        oneOf(random, -1 - topic, TOPIC_WORDS),
        oneOf(random, index, DOCUMENT_WORDS),
        oneOf(random, index, DOCUMENT_WORDS),
      ].join(" ");
    },
    passage(document, position) {
      const random = createRandom(seedOf(seed, 7, document.index, position));
      return sentences(Array.from({ length: WORDS_A_PASSAGE }, () => word(random, document)));
    },
    question(document, position) {
      const random = createRandom(seedOf(seed, 8, document.index, position));
      const { topic, index } = document;
      const telling = [
        oneOf(random, index, DOCUMENT_WORDS),
        oneOf(random, -1 - topic, TOPIC_WORDS),
        oneOf(random, -1 - topic, TOPIC_WORDS),
      ];
      const others = [common(random), common(random), common(random)];
      return `What is the ${telling.join(" ")} of ${others.join(" ")}?`;
    },
  };
}

/** Each number has its own word, of two to four syllables. */
function wordOf(number: number): string {
  const syllables = CONSONANTS.length * VOWELS.length;
  let rest = number + syllables;
  let word = "";
  while (rest > 0) {
    const syllable = rest % syllables;
    word +=
      (CONSONANTS[syllable % CONSONANTS.length] ?? "") +
      (VOWELS[Math.floor(syllable / CONSONANTS.length)] ?? "");
    rest = Math.floor(rest / syllables);
  }
  return word;
}

function sentences(words: string[]): string {
  const count = Math.ceil(words.length / WORDS_A_SENTENCE);
  return Array.from({ length: count }, (_, at) =>
    words.slice(at * WORDS_A_SENTENCE, (at + 1) * WORDS_A_SENTENCE).join(" "),
  ).join(". ");
}
