import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIComponentInMessageActionRow,
  ButtonStyle,
  ComponentType,
} from "discord.js";
import type { Note } from "../../../src/chat.ts";
import type { Place } from "../../../src/events.ts";
import {
  type AnswerAction,
  backfillId,
  encodeOther,
  encodeTarget,
  forgetPersonId,
  type Target,
} from "./target.ts";

const LABEL_CHARS_MAX = 80;
const OPTION_CHARS_MAX = 100;
const OPTIONS_MAX = 25;

export type Row = APIActionRowComponent<APIComponentInMessageActionRow>;

/** What the menu under an answer sets for its thread. */
export type MenuChoice = "mute" | "unmute";

const MENU: Record<MenuChoice, string> = {
  mute: "Stay quiet here until I mention you",
  unmute: "Answer here without a mention again",
};

export interface AnswerState {
  phase: "streaming" | "done";
  /** There are more sources than the answer shows. */
  hidesSources: boolean;
  /** A direct message is private anyway, and everything in it is for us. */
  isDirect: boolean;
}

/** What stands under an answer. */
export function buttons(target: Target, { phase, hidesSources, isDirect }: AnswerState): Row[] {
  const one = (action: AnswerAction, label: string) => button(encodeTarget(action, target), label);
  if (phase === "streaming") return [row(one("stop", "Stop"))];
  const first = row(
    { ...one("up", "Good answer"), emoji: { name: "👍" } },
    { ...one("down", "Bad answer"), emoji: { name: "👎" } },
    one("again", "Answer again"),
    ...(hidesSources ? [one("sources", "All sources")] : []),
    ...(isDirect ? [] : [one("private", "More only you can see")]),
  );
  return isDirect ? [first] : [first, menu(target)];
}

function menu(target: Target): Row {
  const options = Object.entries(MENU).map(([value, label]) => ({ value, label }));
  return select(encodeTarget("menu", target), "In this conversation…", options);
}

/** The one thing that somebody can say yes to. */
export function offerRow(place: Place, offer: NonNullable<Note["offer"]>): Row {
  const isBackfill = offer.kind === "backfill";
  const id = isBackfill ? backfillId(place) : forgetPersonId(place, offer.personId);
  return row(button(id, offer.label.slice(0, LABEL_CHARS_MAX)));
}

/**
 * Asks which server somebody's direct messages search.
 * @param messageId the direct message that waits for it, or NOTHING_WAITS
 */
export function homeMenu(guilds: readonly { id: string; name: string }[], messageId: string): Row {
  const options = guilds
    .slice(0, OPTIONS_MAX)
    .map(({ id, name }) => ({ value: id, label: name.slice(0, OPTION_CHARS_MAX) || id }));
  return select(encodeOther("home", messageId), "Choose a server", options);
}

function button(custom_id: string, label: string): APIButtonComponentWithCustomId {
  return { type: ComponentType.Button, style: ButtonStyle.Secondary, custom_id, label };
}

function select(
  custom_id: string,
  placeholder: string,
  options: { value: string; label: string }[],
): Row {
  const type = ComponentType.StringSelect;
  return {
    type: ComponentType.ActionRow,
    components: [{ type, custom_id, placeholder, options }],
  };
}

function row(...components: APIButtonComponentWithCustomId[]): Row {
  return { type: ComponentType.ActionRow, components };
}
