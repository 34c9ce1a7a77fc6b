import { Duplex } from "node:stream";
import type { Bridge, Peer } from "./bridge.ts";
import { concat, isTerminate, startupBytes, unitBytes, welcome } from "./wire.ts";

type Done = (error?: Error | null) => void;

/** What `pg` takes for its socket: the near end of one connection to the embedded engine. */
export class Connection extends Duplex implements Peer {
  readonly #bridge: Bridge;
  readonly #serverVersion: string;
  #received: Buffer = Buffer.alloc(0);
  #started = false;

  constructor(bridge: Bridge, serverVersion: string) {
    super();
    this.#bridge = bridge;
    this.#serverVersion = serverVersion;
  }

  connect(): this {
    try {
      this.#bridge.join(this);
    } catch (error) {
      return this.destroy(error instanceof Error ? error : undefined);
    }
    // `pg` listens for it only after this call.
    process.nextTick(() => this.emit("connect"));
    return this;
  }

  deliver(messages: Uint8Array): void {
    this.push(messages);
  }

  fail(error: Error): void {
    this.destroy(error);
  }

  override _read(): void {
    // Answers are pushed as they come: their size is bounded by the queries we write.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#receive([chunk], done);
  }

  override _writev(writes: { chunk: Buffer }[], done: Done): void {
    this.#receive(
      writes.map(({ chunk }) => chunk),
      done,
    );
  }

  override _final(done: Done): void {
    this.#bridge.leave(this);
    this.push(null);
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#bridge.leave(this);
    done(error);
  }

  #receive(chunks: Buffer[], done: Done): void {
    this.#received = Buffer.concat([this.#received, ...chunks]);
    try {
      if (!this.#started) this.#start();
      if (this.#started) this.#submitUnits();
      done();
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #start(): void {
    const bytes = startupBytes(this.#received);
    if (bytes === 0) return;
    this.#received = this.#received.subarray(bytes);
    this.#started = true;
    this.push(welcome(this.#serverVersion));
  }

  #submitUnits(): void {
    for (let bytes = unitBytes(this.#received); bytes > 0; bytes = unitBytes(this.#received)) {
      const unit = concat([this.#received.subarray(0, bytes)]);
      this.#received = this.#received.subarray(bytes);
      if (isTerminate(unit)) this.#bridge.leave(this);
      else this.#bridge.submit(this, unit);
    }
  }

  // The rest of what `pg` calls on a socket has no meaning inside one process.
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
