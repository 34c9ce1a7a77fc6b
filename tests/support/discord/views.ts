/** What people see, and what was asked of Discord. */
import type { Conditions, SeenMessage, Views } from "./acts.ts";
import { threadsUnder } from "./channels.ts";
import type { Gateway } from "./gateway.ts";
import { isThinking } from "./rest/interactions.ts";
import { rights } from "./rights.ts";
import { found, type Message, messagesIn, type World } from "./world.ts";

const WINDOW_MS = 5_000;
const IN_WINDOW = 5;
const AUTHENTICATION_FAILED = 4004;

export function viewsOf(world: World): Views {
  return {
    messagesOf: (channelId, as) =>
      messagesIn(world, channelId)
        .filter(({ ephemeralFor }) => ephemeralFor === null || ephemeralFor === as)
        .filter((message) => !isThinking(message))
        .map((message) => seen(world, message)),
    botMessages: (channelId) =>
      messagesIn(world, channelId).filter(
        (message) => message.authorId === world.botId && !isThinking(message),
      ),
    threadsOf: (channelId) => threadsUnder(world, channelId),
    calls: (route) => world.requests.filter((entry) => entry.route === route),
    rightsOf: (user, channelId) => rights(world, user, channelId),
  };
}

function seen(world: World, message: Message): SeenMessage {
  const { id, authorId, content, embeds, components, fileIds, pings, reference } = message;
  return {
    ...{ id, author: authorId, content, embeds, components, pings },
    files: fileIds.map((file) => found(world.files, file, "file").filename),
    ephemeral: message.ephemeralFor !== null,
    replyTo: reference?.kind === "reply" ? reference.messageId : null,
  };
}

export function conditions(world: World, gateway: Gateway): Conditions {
  const limit: Conditions["limit"] = (route, max, { windowMs = WINDOW_MS } = {}) => {
    world.quotas.set(route, { max, windowMs, refused: 0, windows: new Map() });
  };
  return {
    fail: (route, ...faults) => {
      world.faults.set(route, [...(world.faults.get(route) ?? []), ...faults]);
    },
    limit,
    limitAll: () => {
      limit("POST /channels/:channel/messages", IN_WINDOW);
      limit("PATCH /channels/:channel/messages/:message", IN_WINDOW);
    },
    refused: (route) => world.quotas.get(route)?.refused ?? 0,
    pass: (ms) => {
      world.passedMs += ms;
    },
    revoke: () => {
      world.token = "revoked";
      gateway.closeWith(AUTHENTICATION_FAILED);
    },
  };
}
