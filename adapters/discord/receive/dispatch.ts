import {
  InteractionResponseType as Answer,
  type APIInteraction,
  type APIInteractionResponse,
  InteractionType,
  MessageFlags,
} from "discord.js";
import type { Choice, Inbox } from "../../../src/chat.ts";
import { failure } from "../client.ts";
import { ackOf, isAsk } from "../events/interactions.ts";
import { inTime } from "../in-time.ts";
import { onlyFor } from "../show/private.ts";
import type { Modal } from "../show/views.ts";
import { type ActDeps, act } from "./act.ts";
import { createOpenForms } from "./asked.ts";
import { type MeaningDeps, meaningOf } from "./meaning.ts";
import { acknowledge, hush, messageOf, say, type Words } from "./respond.ts";

const CHOICES_MAX = 25;
const CHOICE_CHARS_MAX = 100;

const SORRY: Words = { text: "That did not work just now. Please try again in a minute." };

export interface DispatchDeps
  extends Omit<ActDeps, "inbox" | "forms">,
    Omit<MeaningDeps, "inbox" | "onlyFor"> {
  inbox: Pick<Inbox, "accept" | "command" | "complete" | "refusal" | "serves">;
  /** Shorter in tests. */
  ackWithinMs?: number | undefined;
}

interface Dispatching extends DispatchDeps, Pick<ActDeps, "forms">, Pick<MeaningDeps, "onlyFor"> {}

/** Does what people press, choose, type and fill in. What fails is said to them, and logged; it never rejects. */
export function createDispatch(deps: DispatchDeps): (interaction: APIInteraction) => Promise<void> {
  const { discord, secretKey } = deps;
  const dispatching: Dispatching = {
    ...deps,
    onlyFor: (way) => onlyFor(discord, secretKey, way),
    forms: createOpenForms(),
  };
  return async (interaction) => {
    if (interaction.type === InteractionType.Ping) return;
    const ack = ackOf(interaction);
    if (ack === "complete") await complete(dispatching, interaction);
    else if (ack === "open") await open(dispatching, interaction);
    else await doAfter(dispatching, interaction, ack === "think");
  };
}

/** Acknowledged first: only one of the processes that hear of it goes on. */
async function doAfter(
  dispatching: Dispatching,
  interaction: APIInteraction,
  thinks: boolean,
): Promise<void> {
  const { discord, log } = dispatching;
  if (!(await acknowledge(discord, interaction, thinks ? THINKING : QUIET))) return;
  try {
    const words = await done(dispatching, interaction);
    if (words === "later") return;
    if (words.text !== "") await say(discord, interaction, words, thinks);
    else if (thinks) await hush(discord, interaction);
  } catch (error) {
    log.warn({ err: failure(error) }, "a reply to one person could not be shown");
  }
}

const THINKING: APIInteractionResponse = {
  type: Answer.DeferredChannelMessageWithSource,
  data: { flags: MessageFlags.Ephemeral },
};
const QUIET: APIInteractionResponse = { type: Answer.DeferredMessageUpdate };

async function done(
  dispatching: Dispatching,
  interaction: APIInteraction,
): Promise<Words | "later"> {
  try {
    const meaning = await meaningOf(dispatching, interaction);
    if (meaning.do === "refuse") return meaning.words;
    return await act(dispatching, interaction, meaning);
  } catch (error) {
    dispatching.log.error({ err: failure(error) }, "what somebody wanted failed");
    return SORRY;
  }
}

/** A form must be the first answer: whatever it needs must come in time. */
async function open(dispatching: Dispatching, interaction: APIInteraction): Promise<void> {
  const { discord, ackWithinMs } = dispatching;
  const shown = await inTime(formFor(dispatching, interaction), SORRY, ackWithinMs);
  const response: APIInteractionResponse =
    "text" in shown
      ? { type: Answer.ChannelMessageWithSource, data: messageOf(shown) }
      : { type: Answer.Modal, data: shown };
  await acknowledge(discord, interaction, response);
}

async function formFor(
  dispatching: Dispatching,
  interaction: APIInteraction,
): Promise<Modal | Words> {
  const { inbox, forms, log } = dispatching;
  try {
    const meaning = await meaningOf(dispatching, interaction);
    if (meaning.do === "refuse") return meaning.words;
    if (meaning.do !== "open") return SORRY;
    for (const event of meaning.events) await inbox.accept(event);
    if (isAsk(interaction)) forms.keep(interaction);
    return meaning.modal;
  } catch (error) {
    log.error({ err: failure(error) }, "a form could not be opened");
    return SORRY;
  }
}

async function complete(dispatching: Dispatching, interaction: APIInteraction): Promise<void> {
  const { discord, ackWithinMs } = dispatching;
  const found = await inTime(choicesFor(dispatching, interaction), [], ackWithinMs);
  // What is too long could not be typed either.
  const fitting = found.filter(({ label, value }) => label && value.length <= CHOICE_CHARS_MAX);
  const choices = fitting.slice(0, CHOICES_MAX).map(({ label, value }) => {
    return { name: [...label].slice(0, CHOICE_CHARS_MAX).join(""), value };
  });
  const type = Answer.ApplicationCommandAutocompleteResult;
  await acknowledge(discord, interaction, { type, data: { choices } });
}

async function choicesFor(
  dispatching: Dispatching,
  interaction: APIInteraction,
): Promise<Choice[]> {
  try {
    const meaning = await meaningOf(dispatching, interaction);
    return meaning.do === "complete" ? await dispatching.inbox.complete(meaning.completing) : [];
  } catch (error) {
    dispatching.log.warn({ err: failure(error) }, "what somebody typed could not be completed");
    return [];
  }
}
