import { ServiceError } from "../../errors.ts";
import { query, type Reply } from "./wire.ts";

/** A transaction in which nothing happens holds up every other connection. */
const IDLE_IN_TRANSACTION_MS_MAX = 60_000;

/** One client, as the bridge sees it. */
export interface Peer {
  deliver(messages: Uint8Array): void;
  fail(error: Error): void;
}

type Run = (unit: Uint8Array<ArrayBuffer>) => Promise<Reply>;
type Turn = () => Promise<void>;

interface Request {
  peer: Peer;
  unit: Uint8Array<ArrayBuffer>;
}

/**
 * Lets many clients share the engine's only session. They take turns, in the order in which they asked; who
 * has a transaction open keeps the engine until it ends.
 */
export class Bridge {
  readonly #run: Run;
  readonly #peers = new Set<Peer>();
  readonly #listening = new Set<Peer>();
  readonly #waiting: Request[] = [];
  readonly #waitingAlone: { turn: Turn; refuse: (error: Error) => void }[] = [];
  #busy = false;
  /** Whose transaction is open; it may have left already. */
  #owner: Peer | undefined;
  #impatience: NodeJS.Timeout | undefined;
  #broken: Error | undefined;

  constructor(run: Run) {
    this.#run = run;
  }

  join(peer: Peer): void {
    if (this.#broken) throw this.#broken;
    this.#peers.add(peer);
  }

  leave(peer: Peer): void {
    this.#peers.delete(peer);
    this.#listening.delete(peer);
    this.#proceed();
  }

  submit(peer: Peer, unit: Uint8Array<ArrayBuffer>): void {
    this.#waiting.push({ peer, unit });
    this.#proceed();
  }

  /** Has the engine to itself between transactions: whoever asks something meanwhile waits until `work` ends. */
  alone<T>(work: (run: Run) => Promise<T>): Promise<T> {
    if (this.#broken) return Promise.reject(this.#broken);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const turn = async (): Promise<void> => {
      await work(this.#run).then(resolve, reject);
      this.#busy = false;
      this.#proceed();
    };
    this.#waitingAlone.push({ turn, refuse: reject });
    this.#proceed();
    return promise;
  }

  /** The engine is gone: every connection ends with this error, now and later. */
  break(error: Error): void {
    this.#broken = error;
    clearTimeout(this.#impatience);
    for (const peer of this.#peers) peer.fail(error);
    for (const { refuse } of this.#waitingAlone.splice(0)) refuse(error);
  }

  #proceed(): void {
    if (this.#busy || this.#broken) return;
    const turn = this.#nextTurn();
    if (turn === undefined) return;
    this.#busy = true;
    clearTimeout(this.#impatience);
    turn().catch((error: unknown) => {
      // The engine's death is told by `break`; anything else here is a bug, and ends the connections as well.
      this.break(error instanceof Error ? error : new Error(String(error)));
    });
  }

  #nextTurn(): Turn | undefined {
    const alone = this.#owner ? undefined : this.#waitingAlone.shift();
    if (alone) return alone.turn;
    const request = this.#next();
    return request && (() => this.#exchange(request));
  }

  #next(): Request | undefined {
    const owner = this.#owner;
    if (owner && !this.#peers.has(owner)) return { peer: owner, unit: query("rollback") };
    const index = this.#waiting.findIndex(({ peer }) => owner === undefined || peer === owner);
    if (index < 0) return undefined;
    const [request] = this.#waiting.splice(index, 1);
    // What a client had asked before it left, and that was not begun, is not carried out.
    return request && this.#peers.has(request.peer) ? request : this.#next();
  }

  async #exchange({ peer, unit }: Request): Promise<void> {
    const { response, notices, status, listened } = await this.#run(unit);
    this.#busy = false;
    this.#owner = status === "I" ? undefined : peer;
    if (listened && this.#peers.has(peer)) this.#listening.add(peer);
    if (this.#owner) this.#limitIdling(peer);
    if (this.#peers.has(peer)) peer.deliver(response);
    if (notices.length > 0) for (const listener of this.#listening) listener.deliver(notices);
    this.#proceed();
  }

  #limitIdling(owner: Peer): void {
    this.#impatience = setTimeout(() => {
      owner.fail(
        new ServiceError("database", "A transaction was left open without a query for too long."),
      );
    }, IDLE_IN_TRANSACTION_MS_MAX).unref();
  }
}
