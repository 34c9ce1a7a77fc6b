import type { Pool } from "pg";
import type { Adapter, Locator, Mention, Readers, SharedFile } from "../chat.ts";
import { type PastAnswer, pastAnswers } from "../db/answers.ts";
import { addCost } from "../db/costs.ts";
import type { PlaceIds } from "../db/places.ts";
import { costMicrousd, type Embedder } from "../embed/embedder.ts";
import { ConfigError, ServiceError } from "../errors.ts";
import type { Log } from "../log.ts";
import { type Hit, NOT_HERE_COVERAGE, neighbours, retrieve } from "../search/retrieve.ts";
import { estimateTokens } from "./prompt.ts";
import { type Scope, scopeOf } from "./scope.ts";
import { where } from "./where.ts";

/** A passage that an answer may stand on, with the share through which this place may see it. */
export interface PassageGiven {
  contentId: number;
  position: number;
  /** The passage with its neighbours on the same page. */
  text: string;
  /** The passage itself, which quotes come from. */
  ownText: string;
  locator: Locator;
  where: string;
  fileName: string;
  shareId: number;
  file: SharedFile;
  permalink: string | null;
  sharedAtMs: number;
}

export interface Gathered {
  scope: Scope;
  past: PastAnswer[];
  /** Best first; empty: nothing in the scope speaks of it. */
  passages: PassageGiven[];
}

export interface GatherDeps {
  db: Pool;
  embedder: Embedder | null;
  scope: "audience" | "channel";
  limits: { historyMessagesMax: number; passagesMax: number; contextTokensMax: number };
  log: Log;
}

// Words alone are better than a late answer.
const QUERY_VECTOR_TIMEOUT_MS = 3_000;
// Files that the platform can't confirm in this time are not used.
const PRESENT_TIMEOUT_MS = 2_000;
const HITS_MAX = 40;
const NEIGHBOURS_EACH_SIDE = 1;

/** Everything that an answer may stand on: only what every reader of the place may read. */
export async function gather(
  deps: GatherDeps,
  adapter: Adapter,
  asked: Mention & { ids: PlaceIds; readers: Readers },
  signal: AbortSignal,
): Promise<Gathered> {
  const { ids, readers, place, userId } = asked;
  const scope = await scopeOf({ ...deps, adapter }, place, userId, ids, readers);
  const channelIds = scope.channels.map((channel) => channel.id);
  const threadId = place.threadId ?? asked.messageId;
  const limit = Math.floor(deps.limits.historyMessagesMax / 2);
  const past = await pastAnswers(deps.db, ids, threadId, { channelIds, limit });
  const previous = past.at(-1);
  const vector = await queryVector(deps, ids, asked, signal);
  const found = await retrieve(deps.db, {
    workspaceId: ids.workspaceId,
    channelIds,
    question: asked.text,
    vector,
    limit: HITS_MAX,
    ...(previous && { previousQuestion: previous.question, boostContentIds: previous.contentIds }),
  });
  const off = !vector && !previous && found.coverage < NOT_HERE_COVERAGE;
  const hits = off ? [] : await presentHits(adapter, place, found.hits, signal);
  return { scope, past, passages: await pack(deps, ids.workspaceId, place, hits) };
}

/** The question's vector, or null while there is no embedder to be had. */
async function queryVector(
  deps: GatherDeps,
  ids: PlaceIds,
  asked: Mention,
  signal: AbortSignal,
): Promise<Float32Array | null> {
  const { embedder } = deps;
  if (!embedder || embedder.state().state === "failing") return null;
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(QUERY_VECTOR_TIMEOUT_MS)]);
  try {
    const embedding = await embedder.embed(asked.text, "query", timeout);
    if (embedding.kind === "refused") return null;
    const tokensIn = embedding.tokens;
    const cost = { purpose: "query" as const, model: embedder.id, userId: asked.userId, tokensIn };
    await addCost(deps.db, ids.workspaceId, { ...cost, microusd: costMicrousd(tokensIn) });
    return embedding.vector;
  } catch (error) {
    signal.throwIfAborted();
    const away = error instanceof ServiceError || error instanceof ConfigError || timeout.aborted;
    if (!away) throw error;
    deps.log.warn({ err: error }, "no vector for a question: words alone");
    return null;
  }
}

/** Drops hits in files that the platform no longer shows, or can't tell of in time. */
async function presentHits(
  adapter: Adapter,
  place: Mention["place"],
  hits: Hit[],
  signal: AbortSignal,
): Promise<Hit[]> {
  if (hits.length === 0) return [];
  const files = new Map(hits.map((hit) => [hit.share.id, fileOf(hit, place)]));
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(PRESENT_TIMEOUT_MS)]);
  const present = await adapter.present([...files.values()], timeout);
  const still = new Set(present.map(fileKey));
  return hits.filter((hit) => still.has(fileKey(fileOf(hit, place))));
}

function fileKey(file: SharedFile): string {
  return JSON.stringify([file.place.channelId, file.fileId]);
}

function fileOf(hit: Hit, place: Mention["place"]): SharedFile {
  const { channelPlatformId: channelId, threadId, messageId, fileId, sharerId } = hit.share;
  return { place: { ...place, channelId, threadId }, messageId, fileId, userId: sharerId };
}

/** The best hits with their neighbours, as many as the budget of tokens allows. */
async function pack(
  deps: GatherDeps,
  workspaceId: number,
  place: Mention["place"],
  hits: Hit[],
): Promise<PassageGiven[]> {
  const packed: PassageGiven[] = [];
  let tokensLeft = deps.limits.contextTokensMax;
  for (const hit of hits) {
    if (packed.length >= deps.limits.passagesMax) break;
    const text = await withNeighbours(deps.db, workspaceId, hit);
    tokensLeft -= estimateTokens(text);
    if (tokensLeft < 0 && packed.length > 0) break;
    packed.push({
      contentId: hit.contentId,
      position: hit.position,
      text,
      ownText: hit.text,
      locator: hit.locator,
      where: where(hit.locator),
      fileName: hit.share.name,
      shareId: hit.share.id,
      file: fileOf(hit, place),
      permalink: hit.share.permalink,
      sharedAtMs: hit.share.sharedAt.getTime(),
    });
  }
  return packed;
}

/** Only neighbours on the same page: a citation must stay true. */
async function withNeighbours(db: Pool, workspaceId: number, hit: Hit): Promise<string> {
  const { contentId, position, locator } = hit;
  const around = await neighbours(db, workspaceId, contentId, [
    position - NEIGHBOURS_EACH_SIDE,
    position + NEIGHBOURS_EACH_SIDE,
  ]);
  const near = around.filter((chunk) => chunk.locator.page === locator.page);
  const before = near.filter((chunk) => chunk.position < position).map((chunk) => chunk.text);
  const after = near.filter((chunk) => chunk.position > position).map((chunk) => chunk.text);
  return [...before, hit.text, ...after].join("\n\n");
}
