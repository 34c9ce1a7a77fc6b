import { readdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { Incoming } from "../../src/events.ts";
import { workspacesToFill } from "../../src/ingest/fill.ts";
import { createIntake } from "../../src/intake.ts";
import { memoryPlace, replyText } from "../support/memory.ts";
import {
  ask,
  citations,
  endOf,
  footer,
  lastPrompt,
  MODELS,
  run,
  setStage,
  share,
} from "../support/stage.ts";
import { until } from "../support/until.ts";

// Long enough that each section is a passage of its own.
const REST = "The committee met and talked about the weather of that week. ".repeat(18);
const PLAN = `# Plan\n\nThe launch of the Heron is on 14 May 2027.\n\n${REST}\n\n# Budget\n\nWe spend 40,000 crowns on lamps.\n\n${REST}\n`;
const SECRET = "# Salaries\n\nThe salary of the director is 91,250 crowns a month.\n";

const stage = setStage();

describe("a file that is shared and a question about it", () => {
  test("end in a streamed answer that cites the file, with the line it stands on", async () => {
    await run(stage);
    expect(await share(stage, "plan.md", PLAN)).toMatchObject({ kind: "searchable" });
    const reply = await ask(stage, "When is the launch of the Heron?");
    expect(reply.finished).toBe(true);
    expect(replyText(reply)).toContain("14 May 2027");
    expect(replyText(reply)).toContain("[1]");
    expect(citations(reply)).toMatchObject([
      {
        number: 1,
        fileName: "plan.md",
        where: "Plan, lines 1–5",
        quote: "The launch of the Heron is on 14 May 2027.",
      },
    ]);
    expect(footer(reply)).toContain("test/first");
  });

  test("both legs find it: the vectors are there, and their cost is written down", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN);
    const { rows } = await stage.database.pool.query(
      "select chunks, vectors, embedder from content where state = 'searchable'",
    );
    expect(rows).toEqual([{ chunks: 2, vectors: 2, embedder: stage.embedder.id }]);
    await ask(stage, "When is the launch?");
    const costs = await stage.database.pool.query("select purpose from cost order by id");
    expect(costs.rows.map((row) => row.purpose)).toEqual(["index", "query", "answer"]);
  });

  test("without a key, the best passages stand for an answer, and one line says what a key would change", async () => {
    await run(stage, { key: false });
    await share(stage, "plan.md", PLAN);
    const reply = await ask(stage, "How much do we spend on lamps?");
    expect(replyText(reply)).toContain("40,000 crowns");
    expect(citations(reply)[0]).toMatchObject({ number: 1, fileName: "plan.md" });
    expect(footer(reply)).toContain("OPENROUTER_API_KEY");
    expect(stage.openrouter.requests).toEqual([]);
  });

  test("without an embedder the words are enough, and vectors follow when there is one", async () => {
    await run(stage, { embedder: false });
    expect(await share(stage, "plan.md", PLAN)).toMatchObject({
      kind: "searchable",
      note: /words/,
    });
    expect(replyText(await ask(stage, "When is the launch of the Heron?"))).toContain("14 May");
    await stage.worker?.close(0);
    await run(stage);
    const [workspaceId] = await workspacesToFill(stage.database.pool);
    const client = await stage.database.pool.connect();
    await stage.queue.send(client, "vectors", { kind: "vectors_wanted", workspaceId });
    client.release();
    await until(async () =>
      (await workspacesToFill(stage.database.pool)).length === 0 ? true : undefined,
    );
    const { rows } = await stage.database.pool.query("select count(*) as count from chunk_vector");
    expect(rows).toEqual([{ count: 2 }]);
  });

  test("nothing found is said, with where was looked", async () => {
    await run(stage, { embedder: false });
    await share(stage, "plan.md", PLAN);
    const text = replyText(await ask(stage, "Who won the chess olympiad in Baku?"));
    expect(text).toContain("I found nothing about that");
  });

  test("a follow-up in the thread knows what it is about", async () => {
    await run(stage, { embedder: false });
    await share(stage, "plan.md", PLAN);
    const first = await ask(stage, "When is the launch of the Heron?");
    await ask(stage, "And on what day of the week?", { thread: first.question });
    expect(lastPrompt(stage)).toContain("When is the launch of the Heron?");
    expect(lastPrompt(stage)).toContain("14 May 2027");
  });
});

describe("the audience", () => {
  test("a private channel's file is never used in the public one", async () => {
    await run(stage);
    await share(stage, "salaries.md", SECRET, "leads");
    const reply = await ask(stage, "What is the salary of the director?");
    expect(replyText(reply)).not.toContain("91,250");
    expect(citations(reply)).toEqual([]);
    expect(stage.openrouter.requests).toEqual([]);
  });

  test("a private channel without guests may use what is public too", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN);
    const reply = await ask(stage, "When is the launch of the Heron?", { channel: "leads" });
    expect(citations(reply)[0]).toMatchObject({ fileName: "plan.md" });
  });

  test("where guests read along, the answer says how far it looked, and not what it left out", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN);
    await share(stage, "salaries.md", SECRET, "leads");
    const reply = await ask(stage, "When is the launch of the Heron?");
    expect(footer(reply)).toMatch(/only, because guests can read/);
    expect(JSON.stringify(reply)).not.toMatch(/leads|salar/i);
  });

  test("a file that was removed is gone from search, and from what later answers are told", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN);
    const first = await ask(stage, "When is the launch of the Heron?");
    const [cited] = citations(first);
    if (!cited) throw new Error("nothing cited");
    await stage.chat.remove(cited.file);
    const gone = "select 1 from content";
    await until(async () =>
      (await stage.database.pool.query(gone)).rowCount === 0 ? true : undefined,
    );
    const reply = await ask(stage, "When is the launch of the Heron again?", {
      thread: first.question,
    });
    expect(replyText(reply)).toContain("I found nothing");
    expect(stage.openrouter.requests).toHaveLength(1);
  });

  test("the same bytes in a private and a public channel are one content, under the public one's name", async () => {
    await run(stage);
    await share(stage, "layoffs-secret.md", PLAN, "leads");
    await share(stage, "plan.md", PLAN);
    const { rows } = await stage.database.pool.query("select count(*) as count from content");
    expect(rows).toEqual([{ count: 1 }]);
    const reply = await ask(stage, "When is the launch of the Heron?");
    expect(citations(reply)[0]?.fileName).toBe("plan.md");
    expect(JSON.stringify(reply) + lastPrompt(stage)).not.toContain("layoffs");
  });
});

