import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createNova } from "../../src/embed/nova.ts";
import type { FileShared } from "../../src/events.ts";
import { createExtractor, type Extractor } from "../../src/ingest/extract/extractor.ts";
import { createLog } from "../../src/log.ts";
import { startEmbedder } from "../bedrock.ts";
import { type Engine, makeFolder } from "../database.ts";
import {
  createPlatform,
  type Platform,
  type Product,
  startProduct,
  WORKSPACE,
} from "../product.ts";
import { reportPdf, writeLarge } from "./files.ts";

export const EMBEDDINGS_AT_ONCE = 8;
const STDERR = 2;

/** The product at work on files of a folder, with Bedrock's stand-in for an embedder. */
export interface Place {
  product: Product;
  platform: Platform;
  /** As the product's own, with a process of its own. */
  extractor: Extractor;
  folder: string;
}

export async function openPlace(stack: AsyncDisposableStack, engine: Engine): Promise<Place> {
  const folder = await makeFolder(stack);
  const log = createLog("error", STDERR);
  const platform = createPlatform(folder);
  // Whatever keys there are, these calls stay on this machine.
  process.env.AWS_ACCESS_KEY_ID = "bench";
  process.env.AWS_SECRET_ACCESS_KEY = "bench";
  const endpoint = await startEmbedder(stack);
  const options = { region: "us-east-1", endpoint, concurrencyMax: EMBEDDINGS_AT_ONCE, log };
  const product = await startProduct(stack, { engine, embedder: createNova(options), platform });
  const extractor = createExtractor({ workFolder: folder, log, limits: {} });
  stack.defer(() => extractor.close());
  return { product, platform, extractor, folder };
}

/** Puts a report into the folder. @returns its name there */
export async function putReport(
  folder: string,
  { file, seed }: { file: string | undefined; seed: number },
): Promise<string> {
  const name = `report-${seed}.pdf`;
  const path = join(folder, name);
  if (file === undefined) await writeFile(path, reportPdf(seed));
  else await copyFile(file, path);
  return name;
}

export async function putLarge(folder: string, seed: number): Promise<string> {
  const name = `large-${seed}.pdf`;
  await writeLarge(join(folder, name), reportPdf(seed));
  return name;
}

/** Shares a file of the folder. @returns how many seconds it took to be found */
export async function readByProduct({ product, platform }: Place, name: string): Promise<number> {
  const ended = platform.next();
  const sharedAtMs = performance.now();
  await product.accept(sharedEvent(name));
  const how = await ended;
  if (how === "posted" || how.kind !== "searchable" || how.note !== null) {
    throw new Error(`${name} was not read to its end: ${JSON.stringify(how)}`);
  }
  return (performance.now() - sharedAtMs) / 1000;
}

/** Only reads it. @returns how many seconds that took, and how many chunks it has */
export async function extractAlone(
  { extractor, folder }: Place,
  name: string,
  signal: AbortSignal,
): Promise<{ seconds: number; chunks: number }> {
  const startedAtMs = performance.now();
  let chunks = 0;
  for await (const part of extractor.extract({ path: join(folder, name), name }, signal)) {
    if (part.kind === "chunks") chunks += part.chunks.length;
  }
  return { seconds: (performance.now() - startedAtMs) / 1000, chunks };
}

/** So that the same file is new once more: a workspace knows its bytes. */
export async function forgetFiles({ product }: Place): Promise<void> {
  await product.database.pool.query("delete from workspace");
}

function sharedEvent(name: string): FileShared {
  const key = `bench:${name}:${performance.now()}`;
  return {
    kind: "file_shared",
    key,
    place: { ...WORKSPACE, channelId: "reports", threadId: null },
    userId: "sharer",
    messageId: key,
    fileId: name,
    name,
    bytes: 0,
    handedOver: false,
    permalink: null,
    sharedAtMs: Date.now(),
  };
}
