import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { FileShared } from "../../../src/events.ts";
import { contentDisposition } from "../fileName.ts";
import {
  accept,
  adminOf,
  channelOf,
  command,
  notFound,
  placeIn,
  type Site,
  type WebEnv,
  wholeNumber,
} from "../site.ts";
import { dropFile, filePieces, filesIn, findFile, tell, type WebFile } from "../store/files.ts";
import { storeUploads } from "../upload.ts";

const PASSAGES_MAX = 50;
const PASSAGES_DEFAULT = 20;
const POSITION_MAX = 1_000_000;

export function fileRoutes(site: Site): Hono<WebEnv> {
  return new Hono<WebEnv>()
    .post("/channels/:channel/files", (c) => share(site, c))
    .get("/channels/:channel/files", (c) => list(site, c))
    .delete("/channels/:channel/files/:id", (c) => remove(site, c))
    .get("/channels/:channel/files/:id/original", (c) => original(site, c))
    .get("/channels/:channel/files/:id/passages", (c) => passages(site, c));
}

/** The event of a file; its key is the file's, so that handing it in again changes nothing. */
export function sharedEvent(site: Site, file: WebFile): FileShared {
  return {
    kind: "file_shared",
    key: `web:file:${file.id}`,
    place: placeIn(site, file.channel, file.messageId),
    userId: file.userId,
    messageId: file.messageId,
    fileId: file.id,
    name: file.name,
    bytes: file.bytes,
    handedOver: file.handedOver,
    permalink: `/#/${encodeURIComponent(file.channel)}/${file.messageId}`,
    sharedAtMs: file.sharedAtMs,
  };
}

async function share(site: Site, c: Context<WebEnv>): Promise<Response> {
  const channel = channelOf(site, c);
  const { db, fileBytesMax: bytesMax } = site;
  const handedOver = c.req.query("with") === "question";
  const upload = { db, channel: channel.id, userId: c.get("person").id, bytesMax, handedOver };
  const files = await storeUploads(upload, c.req.raw);
  const waiting = [...files];
  try {
    for (const file of files) {
      await accept(site, sharedEvent(site, file));
      waiting.shift();
      await tell(db, { channel: channel.id, kind: "file", id: file.id });
    }
  } catch (error) {
    for (const file of waiting) await dropFile(db, file.id);
    throw error;
  }
  const made = files.map(({ id, name, messageId }) => ({ id, name, messageId, state: "received" }));
  return c.json({ ...made[0], files: made }, 202);
}

async function list(site: Site, c: Context<WebEnv>): Promise<Response> {
  const files = await filesIn(site.db, channelOf(site, c).id);
  return c.json({ files: files.map(shown) });
}

function shown(file: WebFile) {
  const { state } = file;
  return {
    id: file.id,
    name: file.name,
    bytes: file.bytes,
    messageId: file.messageId,
    sharedBy: file.userId,
    sharedAt: new Date(file.sharedAtMs).toISOString(),
    state: state.kind,
    pages: "pages" in state ? state.pages : null,
    pagesDone: "pagesDone" in state ? state.pagesDone : null,
    reason: "reason" in state ? state.reason : null,
    note: "note" in state ? state.note : null,
  };
}

async function remove(site: Site, c: Context<WebEnv>): Promise<Response> {
  const channel = channelOf(site, c);
  const person = c.get("person");
  const file = await findFile(site.db, channel.id, c.req.param("id") ?? "");
  if (!file) return c.body(null, 204);
  const place = placeIn(site, channel.id, file.messageId);
  // The core knows nothing yet of what it has not read, and would let anybody.
  const isUnknown = file.state.kind === "received" || file.state.kind === "unread";
  if (isUnknown && person.id !== file.userId && person !== adminOf(site)) {
    const message = `Only who shared this file, or ${adminOf(site)?.name}, can delete it.`;
    throw new HTTPException(403, { message });
  }
  await command(site, { kind: "forget_file", place, userId: person.id, fileId: file.id });
  await accept(site, {
    kind: "file_removed",
    key: `web:removed:${file.id}`,
    place,
    userId: person.id,
    fileId: file.id,
  });
  await dropFile(site.db, file.id);
  return c.body(null, 204);
}

async function fileOf(site: Site, c: Context<WebEnv>): Promise<WebFile> {
  const file = await findFile(site.db, channelOf(site, c).id, c.req.param("id") ?? "");
  if (!file) throw notFound("This file is no longer here.");
  return file;
}

/** An upload is never served as a page: its type follows from its first bytes, and scripts are off. */
async function original(site: Site, c: Context<WebEnv>): Promise<Response> {
  const file = await fileOf(site, c);
  const pieces = filePieces(site.db, file.id);
  const { value: first = Buffer.alloc(0) } = await pieces.next();
  const { type, show, policy } = servedAs(first);
  const headers = {
    "content-type": type,
    "content-length": String(file.bytes),
    "content-disposition": contentDisposition(show, file.name),
    "content-security-policy": policy,
  };
  return c.body(ReadableStream.from(joined(first, pieces)), 200, headers);
}

async function* joined(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  yield* rest;
}

const SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'";

function servedAs(first: Buffer) {
  if (first.subarray(0, 1024).includes("%PDF-")) {
    return { type: "application/pdf", show: "inline", policy: SANDBOX } as const;
  }
  if (first.subarray(0, 8192).includes(0)) {
    return { type: "application/octet-stream", show: "attachment", policy: SANDBOX } as const;
  }
  return { type: "text/plain; charset=utf-8", show: "inline", policy: SANDBOX } as const;
}

async function passages(site: Site, c: Context<WebEnv>): Promise<Response> {
  const file = await fileOf(site, c);
  const from = wholeNumber(c.req.query("from"), 0, POSITION_MAX);
  const count = wholeNumber(c.req.query("count"), PASSAGES_DEFAULT, PASSAGES_MAX);
  const place = placeIn(site, file.channel, file.messageId);
  const found = await site.library.passages({ place, fileId: file.id }, from, count);
  return c.json({ name: file.name, passages: found });
}
