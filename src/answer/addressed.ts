import { fold } from "../search/analyse.ts";
import { QUESTION_WORDS } from "../search/question_words.ts";
import { AND, ASKS, OPENER, THING } from "./wording/asking.ts";
import { GREETING, PEOPLE } from "./wording/people.ts";
import { CORRECTS, FRAGMENT, REQUESTS } from "./wording/wanting.ts";

// "Anna, …" "Anna Lund: …" "Anna - …"
const HEAD = /^([\p{L}\p{M}'.-]+(?: [\p{L}\p{M}'.-]+){0,2})(?:\s*[,،、:]\s*|\s+[–—-]+\s+)(\S)/u;
const AT = /(^|[\s(])@\p{L}/u;
const WITH_HONOUR = /^\S{1,8}\s?(さん|様|くん|ちゃん|先輩|部長|님|씨)(?=[,、\s])/u;
const THEN_YOU = [
  "\\p{L}+ (you|du|tu|je|jij)|please|peux-tu|tu \\p{L}+|puedes|puoi|você|możesz|możecie",
  "можешь|можеш",
];
const WITH_YOU = new RegExp(`^(\\p{Lu}\\p{Ll}+) (${THEN_YOU.join("|")})(?!\\p{L})`, "u");
// "Is this right, Anna?"
const LAST = /\S \S+ ?, ?(\p{L}+)[?!. ]*$/u;
const ALONE = /^(\p{Lu}\p{Ll}+)\?+$/u;
const CAPITAL = /^\p{Lu}\p{Ll}/u;
const US = /^(docent|there|again|bot)$/;

/** Does it begin or end with the name of somebody else, as far as one can tell without knowing names? */
export function addressesSomebody(said: string): boolean {
  if (AT.test(said) || WITH_HONOUR.test(said) || greetsSomebody(said)) return true;
  const [, head = "", next = ""] = HEAD.exec(said) ?? [];
  const last = LAST.exec(said)?.[1] ?? "";
  if (isName(head, next) || PEOPLE.test(last.toLowerCase())) return true;
  const names = [ALONE.exec(said)?.[1], WITH_YOU.exec(said)?.[1], CAPITAL.test(last) ? last : ""];
  return names.some((name) => name && isName(name));
}

function greetsSomebody(said: string): boolean {
  const greeting = GREETING.exec(said.toLowerCase());
  if (!greeting) return false;
  const rest = said.slice(greeting[0].length);
  const [, name = "", end] = /^ +([\p{L}\p{M}]+)([,،:!\n]?)/u.exec(rest) ?? [];
  if (name === "" || US.test(name.toLowerCase())) return false;
  return end !== "" || (CAPITAL.test(name) && isName(name));
}

/** @param next the first letter after it */
function isName(head: string, next = ""): boolean {
  const word = head.toLowerCase();
  if (head === "" || US.test(word) || QUESTION_WORDS.has(fold(word)) || opensSentences(word)) {
    return false;
  }
  // Chinese has no capitals, and many short words before a comma: a name has a "you" after it.
  if (/\p{Script=Han}/u.test(head)) {
    return head.length <= 3 && (/[你您请帮麻]/u.test(next) || /^[小老]|[总哥姐]$/u.test(head));
  }
  // These have names with honours, or no comma.
  if (/[\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(head)) {
    return false;
  }
  const parts = head.split(" ");
  return parts.length === 1 || parts.every((part) => CAPITAL.test(part));
}

function opensSentences(word: string): boolean {
  const openers = [OPENER, AND, THING, ASKS, REQUESTS, CORRECTS];
  return openers.some((one) => one.test(word)) || FRAGMENT.test(`${word}?`);
}
