import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LOCAL_WORKSPACE } from "../../adapters/web/workspace.ts";
import { createFront } from "../../eval/front.ts";
import { openDatabase } from "../../src/db/pool.ts";
import { createLog } from "../../src/log.ts";
import { engineFolder } from "../../src/operator/commands/database.ts";
import { type Product, startProduct } from "../../tests/support/product.ts";
import { startEmbedder } from "../bedrock.ts";
import { channelsOf, type PlannedDocument, planDocuments, SHARES } from "../corpus/plan.ts";
import { createProse } from "../corpus/prose.ts";
import { createSpace } from "../corpus/space.ts";
import { channelName, storeDocuments } from "../corpus/store.ts";
import { type Engine, makeDatabase, makeFolder, settle } from "../database.ts";
import { type Figure, figure, type Row, type Table } from "../report.ts";
import { SEED } from "../retrieval/place.ts";
import { median } from "../statistics.ts";

const STARTS = 5;
const QUESTIONS = 30;
const READY_S_MAX = { embedded: 3, postgres: 2 } as const;
// The memory of Postgres is its own; that of the process is held to the same.
const EMPTY_MIB_MAX = 350;
const FULL_MIB_MAX = 1_024;
const MIB = 1024 ** 2;
const STDERR = 2;
const ASKER = "ada";

/** Where the product is started, again and again. */
interface Place {
  engine: Engine;
  settings: Record<string, string>;
  dataFolder: string;
  databaseUrl: string | null;
}

interface Seen {
  readySeconds: number[];
  readyMib: number;
  askedMib: number;
}

export async function measureStart(
  { engine, chunks }: { engine: Engine; chunks: number },
  tell: (what: string) => void,
  signal: AbortSignal,
): Promise<Table[]> {
  await using stack = new AsyncDisposableStack();
  tell("starts of an empty Docent");
  const place = await makePlace(stack, engine);
  const firstSeconds = await startsOnce(place);
  const documents = planDocuments(chunks, 0, SEED);
  const empty = await look(place, documents, signal);
  tell(`starts on ${chunks} chunks, once they are stored`);
  await fill(place, documents, signal);
  const full = await look(place, documents, signal);
  return [tableOf(engine, { firstSeconds, empty, full, chunks })];
}

async function makePlace(stack: AsyncDisposableStack, engine: Engine): Promise<Place> {
  const folder = await makeFolder(stack);
  const dataFolder = join(folder, "data");
  const workspaceFile = join(folder, "workspace.json");
  const channels = channelsOf(SHARES.length - 1).map((number) => ({
    id: channelName(number),
    name: channelName(number),
    visibility: "public",
    members: [ASKER],
  }));
  const people = [{ id: ASKER, name: "Ada", guest: false }];
  await writeFile(workspaceFile, JSON.stringify({ people, channels }));
  const databaseUrl = engine === "postgres" ? await makeDatabase(stack) : null;
  const settings = {
    DATA_DIR: dataFolder,
    WEB_WORKSPACE: workspaceFile,
    LOG_LEVEL: "error",
    AWS_ACCESS_KEY_ID: "bench",
    AWS_SECRET_ACCESS_KEY: "bench",
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: await startEmbedder(stack),
    ...(databaseUrl && { DATABASE_URL: databaseUrl }),
  };
  return { engine, settings, dataFolder, databaseUrl };
}

async function startsOnce({ settings }: Place): Promise<number> {
  const begunAtMs = performance.now();
  const product = await startProduct(settings);
  const seconds = (performance.now() - begunAtMs) / 1000;
  await product.stop();
  return seconds;
}

async function look(
  place: Place,
  documents: readonly PlannedDocument[],
  signal: AbortSignal,
): Promise<Seen> {
  const readySeconds: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    signal.throwIfAborted();
    readySeconds.push(await startsOnce(place));
  }
  const product = await startProduct(place.settings);
  try {
    const readyMib = await memoryMib(product);
    await ask(product, documents, signal);
    return { readySeconds, readyMib, askedMib: await memoryMib(product) };
  } finally {
    await product.stop();
  }
}

async function ask(
  { url }: Product,
  documents: readonly PlannedDocument[],
  signal: AbortSignal,
): Promise<void> {
  const front = createFront(url, signal);
  const prose = createProse(SEED);
  const every = Math.max(1, Math.floor(documents.length / QUESTIONS));
  const about = documents.filter(({ index }) => index % every === 0).slice(0, QUESTIONS);
  for (const document of about) {
    const text = prose.question(document, 0);
    await front.ask({ by: ASKER, channel: channelName(0), text });
  }
}

/** As the process itself tells it. */
async function memoryMib({ url }: Product): Promise<number> {
  const response = await fetch(`${url}/metrics`);
  const [, bytes] = /^process_resident_memory_bytes (\S+)/m.exec(await response.text()) ?? [];
  if (!bytes) throw new Error("the product does not tell its memory");
  return Number(bytes) / MIB;
}

/** Docent must not run on it meanwhile. */
async function fill(
  place: Place,
  documents: readonly PlannedDocument[],
  signal: AbortSignal,
): Promise<void> {
  const database = await openDatabase({
    databaseUrl: place.databaseUrl,
    dataFolder: engineFolder(place.dataFolder),
    log: createLog("error", STDERR),
    onFatal: (error) => {
      throw error;
    },
  });
  try {
    const home = { platform: "web", workspaceId: LOCAL_WORKSPACE.id };
    const [space, prose] = [createSpace(SEED), createProse(SEED)];
    const shelf = { db: database.pool, space, prose, home, places: new Map() };
    await storeDocuments(shelf, documents, signal);
    await settle(database);
  } finally {
    await database.close();
  }
}

function tableOf(
  engine: Engine,
  {
    firstSeconds,
    empty,
    full,
    chunks,
  }: {
    firstSeconds: number;
    empty: Seen;
    full: Seen;
    chunks: number;
  },
): Table {
  const target = { atMost: READY_S_MAX[engine] };
  const row = (name: string, seen: Seen, mibMax: number): Row => {
    const most: Figure = figure("s", Math.max(...seen.readySeconds), target);
    const memory = [figure("MiB", seen.readyMib), figure("MiB", seen.askedMib, { atMost: mibMax })];
    return { name, figures: [figure("s", median(seen.readySeconds)), most, ...memory] };
  };
  return {
    title: "The whole product, from its start to ready",
    columns: ["median", "at most", "memory when ready", `after ${QUESTIONS} questions`],
    rows: [
      { name: "for the first time", figures: [figure("s", firstSeconds), null, null, null] },
      row("empty", empty, EMPTY_MIB_MAX),
      row(`${chunks.toLocaleString("en")} chunks`, full, FULL_MIB_MAX),
    ],
  };
}
