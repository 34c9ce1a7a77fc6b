/** The bot's answers to what people press and type: the first within 3 s, the rest within 15 minutes. */
import {
  InteractionResponseType as Answer,
  type APIInteractionResponse,
  ComponentType,
  InteractionType,
  MessageFlags,
  MessageType,
  type RESTPostAPIInteractionCallbackWithResponseResult,
} from "discord.js";
import { type Draft, erase, post, storeFiles } from "../posting.ts";
import { found, type Message, type StoredInteraction, type World } from "../world.ts";
import { checkFiles, checkNotEmpty, formOf } from "./form.ts";
import { changed, shown } from "./messages.ts";
import { type Body, type Call, DiscordSays, invalidForm, routes } from "./route.ts";

const FIRST_ANSWER_MS = 3_000;
const TOKEN_LIFE_MS = 15 * 60_000;
const CHOICES_MAX = 25;
const CHOICE_CHARS_MAX = 100;
const TITLE_MAX = 45;
const INPUTS_MAX = 5;
const LABEL_MAX = 45;
const TEXT_MAX = 4_000;

export const INTERACTION_ROUTES = routes(
  {
    "POST /interactions/:interaction/:token/callback": answer,
    "GET /webhooks/:app/:token/messages/:message": (call) => shown(call.world, messageOf(call)),
    "PATCH /webhooks/:app/:token/messages/:message": (call) => {
      const message = messageOf(call);
      changed(call, message, call);
      return shown(call.world, message);
    },
    "DELETE /webhooks/:app/:token/messages/:message": (call) => {
      erase(call, messageOf(call));
      return undefined;
    },
    "POST /webhooks/:app/:token": followUp,
  },
  { open: true },
);

/** Which first answers there may be, for each kind of interaction. */
const ANSWERS: Record<StoredInteraction["kind"], Answer[]> = {
  command: [Answer.ChannelMessageWithSource, Answer.DeferredChannelMessageWithSource, Answer.Modal],
  autocomplete: [Answer.ApplicationCommandAutocompleteResult],
  component: [
    ...[Answer.ChannelMessageWithSource, Answer.DeferredChannelMessageWithSource, Answer.Modal],
    ...[Answer.UpdateMessage, Answer.DeferredMessageUpdate],
  ],
  modal: [
    ...[Answer.ChannelMessageWithSource, Answer.DeferredChannelMessageWithSource],
    ...[Answer.UpdateMessage, Answer.DeferredMessageUpdate],
  ],
};

function answer(call: Call): object | undefined {
  const { world, params, body, query } = call;
  const interaction = world.interactions.get(params.interaction ?? "");
  const ageMs = world.nowMs() - (interaction?.atMs ?? 0);
  const isLate = interaction?.response === null && ageMs >= FIRST_ANSWER_MS;
  if (interaction?.token !== params.token || !interaction || isLate) {
    throw new DiscordSays(404, 10062, "Unknown interaction");
  }
  if (interaction.response) {
    throw new DiscordSays(400, 40060, "Interaction has already been acknowledged.");
  }
  const response = body as unknown as APIInteractionResponse;
  if (!ANSWERS[interaction.kind].includes(response.type as Answer)) {
    throw invalidForm("type", 'Value of field "type" is not possible here.');
  }
  const message = answerOf(call, interaction, response);
  interaction.response = response;
  world.answered.get(interaction.id)?.(response);
  return query.with_response === "true" ? callback(world, interaction, message) : undefined;
}

/** @returns the message that the answer made or changed */
function answerOf(
  call: Call,
  interaction: StoredInteraction,
  response: APIInteractionResponse,
): Message | null {
  const content = ("data" in response && response.data ? response.data : {}) as Body;
  switch (response.type) {
    case Answer.ChannelMessageWithSource:
      return original(interaction, post(call, draftOf(call, interaction, content)));
    case Answer.DeferredChannelMessageWithSource:
      return think(call, interaction, Number(content.flags ?? 0));
    case Answer.UpdateMessage: {
      const message = found(call.world.messages, interaction.messageId ?? "", "message");
      changed(call, message, { ...call, body: content });
      return original(interaction, message);
    }
    case Answer.DeferredMessageUpdate:
      return original(
        interaction,
        found(call.world.messages, interaction.messageId ?? "", "message"),
      );
    case Answer.ApplicationCommandAutocompleteResult:
      checkChoices(response.data.choices ?? []);
      return null;
    case Answer.Modal:
      checkModal(response.data);
      return null;
    default:
      throw invalidForm("type", "This answer is not to be had here.");
  }
}

function original(interaction: StoredInteraction, message: Message): Message {
  interaction.originalId = message.id;
  return message;
}

/** "Docent is thinking…": a message that waits for its content. */
function think(call: Call, interaction: StoredInteraction, flags: number): Message {
  interaction.deferred = true;
  const draft = { ...frame(call.world, interaction, flags), flags: flags | MessageFlags.Loading };
  return original(interaction, post(call, draft));
}

