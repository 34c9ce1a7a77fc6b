import { ServiceError } from "../errors.ts";

/** What one call took; zeros where the service did not say. */
export interface Usage {
  tokensIn: number;
  tokensOut: number;
  /** Millionths of a dollar; null where the service counts tokens alone. */
  costMicrousd: number | null;
}

export const NO_USAGE: Usage = { tokensIn: 0, tokensOut: 0, costMicrousd: 0 };

export interface Verdict {
  /** The next model is asked, or nothing more is. */
  next: "advance" | "stop";
  /** What it says of the model: how it stands from now on, or that the question or the key was to blame. */
  blame: "cooling" | "retired" | "no_provider" | "question" | "key";
  /** Whether time alone may help. */
  passing: boolean;
  /** For people, after the model's name. */
  text: string;
}

const passing = { next: "advance", blame: "cooling", passing: true } as const;
const lasting = { next: "advance", blame: "question", passing: false } as const;
const gone = { next: "advance", passing: false } as const;
const stop = { next: "stop", blame: "key", passing: false } as const;

const VERDICTS = {
  key_invalid: { ...stop, text: "was not asked, since the key is not valid" },
  credit_out: { ...stop, text: "was not asked, since the key's credit or limit is used up" },
  credit_busy: { ...passing, text: "has to wait for other answers to be paid for" },
  retired: { ...gone, blame: "retired", text: "is retired, or its name is wrong" },
  no_provider: {
    ...gone,
    blame: "no_provider",
    text: "has no provider under your privacy setting",
  },
  refused: { ...lasting, text: "refused the request" },
  filtered: { ...lasting, text: "stopped for its content rules" },
  too_long: { ...lasting, text: "found the question and its passages too long" },
  bad_request: { ...lasting, blame: "cooling", text: "does not accept such a request" },
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
  stopped: { ...lasting, text: "was stopped" },
  over_budget: { ...lasting, text: "would cost more than the budget has left" },
  too_dear: { ...lasting, text: "has used up its own share of the budget" },
} as const satisfies Record<string, Verdict>;

export type FailureKind = keyof typeof VERDICTS;

export function isFailureKind(text: string): text is FailureKind {
  return Object.hasOwn(VERDICTS, text);
}

/** The one place that decides what a failure means for the rest of the chain. */
export function verdict(kind: FailureKind): Verdict {
  return VERDICTS[kind];
}

/** How long a model is passed over after so many failures; the service may ask for more. */
export interface Pause {
  firstMs: number;
  /** It doubles up to this. */
  mostMs: number;
  /** So many failures in a row cost no pause. */
  tolerated: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const COOLING: Pause = { firstMs: 15 * SECOND_MS, mostMs: 15 * MINUTE_MS, tolerated: 0 };
// It says nothing of this model more than of the next, and should be over as soon as the network is back.
const UNREACHABLE: Pause = { firstMs: 5 * SECOND_MS, mostMs: 20 * SECOND_MS, tolerated: 0 };
// One question may be at fault; the third in a row is not.
const NO_WORDS: Pause = { ...COOLING, tolerated: 2 };
const BAD_REQUEST: Pause = { firstMs: 5 * MINUTE_MS, mostMs: 60 * MINUTE_MS, tolerated: 2 };
const RETIRED: Pause = { firstMs: 60 * MINUTE_MS, mostMs: 60 * MINUTE_MS, tolerated: 0 };

export function pauseOf(kind: FailureKind): Pause {
  const { blame } = verdict(kind);
  if (blame === "retired" || blame === "no_provider") return RETIRED;
  if (kind === "unreachable") return UNREACHABLE;
  if (kind === "empty" || kind === "reasoning_only") return NO_WORDS;
  return kind === "bad_request" ? BAD_REQUEST : COOLING;
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
