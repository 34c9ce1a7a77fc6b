import type { Pool } from "pg";
import type { Adapter, Locator, Readers } from "../chat.ts";
import { type PastAnswer, pastAnswers } from "../db/answers.ts";
import type { PlaceIds } from "../db/places.ts";
import type { Mention, SharedFile } from "../events.ts";
import type { Reranker } from "../models/rerank.ts";
import { estimateTokens } from "../models/tokens.ts";
import type { Payer } from "../money/ledger.ts";
import type { RecallCheck } from "../search/recall.ts";
import {
  type Hit,
  neighbours,
  type Query,
  ranked,
  retrieve,
  type StoredChunk,
} from "../search/retrieve.ts";
import { NOT_HERE_COVERAGE } from "../search/weights.ts";
import { type QueryVectorDeps, queryVector } from "./query-vector.ts";
import { narrowNote, type Scope, scopeOf, stillOpen } from "./scope.ts";
import { where } from "./where.ts";

/** A passage that an answer may stand on, with the share through which this place may see it. */
export interface PassageGiven {
  contentId: number;
  position: number;
  /** The passage with its neighbours on the same page. */
  text: string;
  /** The passage itself, then these neighbours: quotes come from the one that holds what is claimed. */
  parts: StoredChunk[];
  locator: Locator;
  where: string;
  fileName: string;
  shareId: number;
  file: SharedFile;
  permalink: string | null;
  sharedAtMs: number;
  official: boolean;
  /** A newer version of the file has been shared since. */
  isOlder: boolean;
}

export interface Gathered {
  scope: Scope;
  past: PastAnswer[];
  /** Best first; empty: nothing in the scope speaks of it. */
  passages: PassageGiven[];
  retrieved: Retrieved;
}

/** How the passages were found, for looking into it later. Ids alone: texts and names are looked up then. */
export interface Retrieved {
  channels: string[];
  narrowed: string | null;
  coverage: number;
  hits: RetrievedHit[];
}

export interface RetrievedHit extends Pick<Hit, "contentId" | "position" | "score"> {
  shareId: number;
  lexicalScore: number | null;
  vectorScore: number | null;
  /** The number under which the model was given it; null where it was not. */
  given: number | null;
  /** The number under which the answer cites it; null where it does not. */
  cited: number | null;
}

/** A question, on whose behalf it is answered, and whether it is the second try of one that no model answered. */
export type Asked = Mention & {
  ids: PlaceIds;
  readers: Readers;
  payer: Payer;
  answerId: number;
  version: number;
  retried: boolean;
};

export interface GatherDeps extends QueryVectorDeps {
  db: Pool;
  /** Puts what was found in order; the search's own order stands where there is none. */
  reranker?: Reranker;
  checkRecall?: RecallCheck;
  scope: "audience" | "channel";
  limits: { historyMessagesMax: number; passagesMax: number; contextTokensMax: number };
}

// Files that the platform can't confirm in this time are not used.
const PRESENT_TIMEOUT_MS = 2_000;
const HITS_MAX = 40;
const SEEN_MAX = 20;

/** Everything that an answer may stand on: only what every reader of the place may read. */
export async function gather(
  deps: GatherDeps,
  adapter: Adapter,
  asked: Asked & { ownContentIds: number[] },
  signal: AbortSignal,
): Promise<Gathered> {
  const { ids, place } = asked;
  const [{ scope, past }, vector] = await Promise.all([
    lookAround(deps, adapter, asked),
    queryVector(deps, asked.text, asked.payer, signal),
  ]);
  const channelIds = scope.channels.map((channel) => channel.id);
  const previous = past.at(-1);
  const query = {
    workspaceId: ids.workspaceId,
    question: asked.text,
    vector,
    limit: HITS_MAX,
    ownContentIds: asked.ownContentIds,
    boostContentIds: previous?.contentIds ?? [],
    ...(previous && { previousQuestion: previous.question }),
  };
  if (vector) deps.checkRecall?.({ workspaceId: ids.workspaceId, channelIds }, vector);
  const found = await search({ ...deps, adapter }, asked, scope, query, signal);
  const passages = await pack(deps, ids.workspaceId, place, found.hits);
  return { scope: found.scope, past, passages, retrieved: retrievedOf(found, passages.length) };
}

/** Where may be looked, and what was said before. */
async function lookAround(deps: GatherDeps, adapter: Adapter, asked: Asked) {
  const { ids, place } = asked;
  const isPrivate = asked.onlyFor !== undefined;
  const scope = await scopeOf({ ...deps, adapter }, { ...asked, isPrivate });
  const channelIds = scope.channels.map((channel) => channel.id);
  const threadId = place.threadId ?? asked.messageId;
  const limit = Math.floor(deps.limits.historyMessagesMax / 2);
  // In private nothing is used of what others asked.
  const past = isPrivate ? [] : await pastAnswers(deps.db, ids, threadId, { channelIds, limit });
  return { scope, past };
}

