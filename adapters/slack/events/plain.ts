const CHANNEL = /<#(?:C|G)\w+\|([^>]+)>/g;
const LABELLED_LINK = /<((?:https?|mailto):[^|>]+)\|([^>]+)>/g;
const BARE_LINK = /<((?:https?|mailto):[^|>]+)>/g;
const LABELLED_CALL = /<![^|<>]+\|([^<>]+)>/g;
const BARE_CALL = /<!(here|channel|everyone)>/g;
const SPACES = /[ \t]{2,}/g;
/** Code, and lines that quote. */
const NOT_THEIR_WORDS = /```[\s\S]*?```|`[^`\n]*`|^&gt;.*$/gm;
const PERSON = /<@([UW]\w+)/g;
// A date is written like a call of everybody.
const GROUP = /<!(?!date\^)/;

/** Slack's own markup as the words that people see, without the mentions of the bot itself. */
export function plain(text: string, botUserId: string): string {
  return text
    .replaceAll(new RegExp(`<@${botUserId}(?:\\|[^>]*)?>`, "g"), "")
    .replaceAll(CHANNEL, "#$1")
    .replaceAll(LABELLED_LINK, "$2")
    .replaceAll(BARE_LINK, "$1")
    .replaceAll(LABELLED_CALL, "$1")
    .replaceAll(BARE_CALL, "@$1")
    .replaceAll(SPACES, " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .trim();
}

/** Does somebody call this person? Whoever only quotes such a call, or shows it as code, does not. */
export function calls(text: string, userId: string): boolean {
  return people(text).includes(userId);
}

/** Does somebody call anybody else: a person, a group, everybody? */
export function callsOthers(text: string, userId: string): boolean {
  return GROUP.test(text) || people(text).some((other) => other !== userId);
}

function people(text: string): string[] {
  const words = text.replaceAll(NOT_THEIR_WORDS, "");
  return [...words.matchAll(PERSON)].flatMap(([, id]) => id ?? []);
}
