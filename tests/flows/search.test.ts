import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../src/db/pool.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import { saveChunks } from "../../src/search/chunks.ts";
import { type Hit, neighbours, type Query, retrieve } from "../../src/search/retrieve.ts";
import { nameTerms } from "../../src/search/terms.ts";
import { halfvecBuffer, saveVectors, signBitsBuffer } from "../../src/search/vectors.ts";
import { NOT_HERE_COVERAGE } from "../../src/search/weights.ts";
import { openTestDatabase } from "../support/database.ts";

let database: Database;
let db: Pool;

beforeAll(async () => {
  database = await openTestDatabase();
  db = database.pool;
});
afterAll(() => database.close());

/** Words that no other test's files hold need a workspace of their own: every test makes one. */
async function makeWorkspace(): Promise<number> {
  const { rows } = await db.query<{ id: number }>(
    "insert into workspace (platform, platform_id) values ('test', $1) returning id",
    [randomUUID()],
  );
  return rows[0]?.id ?? 0;
}

async function makeChannel(workspaceId: number, parentId: number | null = null): Promise<number> {
  const { rows } = await db.query<{ id: number }>(
    "insert into channel (workspace_id, platform_id, parent_id) values ($1, $2, $3) returning id",
    [workspaceId, randomUUID(), parentId],
  );
  return rows[0]?.id ?? 0;
}

interface File {
  workspaceId: number;
  texts: string[];
  headings?: string[];
  contentId?: number;
}

async function makeContent(file: File): Promise<number> {
  const { rows } = await db.query<{ id: string }>(
    `insert into content (workspace_id, id, sha256, bytes, state, chunks) overriding system value
     values ($1, coalesce($2, nextval(pg_get_serial_sequence('content', 'id'))), $3, 1, 'searchable', $4)
     returning id`,
    [file.workspaceId, file.contentId, Buffer.from(randomUUID()), file.texts.length],
  );
  const contentId = Number(rows[0]?.id);
  const locator = file.headings ? { headings: file.headings } : {};
  const chunks = file.texts.map((text) => ({ text, locator }));
  for (let from = 0; from < chunks.length; from += 100) {
    await inTransaction(db, (client) =>
      saveChunks(client, file.workspaceId, contentId, from, chunks.slice(from, from + 100)),
    );
  }
  return contentId;
}

interface Shared {
  workspaceId: number;
  channelId: number;
  contentId: number;
  name?: string;
  sharerId?: string;
  sharedAt?: string;
}

async function makeShare(shared: Shared): Promise<void> {
  const { workspaceId, channelId, contentId, name = "notes.txt" } = shared;
  await db.query(
    `insert into share (workspace_id, channel_id, content_id, file_id, message_id, sharer_id, name,
                        name_terms, shared_at)
     values ($1, $2, $3, $4, 'm1', $5, $6, $7, $8)`,
    [
      workspaceId,
      channelId,
      contentId,
      randomUUID(),
      shared.sharerId ?? "alice",
      name,
      nameTerms(workspaceId, name),
      shared.sharedAt ?? "2026-01-01",
    ],
  );
}

async function shareText(
  workspaceId: number,
  channelId: number,
  ...texts: string[]
): Promise<number> {
  const contentId = await makeContent({ workspaceId, texts });
  await makeShare({ workspaceId, channelId, contentId });
  return contentId;
}

async function ask(query: Pick<Query, "workspaceId" | "channelIds" | "question"> & Partial<Query>) {
  return retrieve(db, { vector: null, limit: 12, ...query });
}

const textsOf = (hits: Hit[]): string[] => hits.map(({ text }) => text);

/** A vector of length 1 that points along one axis, and a little along another. */
function pointing(axis: number, other = axis): Float32Array {
  const vector = new Float32Array(1024);
  vector[other] = 0.3;
  vector[axis] = Math.sqrt(1 - 0.09);
  if (axis === other) vector[axis] = 1;
  return vector;
}

test("the passage that speaks of the question comes first, with its place and its share", async () => {
  const workspaceId = await makeWorkspace();
  const channelId = await makeChannel(workspaceId);
  const contentId = await makeContent({
    workspaceId,
    texts: [
      "The kitchen opens at eight.",
      "Licences are renewed every March.",
      "Dogs are welcome.",
    ],
    headings: ["Handbook"],
  });
  await makeShare({ workspaceId, channelId, contentId, name: "handbook.md" });
  const channelIds = [channelId];
  const { hits, coverage } = await ask({
    workspaceId,
    channelIds,
    question: "When is the licence renewed?",
  });
  expect(hits[0]).toMatchObject({
    contentId,
    position: 1,
    text: "Licences are renewed every March.",
    locator: { headings: ["Handbook"] },
    score: 1,
    vectorScore: null,
    share: { name: "handbook.md", channelId, sharerId: "alice", messageId: "m1", threadId: null },
  });
  expect(coverage).toBeGreaterThan(NOT_HERE_COVERAGE);
  const strange = await ask({
    workspaceId,
    channelIds,
    question: "Which quarterback won Super Bowl 50?",
  });
  expect(strange.coverage).toBeLessThan(NOT_HERE_COVERAGE);
  const around = await neighbours(db, workspaceId, [
    { contentId, position: 1 },
    { contentId, position: 4 },
  ]);
  expect(around.map(({ position }) => position)).toEqual([0, 2]);
});

