import type { Pool } from "pg";
import type { Embedder } from "../../src/embed/embedder.ts";
import { retrieve } from "../../src/search/retrieve.ts";
import { type OpenRouterLoopback, startOpenRouter } from "../../tests/support/openrouter.ts";
import { type PlannedDocument, planDocuments } from "../corpus/plan.ts";
import { createProse, type Prose } from "../corpus/prose.ts";
import { createSpace, type Space } from "../corpus/space.ts";
import { placed, type Shelf, type Stored, storeDocuments } from "../corpus/store.ts";
import { type Engine, settle } from "../database.ts";
import {
  createPlatform,
  type Platform,
  type Product,
  startProduct,
  WORKSPACE,
} from "../product.ts";

export const SEED = 20_261_123;
const MODEL = "bench/live";
/** How many chunks other tenants have together, against the workspace that is asked. */
const OTHERS_SHARE = 0.1;

/** The product at work, with a workspace full of passages. */
export interface Place {
  product: Product;
  platform: Platform;
  models: OpenRouterLoopback;
  documents: PlannedDocument[];
  stored: Stored;
  space: Space;
  prose: Prose;
  /** Our own ids of the workspace that is asked, and of its channels by their numbers. */
  homeId: number;
  channelIds: number[];
  /** What the embedder answers next, at once. */
  embedding: { vector: Float32Array };
}

export async function openPlace(
  stack: AsyncDisposableStack,
  { engine, chunks }: { engine: Engine; chunks: number },
  signal: AbortSignal,
): Promise<Place> {
  const models = await startOpenRouter();
  stack.defer(() => models.close());
  models.always(MODEL, { kind: "answer", text: "Two [1]." });
  const platform = createPlatform();
  const embedding = { vector: new Float32Array() };
  const settings = {
    OPENROUTER_API_KEY: "bench-key",
    OPENROUTER_BASE_URL: models.url,
    OPENROUTER_MODELS: MODEL,
  };
  const embedder = embedderOf(embedding);
  const product = await startProduct(stack, { engine, embedder, platform, settings });
  const space = createSpace(SEED);
  const prose = createProse(SEED);
  const documents = planDocuments(chunks, Math.round(chunks * OTHERS_SHARE), SEED);
  const db = product.database.pool;
  const shelf: Shelf = { db, space, prose, home: WORKSPACE, places: new Map() };
  const stored = await storeDocuments(shelf, documents, signal);
  await settle(product.database);
  const { channelIds, homeId } = await idsOf(shelf, documents);
  return {
    product,
    platform,
    models,
    documents,
    stored,
    space,
    prose,
    homeId,
    channelIds,
    embedding,
  };
}

async function idsOf(shelf: Shelf, documents: PlannedDocument[]) {
  const home = documents.filter(({ workspace }) => workspace === 0);
  const channels = Math.max(...home.flatMap((document) => document.channels)) + 1;
  const ids = await Promise.all(
    Array.from({ length: channels }, (_, channel) => placed(shelf, 0, channel)),
  );
  return { homeId: ids[0]?.workspaceId ?? 0, channelIds: ids.map(({ channelId }) => channelId) };
}

/** Its own time counts for nothing here. */
function embedderOf(embedding: { vector: Float32Array }): Embedder {
  return {
    id: "bench",
    dimension: 1024,
    embed: async () => ({ kind: "vector", vector: embedding.vector, tokens: 10 }),
    state: () => ({ state: "ready", note: "" }),
  };
}

/** What is searched in the product, and how long that takes. Without a question, by the vector alone. */
export async function timedSearch(
  db: Pool,
  sought: {
    workspaceId: number;
    channelIds: readonly number[];
    question: string;
    vector: Float32Array;
    limit: number;
  },
) {
  const startedAtMs = performance.now();
  const { hits } = await retrieve(db, sought);
  return { ms: performance.now() - startedAtMs, hits };
}
