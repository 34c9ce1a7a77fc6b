import type { ChannelMode } from "../chat.ts";

/** What somebody can type, by the word that help shows. */
export type Word = keyof typeof SYNONYMS;

/** Free text (`wanted`, `question`) is as it was typed, and may be empty. */
export type Parsed =
  | { word: Exclude<Word, "forget" | "channel" | "me" | "ask"> }
  | { word: "forget"; wanted: string }
  /** Null: how it is. */
  | { word: "channel"; mode: ChannelMode | null }
  | { word: "me"; wish: MeWish | null }
  | { word: "ask"; question: string };

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
  ask: ["ask"],
  help: ["help", "commands", ""],
} satisfies Record<string, readonly string[]>;

const WORDS = new Map<string, Word>(
  (Object.keys(SYNONYMS) as Word[]).flatMap((word) => SYNONYMS[word].map((one) => [one, word])),
);

const MODES = new Map<string, ChannelMode | null>([
  ["", null],
  ["auto", "auto"],
  ["on", "auto"],
  ["ask", "ask"],
  ["off", "off"],
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
      const mode = MODES.get(plain(rest));
      return mode === undefined ? null : { word, mode };
    }
    case "me": {
      const wish = ME_WISHES.get(plain(rest));
      return wish === undefined ? null : { word, wish };
    }
    default:
      return plain(rest) === "" ? { word } : null;
  }
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

/** How many letters must be put in, left out or changed (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const letter of from) {
    const next = [(row[0] ?? 0) + 1];
    for (const [column, other] of [...to].entries()) {
      const changed = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
