import {
  type APIApplicationCommandInteractionDataOption,
  type APIAttachment,
  type APIInteractionDataResolved,
  ApplicationCommandOptionType,
  type InteractionType,
} from "discord.js";

/** A subcommand of `/docent` as it was chosen. */
export interface Chosen {
  name: string;
  /** The options that have one, as text: ids of people, channels and files too. */
  values: ReadonlyMap<string, string>;
  /** The option that is being typed. */
  focused: string | null;
  file: APIAttachment | null;
}

interface Given<Type extends InteractionType> {
  options?: APIApplicationCommandInteractionDataOption<Type>[];
  resolved?: APIInteractionDataResolved;
}

/** @returns null for what has no subcommand */
export function chosenIn<Type extends InteractionType>(given: Given<Type>): Chosen | null {
  const { options = [], resolved } = given;
  const [first] = options;
  if (first?.type !== ApplicationCommandOptionType.Subcommand) return null;
  const values = first.options ?? [];
  const fileId = values.find(({ type }) => type === ApplicationCommandOptionType.Attachment)?.value;
  return {
    name: first.name,
    values: new Map(values.map(({ name, value }) => [name, String(value)])),
    focused: values.find(isFocused)?.name ?? null,
    file: (typeof fileId === "string" && resolved?.attachments?.[fileId]) || null,
  };
}

function isFocused(option: object): boolean {
  return "focused" in option && option.focused === true;
}

/** In the words that somebody would type: `forget plan.pdf`. Mostly one, never none. */
export function wordsOf({ name, values }: Chosen): string[] {
  const said = (option: string) => values.get(option) ?? "";
  switch (name) {
    case "ask":
      return [words(name, said("question"))];
    case "forget":
      return [words(name, said("file"))];
    case "me":
      return [words(name, said("wish"))];
    case "channel":
      return channelWords(name, [said("mode"), said("style")]);
    case "sources":
      return [words(name, said("list"), said("list") ? said("channel") : "")];
    case "official":
      return [words(name, said("state"), said("file"))];
    case "block":
    case "unblock":
      return [words(name, said("user"))];
    default:
      return [name];
  }
}

function channelWords(name: string, wishes: string[]): string[] {
  const wanted = wishes.filter((wish) => wish !== "");
  return wanted.length === 0 ? [name] : wanted.map((wish) => words(name, wish));
}

function words(...all: string[]): string {
  return all.join(" ").trim();
}
