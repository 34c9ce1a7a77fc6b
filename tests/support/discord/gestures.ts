/** What people do with the bot's commands, buttons and modals, and what becomes of it. */
import {
  type APIApplicationCommandOptionChoice,
  type APIInteraction,
  type APIInteractionResponse,
  ApplicationCommandType,
  ApplicationIntegrationType,
  ComponentType,
  GatewayDispatchEvents as Event,
  InteractionContextType,
  InteractionResponseType,
  InteractionType,
  Locale,
} from "discord.js";
import type { Gesture, Gestures, Slash } from "./acts.ts";
import { messageShape } from "./message-shapes.ts";
import { typed } from "./options.ts";
import type { Hub } from "./posting.ts";
import { flat, type Nested } from "./rest/form.ts";
import { isThinking } from "./rest/interactions.ts";
import { may, rights } from "./rights.ts";
import { channelShape, memberShape, userShape } from "./shapes.ts";
import { found, type Message, type StoredInteraction, type World } from "./world.ts";

const FILE_BYTES_MAX = 10 * 1024 * 1024;

export function createGestures(hub: Hub): Gestures {
  const { world } = hub;
  return {
    slash: (slash) => command(hub, slash, "command"),
    complete: (slash) => command(hub, slash, "autocomplete"),
    messageCommand: (name, messageId, user) => messageCommand(hub, name, messageId, user),
    press: (messageId, customId, user) => {
      const { component } = componentAt(world, messageId, customId, user);
      if (component.type !== ComponentType.Button) throw new Error(`${customId} is no button`);
      return touch(hub, { messageId, customId, user, type: component.type, values: null });
    },
    select: (messageId, customId, values, user) => {
      const { component } = componentAt(world, messageId, customId, user);
      return touch(hub, { messageId, customId, user, type: component.type, values });
    },
    submit: (opener, texts) => submit(hub, opener, texts),
  };
}

interface Act {
  kind: StoredInteraction["kind"];
  user: string;
  channel: string;
  /** The message with the button. */
  messageId?: string | null;
  type: InteractionType;
  data: object;
}

/** Tells the bot, and remembers what it answers. */
function send(hub: Hub, act: Act): Gesture {
  const { world, dispatch } = hub;
  const channel = found(world.channels, act.channel, "channel");
  const interaction: StoredInteraction = {
    id: world.nextId(),
    token: `aW50ZXJhY3Rpb24${world.nextId()}`,
    kind: act.kind,
    userId: act.user,
    guildId: channel.guildId,
    channelId: channel.id,
    atMs: world.nowMs(),
    messageId: act.messageId ?? null,
    response: null,
    originalId: null,
    deferred: false,
  };
  world.interactions.set(interaction.id, interaction);
  const answered = new Promise<APIInteractionResponse>((resolve) => {
    world.answered.set(interaction.id, resolve);
  });
  const where = { guildId: channel.guildId };
  dispatch(Event.InteractionCreate, where, () => shapeOf(world, interaction, act));
  return gestureOf(world, interaction, answered);
}

function shapeOf(world: World, interaction: StoredInteraction, act: Act): APIInteraction {
  const { id, token, channelId, guildId, userId, messageId } = interaction;
  const channel = found(world.channels, channelId, "channel");
  const guild = guildId === null ? undefined : world.guilds.get(guildId);
  const member = guild?.members.get(userId);
  const user = userShape(found(world.users, userId, "user"));
  const permissions = String(rights(world, userId, channelId));
  const shape = {
    ...{ id, token, version: 1, application_id: world.botId, type: act.type, data: act.data },
    ...{ channel_id: channelId, channel: { ...channelShape(world, channel), permissions } },
    ...(guild && {
      guild_id: guild.id,
      guild: { id: guild.id, locale: Locale.EnglishUS, features: [] },
      guild_locale: Locale.EnglishUS,
    }),
    ...(member ? { member: { ...memberShape(world, member), user, permissions } } : { user }),
    ...(messageId !== null && {
      message: messageShape(world, found(world.messages, messageId, "message"), true),
    }),
    app_permissions: String(rights(world, world.botId, channelId)),
    ...{ locale: Locale.EnglishUS, entitlements: [], attachment_size_limit: FILE_BYTES_MAX },
    authorizing_integration_owners: { [ApplicationIntegrationType.GuildInstall]: guildId ?? "0" },
    context: guild ? InteractionContextType.Guild : InteractionContextType.BotDM,
  };
  // The union is by kind of command and component, which only `data` tells.
  return shape as unknown as APIInteraction;
}

function gestureOf(
  world: World,
  interaction: StoredInteraction,
  answered: Promise<APIInteractionResponse>,
): Gesture {
  const { id, token } = interaction;
  const dataOf = (type: InteractionResponseType) => {
    const { response } = interaction;
    return response?.type === type ? response : null;
  };
  return {
    ...{ id, token, answered },
    response: () => interaction.response,
    thinking: () => messagesFor(world, interaction).some(isThinking),
    messages: () => messagesFor(world, interaction).filter((message) => !isThinking(message)),
    modal: () => {
      const response = dataOf(InteractionResponseType.Modal);
      return response && "data" in response && response.data && "title" in response.data
        ? response.data
        : null;
    },
    choices: () => choicesIn(dataOf(InteractionResponseType.ApplicationCommandAutocompleteResult)),
  };
}