/** Interactions need no right to write in the channel: the person who asked has it. */
function frame(world: World, interaction: StoredInteraction, flags: number): Draft {
  const isEphemeral = (flags & MessageFlags.Ephemeral) !== 0;
  return {
    channelId: interaction.channelId,
    authorId: world.botId,
    type: MessageType.ChatInputCommand,
    interactionId: interaction.id,
    ephemeralFor: isEphemeral ? interaction.userId : null,
    flags,
  };
}

function draftOf({ world, files }: Call, interaction: StoredInteraction, body: Body): Draft {
  const { allowed, flags = 0, ...form } = formOf(body);
  checkFiles(files);
  checkNotEmpty(form, files.length);
  const base = frame(world, interaction, flags);
  const fileIds = storeFiles(world, interaction.channelId, files, base.ephemeralFor !== null);
  return { ...base, ...form, allowed, fileIds };
}

function checkChoices(choices: { name: string; value: string | number }[]): void {
  const isLong = (text: unknown) => String(text).length > CHOICE_CHARS_MAX;
  const isEmpty = choices.some(({ name }) => name === "");
  if (
    choices.length > CHOICES_MAX ||
    isEmpty ||
    choices.some((one) => isLong(one.name) || isLong(one.value))
  ) {
    throw invalidForm("data.choices", "25 choices of 1 to 100 characters at most.");
  }
}

function checkModal({
  title,
  custom_id,
  components,
}: {
  title: string;
  custom_id: string;
  components: unknown[];
}) {
  if (title.length === 0 || title.length > TITLE_MAX)
    throw invalidForm("data.title", "1 to 45 characters.");
  if (custom_id.length === 0 || custom_id.length > CHOICE_CHARS_MAX) {
    throw invalidForm("data.custom_id", "1 to 100 characters.");
  }
  if (components.length === 0 || components.length > INPUTS_MAX) {
    throw invalidForm("data.components", "1 to 5 components.");
  }
  for (const one of components) checkLabel(one as Labelled);
}

interface Labelled {
  type: ComponentType;
  label?: string;
  description?: string;
  component?: { custom_id?: string; max_length?: number; value?: string; label?: string };
}

/** Texts stand in labels: a row of them is of old, and takes no description. */
function checkLabel({ type, label = "", description = "", component: input }: Labelled): void {
  if (type !== ComponentType.Label) return;
  if (label.length === 0 || label.length > LABEL_MAX)
    throw invalidForm("data.components.0.label", "1 to 45 characters.");
  if (description.length > CHOICE_CHARS_MAX)
    throw invalidForm("data.components.0.description", "100 characters at most.");
  const { custom_id = "", max_length = TEXT_MAX, value = "" } = input ?? {};
  const isNamed = custom_id.length > 0 && custom_id.length <= CHOICE_CHARS_MAX;
  if (!isNamed || input?.label !== undefined || max_length > TEXT_MAX || value.length > max_length)
    throw invalidForm("data.components.0.component", "The component is invalid.");
}

const TYPES: Record<StoredInteraction["kind"], InteractionType> = {
  command: InteractionType.ApplicationCommand,
  autocomplete: InteractionType.ApplicationCommandAutocomplete,
  component: InteractionType.MessageComponent,
  modal: InteractionType.ModalSubmit,
};

function callback(
  world: World,
  { id, kind, response, deferred }: StoredInteraction,
  message: Message | null,
): RESTPostAPIInteractionCallbackWithResponseResult {
  return {
    interaction: {
      ...{ id, type: TYPES[kind], response_message_loading: deferred },
      ...(message && {
        response_message_id: message.id,
        response_message_ephemeral: message.ephemeralFor !== null,
      }),
    },
    ...(response && {
      resource: { type: response.type, ...(message && { message: shown(world, message) }) },
    }),
  };
}

/** The interaction that a token belongs to, as long as it is good. */
function interactionOf({ world, params }: Call): StoredInteraction {
  const all = [...world.interactions.values()];
  const interaction = all.find(({ token }) => token === params.token);
  if (!interaction?.response || params.app !== world.botId) {
    throw new DiscordSays(404, 10015, "Unknown Webhook");
  }
  if (world.nowMs() - interaction.atMs >= TOKEN_LIFE_MS) {
    throw new DiscordSays(401, 50027, "Invalid Webhook Token");
  }
  return interaction;
}

function messageOf(call: Call): Message {
  const { world, params } = call;
  const interaction = interactionOf(call);
  const id = params.message === "@original" ? interaction.originalId : params.message;
  const message = world.messages.get(id ?? "");
  const isIts = message?.interactionId === interaction.id || message?.id === interaction.originalId;
  if (!message || !isIts) throw new DiscordSays(404, 10008, "Unknown Message");
  return message;
}

/** The first follow-up of a deferred answer is that answer: it is as visible as it was deferred. */
function followUp(call: Call): object {
  const interaction = interactionOf(call);
  const draft = draftOf(call, interaction, call.body);
  const waiting = call.world.messages.get(interaction.originalId ?? "");
  if (!(waiting && isThinking(waiting))) return shown(call.world, post(call, draft));
  changed(call, waiting, call);
  return shown(call.world, waiting);
}

export function isThinking({ flags }: Message): boolean {
  return (flags & MessageFlags.Loading) !== 0;
}
