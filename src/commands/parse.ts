import type { AnswerStyle, ChannelMode } from "../chat.ts";
import { distance } from "../distance.ts";

/** What somebody can type, by the word that help shows. */
export type Word = keyof typeof SYNONYMS;

/** Free text (`wanted`, `question`) is as it was typed, and may be empty. */
export type Parsed =
  | { word: Exclude<Word, WithMore> }
  | { word: "forget"; wanted: string }
  /** Null: how it is. */
  | { word: "channel"; wish: ChannelMode | AnswerStyle | null }
  | { word: "me"; wish: MeWish | null }
  | { word: "ask"; question: string }
  /** Null: nobody was named. */
  | { word: "block" | "unblock"; personId: string | null }
  /** Null: those of the last answer. */
  | { word: "sources"; wish: SourcesWish | null }
  | { word: "official"; wish: "on" | "off"; wanted: string };

type WithMore = "forget" | "channel" | "me" | "ask" | "block" | "unblock" | "sources" | "official";

/** Which channels other channels' answers may draw on, by the platform's ids or their names. */
export type SourcesWish = { how: "only" | "add" | "remove" | "all"; named: string[] };

export type MeWish = "off" | "on" | "forget" | "streaming off" | "streaming on";

const SYNONYMS = {
  models: ["models", "model", "status"],
  files: ["files", "file", "list"],
  forget: ["forget", "delete", "remove"],
  channel: ["channel", "mode"],
  me: ["me"],
  privacy: ["privacy"],
  usage: ["usage"],
  mute: ["mute", "quiet"],
  unmute: ["unmute"],
  sources: ["sources", "source"],
  stop: ["stop", "cancel"],
  ask: ["ask"],
  server: ["server", "workspace"],
  pause: ["pause"],
  resume: ["resume"],
  block: ["block"],
  unblock: ["unblock"],
  official: ["official"],
  help: ["help", "commands", ""],
} satisfies Record<string, readonly string[]>;

const WORDS = new Map<string, Word>(
  (Object.keys(SYNONYMS) as Word[]).flatMap((word) => SYNONYMS[word].map((one) => [one, word])),
);

const CHANNEL_WISHES = new Map<string, ChannelMode | AnswerStyle | null>([
  ["", null],
  ["auto", "auto"],
  ["on", "auto"],
  ["ask", "ask"],
  ["off", "off"],
  ["thread", "thread"],
  ["reply", "reply"],
  ["private", "private"],
]);

const ME_WISHES = new Map<string, MeWish | null>([
  ["", null],
  ["off", "off"],
  ["on", "on"],
  ["forget", "forget"],
  ["streaming off", "streaming off"],
  ["streaming on", "streaming on"],
]);

/** What was typed after `/docent`, or after a mention. Null: none of the commands. */
export function parseCommand(text: string): Parsed | null {
  const { first, rest } = partsOf(text);
  const word = WORDS.get(first);
  if (word === undefined) return null;
  switch (word) {
    case "forget":
      return { word, wanted: unquoted(rest) };
    case "ask":
      return { word, question: rest };
    case "channel": {
      const wish = CHANNEL_WISHES.get(plain(rest));
      return wish === undefined ? null : { word, wish };
    }
    case "block":
    case "unblock": {
      const personId = idIn(PERSON, rest);
      return personId !== undefined || /^(?:@\S+)?$/.test(rest)
        ? { word, personId: personId ?? null }
        : null;
    }
    case "sources": {
      const wish = sourcesWish(rest);
      return wish === undefined ? null : { word, wish };
    }
    case "official":
      return officialWish(rest);
    case "me": {
      const wish = ME_WISHES.get(plain(rest));
      return wish === undefined ? null : { word, wish };
    }
    default:
      return plain(rest) === "" ? { word } : null;
  }
}

// As chats write it when somebody or a channel is named, or the bare id. A person's name alone may be anybody's.
const PERSON = /^(?:<@!?(\w+)(?:\|[^>]*)?>|(\d+))$/;
const CHANNEL = /^(?:<#(\w+)(?:\|[^>]*)?>|#([^\s#<>]+)|(\d+))$/;

function idIn(pattern: RegExp, text: string): string | undefined {
  return pattern.exec(text)?.slice(1).find(Boolean);
}

function sourcesWish(rest: string): SourcesWish | null | undefined {
  if (plain(rest) === "") return null;
  const [, said = "", list = ""] = /^(only|add|remove|all)\b\s*(.*)$/is.exec(rest) ?? [];
  const how = said.toLowerCase();
  if (how === "all") return plain(list) === "" ? { how, named: [] } : undefined;
  if (how !== "only" && how !== "add" && how !== "remove") return undefined;
  const words = list.split(/[\s,]+/).filter((one) => one !== "");
  const named = words.flatMap((one) => idIn(CHANNEL, one) ?? []);
  return named.length > 0 && named.length === words.length ? { how, named } : undefined;
}

function officialWish(rest: string): Parsed | null {
  const [, wish = "", wanted = ""] = /^(on|off)\s+(.+)$/is.exec(rest) ?? [];
  if (wanted === "") return null;
  return {
    word: "official",
    wish: wish.toLowerCase() === "on" ? "on" : "off",
    wanted: unquoted(wanted),
  };
}

/** For a mention: is it a command as it stands? What goes on in words of its own is a question. */
export function isCommand(text: string): boolean {
  if (partsOf(text).first === "") return false;
  const word = parseCommand(text)?.word;
  return word !== undefined && word !== "ask" && word !== "forget";
}

// So many letters may be wrong, and no more than half of them.
const WRONG_LETTERS_MAX = 2;

/** The command that this may have been meant to be. */
export function nearestWord(text: string): Word | null {
  const { first } = partsOf(text);
  const [best] = [...WORDS]
    .map(([name, word]) => ({ word, wrong: distance(first, name), letters: name.length }))
    .filter(({ wrong, letters }) => wrong <= Math.min(WRONG_LETTERS_MAX, letters / 2))
    .sort((a, b) => a.wrong - b.wrong);
  return best?.word ?? null;
}

/** The first word as commands are written, and what follows it as it was typed. */
function partsOf(text: string): { first: string; rest: string } {
  const whole = unquoted(text.trim().replace(/^\/docent\b\s*/i, ""));
  const [, first = "", rest = ""] = /^\/?\s*(\S*)\s*(.*)$/s.exec(whole) ?? [];
  return { first: plain(first), rest: rest.trim() };
}

/** Small letters, single spaces, neither quotes nor a sentence's end. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/["'`“”„«»‘’?!.…]+/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}

function unquoted(text: string): string {
  const trimmed = text.trim();
  return (
    /^(["'`])(.+)\1$|^[“„«‘](.+)[”“»’]$/s
      .exec(trimmed)
      ?.slice(2)
      .find((inside) => inside !== undefined)
      ?.trim() ?? trimmed
  );
}
