/** What somebody typed behind a slash command, as Discord sends it. */
import {
  type APIApplicationCommandInteractionDataOption,
  type APIInteractionDataResolved,
  type InteractionType,
  ApplicationCommandOptionType as Type,
} from "discord.js";
import type { OptionValue, Slash, Upload } from "./acts.ts";
import { attachmentShape } from "./message-shapes.ts";
import { storeFiles } from "./posting.ts";
import { rights } from "./rights.ts";
import { memberShape, partialChannel, roleShape, userShape } from "./shapes.ts";
import { found, type World } from "./world.ts";

type Option = APIApplicationCommandInteractionDataOption<InteractionType.ApplicationCommand>;

interface Typed {
  options: Option[];
  resolved: APIInteractionDataResolved;
}

/** The options, inside their subcommand; and what they point to. */
export function typed(world: World, slash: Slash): Typed {
  const { options: given = {}, command, channel } = slash;
  const resolved: APIInteractionDataResolved = {};
  const leaves = Object.entries(given).map(([name, value]) => {
    const option = optionOf(world, { name, value, channel }, resolved);
    const isFocused = "focused" in slash && slash.focused === name;
    return isFocused ? { ...option, focused: true } : option;
  });
  const options = command
    .split(" ")
    .slice(1)
    .reduceRight<object[]>((inside, name, at, path) => {
      const isGroup = at < path.length - 1;
      const type = isGroup ? Type.SubcommandGroup : Type.Subcommand;
      return [{ name, type, options: inside }];
    }, leaves);
  return { options: options as Option[], resolved };
}

interface Given {
  name: string;
  value: OptionValue;
  channel: string;
}

function optionOf(world: World, { name, value, channel }: Given, into: APIInteractionDataResolved) {
  if (typeof value === "string") return { name, type: Type.String, value };
  if (typeof value === "number") return { name, type: Type.Integer, value };
  if (typeof value === "boolean") return { name, type: Type.Boolean, value };
  if ("content" in value)
    return { name, type: Type.Attachment, value: upload(world, value, channel, into) };
  if ("user" in value)
    return { name, type: Type.User, value: user(world, value.user, channel, into) };
  if ("role" in value) return { name, type: Type.Role, value: role(world, value.role, into) };
  return { name, type: Type.Channel, value: picked(world, value.channel, into) };
}

function upload(
  world: World,
  file: Upload,
  channel: string,
  into: APIInteractionDataResolved,
): string {
  const [id = ""] = storeFiles(world, channel, [file], true);
  into.attachments = {
    ...into.attachments,
    [id]: attachmentShape(world, found(world.files, id, "file")),
  };
  return id;
}

function user(world: World, id: string, channel: string, into: APIInteractionDataResolved): string {
  into.users = { ...into.users, [id]: userShape(found(world.users, id, "user")) };
  const { guildId } = found(world.channels, channel, "channel");
  const member = world.guilds.get(guildId ?? "")?.members.get(id);
  if (member) {
    const { user: _user, deaf: _deaf, mute: _mute, ...shape } = memberShape(world, member);
    const permissions = String(rights(world, id, channel));
    into.members = { ...into.members, [id]: { ...shape, permissions } };
  }
  return id;
}

function role(world: World, id: string, into: APIInteractionDataResolved): string {
  for (const guild of world.guilds.values()) {
    const one = guild.roles.get(id);
    if (one) into.roles = { ...into.roles, [id]: roleShape(one) };
  }
  return id;
}

function picked(world: World, id: string, into: APIInteractionDataResolved): string {
  const channel = found(world.channels, id, "channel");
  const app_permissions = String(rights(world, world.botId, id));
  const shape = { ...partialChannel(channel), permissions: app_permissions, app_permissions };
  into.channels = { ...into.channels, [id]: shape } as NonNullable<typeof into.channels>;
  return id;
}
