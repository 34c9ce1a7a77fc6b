import { ConfigError } from "../../../errors.ts";
import { channelsOf, obtain, type Secret, type Setting, writeDown } from "./steps.ts";

export interface Variant {
  http?: string | undefined;
  oauth?: string | undefined;
  agent?: boolean | undefined;
}

/** What the adapter knows of Slack, as far as it is needed here. */
export interface SlackSide {
  manifest(variant: Variant): string;
  creationLink(variant: Variant): string;
  /** @throws {ConfigError} when Slack refuses the token */
  findBot(botToken: string, variant: Variant): Promise<Bot>;
  /** Opens a connection and closes it. @throws {ConfigError} when Slack refuses the token */
  tryConnection(appToken: string): Promise<void>;
}

export interface Bot {
  teamId: string;
  workspace: string;
  name: string;
  missingScopes: string[];
}

export interface SlackSetting extends Setting {
  slack: SlackSide;
  variant: Variant;
}

/** Asks, checks with Slack, and writes at the end. @throws {ConfigError} with what to do; then nothing was written */
export async function setUpSlack(setting: SlackSetting): Promise<void> {
  const { talk, say, variant, environment } = setting;
  if (talk) introduce(setting);
  const { value: botToken, found: bot } = await obtain(setting, botTokenOf(setting));
  say(`   ✓ ${bot.workspace} (${bot.teamId}), as @${bot.name}, with all scopes.`);

  if (talk) say(variant.http ? HTTP_STEP : SOCKET_STEP);
  const way = variant.http ? SIGNING_SECRET : appTokenOf(setting);
  const { value: key } = await obtain(setting, way);
  say(variant.http ? "   ✓ Noted." : "   ✓ The connection opens.");

  const channels = await channelsOf(setting, CHANNELS_STEP);
  await writeDown(setting, {
    ...{ SLACK_BOT_TOKEN: botToken, [way.name]: key },
    ...(channels && { CHANNELS_INCLUDE: channels }),
  });
  if (variant.http && environment.SLACK_APP_TOKEN) say(SOCKET_WINS);
  for (const line of nextSteps(bot, setting, channels)) say(line);
}

const SOCKET_STEP = `
2. The connection. In the app's settings: Basic Information → App-Level Tokens → Generate Token and Scopes.
   Add the scope connections:write, press Generate, and copy the token.
`;
const HTTP_STEP = `
2. The signature. In the app's settings: Basic Information → App Credentials → Signing Secret.
`;
const SOCKET_WINS =
  "SLACK_APP_TOKEN is set too, and with it Socket Mode is used: take it away for HTTP.";
const CHANNELS_STEP = {
  all: "every channel that it is invited to",
  text: `
3. Which channels may Docent read? In these it reads the documents that people share; in any other one that it is
   invited to, only what is handed over with a question. Names with commas; * stands for anything.
`,
};

function introduce({ slack, variant, say }: SlackSetting): void {
  say(`Slack in three steps. Nothing is written before the end, and you can run this again at any time.

1. The app. Open this link, choose your workspace, and press Create (skip it where the app is there already):

${slack.creationLink(variant)}

   Then, in the app's settings: Install App → Install to Workspace → Allow, and copy the Bot User OAuth Token.
   What you paste here is not shown.
`);
}

function botTokenOf({ slack, variant }: SlackSetting): Secret<Bot> {
  return {
    name: "SLACK_BOT_TOKEN",
    label: "Bot User OAuth Token",
    pattern: /^xoxb-\S+$/,
    looks: "starts with xoxb-",
    check: async (token) => {
      const bot = await slack.findBot(token, variant);
      if (bot.missingScopes.length === 0) return bot;
      throw new ConfigError(
        `The app in ${bot.workspace} lacks ${bot.missingScopes.join(", ")}. In its settings, open App Manifest, put ` +
          "there what setup slack --print-manifest prints, and save; then Install App → Reinstall.",
      );
    },
  };
}

function appTokenOf({ slack }: SlackSetting): Secret<void> {
  return {
    name: "SLACK_APP_TOKEN",
    label: "App-Level Token",
    pattern: /^xapp-\S+$/,
    looks: "starts with xapp-",
    check: (token) => slack.tryConnection(token),
  };
}

const SIGNING_SECRET: Secret<void> = {
  name: "SLACK_SIGNING_SECRET",
  label: "Signing Secret",
  pattern: /^\S{16,}$/,
  looks: "is a line of 32 letters and digits",
  // Only an event that Slack has signed could show it.
  check: async () => undefined,
};

function nextSteps(bot: Bot, { variant, talk }: SlackSetting, channels: string): string[] {
  const scope = channels
    ? `Documents are read in: ${channels}.`
    : "Documents are read in every channel that it is invited to; CHANNELS_INCLUDE picks.";
  const verify = variant.http
    ? [
        "   Then, in the app's settings: Event Subscriptions → Request URL → Retry, until it says Verified.",
      ]
    : [];
  return [
    ...(talk ? [] : [scope]),
    "\nWhat to do now:",
    "1. npm start",
    ...verify,
    `2. In a channel in Slack: /invite @${bot.name}`,
    `3. Share a file there, and ask: @${bot.name} what is in it?`,
    "\ndocs/slack.md tells the rest, and explains each scope to the admin who has to approve the app.",
  ];
}
