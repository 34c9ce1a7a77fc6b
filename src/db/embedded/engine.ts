import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { ClientConfig } from "pg";
import { ConfigError, ServiceError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { Bridge } from "./bridge.ts";
import { Connection } from "./connection.ts";
import { type Claim, claimFolder, POSTGRES_MAJOR } from "./folder.ts";
import { makeEngineFolder } from "./make.ts";
import { copyChanged } from "./snapshot.ts";
import { query, type Reply } from "./wire.ts";
import type { FromWorker, ToWorker } from "./worker.ts";

const START_MS_MAX = 120_000;
const CLOSE_MS_MAX = 20_000;
/** The engine can neither cancel a statement nor limit its time; only the thread can be stopped. */
const STATEMENT_MS_MAX = 300_000;

export interface Embedded {
  /** For `pg`: every connection made with it ends in the engine. */
  config: ClientConfig;
  /** Copies the engine's files, as they are between two transactions, into a new folder. */
  snapshot(target: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts Postgres inside this process, with its files in `dataFolder`, or makes them.
 * @param deps.onFatal hears once if the engine dies later on
 * @throws {ConfigError} where the folder cannot be used or the engine does not start on it
 */
export async function startEmbedded(deps: {
  dataFolder: string;
  log: Log;
  onFatal: (error: Error) => void;
}): Promise<Embedded> {
  const claim = await claimFolder(deps.dataFolder);
  const engine = await start(claim);
  const bridge = new Bridge((unit) => engine.run(unit));
  engine.onDeath((error) => {
    deps.log.fatal({ err: error }, "the embedded database died");
    bridge.break(error);
    deps.onFatal(error);
  });
  return {
    config: configOf(bridge),
    snapshot: (target) => snapshot(bridge, claim.engineFolder, target),
    async close() {
      await engine.close();
      bridge.break(new ServiceError("database", "The embedded database is closed."));
      claim.release();
    },
  };
}

async function start({ engineFolder, isNew, release }: Claim): Promise<Engine> {
  try {
    if (isNew) await makeEngineFolder(engineFolder);
    const engine = new Engine(engineFolder);
    await engine.started();
    return engine;
  } catch (error) {
    release();
    throw doesNotStart(engineFolder, error);
  }
}

function configOf(bridge: Bridge): ClientConfig {
  // Given in full, since `pg` takes whatever is missing from PGHOST, PGSSLMODE and the like.
  return {
    stream: () => new Connection(bridge, POSTGRES_MAJOR),
    host: "embedded",
    port: 5432,
    user: "postgres",
    password: "",
    database: "postgres",
    ssl: false,
  };
}

async function snapshot(bridge: Bridge, engineFolder: string, target: string): Promise<void> {
  // Most of it is copied while the engine works, so that queries wait only for what it wrote meanwhile.
  const copied = await copyChanged(engineFolder, target, new Map());
  await bridge.alone(async (run) => {
    await run(query("checkpoint"));
    // The thread may make a checkpoint of its own behind a reply: with the next one, that is over as well.
    await run(query("select"));
    await copyChanged(engineFolder, target, copied);
  });
}

function doesNotStart(engineFolder: string, cause: unknown): ConfigError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConfigError(
    `The embedded database in ${engineFolder} does not start (${reason}). Put back a copy of the folder, or ` +
      "move it away to begin with an empty one.",
    { cause },
  );
}

/** The thread that the engine runs in. One unit at a time: the bridge sees to it. */
class Engine {
  readonly #worker: Worker;
  readonly #exited = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<void>();
  #reply: PromiseWithResolvers<Reply> | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #tellDeath: ((error: Error) => void) | undefined;
  #ended = false;

  constructor(folder: string) {
    const url = new URL("./worker.ts", import.meta.url);
    // An empty environment: the engine needs none of our secrets.
    this.#worker = new Worker(url, { workerData: { folder }, env: {} });
    this.#worker.on("message", (message: FromWorker) => this.#hear(message));
    this.#worker.on("messageerror", (error) => this.#die(error));
    this.#worker.on("error", (error) => this.#die(error));
    this.#worker.on("exit", (code) => {
      this.#exited.resolve();
      this.#die(new Error(`Its thread ended with code ${code}.`));
    });
  }

  async started(): Promise<void> {
    this.#limit("The start", START_MS_MAX);
    await this.#ready.promise;
    clearTimeout(this.#watchdog);
  }

  onDeath(listener: (error: Error) => void): void {
    this.#tellDeath = listener;
  }

  run(unit: Uint8Array<ArrayBuffer>): Promise<Reply> {
    this.#reply = Promise.withResolvers();
    this.#limit("A statement", STATEMENT_MS_MAX);
    this.#send({ kind: "run", unit }, [unit.buffer]);
    return this.#reply.promise;
  }

  async close(): Promise<void> {
    clearTimeout(this.#watchdog);
    if (this.#ended) return;
    this.#ended = true;
    this.#send({ kind: "close" }, []);
    await Promise.race([this.#exited.promise, sleep(CLOSE_MS_MAX, undefined, { ref: false })]);
    await this.#worker.terminate();
  }

  #limit(what: string, timeMs: number): void {
    this.#watchdog = setTimeout(() => {
      this.#die(new Error(`${what} took more than ${timeMs / 1000} s.`));
    }, timeMs);
  }

  #send(message: ToWorker, transfer: ArrayBuffer[]): void {
    this.#worker.postMessage(message, transfer);
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case "ready":
        this.#ready.resolve();
        break;
      case "reply":
        clearTimeout(this.#watchdog);
        this.#reply?.resolve(message.reply);
        break;
      default:
        message satisfies never;
    }
  }

  #die(cause: unknown): void {
    clearTimeout(this.#watchdog);
    if (this.#ended) return;
    this.#ended = true;
    const error = new ServiceError("database", "The embedded database died. Start Docent again.", {
      cause,
      retryable: false,
    });
    this.#ready.reject(cause);
    this.#reply?.reject(error);
    this.#tellDeath?.(error);
    this.#worker.terminate().catch(() => undefined);
  }
}