function choicesIn(response: APIInteractionResponse | null): APIApplicationCommandOptionChoice[] {
  if (response?.type !== InteractionResponseType.ApplicationCommandAutocompleteResult) return [];
  return response.data.choices ?? [];
}

function messagesFor({ messages }: World, { id }: StoredInteraction): Message[] {
  return [...messages.values()].filter(({ interactionId }) => interactionId === id);
}

/** @throws {Error} where this person has no such command there, once any are registered */
function commandIdFor(
  world: World,
  name: string,
  type: ApplicationCommandType,
  slash: Where,
): string {
  const { guildId } = found(world.channels, slash.channel, "channel");
  const known = [...(world.commands.get("") ?? []), ...(world.commands.get(guildId ?? "") ?? [])];
  const one = known.find((command) => command.name === name && command.type === type);
  if (!one && world.commands.size > 0) throw new Error(`no command ${name} is registered`);
  if (!may(world, slash.user, slash.channel, "ViewChannel", "UseApplicationCommands")) {
    throw new Error(`${slash.user} may not use commands there`);
  }
  return one?.id ?? world.nextId();
}

interface Where {
  channel: string;
  user: string;
}

function command(hub: Hub, slash: Slash, kind: "command" | "autocomplete"): Gesture {
  const { world } = hub;
  const [name = ""] = slash.command.split(" ");
  const type = ApplicationCommandType.ChatInput;
  const id = commandIdFor(world, name, type, slash);
  const { options, resolved } = typed(world, slash);
  return send(hub, {
    ...{ kind, user: slash.user, channel: slash.channel },
    type:
      kind === "command"
        ? InteractionType.ApplicationCommand
        : InteractionType.ApplicationCommandAutocomplete,
    data: { id, name, type, options, resolved },
  });
}

/** The message comes with it whole, even without the Message Content intent. */
function messageCommand(hub: Hub, name: string, messageId: string, user: string): Gesture {
  const { world } = hub;
  const message = found(world.messages, messageId, "message");
  const channel = message.channelId;
  const type = ApplicationCommandType.Message;
  const id = commandIdFor(world, name, type, { channel, user });
  const messages = { [messageId]: messageShape(world, message, true) };
  const data = { id, name, type, target_id: messageId, resolved: { messages } };
  return send(hub, {
    kind: "command",
    user,
    channel,
    type: InteractionType.ApplicationCommand,
    data,
  });
}

function componentAt(world: World, messageId: string, customId: string, user: string) {
  const message = found(world.messages, messageId, "message");
  if (message.ephemeralFor !== null && message.ephemeralFor !== user) {
    throw new Error(`${user} does not see ${messageId}`);
  }
  const all = flat(message.components as Nested[]);
  const component = all.find(({ custom_id }) => custom_id === customId);
  if (!component) throw new Error(`no component ${customId} on ${messageId}`);
  if (component.disabled) throw new Error(`${customId} is disabled`);
  return { message, component };
}

interface Touch {
  messageId: string;
  customId: string;
  user: string;
  type: ComponentType;
  values: string[] | null;
}

function touch(hub: Hub, { messageId, customId, user, type, values }: Touch): Gesture {
  const { channelId } = found(hub.world.messages, messageId, "message");
  return send(hub, {
    ...{ kind: "component", user, channel: channelId, messageId },
    type: InteractionType.MessageComponent,
    data: { custom_id: customId, component_type: type, id: 1, ...(values && { values }) },
  });
}

/** Each text under its row or its label, as the modal has it. @throws {Error} where it has no such input */
function submit(hub: Hub, opener: Gesture, texts: Record<string, string>): Gesture {
  const modal = opener.modal();
  if (!modal) throw new Error("no modal was opened");
  const { userId, channelId, messageId } = found(hub.world.interactions, opener.id, "interaction");
  const unknown = new Set(Object.keys(texts));
  const filled = (input: { custom_id?: string; type: number }) => {
    unknown.delete(input.custom_id ?? "");
    return {
      type: input.type,
      custom_id: input.custom_id,
      value: texts[input.custom_id ?? ""] ?? "",
    };
  };
  const components = modal.components.map((one) => {
    if (one.type === ComponentType.Label) {
      return { type: one.type, component: filled(one.component) };
    }
    if (one.type === ComponentType.TextDisplay) return { type: one.type };
    return { type: one.type, components: one.components.map(filled) };
  });
  if (unknown.size > 0) throw new Error(`no input ${[...unknown].join(", ")}`);
  return send(hub, {
    ...{ kind: "modal", user: userId, channel: channelId, messageId },
    type: InteractionType.ModalSubmit,
    data: { custom_id: modal.custom_id, components },
  });
}
