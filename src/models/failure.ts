import { ServiceError } from "../errors.ts";

/** What one call took; zeros where the service did not say. `costMicrousd` is millionths of a dollar. */
export interface Usage {
  tokensIn: number;
  tokensOut: number;
  costMicrousd: number;
}

export const NO_USAGE: Usage = { tokensIn: 0, tokensOut: 0, costMicrousd: 0 };

export interface Verdict {
  /** The next model is asked, or nothing more is. */
  next: "advance" | "stop";
  /** Whether the model is gone as far as we are concerned, until it is looked at again. */
  retired: boolean;
  /** Whether time alone may help. */
  passing: boolean;
  /** For people, after the model's name. */
  text: string;
}

const passing = { next: "advance", retired: false, passing: true } as const;
const lasting = { next: "advance", retired: false, passing: false } as const;
const retired = { next: "advance", retired: true, passing: false } as const;
const stop = { next: "stop", retired: false, passing: false } as const;

const VERDICTS = {
  key_invalid: { ...stop, text: "was not asked, since the key is not valid" },
  credit_out: { ...stop, text: "was not asked, since the key's credit or limit is used up" },
  credit_busy: { ...passing, text: "has to wait for other answers to be paid for" },
  retired: { ...retired, text: "is retired, or its name is wrong" },
  no_provider: { ...retired, text: "has no provider that keeps to the data policy" },
  refused: { ...lasting, text: "refused the request" },
  filtered: { ...lasting, text: "stopped for its content rules" },
  too_long: { ...lasting, text: "found the question and its passages too long" },
  bad_request: { ...lasting, text: "does not accept such a request" },
  rate_limited: { ...passing, text: "has too many requests" },
  unavailable: { ...passing, text: "is not available" },
  unreachable: { ...passing, text: "could not be reached" },
  first_token_late: { ...passing, text: "did not begin in time" },
  stalled: { ...passing, text: "stopped in the middle" },
  cut: { ...passing, text: "was cut off in the middle" },
  empty: { ...passing, text: "answered with nothing" },
  unreadable: { ...passing, text: "answered with something that is not an answer" },
  reasoning_only: { ...passing, text: "used up its answer on thinking" },
  answer_late: { ...passing, next: "stop", text: "did not finish in time" },
} as const satisfies Record<string, Verdict>;

export type FailureKind = keyof typeof VERDICTS;

/** The one place that decides what a failure means for the rest of the chain. */
export function verdict(kind: FailureKind): Verdict {
  return VERDICTS[kind];
}

export interface FailureFacts {
  status?: number | undefined;
  retryAfterMs?: number | undefined;
  /** What the failed call took nevertheless. */
  usage?: Usage;
}

/** One model's failure. It holds nothing of the service's own words: those may hold the key or the question. */
export class ModelFailed extends ServiceError {
  override name = "ModelFailed";
  readonly kind: FailureKind;
  readonly usage: Usage;

  constructor(kind: FailureKind, facts: FailureFacts = {}) {
    const { text, passing: retryable } = verdict(kind);
    super("openrouter", `The model ${text}.`, {
      retryable,
      ...(facts.status === undefined ? {} : { status: facts.status }),
      ...(facts.retryAfterMs === undefined ? {} : { retryAfterMs: facts.retryAfterMs }),
    });
    this.kind = kind;
    this.usage = facts.usage ?? NO_USAGE;
  }
}
