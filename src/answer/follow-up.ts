import { addressesSomebody } from "./addressed.ts";
import { AND, ASKS, ASKS_LATE, EXCLAMATION, OPENER, SAYS, THING } from "./wording/asking.ts";
import {
  AMONG,
  LAUGHTER,
  NO_THANKS,
  OWN,
  PEOPLE,
  RHETORIC,
  TAG,
  THANKS,
  US,
  YOU,
} from "./wording/people.ts";
import { ONLY_THANKS, PLEASED_SIGNS } from "./wording/thanks.ts";
import { CORRECTS, FRAGMENT, REQUESTS, REQUESTS_LATE, WAIT } from "./wording/wanting.ts";

/** What somebody means who writes in a thread of ours without mentioning us. */
export type Meant = "question" | "thanks" | "nothing";

// What is longer was pasted, or is no follow-up.
const PASTED_CHARS_MAX = 8_000;
const CHARS_MAX = 1_500;
const UNMARKED_CHARS_MAX = 120;
const THANKS_WORDS_MAX = 8;
const THANKS_CHARS_MAX = 80;
const FEW_WORDS = 5;
const ALIKE_WORDS_MAX = 3;

/**
 * Reads one message by its words alone, in some thirty languages. In doubt it means nothing to us: a missed question
 * can be asked again with a mention, and nobody likes who butts in.
 */
export function decide(text: string): Meant {
  if (text.length > PASTED_CHARS_MAX) return "nothing";
  const own = ownWords(text);
  const said = own.toLowerCase();
  if (own.length > CHARS_MAX || isCommand(own)) return "nothing";
  if (LAUGHTER.test(said) || addressesSomebody(own)) return "nothing";
  if (sentencesOf(said).some(asks)) return "question";
  return isThanks(own) ? "thanks" : "nothing";
}

/** Is it thanks, or an "ok", and nothing else? What is put to us is a question in doubt. */
export function isOnlyThanks(text: string): boolean {
  const said = text.normalize("NFKC").toLowerCase();
  const words = said
    .replace(PLEASED_SIGNS, " ")
    .replace(/[\s.,!~、。]+/gu, " ")
    .trim();
  if (words === "") return said.search(PLEASED_SIGNS) >= 0;
  return words.length <= THANKS_CHARS_MAX && ONLY_THANKS.test(words);
}

/** Typed for another program: "/remind me". */
function isCommand(own: string): boolean {
  return /^[/!]\p{L}/u.test(own);
}

const QUOTED_LINE = /^\s*(>|&gt;)/;
const LOG_LINE =
  /^\s*(\[?\d{4}-\d\d-\d\d[T ]\d\d:|\[?\d\d:\d\d:\d\d|at \S+ ?\(|[${<#|]|(GET|POST|PUT|DELETE) \/|\w*(Error|Exception): )/;
const CODE_LINE =
  /^\s*(ERROR|WARN|INFO|DEBUG|FATAL|Traceback|Caused by|SELECT|INSERT|UPDATE|import|const|def)\b/;

/** Without code, logs, quotations and links; what is quoted in a sentence leaves a letter in its place. */
function ownWords(text: string): string {
  const isOwn = (line: string) => ![QUOTED_LINE, LOG_LINE, CODE_LINE].some((one) => one.test(line));
  return (
    text
      .replace(/```[\s\S]*?(```|$)/g, "\n")
      .split("\n")
      .filter(isOwn)
      .join("\n")
      .normalize("NFKC")
      .replace(/\w{2,12}:\/\/\S+|www\.\S+/g, "")
      .replace(/`[^`\n]*`|"[^"\n]*"|[“„«「][^”“»」\n]*[”“»」]/g, "x")
      .replace(/[’ʼ`´]/g, "'")
      // Arabic is written with vowel signs or without.
      .replace(/[¿¡\u064b-\u065f]/g, "")
      .trim()
  );
}

function sentencesOf(said: string): string[] {
  return said
    .split(/(?<=[.!?؟;。])\s+|(?<=[?؟。])(?=\p{L})|\n+/u)
    .map((sentence) => sentence.trim())
    .filter(Boolean);
}

// A Greek question ends in what is a semicolon elsewhere; an Armenian one has its mark within.
const MARKED = /[?؟፧⸮][\s'")\]»”]*$|՞|\p{Script=Greek}\s*;$/u;

function asks(sentence: string): boolean {
  const stages = withoutOpeners(sentence);
  const isEmpty = !/[\p{L}\p{N}]/u.test(stages.at(-1) ?? "");
  if (isEmpty || isAmongPeople(sentence, stages)) return false;
  if (MARKED.test(sentence)) return !/\?!|!\?/.test(sentence);
  if (sentence.length > UNMARKED_CHARS_MAX || /(!|\.\.)$/.test(sentence)) return false;
  if (WAIT.test(sentence) || EXCLAMATION.test(sentence) || CLAUSE.test(sentence)) return false;
  return stages.some(wants);
}

// "Who wrote this, was tired."
const CLAUSE = /^(wer|was|wo|wie|warum|wann|welche[rsn]?|who|what|why|how|where|when) [^,]+, /;

/** The sentence as it stands, and after each word before it that says nothing of its own. */
function withoutOpeners(sentence: string): string[] {
  const stages = [sentence];
  for (let rest = sentence; ; ) {
    const opener = OPENER.exec(rest) ?? AND.exec(rest);
    if (!opener) return stages;
    rest = rest.slice(opener[0].length).replace(/^[\s,،、:!.–-]+/, "");
    stages.push(rest);
  }
}

/** Something for colleagues, of their own, or not meant as it is said: whatever marks it as a question. */
function isAmongPeople(sentence: string, stages: string[]): boolean {
  const theirs = [PEOPLE, OWN, RHETORIC, TAG];
  if (AMONG.test(sentence) || stages.some((stage) => theirs.some((one) => one.test(stage)))) {
    return true;
  }
  const rest = stages.at(-1) ?? "";
  return YOU.test(rest) && !US.test(sentence);
}

/** Is this a question or a request, though nothing marks it as one? */
function wants(said: string): boolean {
  const clear = [ASKS, ASKS_LATE, REQUESTS, REQUESTS_LATE, CORRECTS];
  if (clear.some((one) => one.test(said)) || asksAlike(said)) return true;
  return FRAGMENT.test(said) && isFew(said);
}

/** "And in 2023": the question before, of something else. */
function asksAlike(said: string): boolean {
  const and = AND.exec(said);
  if (!and) return false;
  const rest = said.slice(and[0].length).trim();
  const isNumber = /^\p{N}{2,}[\p{L}\p{M}]*$/u.test(rest);
  return isNumber || (THING.test(rest) && isFew(rest) && countWords(rest) <= ALIKE_WORDS_MAX);
}

function isFew(said: string): boolean {
  return countWords(said) <= FEW_WORDS && !SAYS.test(said);
}

function isThanks(own: string): boolean {
  const said = own.toLowerCase();
  if (countWords(said) > THANKS_WORDS_MAX || NO_THANKS.test(said)) return false;
  const thanks = THANKS.exec(said);
  // Thanks, Anna.
  const named = /^[\s,]*(?!Docent)\p{Lu}\p{Ll}+/u;
  return thanks !== null && !named.test(own.slice(thanks.index + thanks[0].length));
}

function countWords(said: string): number {
  return said.split(/\s+/).filter(Boolean).length;
}
