import { randomUUID } from "node:crypto";
import { addAbortSignal, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { HTTPException } from "hono/http-exception";
import type { Pool } from "pg";
import { cleanFileName } from "./fileName.ts";
import { addPart, beginFile, completeFile, dropFile, type WebFile } from "./store/files.ts";

const PART_BYTES = 1024 * 1024;
const FILES_AT_ONCE_MAX = 10;
const FIELDS_MAX = 20;
const UPLOAD_TIMEOUT_MS = 15 * 60_000;

interface Upload {
  db: Pool;
  channel: string;
  userId: string;
  bytesMax: number;
  handedOver: boolean;
}

/**
 * Stores the files of a multipart request piece by piece, as they come.
 * @throws {HTTPException} 400 or 413 for what the sender must change; then nothing is kept
 */
export async function storeUploads(upload: Upload, request: Request): Promise<WebFile[]> {
  const body = bodyOf(request);
  const parser = parserOf(request, upload.bytesMax);
  const failure = new AbortController();
  const signal = AbortSignal.any([failure.signal, AbortSignal.timeout(UPLOAD_TIMEOUT_MS)]);
  const begun: string[] = [];
  const storing: Promise<WebFile | null>[] = [];
  const onFailure = (error: unknown) => {
    failure.abort(error);
    return null;
  };
  parser.on("file", (field, stream, name) => {
    addAbortSignal(signal, stream);
    const stored = field === "file" ? storeFile(upload, begun, stream, name) : skip(stream);
    storing.push(stored.catch(onFailure));
  });
  await pipeline(body, parser, { signal }).catch((error) => onFailure(brokenOff(error)));
  const files = await Promise.all(storing);
  if (!failure.signal.aborted) return kept(files);
  for (const id of begun) await dropFile(upload.db, id);
  throw failure.signal.reason;
}

function parserOf(request: Request, bytesMax: number) {
  const type = request.headers.get("content-type") ?? "";
  // One byte more than allowed is let through, so that "too large" is seen.
  const limits = { files: FILES_AT_ONCE_MAX, fields: FIELDS_MAX, fileSize: bytesMax + 1 };
  try {
    return new Busboy({ headers: { "content-type": type }, limits });
  } catch (error) {
    throw noFile({ cause: error });
  }
}

function bodyOf(request: Request): Readable {
  if (!request.body) throw noFile();
  // The web's and Node's types of one and the same stream differ.
  return Readable.fromWeb(request.body as ReadableStream<Uint8Array>);
}

async function skip(stream: BusboyFileStream): Promise<null> {
  await stream.resume().toArray();
  return null;
}

/** @returns null for the nameless nothing that a browser's form sends when no file was picked */
async function storeFile(
  upload: Upload,
  begun: string[],
  stream: BusboyFileStream,
  name: string | undefined,
): Promise<WebFile | null> {
  const { db, channel, userId, bytesMax, handedOver } = upload;
  const id = randomUUID();
  begun.push(id);
  // The one character that browsers write otherwise in a form's file name.
  const given = name?.replaceAll("%22", '"') ?? "";
  await beginFile(db, { id, channel, userId, name: cleanFileName(given), handedOver });
  let bytes = 0;
  let position = 0;
  for await (const piece of pieces(stream)) {
    bytes += piece.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    await addPart(db, id, position++, piece);
  }
  if (bytes > 0 || name) return completeFile(db, id, bytes);
  await dropFile(db, id);
  return null;
}

/** The stream again in pieces of equal size, the last one excepted. */
async function* pieces(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const chunk of unbroken(stream)) {
    held.push(chunk);
    heldBytes += chunk.length;
    while (heldBytes >= PART_BYTES) {
      const all = Buffer.concat(held);
      yield all.subarray(0, PART_BYTES);
      held = [all.subarray(PART_BYTES)];
      heldBytes -= PART_BYTES;
    }
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}

function kept(files: (WebFile | null)[]): WebFile[] {
  const found = files.filter((file) => file !== null);
  if (found.length === 0) throw noFile();
  return found;
}

function noFile(options: { cause?: unknown } = {}): HTTPException {
  const message = "There is no file in this request: send it as multipart/form-data, field “file”.";
  return new HTTPException(400, { message, ...options });
}

function tooLarge(bytesMax: number): HTTPException {
  const message = `This file is too large: at most ${sizeText(bytesMax)} are read.`;
  return new HTTPException(413, { message });
}

function sizeText(bytes: number): string {
  const mib = bytes / 1024 / 1024;
  return mib >= 1 ? `${Math.floor(mib)} MiB` : `${bytes} bytes`;
}

async function* unbroken(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* stream;
  } catch (error) {
    throw brokenOff(error);
  }
}

function brokenOff(cause: unknown): HTTPException {
  const message = "The upload broke off before its end, so nothing was kept: please try again.";
  return new HTTPException(400, { message, cause });
}
