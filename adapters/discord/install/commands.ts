import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandSubcommandOption,
  type ApplicationCommandOptionAllowedChannelType,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  ChannelType,
  InteractionContextType,
  type RESTGetAPIApplicationCommandsResult,
  type RESTPutAPIApplicationCommandsJSONBody,
  Routes,
} from "discord.js";
import { type Discord, failure } from "../client.ts";

export const CHAT_COMMAND = "docent";
export const ASK_COMMAND = "Ask about this";

const QUESTION_CHARS_MAX = 3_000;

const { Attachment, Channel, String: Text, Subcommand, User } = ApplicationCommandOptionType;

const CHANNELS: ApplicationCommandOptionAllowedChannelType[] = [
  ChannelType.GuildText,
  ChannelType.GuildAnnouncement,
  ChannelType.GuildForum,
  ChannelType.GuildMedia,
  ChannelType.GuildVoice,
  ChannelType.GuildStageVoice,
];

/** All commands, for servers that Docent was added to, and for its direct messages. */
export const COMMANDS: RESTPutAPIApplicationCommandsJSONBody = [
  {
    ...everywhere(),
    type: ApplicationCommandType.ChatInput,
    name: CHAT_COMMAND,
    description: "Ask about the files shared here, and see what I keep",
    options: subcommands(),
  },
  { ...everywhere(), type: ApplicationCommandType.Message, name: ASK_COMMAND },
];

function everywhere() {
  return {
    contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
    integration_types: [ApplicationIntegrationType.GuildInstall],
  };
}

function subcommands(): APIApplicationCommandSubcommandOption[] {
  return [
    one("ask", "Ask in private: you alone see the answer", [
      { ...text("question", "What would you like to know?"), max_length: QUESTION_CHARS_MAX },
      { type: Attachment, name: "file", description: "A file to read first, for you alone" },
    ]),
    one("files", "The files of this channel"),
    one("forget", "Forget a file", [completed("file", "Its name, or its number in files")]),
    one("models", "How the models are, and which one answers now"),
    one("usage", "Your questions of today"),
    one("help", "What I can do"),
    one("privacy", "What is read, kept and sent to whom, and how to stop it"),
    one("me", "What I keep of you, and how you like your answers", [
      choice("wish", "Without one: how it is now", [
        ["Don't read what I share", "off"],
        ["Read what I share again", "on"],
        ["Forget all that I have shared", "forget"],
        ["Show answers as they are written", "streaming on"],
        ["Show answers when they are whole", "streaming off"],
      ]),
    ]),
    one("channel", "How this channel is read, and where its answers stand", [
      choice("mode", "Which of its files are read", [
        ["All documents shared here", "auto"],
        ["Only what is handed to me", "ask"],
        ["None", "off"],
      ]),
      choice("style", "Where answers stand", [
        ["In a thread", "thread"],
        ["Below the question", "reply"],
        ["With the asker alone", "private"],
      ]),
    ]),
    one("sources", "All sources of the last answer here, or which channels answers draw on", [
      choice("list", "Without one: all sources of the last answer here", [
        ["Only the channel that I name", "only"],
        ["The channel that I name as well", "add"],
        ["Not the channel that I name", "remove"],
        ["All channels again", "all"],
      ]),
      { type: Channel, name: "channel", description: "The channel", channel_types: CHANNELS },
    ]),
    one("mute", "Stay quiet in this conversation until somebody mentions me"),
    one("unmute", "Answer in this conversation without a mention again"),
    one("stop", "End the answer that is being written here"),
    one("official", "Say that a file counts before others", [
      completed("file", "Which file"),
      {
        ...choice("state", "Whether it does", [
          ["It counts before others", "on"],
          ["It is a file like others", "off"],
        ]),
        required: true,
      },
    ]),
    one("server", "In direct messages: choose another server to search"),
    one("pause", "Answer nobody in this server for now"),
    one("resume", "Answer in this server again"),
    one("block", "Don't answer somebody any more", [person()]),
    one("unblock", "Answer somebody again", [person()]),
  ];
}

function one(
  name: string,
  description: string,
  options: APIApplicationCommandBasicOption[] = [],
): APIApplicationCommandSubcommandOption {
  return { type: Subcommand, name, description, options };
}

function text(name: string, description: string) {
  return { type: Text, name, description, required: true } as const;
}

function completed(name: string, description: string) {
  return { ...text(name, description), autocomplete: true } as const;
}

function choice(name: string, description: string, choices: (readonly [string, string])[]) {
  const all = choices.map(([label, value]) => ({ name: label, value }));
  return { type: Text, name, description, choices: all } as const;
}

function person() {
  return { type: User, name: "user", description: "Who", required: true } as const;
}

/**
 * Makes Discord's list of our commands what it is here.
 * @returns whether there was anything to change
 * @throws {ConfigError} when Discord refuses the token
 * @throws {ServiceError} when Discord failed
 */
export async function registerCommands(discord: Discord): Promise<boolean> {
  const { applicationId } = await discord.identity();
  const route = Routes.applicationCommands(applicationId);
  try {
    const known = (await discord.rest.get(route)) as RESTGetAPIApplicationCommandsResult;
    if (essence(known) === essence(COMMANDS)) return false;
    await discord.rest.put(route, { body: COMMANDS });
    return true;
  } catch (error) {
    throw failure(error);
  }
}

/** What of it is ours: Discord adds ids, versions and whatever stands at its default. */
const KEPT = new Set([
  "type",
  "name",
  "description",
  "options",
  "choices",
  "value",
  "required",
  "autocomplete",
  "max_length",
  "channel_types",
  "contexts",
  "integration_types",
]);

function essence(commands: readonly { name: string }[]): string {
  const sorted = commands.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return JSON.stringify(sorted, (_key, value: unknown) => (isPlain(value) ? bare(value) : value));
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bare(thing: object): object {
  const entries = Object.entries(thing).filter(([key, value]) => KEPT.has(key) && !isBlank(value));
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function isBlank(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === null || value === undefined || value === false || value === "";
}
