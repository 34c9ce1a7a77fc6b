/** A person, as Discord sends them along with the message that mentions them. */
interface Person {
  id: string;
  username: string;
  global_name?: string | null;
}

const MENTION = /<@!?(\d+)>/g;
const ROLE = /<@&\d+>/;
const EVERYBODY = /@(?:everyone|here)\b/;
const EMOJI = /<a?(:\w+:)\d+>/g;
const COMMAND = /<(\/[^:>]+):\d+>/g;
const TIME = /<t:(-?\d{1,12})(?::\w)?>/g;
const SPACES = /[ \t]{2,}/g;
/** Code, and lines that quote; ">>>" quotes all that follows. */
const NOT_THEIR_WORDS = /```[\s\S]*?```|``[\s\S]*?``|`[^`\n]*`|^>>> [\s\S]*|^> .*$/gm;

/** Discord's own markup as the words that people see, without the mentions of the bot itself. */
export function plain(text: string, botUserId: string, people: readonly Person[]): string {
  const names = new Map(people.map((one) => [one.id, one.global_name || one.username]));
  return text
    .replaceAll(MENTION, (_all, id: string) =>
      id === botUserId ? "" : `@${names.get(id) ?? "somebody"}`,
    )
    .replaceAll(EMOJI, "$1")
    .replaceAll(COMMAND, "$1")
    .replaceAll(TIME, (_all, seconds: string) => dateOf(Number(seconds)))
    .replaceAll(SPACES, " ")
    .trim();
}

/** Does somebody call this person? Whoever only quotes such a call, or shows it as code, does not. */
export function calls(text: string, userId: string): boolean {
  return people(text).includes(userId);
}

/** Does somebody call anybody else: a person, a role, everybody? */
export function callsOthers(text: string, userId: string): boolean {
  const words = theirWords(text);
  return ROLE.test(words) || EVERYBODY.test(words) || people(text).some((id) => id !== userId);
}

function people(text: string): string[] {
  return [...theirWords(text).matchAll(MENTION)].flatMap(([, id]) => id ?? []);
}

function theirWords(text: string): string {
  return text.replaceAll(NOT_THEIR_WORDS, "");
}

function dateOf(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
