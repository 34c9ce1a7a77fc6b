/** What an operator who sets Slack up needs to know of it, before there is an adapter. */
import { setTimeout as sleep } from "node:timers/promises";
import { SocketModeClient } from "@slack/socket-mode";
import { WebClient } from "@slack/web-api";
import { ConfigError, ServiceError } from "../../../src/errors.ts";
import { createLog } from "../../../src/log.ts";
import { errorCode, failure, quiet, webOptions } from "../client.ts";
import { botScopes, creationLink, type ManifestVariant, manifest } from "./manifest.ts";

const HELLO_TIMEOUT_MS = 15_000;
const GOODBYE_MS = 2_000;

/** Whose token it is. */
export interface Bot {
  teamId: string;
  workspace: string;
  name: string;
  /** What the manifest asks for, and the token does not have. */
  missingScopes: string[];
}

export interface SlackSetup {
  manifest(variant: ManifestVariant): string;
  /** Slack's page that creates the app. */
  creationLink(variant: ManifestVariant): string;
  /** @throws {ConfigError} when Slack refuses the token @throws {ServiceError} when Slack does not answer */
  findBot(botToken: string, variant: ManifestVariant): Promise<Bot>;
  /** Opens a connection as Docent does, and closes it. Throws as `findBot` does. */
  tryConnection(appToken: string): Promise<void>;
}

/** @param apiUrl where the Web API is; Slack's own by default */
export function createSlackSetup(apiUrl: string | undefined): SlackSetup {
  // What goes wrong is thrown, and told once.
  const log = createLog("silent");
  const options = webOptions({ apiUrl, log });
  return {
    manifest,
    creationLink: (variant) => creationLink(manifest(variant)),
    findBot: async (botToken, variant) => {
      const wanted = botScopes(manifest(variant));
      return findBot(new WebClient(botToken, options), wanted).catch(refused("bot token"));
    },
    tryConnection: async (appToken) => {
      const { logger: _logger, ...clientOptions } = options;
      const socket = { appToken, autoReconnectEnabled: false, logger: quiet(log), clientOptions };
      await greet(new SocketModeClient(socket)).catch(refused("app-level token"));
    },
  };
}

async function findBot(client: WebClient, wanted: string[]): Promise<Bot> {
  const { team_id, team, user, response_metadata } = await client.auth.test();
  if (!team_id) throw new ServiceError("slack", "auth.test gave no identity");
  // A stand-in of Slack may not tell its scopes: then none is known to be missing.
  const has = response_metadata?.scopes ?? wanted;
  const missingScopes = wanted.filter((scope) => !has.includes(scope));
  return { teamId: team_id, workspace: team ?? team_id, name: user ?? "docent", missingScopes };
}

/** An event that Slack sends here meanwhile is not acknowledged, and so delivered again to whom it is for. */
async function greet(client: SocketModeClient): Promise<void> {
  const impatience = setTimeout(() => void client.disconnect(), HELLO_TIMEOUT_MS);
  try {
    await client.start();
  } finally {
    clearTimeout(impatience);
    await Promise.race([client.disconnect(), sleep(GOODBYE_MS, undefined, { ref: false })]);
  }
}

/** @param what the token that was tried */
function refused(what: string): (error: unknown) => never {
  return (error) => {
    const code = errorCode(error);
    if (code === "missing_scope" || code === "not_allowed_token_type") {
      throw new ConfigError(`Slack says that this is not the ${what} (${code}).`, { cause: error });
    }
    const known = failure(error);
    if (known instanceof ConfigError) {
      throw new ConfigError(`Slack refuses the ${what} (${code}).`, { cause: error });
    }
    // A socket that closes before its hello says nothing at all.
    throw known ?? new ServiceError("slack", "Slack opened a connection and closed it again.");
  };
}
