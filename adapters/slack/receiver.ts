import { setTimeout as sleep } from "node:timers/promises";
import type { App, Receiver, ReceiverEvent } from "@slack/bolt";
import { SocketModeClient } from "@slack/socket-mode";
import { ConfigError } from "../../src/errors.ts";
import type { Log } from "../../src/log.ts";
import { failure, quiet, reasonOf, webOptions } from "./client.ts";

const HELLO_TIMEOUT_MS = 30_000;
const GOODBYE_MS = 3_000;
const BACKOFF_MIN_MS = 1_000;
const BACKOFF_MAX_MS = 60_000;
// A connection that lives for less was no success: else two gone wrong would take turns without a pause.
const HEALTHY_MS = 5_000;

export interface ReceiverOptions {
  appToken: string;
  apiUrl: string | undefined;
  log: Log;
  /** Checked before each connection; what it throws counts as a failed start. */
  ready(): Promise<unknown>;
}

/** What Socket Mode hands over with each event. */
interface Delivery {
  ack(response?: Record<string, unknown>): Promise<void>;
  body: Record<string, unknown>;
  retry_num?: number;
  retry_reason?: string;
}

/**
 * Bolt's own receiver acknowledges before the listeners run. This one acknowledges last: what a listener could
 * not store stays unacknowledged, and Slack delivers it again.
 */
export class SocketReceiver implements Receiver {
  readonly #options: ReceiverOptions;
  readonly #client: SocketModeClient;
  readonly #stopping = new AbortController();
  #app: App | null = null;
  #disconnected = Promise.withResolvers<void>();
  #running: Promise<void> = Promise.resolve();

  constructor(options: ReceiverOptions) {
    this.#options = options;
    const { logger: _logger, ...clientOptions } = webOptions(options);
    this.#client = new SocketModeClient({
      appToken: options.appToken,
      // Its own reconnecting leaves a rejected promise without an owner, which would end the process.
      autoReconnectEnabled: false,
      logger: quiet(options.log),
      clientOptions,
    });
    this.#client.on("disconnected", () => this.#disconnected.resolve());
    this.#client.on("slack_event", (delivery: Delivery) => {
      this.#receive(delivery).catch((error: unknown) => this.#tell(error, "an event failed"));
    });
  }

  init(app: App): void {
    this.#app = app;
  }

  /**
   * Resolves once connected, and stays so: lost connections are made again until `stop`.
   * @throws {ConfigError} when Slack refuses the tokens
   */
  start(): Promise<void> {
    const connected = Promise.withResolvers<void>();
    this.#running = this.#supervise(connected).catch(connected.reject);
    return connected.promise;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const ended = this.#client.disconnect().then(() => this.#running);
    // Where the network is gone nobody answers the goodbye.
    await Promise.race([ended, sleep(GOODBYE_MS, undefined, { ref: false })]);
  }

  async #supervise(connected: PromiseWithResolvers<void>): Promise<void> {
    let failures = 0;
    let everConnected = false;
    while (!this.#stopping.signal.aborted) {
      const startedAtMs = performance.now();
      try {
        await this.#connect();
        everConnected = true;
        connected.resolve();
        await this.#disconnected.promise;
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

  async #backOff(failures: number): Promise<void> {
    const mostMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** (failures - 1));
    const { signal } = this.#stopping;
    // Processes that lost Slack together should not come back together. Aborted means stopped: the loop looks.
    await sleep(mostMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
  }

  async #receive(delivery: Delivery): Promise<void> {
    if (!this.#app) throw new Error("the receiver was started before its app");
    try {
      await this.#app.processEvent(withoutAck(delivery));
    } catch (error) {
      this.#tell(error, "an event could not be stored; Slack will deliver it again");
      return;
    }
    await delivery.ack();
  }

  #tell(error: unknown, message: string): void {
    // A socket that closes before its hello says nothing at all.
    const reason = error === undefined ? "closed" : reasonOf(error);
    this.#options.log.warn({ reason }, message);
  }
}

/** Bolt acknowledges an event as soon as it knows whose it is; that must not reach Slack. */
function withoutAck({ body, retry_num, retry_reason }: Delivery): ReceiverEvent {
  return {
    body,
    ack: async () => undefined,
    ...(retry_num !== undefined && { retryNum: retry_num }),
    ...(retry_reason !== undefined && { retryReason: retry_reason }),
  };
}
