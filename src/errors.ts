/**
 * Errors, by who must act. Anything else that is thrown is a bug of ours and is logged with its stack.
 * No message here may hold a token, a URL with a token, or the text of a message or file.
 */

/** The operator must act: a setting, a key, a folder, a database. The message says what to do. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

export type RejectionKind =
  | "encrypted"
  | "malformed"
  | "too_large"
  | "unsupported"
  | "timeout"
  | "refused"
  | "empty";

/** The person who shared the file must act. The message is one plain sentence meant for them. */
export class FileRejected extends Error {
  override name = "FileRejected";
  readonly kind: RejectionKind;

  constructor(kind: RejectionKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Somebody else's service failed; time (or another service) may help. */
export class ServiceError extends Error {
  override name = "ServiceError";
  /** Whose service: "bedrock", "openrouter", "slack", "web". */
  readonly service: string;
  /** The HTTP status, where there was one. */
  readonly status: number | undefined;
  /** How long the service asked us to wait, where it did. */
  readonly retryAfterMs: number | undefined;
  /** False where trying the same call again cannot help. */
  readonly retryable: boolean;

  constructor(
    service: string,
    message: string,
    facts: { status?: number; retryAfterMs?: number; retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: facts.cause });
    this.service = service;
    this.status = facts.status;
    this.retryAfterMs = facts.retryAfterMs;
    this.retryable = facts.retryable ?? true;
  }
}