test("nothing is found where nothing is shared, and a question without words finds nothing", async () => {
  const workspaceId = await makeWorkspace();
  const channelId = await makeChannel(workspaceId);
  const channelIds = [channelId];
  expect((await ask({ workspaceId, channelIds, question: "anything" })).hits).toEqual([]);
  await shareText(workspaceId, channelId, "The kitchen opens at eight.");
  expect((await ask({ workspaceId, channelIds: [], question: "kitchen" })).hits).toEqual([]);
  for (const question of ["", "why?", "😀", "\0", "\ud800", "'; drop table chunk; --"]) {
    expect(await ask({ workspaceId, channelIds, question })).toEqual({ hits: [], coverage: 0 });
  }
});

test("a vector finds what no word does, and both together rank first", async () => {
  const workspaceId = await makeWorkspace();
  const channelId = await makeChannel(workspaceId);
  const contentId = await shareText(
    workspaceId,
    channelId,
    "Canines are welcome in the office.",
    "A dog licence costs nine euros.",
    "The roof was mended.",
  );
  const rows = [pointing(1), pointing(1, 2), pointing(9)].map((vector, position) => ({
    vector,
    position,
  }));
  expect(await saveVectors(db, workspaceId, contentId, rows)).toBe(3);
  expect(await saveVectors(db, workspaceId, contentId, rows)).toBe(3);
  const gone = [{ position: 99, vector: pointing(1) }];
  expect(await saveVectors(db, workspaceId, contentId, gone)).toBe(0);
  const question = "Can I bring my dog?";
  const query = { workspaceId, channelIds: [channelId], question };
  const { hits } = await ask({ ...query, vector: pointing(1) });
  expect(hits.map(({ position }) => position)).toEqual([1, 0, 2]);
  expect(hits[1]).toMatchObject({ lexicalScore: null, vectorScore: 1 });
  expect(textsOf((await ask(query)).hits)).toEqual(["A dog licence costs nine euros."]);
});

test("the database reads our binary vectors as we meant them", async () => {
  const vector = Float32Array.from({ length: 1024 }, (_, at) => Math.sin(at * 7) / 32);
  const { rows } = await db.query<{ same: boolean; distance: number }>(
    `select $1::bit(1024) = binary_quantize($2::halfvec(1024)) as same,
            $2::halfvec(1024) <-> $3::text::halfvec(1024) as distance`,
    [signBitsBuffer(vector), halfvecBuffer(vector), `[${vector.join(",")}]`],
  );
  expect(rows).toEqual([{ same: true, distance: 0 }]);
});

test("a workspace never sees another one's files, even where all of their ids are the same", async () => {
  const one = await makeWorkspace();
  const other = await makeWorkspace();
  const channelId = await makeChannel(one);
  await db.query(
    "insert into channel (workspace_id, id, platform_id) overriding system value values ($1, $2, 'C')",
    [other, channelId],
  );
  const contentId = await shareText(one, channelId, "The vault code is kept by Ada.");
  await makeContent({ workspaceId: other, contentId, texts: ["The vault code is kept by Bob."] });
  await makeShare({ workspaceId: other, channelId, contentId, name: "vault code.txt" });
  for (const workspaceId of [one, other]) {
    await saveVectors(db, workspaceId, contentId, [{ position: 0, vector: pointing(3) }]);
  }
  const query = { channelIds: [channelId], question: "vault code", vector: pointing(3) };
  const mine = await ask({ ...query, workspaceId: one });
  expect(textsOf(mine.hits)).toEqual(["The vault code is kept by Ada."]);
  expect(mine.hits[0]?.share.name).toBe("notes.txt");
  const theirs = await ask({ ...query, workspaceId: other });
  expect(textsOf(theirs.hits)).toEqual(["The vault code is kept by Bob."]);
});

