/** Registering commands: checked by Discord's limits, and written over as a whole. */
import { type APIApplicationCommand, ApplicationCommandType } from "discord.js";
import type { World } from "../world.ts";
import { type Call, DiscordSays, guildFor, invalidForm, routes } from "./route.ts";

const CHAT_NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
const NAME_MAX = 32;
const DESCRIPTION_MAX = 100;
const OPTIONS_MAX = 25;
const CHARS_MAX = 8_000;
const CHOICE_MAX = 100;
const TEXT_MAX = 6_000;
const MAX: Partial<Record<ApplicationCommandType, number>> = {
  [ApplicationCommandType.ChatInput]: 100,
  [ApplicationCommandType.User]: 15,
  [ApplicationCommandType.Message]: 15,
};

export const COMMAND_ROUTES = routes({
  "GET /applications/:app/commands": (call) => registered(call, ""),
  "PUT /applications/:app/commands": (call) => overwrite(call, ""),
  "GET /applications/:app/guilds/:guild/commands": (call) => registered(call, guildFor(call).id),
  "PUT /applications/:app/guilds/:guild/commands": (call) => overwrite(call, guildFor(call).id),
});

function registered({ world, params }: Call, guildId: string): APIApplicationCommand[] {
  if (params.app !== world.botId) throw new DiscordSays(404, 10002, "Unknown Application");
  return world.commands.get(guildId) ?? [];
}

interface Named {
  name?: string;
  description?: string;
  type?: number;
  required?: boolean;
  autocomplete?: boolean;
  max_length?: number;
  options?: Named[];
  choices?: { name: string; value: string | number }[];
}

/** A command of the same name and type keeps its id. */
function overwrite(call: Call, guildId: string): object {
  const { world, body } = call;
  const before = registered(call, guildId);
  const given = Array.isArray(body) ? (body as Named[]) : [];
  for (const command of given) checkCommand(command);
  checkCounts(given);
  const commands = given.map((command) => stored(world, before, command, guildId));
  world.commands.set(guildId, commands);
  return commands;
}

function typeOf({ type }: Named): ApplicationCommandType {
  return type ?? ApplicationCommandType.ChatInput;
}

function stored(
  world: World,
  before: APIApplicationCommand[],
  command: Named,
  guildId: string,
): APIApplicationCommand {
  const type = typeOf(command);
  const known = before.find((one) => one.name === command.name && one.type === type);
  const id = known?.id ?? world.nextId();
  const blank = { description: "", default_member_permissions: null, nsfw: false };
  const own = { id, application_id: world.botId, version: world.nextId(), type };
  const where = guildId === "" ? {} : { guild_id: guildId };
  // What the options are was checked; Discord gives them back as they came.
  return { ...blank, ...command, ...own, ...where } as APIApplicationCommand;
}

function checkCounts(commands: Named[]): void {
  for (const [type, max] of Object.entries(MAX)) {
    const count = commands.filter((command) => typeOf(command) === Number(type)).length;
    if (count <= max) continue;
    throw new DiscordSays(400, 30032, "Maximum number of application commands reached");
  }
}

function checkCommand(command: Named): void {
  const { name = "", description = "" } = command;
  if (typeOf(command) !== ApplicationCommandType.ChatInput) {
    if (name.length === 0 || name.length > NAME_MAX) throw invalidForm("0.name", "Bad length.");
    if (description !== "") throw invalidForm("0.description", "Must be empty.");
    return;
  }
  checkNamed(command);
  if (charsOf(command) > CHARS_MAX) {
    throw invalidForm("0", `Command exceeds maximum size (${CHARS_MAX})`);
  }
}

/** Commands, their subcommands and their options have the same limits. */
function checkNamed({ name = "", description = "", options = [], choices = [] }: Named): void {
  if (!CHAT_NAME.test(name) || name !== name.toLowerCase()) {
    throw invalidForm("0.name", "Command name is invalid");
  }
  if (description.length === 0 || description.length > DESCRIPTION_MAX) {
    throw invalidForm("0.description", `Must be between 1 and ${DESCRIPTION_MAX} in length.`);
  }
  const lists = [options, choices];
  if (lists.some(({ length }) => length > OPTIONS_MAX)) {
    throw invalidForm("0.options", `Must be ${OPTIONS_MAX} or fewer in length.`);
  }
  checkOrder(options);
  for (const option of options) {
    checkNamed(option);
    checkText(option);
  }
}

/** Names are used once, and what must be there comes first. */
function checkOrder(options: Named[]): void {
  if (new Set(options.map(({ name }) => name)).size < options.length) {
    throw invalidForm("0.options", "Option names must be unique");
  }
  const firstFree = options.findIndex(({ required }) => !required);
  if (firstFree >= 0 && options.slice(firstFree).some(({ required }) => required)) {
    throw invalidForm("0.options", "Required options must be placed before non-required options");
  }
}

function checkText({ choices = [], autocomplete = false, max_length = 1 }: Named): void {
  const isWrong = (text: unknown) => String(text).length === 0 || String(text).length > CHOICE_MAX;
  if (choices.some(({ name, value }) => isWrong(name) || isWrong(value))) {
    throw invalidForm("0.choices", `Must be between 1 and ${CHOICE_MAX} in length.`);
  }
  if (autocomplete && choices.length > 0) {
    throw invalidForm("0.autocomplete", "Choices and autocomplete exclude each other.");
  }
  if (max_length < 1 || max_length > TEXT_MAX) {
    throw invalidForm("0.max_length", `Must be between 1 and ${TEXT_MAX}.`);
  }
}

function charsOf({ name = "", description = "", options = [], choices = [] }: Named): number {
  const inside = options.reduce((sum, option) => sum + charsOf(option), 0);
  const chosen = choices.reduce((sum, { value }) => sum + String(value).length, 0);
  return name.length + description.length + inside + chosen;
}
