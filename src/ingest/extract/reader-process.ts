/** One child process that reads files, as the host sees it. */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Log } from "../../log.ts";
import { type FromChild, parseFromChild, type ToChild, type Usage } from "./messages.ts";

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));
const APP = fileURLToPath(new URL("../../../", import.meta.url));

const HEAP_MB = 512;
const DATA_KB = 1_500_000;
/** Only a backstop, since it adds up over a process's life: the wall limit comes first. */
const CPU_SECONDS = 300;

/** After that much use a process is replaced, since the memory of its engines never shrinks. */
const JOBS_MAX = 50;
const RSS_BYTES_MAX = 400_000_000;
const CPU_SECONDS_MAX = 60;

// Where the limit is stricter already it can't be raised, and needn't be: hence the try in a subshell.
const SHELL = `
limit() { (ulimit "$1" "$2") 2>/dev/null && ulimit "$1" "$2"; }
limit -d ${DATA_KB}; limit -t ${CPU_SECONDS}; limit -c 0
exec "$0" "$@"`;

/** One that is not ready by then never will be; on a busy machine a start takes seconds. */
const START_MS_MAX = 60_000;

/** How a process ended. */
export interface Ended {
  kind: "ended";
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** @param workFolder the one folder, beside the program's own, that the process may read */
export class ReaderProcess {
  readonly #process: ChildProcess;
  readonly #heard: FromChild[] = [];
  #ended: Ended | null = null;
  readonly #gone = Promise.withResolvers<void>();
  #wake = Promise.withResolvers<void>();
  #jobs = 0;
  #ready = false;
  #killed = false;
  #usage: Usage = { rssBytes: 0, cpuSeconds: 0 };

  constructor(workFolder: string, log: Log) {
    this.#process = start(workFolder);
    this.#process.on("message", (message) => {
      const heard = parseFromChild(message);
      if (heard === null) this.kill();
      else this.#heard.push(heard);
      this.#wake.resolve();
    });
    this.#process.on("error", (error) => {
      // It could not be started, or a message could not be sent: the end follows, or is here already.
      log.warn({ err: error }, "the extraction process failed");
      if (this.#process.pid === undefined) this.#end(null, null);
    });
    this.#process.on("exit", (code, signal) => this.#end(code, signal));
  }

  /** False from the kill on: its end is heard of only later. */
  get alive(): boolean {
    return this.#ended === null && !this.#killed;
  }

  get worn(): boolean {
    const { rssBytes, cpuSeconds } = this.#usage;
    return this.#jobs >= JOBS_MAX || rssBytes > RSS_BYTES_MAX || cpuSeconds > CPU_SECONDS_MAX;
  }

  /**
   * Waits until it can take a job.
   * @throws {Error} when it can't be started: a fault of ours or of the machine, never of a file
   */
  async ready(): Promise<void> {
    if (this.#ready) return;
    const message = await this.next(START_MS_MAX);
    if (message === "late" || message.kind !== "ready") {
      const what = message === "late" ? { kind: message } : message;
      throw new Error(`the extraction process did not start: ${JSON.stringify(what)}`);
    }
    this.#ready = true;
  }

  send(message: ToChild): void {
    if (message.kind === "job") this.#jobs++;
    this.#process.send(message, () => {
      // A process that is gone is heard of as ended; there is nothing to add to that.
    });
  }

  /** The next message, or how it ended. For one caller at a time. Resolves to "late" when there is none in time. */
  async next(waitMs: number): Promise<FromChild | Ended | "late"> {
    const timer = Promise.withResolvers<"late">();
    const timeout = setTimeout(() => timer.resolve("late"), waitMs);
    try {
      for (;;) {
        const message = this.#heard.shift() ?? this.#ended;
        if (message !== null) return this.#noted(message);
        this.#wake = Promise.withResolvers();
        if ((await Promise.race([this.#wake.promise, timer.promise])) === "late") return "late";
      }
    } finally {
      clearTimeout(timeout);
    }
  }

  kill(): void {
    this.#killed = true;
    this.#process.kill("SIGKILL");
  }

  /** Ends it and waits for that. */
  async close(): Promise<void> {
    this.kill();
    await this.#gone.promise;
  }

  #end(code: number | null, signal: NodeJS.Signals | null): void {
    this.#ended ??= { kind: "ended", code, signal };
    this.#gone.resolve();
    this.#wake.resolve();
  }

  #noted<T extends FromChild | Ended>(message: T): T {
    if ("usage" in message) this.#usage = message.usage;
    return message;
  }
}

function start(workFolder: string): ChildProcess {
  const args = [
    "--permission",
    ...readablePlaces(workFolder).map((place) => `--allow-fs-read=${place}`),
    "--disallow-code-generation-from-strings",
    `--max-old-space-size=${HEAP_MB}`,
    CHILD,
  ];
  // No secret of ours reaches it, nor does a word of its own (which could be the file's) reach a log.
  const stdio: StdioOptions = ["ignore", "ignore", "ignore", "ipc"];
  const options = { env: {}, cwd: APP, stdio };
  return process.platform === "win32"
    ? spawn(process.execPath, args, { ...options, windowsHide: true })
    : spawn("/bin/sh", ["-c", SHELL, process.execPath, ...args], options);
}

/**
 * Only the program's own code, not its whole folder: beside it lie the settings with the keys, and the
 * database. Links are followed, since rights are given to real places.
 */
function readablePlaces(workFolder: string): string[] {
  const code = ["src", "node_modules", "package.json"].map((name) => join(APP, name));
  const places = [...code, workFolder].filter((place) => existsSync(place));
  return [...new Set([...places, ...places.map((place) => realpathSync(place))])];
}
