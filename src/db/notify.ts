import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientConfig, escapeIdentifier } from "pg";
import { ServiceError } from "../errors.ts";
import type { Log } from "../log.ts";

const RETRY_FIRST_MS = 250;
const RETRY_LAST_MS = 15_000;
const PULSE_MS = 30_000;
const PULSE_ANSWER_MS_MAX = 30_000;

type Handler = (payload: string) => void;

/** What other processes, or other parts of this one, say with `select pg_notify(channel, payload)`. */
export interface Notifications {
  /**
   * Resolves once nothing sent from now on is missed. The handler gets "" after every reconnect, since
   * notices sent in between are lost. Call the result to stop.
   */
  listen(channel: string, handler: Handler): Promise<() => void>;
  close(): Promise<void>;
}

/** One connection of its own, opened at the first `listen` and opened again whenever it breaks. */
export function createNotifications(deps: { config: ClientConfig; log: Log }): Notifications {
  return new Listener(deps);
}

class Listener implements Notifications {
  readonly #config: ClientConfig;
  readonly #log: Log;
  readonly #handlers = new Map<string, Set<Handler>>();
  readonly #closing = new AbortController();
  /** The connection, or the attempts to get one; undefined before the first `listen`. */
  #client: Promise<Client> | undefined;

  constructor({ config, log }: { config: ClientConfig; log: Log }) {
    this.#config = config;
    this.#log = log;
  }

  async listen(channel: string, handler: Handler): Promise<() => void> {
    const stop = this.#add(channel, handler);
    try {
      const client = await this.#connected();
      await client.query(`listen ${escapeIdentifier(channel)}`);
    } catch (error) {
      stop();
      throw notListening(error);
    }
    return stop;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#handlers.clear();
    const client = await this.#client?.catch(() => undefined);
    await client?.end();
  }

  /** Never UNLISTENs: embedded, that would silence the other connections too, and channels are few. */
  #add(channel: string, handler: Handler): () => void {
    const handlers = this.#handlers.get(channel) ?? new Set();
    this.#handlers.set(channel, handlers.add(handler));
    return () => handlers.delete(handler);
  }

  async #connected(): Promise<Client> {
    this.#closing.signal.throwIfAborted();
    this.#client ??= this.#open();
    try {
      return await this.#client;
    } catch (error) {
      // The first attempt has a caller to tell; the next `listen` may try again.
      this.#client = undefined;
      throw error;
    }
  }

  /** A new connection that listens to every channel. */
  async #open(): Promise<Client> {
    const client = new Client({ ...this.#config, query_timeout: PULSE_ANSWER_MS_MAX });
    client.on("error", (error) => this.#log.warn({ err: error }, "the listening connection broke"));
    client.on("notification", ({ channel, payload }) => this.#tell(channel, payload ?? ""));
    try {
      await client.connect();
      for (const channel of this.#handlers.keys()) {
        await client.query(`listen ${escapeIdentifier(channel)}`);
      }
    } catch (error) {
      await client.end();
      throw error;
    }
    this.#watch(client);
    return client;
  }

  #watch(client: Client): void {
    const pulse = setInterval(() => {
      // A connection that died silently never says so: it is asked, and ended where no answer comes.
      client.query("select 1").catch(() => client.end());
    }, PULSE_MS);
    pulse.unref();
    client.once("end", () => {
      clearInterval(pulse);
      if (this.#closing.signal.aborted) return;
      this.#client = this.#reopen();
      // Rejects only when closed meanwhile; `close` awaits it, but unheard it would end the process first.
      this.#client.catch(() => undefined);
    });
  }

  async #reopen(): Promise<Client> {
    for (let waitMs = RETRY_FIRST_MS; ; waitMs = Math.min(waitMs * 2, RETRY_LAST_MS)) {
      await sleep(waitMs, undefined, { signal: this.#closing.signal });
      try {
        const client = await this.#open();
        for (const channel of this.#handlers.keys()) this.#tell(channel, "");
        return client;
      } catch (error) {
        this.#log.warn({ err: error }, "cannot listen for notices; trying again");
      }
    }
  }

  #tell(channel: string, payload: string): void {
    for (const handler of this.#handlers.get(channel) ?? []) {
      try {
        handler(payload);
      } catch (error) {
        // One handler's bug must not cost the others their notice, nor break the connection.
        this.#log.error({ err: error, channel }, "a notice could not be handled");
      }
    }
  }
}

function notListening(cause: unknown): ServiceError {
  return new ServiceError("database", "Could not listen for notices.", { cause });
}