test.each([
  ["its share is removed", "delete from share where workspace_id = $1 and sharer_id = 'alice'"],
  [
    "its channel is off",
    "update channel set mode = 'off' where workspace_id = $1 and parent_id is null",
  ],
  [
    "its channel is gone",
    "update channel set gone_at = now() where workspace_id = $1 and parent_id is null",
  ],
  ["its sharer opted out", "insert into person values ($1, 'alice', now())"],
  ["it is being read", "update content set state = 'reading' where workspace_id = $1"],
])("a file is not found once %s", async (_, change) => {
  const workspaceId = await makeWorkspace();
  const channelId = await makeChannel(workspaceId);
  const threadId = await makeChannel(workspaceId, channelId);
  for (const place of [channelId, threadId]) {
    const contentId = await shareText(workspaceId, place, `Ada keeps vault code ${place}.`);
    await saveVectors(db, workspaceId, contentId, [{ position: 0, vector: pointing(4) }]);
  }
  const channelIds = [channelId, threadId];
  const query = { workspaceId, channelIds, question: "vault code", vector: pointing(4) };
  expect((await ask(query)).hits).toHaveLength(2);
  await db.query(change, [workspaceId]);
  expect(await ask(query)).toEqual({ hits: [], coverage: 0 });
});

test("a private name of the same bytes neither shows nor scores", async () => {
  const workspaceId = await makeWorkspace();
  const open = await makeChannel(workspaceId);
  const secret = await makeChannel(workspaceId);
  const contentId = await makeContent({ workspaceId, texts: ["The list of people, with dates."] });
  const other = await makeContent({ workspaceId, texts: ["The list of people, with rooms."] });
  await makeShare({ workspaceId, channelId: open, contentId, name: "list.txt" });
  await makeShare({ workspaceId, channelId: open, contentId: other, name: "rooms.txt" });
  const query = { workspaceId, channelIds: [open], question: "people in the layoffs of October" };
  const before = await ask(query);
  const secretShare = { workspaceId, channelId: secret, contentId, sharedAt: "2026-06-01" };
  await makeShare({ ...secretShare, name: "Layoffs October.pdf" });
  expect(await ask(query)).toEqual(before);
  const inside = await ask({ ...query, channelIds: [open, secret] });
  expect(inside.hits[0]).toMatchObject({ contentId, share: { name: "Layoffs October.pdf" } });
  expect(inside.coverage).toBeGreaterThan(before.coverage);
});

test("a file shared twice is one hit, through its newest share; a copy of its text is no second one", async () => {
  const workspaceId = await makeWorkspace();
  const [old, fresh] = [await makeChannel(workspaceId), await makeChannel(workspaceId)];
  const texts = ["The vault code is kept by Ada."];
  const contentId = await makeContent({ workspaceId, texts });
  await makeShare({
    workspaceId,
    channelId: fresh,
    contentId,
    name: "b.txt",
    sharedAt: "2026-03-01",
  });
  await makeShare({
    workspaceId,
    channelId: old,
    contentId,
    name: "a.txt",
    sharedAt: "2026-02-01",
  });
  const copyId = await makeContent({ workspaceId, texts });
  await makeShare({ workspaceId, channelId: old, contentId: copyId, name: "copy.txt" });
  const { hits } = await ask({ workspaceId, channelIds: [old, fresh], question: "vault code" });
  expect(hits.map(({ share }) => share.name)).toEqual(["b.txt"]);
});

test("a follow-up is understood by the question before it and the file just cited", async () => {
  const workspaceId = await makeWorkspace();
  const channelId = await makeChannel(workspaceId);
  const river = "It flows into the sea after a long way through the plains.";
  const amazon = await shareText(workspaceId, channelId, "The Amazon rises in Peru.", river);
  await shareText(
    workspaceId,
    channelId,
    "The party flows on after a long way home, into the sea.",
  );
  const query = {
    workspaceId,
    channelIds: [channelId],
    question: "Where does it flow into the sea?",
  };
  const followed = await ask({
    ...query,
    previousQuestion: "Where does the Amazon rise?",
    boostContentIds: [amazon],
  });
  expect(followed.hits[0]?.text).toBe(river);
});

test("among thousands of passages rare words are found, and a typing error does not hide the others", async () => {
  const workspaceId = await makeWorkspace();
  const channelId = await makeChannel(workspaceId);
  const contentId = await makeContent({
    workspaceId,
    texts: Array.from(
      { length: 3_200 },
      (_, n) =>
        `Row ${n}: the part p${n * 7} costs ${n} euros${n % 3 === 0 ? ", discounted" : ""}.`,
    ),
  });
  await makeShare({ workspaceId, channelId, contentId });
  const query = { workspaceId, channelIds: [channelId] };
  const rare = await ask({ ...query, question: "What does the part p19019 cost?" });
  expect(rare.hits[0]).toMatchObject({ contentId, position: 2717 });
  const mistyped = await ask({ ...query, question: "Which of the parst are discounted?" });
  expect(mistyped.hits).toHaveLength(12);
  expect(mistyped.hits.every(({ text }) => text.includes("discounted"))).toBe(true);
});
