/** What turns text into vectors. One at a time: the service knows no batches. */
export interface Embedder {
  /** Model, purpose and dimension: vectors of different ids must never be compared. */
  readonly id: string;
  readonly dimension: 1024;
  /**
   * Waits for its turn, and through throttling. A query goes before all passages and gives up within seconds,
   * since the words alone can answer it.
   * @throws {ServiceError} when the service failed after several tries
   * @throws {ConfigError} when the operator must act; at most once a minute this asks the service again
   */
  embed(text: string, purpose: "index" | "query", signal: AbortSignal): Promise<Embedding>;
  state(): EmbedderState;
}

/** A vector has length 1, so that the inner product is the cosine. A refusal is final for its text. */
export type Embedding =
  | { kind: "vector"; vector: Float32Array; tokens: number }
  | { kind: "refused"; reason: string };

/** `note` is for anybody to read: what it means and what to do, no names. */
export interface EmbedderState {
  state: "ready" | "off" | "failing";
  note: string;
}

// $0.000135 for a thousand tokens of text.
const MICROUSD_PER_TOKEN = 0.135;

/** What so many tokens of text cost, in millionths of a dollar. */
export function costMicrousd(tokens: number): number {
  return Math.ceil(tokens * MICROUSD_PER_TOKEN);
}

// English has some four bytes a token, Chinese three, and tables of numbers are near two.
const BYTES_PER_TOKEN_MIN = 2;

/** The most that the vectors of these texts are reckoned with before anybody has counted, in millionths of a dollar. */
export function costMicrousdMax(texts: string[]): number {
  const tokens = (text: string) => Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN_MIN);
  return costMicrousd(texts.reduce((sum, text) => sum + tokens(text), 0));
}
