import { channelsOf, obtain, type Secret, type Setting, writeDown } from "./steps.ts";

/** What the adapter knows of Discord, as far as it is needed here. */
export interface DiscordSide {
  /** Where apps are made. */
  portal: string;
  /** @throws {ConfigError} when Discord refuses the token */
  findBot(token: string): Promise<DiscordBot>;
  /** The page that adds the bot to a server, with exactly the permissions that it needs. */
  inviteLink(applicationId: string): string;
  /** Makes the slash commands known; the same again changes nothing. */
  registerCommands(token: string): Promise<void>;
}

export interface DiscordBot {
  applicationId: string;
  name: string;
  /** Is the Message Content Intent switched on? */
  readsMessages: boolean;
  /** Can anybody add it to their server? */
  isPublic: boolean;
  /** Servers that it was added to. */
  guilds: { id: string; name: string }[];
}

export interface DiscordSetting extends Setting {
  discord: DiscordSide;
}

const CHANNELS_STEP = {
  optional: true,
  all: "every channel that it can see",
  text: `
3. Which channels may Docent read? In these it reads the documents that people share; in any other one only what is
   handed over with a question. Names with commas; * stands for anything. A good start is one or two of them.
`,
};
const CONTENT_OFF = `   ! The Message Content Intent is off. Without it Docent sees only mentions of it, direct messages and “Ask about this”:
     files that people share are not read. Switch it on under Bot → Privileged Gateway Intents → Message Content Intent.`;
const IS_PUBLIC = `   ! Anybody can add this bot to a server of theirs. Unless you want that: set Installation → Install Link to None,
     then switch Bot → Public Bot off.`;
const NOWHERE_YET =
  "   ! It is in no server yet. You can open the link later; until then nobody can see it.";

/** Asks, checks with Discord, and writes at the end. @throws {ConfigError} with what to do; then nothing was written */
export async function setUpDiscord(setting: DiscordSetting): Promise<void> {
  const { discord, talk, say } = setting;
  if (talk) say(introduction(discord.portal));
  const { value: token, found } = await obtain(setting, tokenOf(setting));
  say(`   ✓ ${found.name}.`);
  const ready = await switchedOn(setting, token, found);
  if (ready.isPublic) say(IS_PUBLIC);
  await discord.registerCommands(token);
  say("   ✓ The slash commands are known to Discord.");
  const bot = await invited(setting, token, ready);
  const channels = await channelsOf(setting, CHANNELS_STEP);
  await writeDown(setting, {
    DISCORD_TOKEN: token,
    ...(channels && { CHANNELS_INCLUDE: channels }),
  });
  for (const line of nextSteps(setting, bot, channels)) say(line);
}

function introduction(portal: string): string {
  return `Discord in three steps. Nothing is written before the end, and you can run this again at any time.

1. The bot. Open ${portal} and press New Application (skip it where it is there already).
   Then, under Installation, set Install Link to None; and under Bot, switch Public Bot off and Message Content Intent
   on, save, press Reset Token, and copy the token.
   What you paste here is not shown.
`;
}

function tokenOf({ discord }: DiscordSetting): Secret<DiscordBot> {
  return {
    name: "DISCORD_TOKEN",
    label: "Bot token",
    pattern: /^[\w-]{8,}\.[\w-]{4,}\.[\w-]{8,}$/,
    looks: "has three parts with dots between them",
    check: (token) => discord.findBot(token),
  };
}

/** Looks again while they switch the intent on; they may as well go on without it. */
async function switchedOn(
  { discord, talk, say }: DiscordSetting,
  token: string,
  found: DiscordBot,
): Promise<DiscordBot> {
  let bot = found;
  while (!bot.readsMessages) {
    say(CONTENT_OFF);
    if (!talk || !(await talk.agrees("   Is it on now?"))) break;
    bot = await discord.findBot(token);
  }
  return bot;
}

/** Where it is nowhere yet, they are waited for. */
async function invited(
  { discord, talk, say }: DiscordSetting,
  token: string,
  ready: DiscordBot,
): Promise<DiscordBot> {
  let bot = ready;
  say(`
2. The server. Open this link, choose your server, and press Authorise:

${discord.inviteLink(bot.applicationId)}
`);
  if (talk && bot.guilds.length === 0) {
    await talk.ask("   Press Enter when it is there: ");
    bot = await discord.findBot(token);
  }
  const there = bot.guilds.map(({ name, id }) => `${name} (${id})`).join(", ");
  say(there ? `   ✓ It is in ${there}.` : NOWHERE_YET);
  return bot;
}

function nextSteps(
  { environment }: DiscordSetting,
  { name, guilds }: DiscordBot,
  channels: string,
): string[] {
  const scope = channels
    ? `Documents are read in: ${channels}.`
    : "Nothing is read by itself: only what is handed over with a question. /docent channel auto changes that.";
  const served =
    guilds.length > 1 && !environment.DISCORD_GUILDS
      ? [
          "\nIt is in several servers, and serves the first one that it hears of. To choose, put their ids into .env:",
          `DISCORD_GUILDS=${guilds.map(({ id }) => id).join(",")}`,
        ]
      : [];
  return [
    scope,
    ...served,
    "\nWhat to do now:",
    "1. npm start",
    channels
      ? "2. Share a file in one of these channels. Once it has a ✅, ask there:"
      : "2. In a channel that Docent can see, mention it in the same message as a file:",
    `   @${name} what is in it?`,
    "\ndocs/discord.md tells the rest, and explains each permission.",
  ];
}
