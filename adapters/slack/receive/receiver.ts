import { setTimeout as sleep } from "node:timers/promises";
import type { App } from "@slack/bolt";
import { SocketModeClient } from "@slack/socket-mode";
import { ConfigError } from "../../../src/errors.ts";
import type { Log } from "../../../src/log.ts";
import { failure, quiet, reasonOf, webOptions } from "../client.ts";
import { type Receiving, taken } from "./app.ts";

const HELLO_TIMEOUT_MS = 30_000;
// With a ping at each third of it, a dead connection is noticed within twice this time.
const PONG_TIMEOUT_MS = 5_000;
const PING_TIMEOUT_MS = 30_000;
// Slack itself asks for a new connection now and then: that is no trouble.
const TROUBLE_AFTER_MS = 10_000;
const GOODBYE_MS = 3_000;
const BACKOFF_MIN_MS = 1_000;
const BACKOFF_MAX_MS = 60_000;
// A connection that lives for less was no success: else two gone wrong would take turns without a pause.
const HEALTHY_MS = 5_000;

/** Shorter in tests. */
export interface SocketTimes {
  pongTimeoutMs: number;
  troubleAfterMs: number;
  backoffMinMs: number;
}

export interface ReceiverOptions {
  appToken: string;
  apiUrl: string | undefined;
  log: Log;
  times?: Partial<SocketTimes> | undefined;
  /** Checked before each connection; what it throws counts as a failed start. */
  ready(): Promise<unknown>;
}

/** What Socket Mode hands over with each event, click or command. */
interface Envelope {
  ack(response?: Record<string, unknown>): Promise<void>;
  body: Record<string, unknown>;
  retry_num?: number;
  retry_reason?: string;
}

/**
 * Bolt's own receiver acknowledges before the listeners run. This one acknowledges last: what a listener could
 * not store stays unacknowledged, and Slack delivers it again.
 */
export class SocketReceiver implements Receiving {
  readonly #options: ReceiverOptions;
  readonly #times: SocketTimes;
  readonly #client: SocketModeClient;
  readonly #stopping = new AbortController();
  #app: App | null = null;
  #disconnected = Promise.withResolvers<void>();
  #running: Promise<unknown> = Promise.resolve();
  #hearing: Promise<void> = Promise.resolve();
  /** Null while connected, and before the start. */
  #lostAtMs: number | null = null;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#times = {
      pongTimeoutMs: PONG_TIMEOUT_MS,
      troubleAfterMs: TROUBLE_AFTER_MS,
      backoffMinMs: BACKOFF_MIN_MS,
      ...options.times,
    };
    const { logger: _logger, ...clientOptions } = webOptions(options);
    this.#client = new SocketModeClient({
      appToken: options.appToken,
      // Its own reconnecting leaves a rejected promise without an owner, which would end the process.
      autoReconnectEnabled: false,
      clientPingTimeout: this.#times.pongTimeoutMs,
      serverPingTimeout: PING_TIMEOUT_MS,
      logger: quiet(options.log),
      clientOptions,
    });
    this.#client.on("disconnected", () => this.#disconnected.resolve());
    this.#client.on("slack_event", (envelope: Envelope) => {
      this.#receive(envelope).catch((error: unknown) => this.#tell(error, "an event failed"));
    });
  }

  init(app: App): void {
    this.#app = app;
  }

  /** Lost connections are made again until `stop`. */
  start(whileHearing: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const connected = Promise.withResolvers<void>();
    this.#running = this.#supervise(connected, whileHearing).catch(connected.reject);
    return connected.promise;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const ended = this.#client.disconnect().then(() => this.#running);
    // Where the network is gone nobody answers the goodbye.
    const goodbye = sleep(GOODBYE_MS, undefined, { ref: false });
    await Promise.race([Promise.all([ended, this.#hearing]), goodbye]);
  }

  trouble(): string | null {
    if (this.#lostAtMs === null) return null;
    const lostMs = performance.now() - this.#lostAtMs;
    if (lostMs <= this.#times.troubleAfterMs) return null;
    return `no connection to Slack for ${Math.round(lostMs / 1_000)} s`;
  }

  async #supervise(
    connected: PromiseWithResolvers<void>,
    whileHearing: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    let failures = 0;
    let everConnected = false;
    this.#lostAtMs = performance.now();
    while (!this.#stopping.signal.aborted) {
      const startedAtMs = performance.now();
      try {
        await this.#connect();
        everConnected = true;
        connected.resolve();
        await this.#hear(whileHearing);
      } catch (error) {
        const reason = failure(error);
        if (reason instanceof ConfigError && !everConnected) throw reason;
        this.#tell(reason, "no connection to Slack yet; trying again");
      }
      const healthy = everConnected && performance.now() - startedAtMs > HEALTHY_MS;
      failures = healthy ? 0 : failures + 1;
      if (failures > 0) await this.#backOff(failures);
    }
    connected.resolve();
  }

  async #connect(): Promise<void> {
    await this.#options.ready();
    this.#disconnected = Promise.withResolvers();
    // A socket that opens and never says hello would wait for ever.
    const impatience = setTimeout(() => void this.#client.disconnect(), HELLO_TIMEOUT_MS);
    try {
      await this.#client.start();
    } finally {
      clearTimeout(impatience);
    }
    if (this.#stopping.signal.aborted) await this.#client.disconnect();
  }

  async #hear(whileHearing: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const connection = new AbortController();
    this.#lostAtMs = null;
    this.#hearing = whileHearing(connection.signal);
    await this.#disconnected.promise;
    this.#lostAtMs = performance.now();
    connection.abort();
  }

  async #backOff(failures: number): Promise<void> {
    const mostMs = Math.min(BACKOFF_MAX_MS, this.#times.backoffMinMs * 2 ** (failures - 1));
    const { signal } = this.#stopping;
    // Processes that lost Slack together should not come back together. Aborted means stopped: the loop looks.
    await sleep(mostMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
  }

  async #receive({ ack, body, retry_num, retry_reason }: Envelope): Promise<void> {
    const delivery = { body, retryNum: retry_num, retryReason: retry_reason };
    let answer: Record<string, unknown> | undefined;
    try {
      answer = await taken(this.#app, delivery);
    } catch (error) {
      this.#tell(error, "an event could not be stored; Slack will deliver it again");
      return;
    }
    await ack(answer);
  }

  #tell(error: unknown, message: string): void {
    // A socket that closes before its hello says nothing at all.
    const reason = error === undefined ? "closed" : reasonOf(error);
    this.#options.log.warn({ reason }, message);
  }
}
