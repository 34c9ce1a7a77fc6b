/** What the host and the extraction child say to each other. The host trusts nothing it hears. */
import * as v from "valibot";
import { FILE_KINDS } from "./kinds.ts";
import type { ReadLimits } from "./reader.ts";

/** A batch is small, so that the host's event loop is never held up by one. */
export const CHUNKS_PER_MESSAGE = 50;
/** Batches that may be on their way before the host has used the first of them. */
export const UNUSED_BATCHES_MAX = 4;

export type ToChild =
  | { kind: "job"; path: string; name: string; limits: ReadLimits }
  /** One batch of chunks was used. */
  | { kind: "used" };

const usage = v.object({ rssBytes: v.number(), cpuSeconds: v.number() });
const locator = v.object({
  page: v.exactOptional(v.number()),
  pageLabel: v.exactOptional(v.string()),
  lines: v.exactOptional(v.tuple([v.number(), v.number()])),
  rows: v.exactOptional(v.tuple([v.number(), v.number()])),
  headings: v.exactOptional(v.array(v.string())),
});
const fromChild = v.variant("kind", [
  /** It has loaded everything and waits for a job. */
  v.object({ kind: v.literal("ready") }),
  v.object({
    kind: v.literal("opened"),
    fileKind: v.picklist(FILE_KINDS),
    pages: v.nullable(v.number()),
  }),
  v.object({
    kind: v.literal("chunks"),
    pagesDone: v.number(),
    chunks: v.array(v.object({ text: v.string(), locator })),
  }),
  v.object({ kind: v.literal("done"), usage }),
  v.object({
    kind: v.literal("rejected"),
    rejection: v.picklist(["encrypted", "malformed", "too_large", "unsupported", "empty"]),
    message: v.string(),
    usage,
  }),
  /** The reader crashed on the file and is not to be used again. */
  v.object({ kind: v.literal("crashed"), error: v.string() }),
]);

export type FromChild = v.InferOutput<typeof fromChild>;
export type Usage = v.InferOutput<typeof usage>;

/** @returns null for what no child of ours says */
export function parseFromChild(message: unknown): FromChild | null {
  const parsed = v.safeParse(fromChild, message);
  return parsed.success ? parsed.output : null;
}
