import { below, createRandom, seedOf } from "./random.ts";

/** What part of the workspace's chunks a scope may see, from the narrowest to all. */
export const SHARES = [0.0005, 0.002, 0.01, 0.05, 0.2, 0.5, 1] as const;
/** How many channels each of them has more than the one before. */
const CHANNELS = [1, 1, 2, 4, 12, 30, 50] as const;

export const TOPICS = 600;
const CHUNKS_MIN = 5;
const CHUNKS_MAX = 37;
/** So many documents are shared in a second channel too. */
const COPIED_SHARE = 0.1;
const TENANTS = 50;
const TENANT_EXPONENT = 1.07;

export interface PlannedDocument {
  index: number;
  /** 0 is the workspace that is asked. */
  workspace: number;
  /** Which of the scopes is the first that sees it. */
  level: number;
  /** Numbers of the channels it is shared in; a scope that sees the first sees the document. */
  channels: number[];
  topic: number;
  chunks: number;
}

/**
 * A workspace of so many chunks, whose channels make scopes of each share of it, and chunks of other tenants beside
 * it, of which the first has by far the most. The same for the same numbers.
 */
export function planDocuments(
  chunks: number,
  othersChunks: number,
  seed: number,
): PlannedDocument[] {
  const random = createRandom(seedOf(seed, 1));
  const documents: PlannedDocument[] = [];
  const add = (workspace: number, level: number, channels: () => number[], count: number) => {
    for (let left = count; left > 0; ) {
      const size = Math.min(left, CHUNKS_MIN + below(random, CHUNKS_MAX - CHUNKS_MIN + 1));
      const topic = below(random, TOPICS);
      const index = documents.length;
      documents.push({ index, workspace, level, channels: channels(), topic, chunks: size });
      left -= size;
    }
  };
  let seen = 0;
  for (const [level, share] of SHARES.entries()) {
    const upTo = Math.max(Math.round(share * chunks), seen);
    add(0, level, () => channelsAt(level, random), upTo - seen);
    seen = upTo;
  }
  const parts = Array.from({ length: TENANTS }, (_, at) => 1 / (at + 1) ** TENANT_EXPONENT);
  const whole = parts.reduce((sum, part) => sum + part, 0);
  for (const [at, part] of parts.entries()) {
    add(at + 1, 0, () => [0], Math.round((othersChunks * part) / whole));
  }
  return documents;
}

/** The channels of the workspace that a scope of this level has. */
export function channelsOf(level: number): number[] {
  return Array.from({ length: firstChannel(level + 1) }, (_, at) => at);
}

function channelsAt(level: number, random: () => number): number[] {
  const first = firstChannel(level);
  const own = first + below(random, CHANNELS[level] ?? 1);
  if (random() >= COPIED_SHARE) return [own];
  // The copy is no easier to see than the document, or the narrow scopes would grow by it.
  const copy = first + below(random, firstChannel(CHANNELS.length) - first);
  return copy === own ? [own] : [own, copy];
}

function firstChannel(level: number): number {
  return CHANNELS.slice(0, level).reduce((sum, count) => sum + count, 0);
}
