import { stemmer as arabic } from "@orama/stemmers/arabic";
import { stemmer as armenian } from "@orama/stemmers/armenian";
import { stemmer as english } from "@orama/stemmers/english";
import { stemmer as greek } from "@orama/stemmers/greek";
import { stemmer as hindi } from "@orama/stemmers/indian";
import { stemmer as russian } from "@orama/stemmers/russian";
import { stemmer as tamil } from "@orama/stemmers/tamil";

/** Longer than any word of a language: a hash, a key, encoded bytes. */
const WORD_CHARACTERS_MAX = 40;

/** First and last code unit of a script, and the stemmer that serves it. A script stands for its languages. */
const STEMMERS: [first: number, last: number, stem: (word: string) => string][] = [
  [0x0041, 0x024f, latin],
  [0x1e00, 0x1eff, latin],
  [0x0370, 0x03ff, greek],
  [0x1f00, 0x1fff, greek],
  [0x0400, 0x052f, russian],
  [0x0530, 0x058f, armenian],
  [0x0600, 0x06ff, arabic],
  [0x0900, 0x097f, hindi],
  [0x0b80, 0x0bff, tamil],
];

/**
 * The stem of one lower-case word, by its script. Words of a script without a stemmer stay as they are.
 * An English stemmer on Spanish or Vietnamese is wrong alike in the index and in the question.
 */
export function stem(word: string): string {
  if (word.length > WORD_CHARACTERS_MAX) return word;
  const first = word.charCodeAt(0);
  for (const [from, to, stemmer] of STEMMERS) {
    if (first >= from && first <= to) return stemmer(word) || word;
  }
  return word;
}

// The library's Porter stemmer drops one letter too many: "election" becomes "elec", beside "elect".
function latin(word: string): string {
  const stemmed = english(word);
  const noun = /^(.+)([st])ions?$/.exec(word);
  return noun && stemmed === noun[1] ? `${noun[1]}${noun[2]}` : stemmed;
}