describe("what goes wrong", () => {
  test.each([
    ["nothing.txt", "", /empty/i],
    ["broken.pdf", "%PDF-1.7\nthis is no pdf at all", /./],
    ["program.exe", "MZ\u0000\u0001\u0002", /./],
  ])("%s is declined with a sentence, and nothing of it is left", async (name, text, reason) => {
    await run(stage);
    const state = await share(stage, name, text);
    expect(state).toMatchObject({ kind: "failed", reason: expect.stringMatching(reason) });
    const { rows } = await stage.database.pool.query("select count(*) as count from chunk");
    expect(rows).toEqual([{ count: 0 }]);
    expect(await readdir(stage.workFolder)).toEqual([]);
  });

  test("a model that fails is passed over unseen, and named afterwards", async () => {
    await run(stage);
    stage.openrouter.always("test/first", "unavailable");
    await share(stage, "plan.md", PLAN);
    const reply = await ask(stage, "When is the launch of the Heron?");
    expect(replyText(reply)).toContain("14 May");
    expect(reply.parts.some((part) => part.kind === "restart")).toBe(false);
    expect(footer(reply)).toContain(
      "Answered by test/second, because test/first is not available.",
    );
  });

  test("a model that breaks off in mid-answer is replaced, and its text is taken back", async () => {
    await run(stage);
    stage.openrouter.always("test/first", "error_midway");
    await share(stage, "plan.md", PLAN);
    const reply = await ask(stage, "When is the launch of the Heron?");
    expect(reply.parts[0]?.kind).toBe("restart");
    expect(replyText(reply).match(/14 May/g)).toHaveLength(1);
  });

  test("when no model answers, that is said, with the passages", async () => {
    await run(stage);
    for (const model of MODELS) stage.openrouter.always(model, "unavailable");
    await share(stage, "plan.md", PLAN);
    const reply = await ask(stage, "When is the launch of the Heron?");
    expect(replyText(reply)).toMatch(/^None of my models answered/);
    expect(citations(reply)[0]?.fileName).toBe("plan.md");
  });

  test("a wrong key is told honestly to who asks", async () => {
    await run(stage);
    stage.openrouter.always("test/first", "unauthorized");
    await share(stage, "plan.md", PLAN);
    const reply = await ask(stage, "When is the launch of the Heron?");
    expect(replyText(reply)).toMatch(/check my OpenRouter key/);
    expect(stage.openrouter.requests).toHaveLength(1);
  });

  test.each([
    ["", /What would you like to know/],
    ["?".repeat(8001), /too long/],
  ])("a question that is none gets a kind word", async (text, said) => {
    await run(stage);
    expect(replyText(await ask(stage, text))).toMatch(said);
  });

  test("an event that was delivered twice is answered once", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN);
    await ask(stage, "When is the launch of the Heron?");
    await stage.chat.redeliver();
    await ask(stage, "How much do we spend on lamps?");
    expect(stage.chat.replies).toHaveLength(2);
  });

  test("a file whose reading crashed is read by the next try, behind what was committed", async () => {
    const event: Incoming = {
      ...{ kind: "file_shared", key: "crash:1", userId: "ada", name: "plan.md" },
      place: memoryPlace("general", "M1"),
      ...{
        messageId: "M1",
        fileId: "F1",
        bytes: 1,
        handedOver: false,
        permalink: null,
        sharedAtMs: 0,
      },
    };
    await run(stage);
    await stage.chat.share({ name: "plan.md", content: Buffer.from(PLAN) });
    await endOf(stage, "F1");
    // As a crash leaves it after its first batch: not visible, one chunk there, and the job to be done again.
    await stage.database.pool.query("delete from chunk_vector where position > 0");
    await stage.database.pool.query("delete from chunk_terms where position > 0");
    await stage.database.pool.query("delete from chunk where position > 0");
    await stage.database.pool.query(
      "update content set state = 'reading', chunks = 1, vectors = 1, reader_until = null",
    );
    stage.chat.marks.length = 0;
    await createIntake({ db: stage.database.pool, queue: stage.queue }).accept(event);
    expect(await endOf(stage, "F1")).toMatchObject({ kind: "searchable" });
    const { rows } = await stage.database.pool.query(
      "select state, chunks, vectors, (select count(*) from chunk) as stored from content",
    );
    expect(rows).toEqual([{ state: "searchable", chunks: 2, vectors: 2, stored: 2 }]);
  });
});
