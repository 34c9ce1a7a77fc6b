/** Whatever people type or paste is a question: it finds something, or honestly nothing, and never breaks. */
import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/pool.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import { saveChunks } from "../../src/search/chunks.ts";
import { retrieve } from "../../src/search/retrieve.ts";
import { EXACT_CHUNKS_MAX } from "../../src/search/weights.ts";
import { openTestDatabase } from "../support/database.ts";
import { replyText } from "../support/memory.ts";
import { ask, run, setStage, share } from "../support/stage.ts";

const FACT = "The kitchen opens at eight, and share tables have seats.";
const NOTHING = { hits: [], coverage: 0 };

/** What has no word at all. */
const WORDLESS: [name: string, question: string][] = [
  ["an empty string", ""],
  ["white space", " \n\t "],
  ["question words alone", "who what when why"],
  ["emoji", "😀👍🏽👩‍👩‍👧"],
  ["control characters", "\u0001\u0007\u001b\u007f\u009f"],
  ["a NUL", "\0"],
  ["half of a surrogate pair", "\ud800"],
  ["the other half", "\udc00"],
  ["invisible characters", "\u200b\u200d\u2060\ufeff\u00ad"],
  ["nothing but punctuation", "?!… — (*) %s {} \\"],
];

/** What has words that are in no file. */
const STRANGE: [name: string, question: string][] = [
  ["one letter", "x"],
  ["one letter of another script", "猫"],
  ["a thousand letters in a row", "a".repeat(1_000)],
  ["a thousand letters of Thai in a row", "ก".repeat(1_000)],
  ["8,000 characters", "zebra ".repeat(1_400).slice(0, 8_000)],
  ["2,000 words", Array.from({ length: 2_000 }, (_, n) => `zebra${n}`).join(" ")],
  ["a sparse vector", "{1:1}/5"],
];

/** What has the word kitchen, among other things. */
const FINDING: [name: string, question: string][] = [
  ["SQL", "kitchen'; drop table share; --"],
  ["the syntax of a full-text query", "kitchen & !b | (c <-> d):* \\"],
  ["a sparse vector", "{1:1}/5 kitchen"],
  ["a placeholder", "kitchen $1 %L :name ?"],
  ["control characters", "\u0001kitchen\u0007 \0 \u001b[31m"],
  ["halves of surrogate pairs", "\udc00 kitchen \ud800"],
  ["the text turned around", "\u202ekitchen\u202c"],
  ["invisible characters", "kit\u00adc\u2060hen\u200b\ufeff"],
  ["the same word 5,000 times", "kitchen ".repeat(5_000)],
  [
    "words that are nowhere, before it",
    `${Array.from({ length: 60 }, (_, n) => `zebra${n}`).join(" ")} kitchen`,
  ],
  ["2,000 words", `kitchen ${Array.from({ length: 2_000 }, (_, n) => `zebra${n}`).join(" ")}`],
  ["function words", "the kitchen of the to and or not"],
];

describe("the search", () => {
  let database: Database;
  let db: Pool;
  const scopes: { workspaceId: number; channelIds: number[] }[] = [];

  async function makeScope(
    texts: string[],
  ): Promise<{ workspaceId: number; channelIds: number[] }> {
    const { rows } = await db.query<{ workspace: number; channel: number; content: number }>(
      `with w as (insert into workspace (platform, platform_id) values ('test', $1) returning id),
            ch as (insert into channel (workspace_id, platform_id)
                   select id, 'C' from w returning id),
            c as (insert into content (workspace_id, sha256, bytes, state, chunks)
                  select id, '\\x0000'::bytea || substr(sha256($1::text::bytea), 3), 1, 'searchable', $2 from w returning id)
       select w.id as workspace, ch.id as channel, c.id::float8 as content from w, ch, c`,
      [randomUUID(), texts.length],
    );
    const { workspace = 0, channel = 0, content = 0 } = rows[0] ?? {};
    const chunks = texts.map((text) => ({ text, locator: {} }));
    for (let from = 0; from < chunks.length; from += 100) {
      await inTransaction(db, (client) =>
        saveChunks(client, workspace, content, from, chunks.slice(from, from + 100)),
      );
    }
    await db.query(
      `insert into share (workspace_id, channel_id, content_id, file_id, message_id, sharer_id,
                          name, name_terms, shared_at)
       values ($1, $2, $3, 'F', 'M', 'ada', 'notes.txt', '{}', now())`,
      [workspace, channel, content],
    );
    return { workspaceId: workspace, channelIds: [channel] };
  }

  beforeAll(async () => {
    database = await openTestDatabase();
    db = database.pool;
    const many = Array.from(
      { length: EXACT_CHUNKS_MAX },
      (_, n) => `Row ${10_000 + n} of the list.`,
    );
    scopes.push(await makeScope([FACT]), await makeScope([...many, FACT]));
  });
  afterAll(() => database.close());

  /** In few passages and in many, by words alone and with a vector. */
  async function found(question: string): Promise<string[][]> {
    const vectors = [null, new Float32Array(1024).fill(1 / 32)];
    const asked = scopes.flatMap((scope) => vectors.map((vector) => ({ ...scope, vector })));
    return Promise.all(
      asked.map(async (one) => {
        const { hits, coverage } = await retrieve(db, { ...one, question, limit: 3 });
        expect(coverage).toBeGreaterThanOrEqual(0);
        expect(coverage).toBeLessThanOrEqual(1);
        return hits.map(({ text }) => text);
      }),
    );
  }

  test.each([...WORDLESS, ...STRANGE])("finds nothing for %s", async (_name, question) => {
    expect(await found(question)).toEqual([[], [], [], []]);
    const again = { ...scopes[1], question: "x", previousQuestion: question };
    const { workspaceId = 0, channelIds = [] } = again;
    const query = { ...again, workspaceId, channelIds, vector: null, limit: 3 };
    expect(await retrieve(db, query)).toEqual(NOTHING);
  });

  test.each(FINDING)("finds the one word that it knows among %s", async (_name, question) => {
    for (const texts of await found(question)) expect(texts[0]).toBe(FACT);
  });
});

describe("the whole product", () => {
  const stage = setStage();

  test.each([
    ["emoji", "🦓🚂", /nothing about that/],
    ["question words alone", "who what when why", /nothing about that/],
    ["control characters", "\u0001kitchen\u0007 \u001b[K", /opens at eight/],
    ["a NUL and half of a surrogate pair", "\0kitchen \ud800", /opens at eight/],
    ["SQL", "kitchen'; drop table share; --", /opens at eight/],
    ["the text turned around", "\u202ekitchen\u202c", /opens at eight/],
    ["invisible characters", "\u200b\u2060\ufeff", /nothing about that|What would you like/],
    ["nothing", "", /What would you like/],
    ["a long question", "zebra ".repeat(1_300), /nothing about that/],
    ["a question that is too long", "kitchen ".repeat(5_000), /too long for me/],
  ])("answers %s", async (_name, question, answer) => {
    await run(stage, { key: false, embedder: false });
    await share(stage, "notes.txt", FACT);
    expect(replyText(await ask(stage, question))).toMatch(answer);
  });
});
