import { setTimeout as sleep } from "node:timers/promises";
import {
  Client,
  type ClientOptions,
  DiscordjsError,
  DiscordjsErrorCodes,
  Events,
  GatewayCloseCodes,
  GatewayDispatchEvents,
  type GatewayDispatchPayload,
  GatewayIntentBits,
  Options,
  SimpleShardingStrategy,
} from "discord.js";
import { ConfigError } from "../../../src/errors.ts";
import type { Log } from "../../../src/log.ts";
import { failure, reasonOf, restOptions } from "../client.ts";
import { backoffMs, createRedial, type Redial } from "./redial.ts";

// Discord itself asks for a new connection now and then: that is no trouble.
const TROUBLE_AFTER_MS = 10_000;
const GOODBYE_MS = 3_000;
/** In the place of a shard's number, until it is known how many there are. */
const ALL = -1;

const INTENTS =
  GatewayIntentBits.Guilds |
  GatewayIntentBits.GuildModeration |
  GatewayIntentBits.GuildMessages |
  GatewayIntentBits.DirectMessages;

const WRONG_SHARDS = "Discord refuses these shards: check DISCORD_SHARDS, or leave it out.";
const OLD = "Discord does not take connections of this version of Docent any more: update Docent.";

/** After these close codes Discord takes no other connection, whatever is tried: what the operator can do. */
const FATAL: Partial<Record<number, string>> = {
  [GatewayCloseCodes.AuthenticationFailed]:
    "Discord refuses the token: check DISCORD_TOKEN (Bot page of the Developer Portal).",
  [GatewayCloseCodes.InvalidShard]: WRONG_SHARDS,
  [GatewayCloseCodes.ShardingRequired]: `Docent is in too many servers for so few shards. ${WRONG_SHARDS}`,
  [GatewayCloseCodes.InvalidAPIVersion]: OLD,
  [GatewayCloseCodes.InvalidIntents]: OLD,
  [GatewayCloseCodes.DisallowedIntents]:
    "Discord does not let Docent read messages: switch on Message Content Intent (Developer Portal, Bot page, Privileged Gateway Intents).",
};

const LESSER =
  "Discord does not let Docent read messages: only mentions, direct messages and the command Ask about this work. To change that, switch on Message Content Intent (Developer Portal, Bot page, Privileged Gateway Intents) and restart Docent.";

/** Which of a bot's shards this process holds. */
export interface Shards {
  ids: readonly number[];
  count: number;
}

/** Shorter in tests. */
export interface GatewayTimes {
  troubleAfterMs: number;
  backoffMinMs: number;
  /** Discord wants five seconds between two new sessions. */
  identifyAtOnce: boolean;
}

export interface GatewayOptions {
  token: string;
  apiUrl: string | null | undefined;
  /** Null: as many as Discord advises, all in this process. */
  shards: Shards | null;
  /** Whether to read messages that are not for Docent; undefined: where Discord lets us. */
  messageContent: boolean | undefined;
  times?: Partial<GatewayTimes> | undefined;
  log: Log;
}

/** Takes all that comes, at once, in the order in which it comes. */
export type Hear = (payload: GatewayDispatchPayload, shardId: number) => void;

