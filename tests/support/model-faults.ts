/** Every way in which a model is known to fail, with what has to follow from it: a table to test the chain by. */
import type { FailureKind } from "../../src/models/failure.ts";
import type { ModelStatus, MoneyStatus } from "../../src/surface.ts";
import type { Break, ModelReply, StreamPosition } from "./openrouter.ts";

/** The time limits that the faults are to be tried with, and the one by which usage has to come. */
export const SILENCE_MS = 8_000;
export const ANSWER_MS = 25_000;
const USAGE_MS = 2_000;

/** A way to fail, and all that follows from it. */
export interface Fault {
  reply: ModelReply;
  /** Empty for what is no failure in the end. */
  reason: FailureKind | "";
  next: "advance" | "stop" | "answered";
  /** How the model stands afterwards, and how long it rests where it does. */
  leaves: ModelStatus["state"];
  restS: number;
  /** How the key stands afterwards, where it is to blame. */
  key?: MoneyStatus["key"]["state"];
  /** What comes of an answer. */
  text: string;
  /** How often the model is asked. */
  tries: number;
  /** The limit that ends it, once all has come that comes. */
  limitMs?: number;
}

/** The question may be at fault: only the third in a row counts. */
const ONCE_BORNE = new Set<Fault["reason"]>(["empty", "reasoning_only", "bad_request"]);

function fault(
  reply: ModelReply,
  reason: Fault["reason"],
  { leaves = ONCE_BORNE.has(reason) ? "unknown" : "resting", ...more }: Partial<Fault> = {},
): Fault {
  const restS = leaves === "resting" ? 15 : 3_600;
  return { reply, reason, next: "advance", leaves, restS, text: "", tries: 1, ...more };
}

const HALF = { text: "The half " };
const SOON_BACK = { restS: 5 };
const NOT_TO_BLAME = { leaves: "unknown" } as const;
const KEY_TO_BLAME = { next: "stop", leaves: "unknown" } as const;
const GONE = { leaves: "retired" } as const;
const WHOLE = { next: "answered", leaves: "ready", text: "All of it." } as const;

const BEFORE_CHUNKS: Record<Break, FailureKind> = {
  stall: "first_token_late",
  end: "empty",
  reset: "unreachable",
  error: "unavailable",
  garbage: "unreadable",
};
const AMID_CHUNKS: typeof BEFORE_CHUNKS = { ...BEFORE_CHUNKS, end: "cut", reset: "cut" };
// A test can't see when a thought has arrived, so not when the limit begins that a stall runs into then.
const { stall: _, ...AMID_THOUGHTS } = AMID_CHUNKS;

/** What an answer that breaks here in this way is called; empty for one that is whole nevertheless. */
const BROKEN: Record<StreamPosition, Partial<Record<Break, Fault["reason"]>>> = {
  nothing: BEFORE_CHUNKS,
  comments: BEFORE_CHUNKS,
  role: AMID_CHUNKS,
  thought: AMID_THOUGHTS,
  text: { ...AMID_CHUNKS, stall: "stalled" },
  finish: { stall: "", end: "", reset: "", error: "", garbage: "" },
};

const POSITIONS = ["nothing", "comments", "role", "thought", "text", "finish"] as const;
const BREAKS = ["stall", "end", "reset", "error", "garbage"] as const;

const BROKEN_FAULTS = POSITIONS.flatMap((after) =>
  BREAKS.flatMap((by) => {
    const reason = BROKEN[after][by];
    if (reason === undefined) return [];
    const limit = by === "stall" && { limitMs: reason === "" ? USAGE_MS : SILENCE_MS };
    const rest = reason === "unreachable" && SOON_BACK;
    const text = after === "text" && HALF;
    const more = reason === "" ? WHOLE : { ...rest, ...text };
    return [fault({ kind: "broken", after, by }, reason, { ...more, ...limit })];
  }),
);

export const FAULTS: Fault[] = [
  ...BROKEN_FAULTS,
  fault("finish_then_no_usage", "", WHOLE),
  fault("utf8_cut", "unreadable", HALF),
  fault("error_midway", "unavailable", HALF),
  fault("error_finish", "unavailable", HALF),
  fault("filtered", "filtered", { ...HALF, ...NOT_TO_BLAME }),
  fault("slow_drip", "answer_late", { next: "stop", text: "x", limitMs: ANSWER_MS }),
  fault("reasoning_only", "reasoning_only"),
  fault({ kind: "answer", text: "" }, "empty"),
  fault("json_error", "unavailable"),
  fault("html", "unreadable"),
  fault("invalid_model", "retired", GONE),
  fault("invalid_request", "bad_request"),
  fault("too_long", "too_long", { ...NOT_TO_BLAME, tries: 2 }),
  fault("unauthorized", "key_invalid", { ...KEY_TO_BLAME, key: "invalid" }),
  fault("no_credit", "credit_out", { ...KEY_TO_BLAME, key: "credit_out" }),
  fault("credit_in_flight", "credit_busy"),
  fault("forbidden", "refused", NOT_TO_BLAME),
  fault("no_endpoints", "retired", GONE),
  fault("no_endpoints_by_policy", "no_provider", { leaves: "no_provider" }),
  fault("rate_limited", "rate_limited"),
  fault({ kind: "rate_limited", retryAfterS: 300 }, "rate_limited", { restS: 300 }),
  fault("unavailable", "unavailable"),
];

/** The service is not there: no model is reached. */
export const AWAY = fault("no_headers", "unreachable", SOON_BACK);

export const GOOD_ANSWER = "It is 12 %. [1]";
const GOOD = fault({ kind: "answer", text: GOOD_ANSWER }, "", { ...WHOLE, text: GOOD_ANSWER });
const SILENT = fault("unavailable", "unavailable");
const BREAKING_OFF = fault("content_then_cut", "cut", HALF);

/** Where in a chain of three a fault strikes. */
export const PLACES: Record<string, (one: Fault) => Fault[]> = {
  "at the first": (one) => [one, GOOD, GOOD],
  "at the second, after one without text": (one) => [SILENT, one, GOOD],
  "at the second, after one in mid-answer": (one) => [BREAKING_OFF, one, GOOD],
  "at the last": (one) => [SILENT, BREAKING_OFF, one],
  "at all three": (one) => [one, one, one],
};

/** What a question put to models that do so has to come to. */
export interface Walk {
  /** Each try, in order. */
  asked: { model: string; fault: Fault }[];
  /** What comes out, with the pieces of a text together. */
  story: string[];
  /** What the last one did that was asked. */
  end: Fault;
}

export function walkAlong(models: readonly string[], faults: readonly Fault[]): Walk {
  const walk: Walk = { asked: [], story: [], end: GOOD };
  for (const [i, one] of faults.entries()) {
    const model = models[i] ?? "";
    if (walk.asked.at(-1)?.fault.text) walk.story.push(`restart ${model}`);
    for (let tried = 0; tried < one.tries; tried += 1) walk.asked.push({ model, fault: one });
    if (one.text) walk.story.push("text");
    walk.end = one;
    if (one.next === "answered") walk.story.push(`done ${model}`);
    if (one.next !== "advance") break;
  }
  return walk;
}

export function nameOf({ reply }: Fault): string {
  if (typeof reply === "string") return reply.replaceAll("_", " ");
  if (reply.kind === "broken") return `${reply.by} after ${reply.after}`;
  return Object.values(reply).join(" ").trim();
}
