/**
 * A loopback Discord: its REST API v10, its file host and its gateway. It does what a guild's people do and keeps
 * what they would see.
 */
import type {
  Channels,
  Conditions,
  GatewayFaults,
  Gestures,
  Guilds,
  People,
  Views,
} from "./discord/acts.ts";
import { type Api, serve } from "./discord/api.ts";
import { channelActs } from "./discord/channels.ts";
import { type GatewayOptions, openGateway } from "./discord/gateway.ts";
import { createGestures } from "./discord/gestures.ts";
import { guildActs } from "./discord/guilds.ts";
import { createPeople } from "./discord/people.ts";
import { furnish } from "./discord/setup.ts";
import { conditions, viewsOf } from "./discord/views.ts";
import { emptyWorld, type World, type WorldOptions } from "./discord/world.ts";
import { listen } from "./loopback.ts";

export interface DiscordOptions extends WorldOptions, GatewayOptions {
  port?: number;
}

/**
 * All that a test can do and see; every act is described in discord/acts.ts. Beside what stands here:
 * - people: `say`, `edit`, `unfurl`, `deleteMessage`, `bulkDelete`, `react`, `unreact`, `openDm`
 * - channels: `createChannel`, `updateChannel`, `overwrite`, `deleteChannel`; `createThread`, `updateThread`,
 *   `deleteThread`, `joinThread`, `leaveThread`
 * - guilds: `createGuild`, `removeGuild`, `loseGuild`, `restoreGuild`; `createRole`, `updateRole`, `deleteRole`;
 *   `createUser`, `join`, `leave`, `ban`, `setRoles`, `timeOut`
 * - gestures: `slash`, `complete`, `messageCommand`, `press`, `select`, `submit`
 * - gateway: `connections`, `connected`, `drop`, `closeWith`, `rejectWith`, `askReconnect`, `invalidate`, `forget`,
 *   `offline`, `online`, `freeze`, `thaw`, `emit`, `repeat`, `identified`, `resumed`
 * - REST: `fail`, `limit`, `limitAll`, `refused`, `pass`, `revoke`
 * - what people see: `messagesOf`, `botMessages`, `threadsOf`, `rightsOf`; and what was asked: `calls`
 */
export interface LoopbackDiscord
  extends People,
    Channels,
    Guilds,
    Gestures,
    GatewayFaults,
    Views,
    Conditions {
  world: World;
  token: string;
  /** For `rest: { api }`, without a version. */
  apiUrl: string;
  /** The file host, for `DISCORD_FILE_HOSTS`. */
  host: string;
  close(): Promise<void>;
}

export async function startDiscord(options: DiscordOptions = {}): Promise<LoopbackDiscord> {
  const world = emptyWorld(options);
  furnish(world);
  const gateway = await openGateway(world, options);
  const { dispatch, close: closeGateway, url: gatewayUrl, ...faults } = gateway;
  const hub = { world, dispatch };
  const api: Api = { ...hub, gatewayUrl, shards: options.shards ?? 1 };
  const http = await listen((request, response) => serve(api, request, response), options.port);
  world.url = http.url;
  return {
    world,
    token: world.token,
    apiUrl: `${http.url}/api`,
    host: new URL(http.url).host,
    ...createPeople(hub),
    ...channelActs(hub),
    ...guildActs(hub),
    ...createGestures(hub),
    ...faults,
    ...viewsOf(world),
    ...conditions(world, gateway),
    close: async () => {
      await closeGateway();
      await http.close();
    },
  };
}