/**
 * The connection to Discord. Of discord.js's client only what makes it and keeps it is used: nothing of its caches,
 * and every event as Discord sent it.
 */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #stopping = new AbortController();
  readonly #stopped: Promise<null>;
  readonly #redial: Redial;
  /** Since when a shard is without connection. */
  readonly #lostAtMs = new Map<number, number>();
  readonly #hearing = new Set<number>();
  #readsContent: boolean;
  #refusal: string | null = null;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#readsContent = options.messageContent ?? true;
    const { signal } = this.#stopping;
    this.#redial = createRedial(signal, options.times?.backoffMinMs);
    this.#stopped = new Promise((resolve) =>
      signal.addEventListener("abort", () => resolve(null), { once: true }),
    );
  }

  /**
   * Resolves once connected. Lost connections are made again until `stop`.
   * @throws {ConfigError} when Discord refuses for good what is set
   */
  start(hear: Hear): Promise<void> {
    const connected = Promise.withResolvers<void>();
    this.#running = this.#run(hear, connected.resolve).catch((error: unknown) => {
      this.#refusal = error instanceof Error ? error.message : "unknown";
      connected.reject(error);
      this.#options.log.error({ err: error }, "Discord is not listened to any more");
    });
    return connected.promise;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    // Where the network is gone nobody answers the goodbye.
    const goodbye = sleep(GOODBYE_MS, undefined, { ref: false });
    await Promise.race([this.#running, goodbye]);
  }

  /** Does what happens in the guilds of this shard reach us now? */
  hears(shardId: number): boolean {
    return this.#hearing.has(shardId);
  }

  /** See `Adapter.trouble`. */
  trouble(): string | null {
    if (this.#refusal !== null) return this.#refusal;
    const sinceMs = Math.min(...this.#lostAtMs.values());
    const lostMs = performance.now() - sinceMs;
    const { troubleAfterMs = TROUBLE_AFTER_MS } = this.#options.times ?? {};
    if (lostMs <= troubleAfterMs) return null;
    return `no connection to Discord for ${Math.round(lostMs / 1_000)} s`;
  }

  /** Ends when stopped. @throws {ConfigError} when only the operator can do something about it */
  async #run(hear: Hear, connected: () => void): Promise<void> {
    const { messageContent, log, times } = this.#options;
    for (let failures = 0; !this.#stopping.signal.aborted; ) {
      const refusal = await this.#live(hear, connected);
      if (this.#stopping.signal.aborted) return;
      const isLesser = refusal === GatewayCloseCodes.DisallowedIntents && this.#readsContent;
      if (isLesser && messageContent === undefined) {
        this.#readsContent = false;
        log.warn(LESSER);
        continue;
      }
      if (refusal !== null) throw new ConfigError(FATAL[refusal] ?? `Discord said ${refusal}.`);
      failures += 1;
      const waitMs = backoffMs(failures, times?.backoffMinMs);
      // Aborted means stopped: the loop looks.
      await sleep(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  /** One client's life. @returns the close code after which there is no other connection; null: try again */
  async #live(hear: Hear, connected: () => void): Promise<number | null> {
    const { token, log } = this.#options;
    const sinceMs = Math.min(...this.#lostAtMs.values(), performance.now());
    this.#lostAtMs.clear();
    this.#lostAtMs.set(ALL, sinceMs);
    const refused = Promise.withResolvers<number>();
    const client = this.#client(hear, refused.resolve);
    try {
      const login = client.login(token).then(() => "connected" as const);
      const first = await Promise.race([login, refused.promise, this.#stopped]);
      if (first !== "connected") return first;
      this.#lostAtMs.delete(ALL);
      connected();
      return await Promise.race([refused.promise, this.#stopped]);
    } catch (error) {
      if (isInvalidToken(error)) return GatewayCloseCodes.AuthenticationFailed;
      log.warn({ err: failure(error) }, "no connection to Discord yet; trying again");
      return null;
    } finally {
      for (const shardId of this.#hearing) this.#lose(shardId);
      await client.destroy();
    }
  }

  #client(hear: Hear, refuse: (code: number) => void): Client {
    const client = new Client(clientOptions(this.#options, this.#readsContent, this.#redial));
    client.on(Events.Raw, (payload: GatewayDispatchPayload, shardId: number) => {
      const { t: type } = payload;
      if (type === GatewayDispatchEvents.Ready || type === GatewayDispatchEvents.Resumed) {
        this.#hearing.add(shardId);
        this.#lostAtMs.delete(shardId);
        this.#redial.ready(shardId);
      }
      try {
        hear(payload, shardId);
      } catch (error) {
        // discord.js would let it end the process, for one event.
        this.#options.log.error({ err: error, type }, "an event of Discord was not understood");
      }
    });
    client.on(Events.ShardReconnecting, (shardId) => this.#lose(shardId));
    client.on(Events.ShardDisconnect, ({ code }, shardId) => {
      this.#lose(shardId);
      refuse(code);
    });
    const tell = (error: Error) =>
      this.#options.log.warn({ reason: reasonOf(error) }, "the connection to Discord failed");
    client.on(Events.ShardError, tell);
    client.on(Events.Error, tell);
    return client;
  }

  #lose(shardId: number): void {
    this.#hearing.delete(shardId);
    this.#redial.lost(shardId);
    if (!this.#lostAtMs.has(shardId)) this.#lostAtMs.set(shardId, performance.now());
  }
}

function clientOptions(
  { apiUrl, shards, times }: GatewayOptions,
  readsContent: boolean,
  redial: Redial,
): ClientOptions {
  return {
    intents: readsContent ? INTENTS | GatewayIntentBits.MessageContent : INTENTS,
    rest: restOptions(apiUrl),
    ...(shards ? { shards: shards.ids, shardCount: shards.count } : { shards: "auto" }),
    makeCache: Options.cacheWithLimits(NOTHING),
    ws: {
      // Asked before each connection, and now and then while there is one.
      buildStrategy: (manager) => {
        const { options } = manager;
        const retrieve = options.retrieveSessionInfo;
        options.retrieveSessionInfo = async (shardId) => {
          await redial.turn(shardId);
          return await retrieve(shardId);
        };
        return new SimpleShardingStrategy(manager);
      },
      ...(times?.identifyAtOnce && {
        buildIdentifyThrottler: () => ({ waitForIdentify: async () => undefined }),
      }),
    },
  };
}

/** What discord.js can do without: of all that it remembers, guilds, channels and roles have to stay. */
const NOTHING = {
  BaseGuildEmojiManager: 0,
  DMMessageManager: 0,
  GuildBanManager: 0,
  GuildEmojiManager: 0,
  GuildInviteManager: 0,
  GuildMemberManager: 0,
  GuildMessageManager: 0,
  GuildScheduledEventManager: 0,
  GuildStickerManager: 0,
  MessageManager: 0,
  PresenceManager: 0,
  ReactionManager: 0,
  ReactionUserManager: 0,
  StageInstanceManager: 0,
  ThreadMemberManager: 0,
  UserManager: 0,
  VoiceStateManager: 0,
};

function isInvalidToken(error: unknown): boolean {
  return error instanceof DiscordjsError && error.code === DiscordjsErrorCodes.TokenInvalid;
}