interface Found {
  scope: Scope;
  hits: Hit[];
  /** Hits that do not count as found, because too little of the question is in them, are told too. */
  seen: Hit[];
  coverage: number;
}

function retrievedOf({ scope, hits, seen, coverage }: Found, givenCount: number): Retrieved {
  const given = hits.slice(0, givenCount);
  return {
    channels: scope.channels.map(({ name, platformId }) => name ?? platformId),
    narrowed: narrowNote(scope),
    coverage,
    hits: seen.map((hit) => {
      const { contentId, position, score, lexicalScore, vectorScore, share } = hit;
      const at = given.indexOf(hit);
      const number = at < 0 ? null : at + 1;
      return {
        contentId,
        position,
        score,
        lexicalScore,
        vectorScore,
        shareId: share.id,
        given: number,
        cited: null,
      };
    }),
  };
}

/** Searches, and searches anew without the channels that turn out to be closed: never filtered afterwards. */
async function search(
  deps: GatherDeps & { adapter: Adapter },
  asked: Asked,
  scope: Scope,
  query: Omit<Query, "channelIds">,
  signal: AbortSignal,
): Promise<Found> {
  const { place, payer } = asked;
  const channelIds = scope.channels.map((channel) => channel.id);
  const found = await retrieve(deps.db, { ...query, channelIds });
  const { coverage } = found;
  const present = await presentHits(deps.adapter, place, found.hits, signal);
  const told = query.vector || query.previousQuestion || (query.ownContentIds?.length ?? 0) > 0;
  if (!told && coverage < NOT_HERE_COVERAGE) {
    return { scope, hits: [], seen: present.slice(0, SEEN_MAX), coverage };
  }
  const { reranker, limits } = deps;
  // What came with the question goes first, whatever a model thinks of it.
  const isReranked = reranker && (query.ownContentIds?.length ?? 0) === 0;
  const used = isReranked ? present : present.slice(0, limits.passagesMax);
  const channels = used.map((hit) => hit.share.channelPlatformId);
  const open = await stillOpen(deps, place, scope, channels);
  if (open.channels.length < scope.channels.length) return search(deps, asked, open, query, signal);
  const best = isReranked ? await reranked(reranker, query, present, payer, signal) : present;
  const hits = best.slice(0, limits.passagesMax);
  return { scope, hits, seen: best.slice(0, SEEN_MAX), coverage };
}

async function reranked(
  reranker: Reranker,
  { question, previousQuestion = "" }: Omit<Query, "channelIds">,
  hits: Hit[],
  payer: Payer,
  signal: AbortSignal,
): Promise<Hit[]> {
  const whole = `${previousQuestion}\n${question}`.trim();
  const texts = hits.map(({ text }) => text);
  const scores = await reranker.scores(whole, texts, payer, signal);
  if (!scores) return hits;
  const judged = hits.map((hit, at) => ({ ...hit, score: scores[at] ?? 0 }));
  return ranked(judged.toSorted((one, other) => other.score - one.score));
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
  const around = await neighbours(deps.db, workspaceId, hits);
  for (const hit of hits) {
    if (packed.length >= deps.limits.passagesMax) break;
    const near = neighboursOf(hit, around);
    const text = [near.before, hit, near.after].flatMap((part) => part?.text ?? []).join("\n\n");
    tokensLeft -= estimateTokens(text);
    if (tokensLeft < 0 && packed.length > 0) break;
    packed.push({
      contentId: hit.contentId,
      position: hit.position,
      text,
      parts: [hit, near.before, near.after].filter((part) => part !== undefined),
      locator: hit.locator,
      where: where(hit.locator),
      fileName: hit.share.name,
      shareId: hit.share.id,
      file: fileOf(hit, place),
      permalink: hit.share.permalink,
      sharedAtMs: hit.share.sharedAt.getTime(),
      official: hit.share.official,
      isOlder: hit.share.newerContentId !== null,
    });
  }
  return packed;
}

/** Only neighbours on the same page: a citation must stay true. */
function neighboursOf(hit: Hit, around: (StoredChunk & { contentId: number })[]) {
  const { contentId, position, locator } = hit;
  const near = around.filter((chunk) => chunk.contentId === contentId);
  const at = (other: number): StoredChunk | undefined =>
    near.find((chunk) => chunk.position === other && chunk.locator.page === locator.page);
  return { before: at(position - 1), after: at(position + 1) };
}
