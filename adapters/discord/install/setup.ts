/** What an operator who sets Discord up needs to know of it, before there is an adapter. */
import {
  type APIApplication,
  ApplicationFlags,
  OAuth2Scopes,
  PermissionFlagsBits,
  type RESTGetAPICurrentUserGuildsResult,
  Routes,
} from "discord.js";
import { ConfigError } from "../../../src/errors.ts";
import { createLog } from "../../../src/log.ts";
import { createClient, failure } from "../client.ts";
import { registerCommands } from "./commands.ts";

/** What Docent does in a channel, and nothing beside. */
export const PERMISSIONS =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.ReadMessageHistory |
  PermissionFlagsBits.SendMessages |
  PermissionFlagsBits.CreatePublicThreads |
  PermissionFlagsBits.SendMessagesInThreads |
  PermissionFlagsBits.AddReactions;

const PORTAL = "https://discord.com/developers/applications";
const INVITE = "https://discord.com/oauth2/authorize";

export interface Bot {
  applicationId: string;
  name: string;
  /** Is the Message Content Intent switched on? */
  readsMessages: boolean;
  /** Can anybody add it to their server? */
  isPublic: boolean;
  guilds: { id: string; name: string }[];
}

export interface DiscordSetup {
  portal: string;
  /** @throws {ConfigError} when Discord refuses the token @throws {ServiceError} when it does not answer */
  findBot(token: string): Promise<Bot>;
  inviteLink(applicationId: string): string;
  /** Throws as `findBot` does. */
  registerCommands(token: string): Promise<void>;
}

/** @param apiUrl where the API is; Discord's own by default */
export function createDiscordSetup(apiUrl: string | undefined): DiscordSetup {
  // What goes wrong is thrown, and told once.
  const log = createLog("silent");
  const connect = (token: string) => createClient({ token, apiUrl, log });
  return {
    portal: PORTAL,
    findBot: async (token) => {
      try {
        const { rest } = connect(token);
        const [application, guilds] = await Promise.all([
          rest.get(Routes.currentApplication()) as Promise<APIApplication>,
          rest.get(Routes.userGuilds()) as Promise<RESTGetAPICurrentUserGuildsResult>,
        ]);
        return botOf(application, guilds);
      } catch (error) {
        throw refused(error);
      }
    },
    inviteLink,
    registerCommands: async (token) => {
      await registerCommands(connect(token));
    },
  };
}

function botOf(application: APIApplication, guilds: RESTGetAPICurrentUserGuildsResult): Bot {
  const flags = application.flags ?? 0;
  const content =
    ApplicationFlags.GatewayMessageContent | ApplicationFlags.GatewayMessageContentLimited;
  return {
    applicationId: application.id,
    name: application.bot?.username ?? application.name,
    readsMessages: (flags & content) !== 0,
    isPublic: application.bot_public,
    guilds: guilds.map(({ id, name }) => ({ id, name })),
  };
}

function inviteLink(applicationId: string): string {
  const link = new URL(INVITE);
  link.searchParams.set("client_id", applicationId);
  link.searchParams.set("scope", `${OAuth2Scopes.Bot} ${OAuth2Scopes.ApplicationsCommands}`);
  link.searchParams.set("permissions", PERMISSIONS.toString());
  return link.href;
}

function refused(error: unknown): unknown {
  const known = failure(error);
  if (known instanceof ConfigError) return new ConfigError("Discord refuses this token.");
  return known;
}
