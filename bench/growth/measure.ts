import type { Pool } from "pg";
import { type PlannedDocument, planDocuments } from "../corpus/plan.ts";
import { createProse } from "../corpus/prose.ts";
import { below, createRandom, seedOf } from "../corpus/random.ts";
import { createSpace } from "../corpus/space.ts";
import { placed, type Shelf, storeDocuments } from "../corpus/store.ts";
import { type BenchDatabase, settle } from "../database.ts";
import { memoryMib, WORKSPACE } from "../product.ts";
import { figure, ms, type Row, type Table } from "../report.ts";
import { SEED, timedSearch } from "../retrieval/place.ts";
import { percentile } from "../statistics.ts";

const QUESTIONS = 60;
const WARM_UP = 10;
const HITS = 40;
const MIB = 1024 ** 2;

/** The columns, by which the plot finds its figures too. */
export const GROWTH_COLUMNS = {
  chunks: "chunks",
  p50: "search p50",
  p95: "search p95",
  inserted: "inserted",
  size: "tables and indexes",
  memory: "memory",
} as const;

/** Fills one workspace to each of these sizes in turn, and measures there. */
export async function measureGrowth(
  database: BenchDatabase,
  sizes: readonly number[],
  { tell, signal }: { tell(what: string): void; signal: AbortSignal },
): Promise<Table> {
  const db = database.pool;
  const places: Shelf["places"] = new Map();
  const [space, prose] = [createSpace(SEED), createProse(SEED)];
  const shelf: Shelf = { db, space, prose, home: WORKSPACE, places };
  const documents = planDocuments(sizes.at(-1) ?? 0, 0, SEED);
  const rows: Row[] = [];
  let there = 0;
  let from = 0;
  for (const size of sizes) {
    tell(`the search among ${size} chunks`);
    const next = upTo(documents, from, size - there);
    const added = next.reduce((sum, { chunks }) => sum + chunks, 0);
    const startedAtMs = performance.now();
    await storeDocuments(shelf, next, signal);
    const perSecond = added / ((performance.now() - startedAtMs) / 1000);
    await settle(database);
    there += added;
    from += next.length;
    const searched = await searchAll(shelf, documents.slice(0, from), signal);
    rows.push({
      name: "",
      figures: [
        figure("count", there),
        ms(percentile(searched, 0.5)),
        ms(percentile(searched, 0.95)),
        figure("per second", perSecond),
        figure("MiB", await sizeMib(db)),
        figure("MiB", memoryMib()),
      ],
    });
  }
  return {
    title: "As a workspace grows, all of it in scope",
    columns: Object.values(GROWTH_COLUMNS),
    rows,
  };
}

/** The documents from there on, with at least so many chunks. */
function upTo(documents: readonly PlannedDocument[], from: number, chunks: number) {
  let sum = 0;
  const end = documents.findIndex((document, at) => {
    if (at >= from) sum += document.chunks;
    return sum >= chunks;
  });
  return documents.slice(from, end < 0 ? documents.length : end + 1);
}

async function searchAll(
  shelf: Shelf,
  documents: readonly PlannedDocument[],
  signal: AbortSignal,
): Promise<number[]> {
  const places = await Promise.all(shelf.places.values());
  const channelIds = places.map(({ channelId }) => channelId);
  const { workspaceId } = await placed(shelf, 0, 0);
  const random = createRandom(seedOf(SEED, 11, documents.length));
  const searched: number[] = [];
  for (let number = -WARM_UP; number < QUESTIONS; number += 1) {
    signal.throwIfAborted();
    const document = documents[below(random, documents.length)];
    if (!document) throw new Error("there is nothing to ask about");
    const position = below(random, document.chunks);
    const question = shelf.prose.question(document, position);
    const vector = shelf.space.question(document, position, number);
    const sought = { workspaceId, channelIds, question, vector, limit: HITS };
    const search = await timedSearch(shelf.db, sought);
    if (number >= 0) searched.push(search.ms);
  }
  return searched;
}

/** Of what grows with the chunks, with its indexes. */
async function sizeMib(db: Pool): Promise<number> {
  const { rows } = await db.query<{ bytes: number }>(
    `select sum(pg_total_relation_size(name))::bigint as bytes
       from unnest(array['chunk', 'chunk_terms', 'chunk_vector']::regclass[]) name`,
  );
  return (rows[0]?.bytes ?? 0) / MIB;
}
