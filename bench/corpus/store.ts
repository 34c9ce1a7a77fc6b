import { createHash } from "node:crypto";
import type { Pool } from "pg";
import { atOnce } from "../../eval/at-once.ts";
import {
  addChunks,
  ensureContent,
  finishContent,
  receiveShare,
  settleShare,
} from "../../src/db/contents.ts";
import { ensurePlace, type PlaceIds } from "../../src/db/places.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import type { FileShared, Place } from "../../src/events.ts";
import { saveChunks } from "../../src/search/chunks.ts";
import { nameTerms } from "../../src/search/terms.ts";
import { saveVectors } from "../../src/search/vectors.ts";
import type { PlannedDocument } from "./plan.ts";
import type { Prose } from "./prose.ts";
import type { Space } from "./space.ts";

/** Where the documents go. */
export interface Shelf {
  db: Pool;
  space: Space;
  prose: Prose;
  /** The workspace that is asked, and its channels by their numbers. */
  home: Pick<Place, "platform" | "workspaceId">;
  /** Our own ids of the channels so far, by workspace and number: see `placed`. */
  places: Map<string, Promise<PlaceIds>>;
}

/** Content ids of documents by their indexes. */
export type Stored = Map<number, number>;

const EMBEDDER = "bench";
const READER = "bench";
const SHARERS = 40;
const SHARED_AT_MS = Date.UTC(2026, 0, 1);
const PAGES_A_CHUNK = 0.4;
// While the database works on one, the terms of another are reckoned.
const AT_ONCE = 3;

export function channelName(number: number): string {
  return `channel-${number}`;
}

/** Stores documents by the product's own statements, as if each had been read and embedded. */
export async function storeDocuments(
  shelf: Shelf,
  documents: readonly PlannedDocument[],
  signal: AbortSignal,
): Promise<Stored> {
  const stored = await atOnce(AT_ONCE, documents, async (document): Promise<[number, number]> => {
    signal.throwIfAborted();
    return [document.index, await storeDocument(shelf, document)];
  });
  return new Map(stored);
}

/** Our own ids of a channel, which is made if it is new. */
export function placed(shelf: Shelf, workspace: number, channel: number): Promise<PlaceIds> {
  const key = `${workspace} ${channel}`;
  const known = shelf.places.get(key);
  if (known) return known;
  const ids = ensurePlace(shelf.db, placeOf(shelf, workspace, channel), {
    visibility: "public",
    channelName: channelName(channel),
    outsiders: false,
    alsoReadable: [],
  });
  shelf.places.set(key, ids);
  return ids;
}

function placeOf({ home }: Shelf, workspace: number, channel: number): Place {
  const { platform, workspaceId } = home;
  const id = workspace === 0 ? workspaceId : `tenant-${workspace}`;
  return { platform, workspaceId: id, channelId: channelName(channel), threadId: null };
}

async function storeDocument(shelf: Shelf, document: PlannedDocument): Promise<number> {
  const { db } = shelf;
  const shares = await Promise.all(
    document.channels.map(async (channel) => ({
      ids: await placed(shelf, document.workspace, channel),
      file: fileOf(shelf, document, channel),
    })),
  );
  const workspaceId = shares[0]?.ids.workspaceId ?? 0;
  const sha256 = createHash("sha256").update(`document ${document.index}`).digest();
  let contentId = 0;
  for (const { ids, file } of shares) {
    await receiveShare(db, ids, file);
    contentId = await inTransaction(db, async (client) => {
      const content = await ensureContent(client, workspaceId, { sha256, count: 1 }, READER);
      const names = nameTerms(workspaceId, file.name);
      await settleShare(client, ids, file.fileId, { contentId: content.id, nameTerms: names });
      return content.id;
    });
  }
  await storeChunks(shelf, document, { workspaceId, contentId });
  const claim = { workspaceId, contentId, reader: READER, chunks: document.chunks };
  const pages = Math.ceil(document.chunks * PAGES_A_CHUNK);
  if (!(await finishContent(db, claim, { kind: "pdf", pages })))
    throw new Error("a content is lost");
  return contentId;
}

async function storeChunks(
  { db, space, prose }: Shelf,
  document: PlannedDocument,
  { workspaceId, contentId }: { workspaceId: number; contentId: number },
): Promise<void> {
  const positions = Array.from({ length: document.chunks }, (_, position) => position);
  const chunks = positions.map((position) => ({
    text: prose.passage(document, position),
    locator: { page: 1 + Math.floor(position * PAGES_A_CHUNK) },
  }));
  const rows = positions.map((position) => ({
    position,
    vector: space.passage(document, position),
  }));
  await inTransaction(db, async (client) => {
    const claim = { workspaceId, contentId, reader: READER, chunks: 0 };
    const { length } = chunks;
    await addChunks(client, claim, {
      chunks: length,
      vectors: length,
      refused: 0,
      embedder: EMBEDDER,
    });
    await saveChunks(client, workspaceId, contentId, 0, chunks);
    await saveVectors(client, workspaceId, contentId, rows);
  });
}

function fileOf(shelf: Shelf, document: PlannedDocument, channel: number): FileShared {
  const { index, workspace } = document;
  const fileId = `file-${index}`;
  return {
    kind: "file_shared",
    key: `bench:${fileId}:${channel}`,
    place: placeOf(shelf, workspace, channel),
    userId: `sharer-${index % SHARERS}`,
    messageId: `message-${index}-${channel}`,
    fileId,
    name: `${shelf.prose.title(document)}.pdf`,
    bytes: 1,
    handedOver: false,
    permalink: null,
    sharedAtMs: SHARED_AT_MS + index,
  };
}
