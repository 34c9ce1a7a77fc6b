import { App } from "@slack/bolt";
import type { Adapter, Inbox } from "../../src/chat.ts";
import type { Log } from "../../src/log.ts";
import type { Pace } from "../shared/pace.ts";
import { type Access, createAccess } from "./access.ts";
import { createClient, quiet, type Slack } from "./client.ts";
import { toIncoming } from "./events.ts";
import { download, present } from "./files.ts";
import { mark } from "./mark.ts";
import { EVENT_TYPES } from "./payloads.ts";
import { post } from "./post.ts";
import { SocketReceiver } from "./receiver.ts";
import { retract } from "./thread.ts";

/** Slack takes about a hundred appends a minute for the whole workspace. */
const PACE_MS = 1_000;
const PIECE_CHARS_MIN = 200;

export interface SlackOptions {
  /** xoxb-… */
  botToken: string;
  /** xapp-…, for Socket Mode. */
  appToken: string;
  /** Where the Web API is, when it is not Slack's own. */
  apiUrl?: string | undefined;
  /** Hosts (host or host:port) beside Slack's own that files may come from; they are sent the bot token. */
  fileHosts?: readonly string[] | undefined;
  /** Workspaces that are served. None: the one that the token belongs to. */
  teams?: readonly string[] | undefined;
  /** Least time between two pieces of a streamed answer. */
  paceMs?: number | undefined;
  log: Log;
}

export function createSlack(options: SlackOptions): Adapter {
  const { botToken, apiUrl, log, fileHosts = [], paceMs = PACE_MS } = options;
  const slack = createClient({ botToken, apiUrl, log });
  const access = createAccess(slack);
  const pace: Pace = { everyMs: paceMs, charsMin: PIECE_CHARS_MIN };
  let app: App | null = null;
  return {
    platform: "slack",
    listen: async (inbox) => {
      app = createApp(slack, options, (body) => take({ slack, access, inbox }, options, body));
      await app.start();
    },
    close: async () => {
      await app?.stop();
    },
    download: (file, bytesMax, signal) => download({ slack, fileHosts }, file, bytesMax, signal),
    post: (to, parts, posts, signal) => post(slack, to, { parts, posts, pace }, signal),
    mark: (file, state) => mark(slack, file, state),
    readers: (place) => access.readers(place),
    readable: (_workspaceId, userId) => access.readable(userId),
    standing: (_place, userId) => access.standing(userId),
    retract: (place, messageIds) => retract(slack, place.channelId, messageIds),
    present: (files, signal) => present(slack, files, signal),
  };
}

function createApp(
  slack: Slack,
  { appToken, apiUrl, log }: SlackOptions,
  take: (body: unknown) => Promise<void>,
): App {
  const ready = () => slack.identity();
  const app = new App({
    receiver: new SocketReceiver({ appToken, apiUrl, log, ready }),
    authorize: async () => {
      const { botUserId, botId, teamId } = await slack.identity();
      return { botToken: slack.botToken, botUserId, teamId, ...(botId && { botId }) };
    },
    convoStore: false,
    // Bolt logs whole errors, with what Slack answered; the receiver logs what is fit to be read.
    logger: quiet(log),
  });
  app.error(async (error) => {
    throw error;
  });
  for (const type of EVENT_TYPES) app.event(type, ({ body }) => take(body));
  return app;
}

interface Taking {
  slack: Slack;
  access: Access;
  inbox: Inbox;
}

/** Resolves once everything that the event means is stored. */
async function take(
  { slack, access, inbox }: Taking,
  { teams, log }: SlackOptions,
  body: unknown,
): Promise<void> {
  const self = await slack.identity();
  const served = teams?.length ? teams : [self.teamId];
  for (const event of toIncoming(body, self)) {
    const { workspaceId, channelId } = event.place;
    if (!served.includes(workspaceId)) {
      log.info({ workspaceId }, "an event of a workspace that is not served was left out");
      continue;
    }
    if (event.kind === "access_changed") access.forget(channelId);
    await inbox.accept(event);
  }
}
