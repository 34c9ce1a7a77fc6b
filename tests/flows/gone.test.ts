import { describe, expect, test } from "vitest";
import { ensurePlace } from "../../src/db/places.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import type { Incoming } from "../../src/events.ts";
import { emptyExpired, forgetOldWords } from "../../src/gone.ts";
import { memoryPlace, replyText } from "../support/memory.ts";
import { ask, citations, quiet, run, setStage, share } from "../support/stage.ts";
import { until } from "../support/until.ts";

const PLAN = "The launch of the Heron is on 14 May 2027.\n";
const QUESTION = "When is the launch of the Heron?";

const stage = setStage();
let events = 0;

async function happens(kind: "channel_gone" | "workspace_gone" | "access_changed" | "joined") {
  events += 1;
  const key = `test:${events}`;
  await stage.chat.send({ kind, key, place: memoryPlace("general"), userId: "ben" });
  await quiet(stage);
}

async function count(table: string, where = "true"): Promise<number> {
  const { rows } = await stage.database.pool.query<{ count: number }>(
    `select count(*) as count from ${table} where ${where}`,
  );
  return rows[0]?.count ?? 0;
}

async function answerFound(): Promise<boolean> {
  const reply = await ask(stage, QUESTION, {
    channel: "leads",
    onlyFor: { handle: "sealed", untilMs: Date.now() + 60_000 },
  });
  return citations(reply).length > 0;
}

describe("a channel that is gone", () => {
  test("is hidden at once, whatever else is still to be done for it, until it comes back", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN);
    expect(await answerFound()).toBe(true);
    await happens("channel_gone");
    expect(await answerFound()).toBe(false);
    await happens("access_changed");
    expect(await answerFound()).toBe(false);
    await happens("joined");
    expect(await answerFound()).toBe(true);
    expect(stage.chat.marks.filter(({ state }) => state.kind === "searchable")).toHaveLength(1);
  });

  test("comes back with the first thing that is heard from it, but not with a wish in private", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN);
    await happens("channel_gone");
    await ask(stage, QUESTION, { onlyFor: { handle: "sealed", untilMs: Date.now() + 60_000 } });
    expect(await count("channel", "gone_at is not null")).toBe(1);
    expect(replyText(await ask(stage, QUESTION))).toContain("14 May 2027");
  });

  test("loses its files after a week, but what is shared elsewhere too stays there", async () => {
    const { pool } = stage.database;
    await run(stage, { embedder: false });
    await share(stage, "plan.md", PLAN);
    await share(stage, "same.md", PLAN, "leads");
    await share(stage, "lamps.md", "We spend 40,000 crowns on lamps.\n");
    await happens("channel_gone");
    await emptyExpired(pool);
    expect(await count("share")).toBe(3);
    await pool.query("update channel set gone_at = gone_at - interval '8 days'");
    await emptyExpired(pool);
    expect((await pool.query("select name from share")).rows).toEqual([{ name: "same.md" }]);
    expect(await count("content")).toBe(1);
    expect(await count("chunk")).toBe(1);
  });

  test("can have its older files read once more when it comes back after that", async () => {
    const { pool } = stage.database;
    await run(stage, { embedder: false });
    const old = stage.chat.shareUnheard({ name: "plan.md", content: Buffer.from(PLAN) });
    await stage.chat.send(old);
    await quiet(stage);
    await happens("channel_gone");
    await pool.query("update channel set gone_at = gone_at - interval '8 days'");
    await emptyExpired(pool);
    await happens("joined");
    const event: Incoming = {
      ...{ kind: "backfill_accepted", key: "test:again", userId: "ben" },
      place: memoryPlace("general"),
    };
    await stage.chat.send(event);
    await quiet(stage);
    expect(await count("share", "content_id is not null")).toBe(1);
  });
});

test("a channel that is off loses its files after a week too", async () => {
  const { pool } = stage.database;
  await run(stage, { embedder: false });
  await share(stage, "plan.md", PLAN);
  await share(stage, "other.md", "We spend 40,000 crowns on lamps.\n", "leads");
  const command = { place: memoryPlace("general"), userId: "ada" };
  await stage.chat.command({ ...command, kind: "set_mode", mode: "off" });
  await emptyExpired(pool);
  expect(await count("share")).toBe(2);
  await pool.query("update channel set mode_set_at = mode_set_at - interval '8 days'");
  await emptyExpired(pool);
  expect((await pool.query("select name from share")).rows).toEqual([{ name: "other.md" }]);
});

test("a workspace that is gone leaves nothing behind, and other workspaces as they are", async () => {
  const { database, queue } = stage;
  await run(stage);
  await share(stage, "plan.md", PLAN);
  await ask(stage, QUESTION);
  const other = { ...memoryPlace("general"), workspaceId: "W2" };
  const { readers } = stage.chat.adapter;
  await ensurePlace(database.pool, other, await readers(other));
  const startAt = new Date(Date.now() + 3_600_000);
  for (const place of [memoryPlace("general"), other]) {
    const job = { kind: "retry_due", place, userId: "ada", messageId: "M9" };
    await inTransaction(database.pool, (client) =>
      queue.send(client, "event", job, "g", { startAt }),
    );
  }
  events += 1;
  const gone = { kind: "workspace_gone" as const, key: `test:${events}`, userId: "" };
  await stage.chat.send({ ...gone, place: memoryPlace("") });
  await until(async () => (await count("workspace")) === 1 || undefined);
  for (const table of ["share", "content", "chunk", "chunk_terms", "answer", "cost", "spend"]) {
    expect(await count(table), table).toBe(0);
  }
  expect(await count("channel")).toBe(1);
  const kept = "data -> 'place' ->> 'workspaceId' = 'W1' and data ->> 'kind' <> 'workspace_gone'";
  expect(await count("queue.job", kept)).toBe(0);
  expect(await count("queue.job", "data -> 'place' ->> 'workspaceId' = 'W2'")).toBe(1);
});

test("the words of questions, answers and ratings are forgotten after 30 days", async () => {
  const { pool } = stage.database;
  await run(stage);
  await share(stage, "plan.md", PLAN);
  const old = await ask(stage, QUESTION);
  await pool.query("update answer set asked_at = now() - interval '31 days'");
  await ask(stage, QUESTION);
  const rated = "update answer set rating = -1, rating_reason = 'It is in June.'";
  await pool.query(rated);
  await forgetOldWords(pool);
  const kept = "select question, text, rating, rating_reason from answer order by id";
  const { rows } = await pool.query(kept);
  expect(rows[0]).toEqual({ question: "", text: null, rating: -1, rating_reason: null });
  expect(rows[1].rating_reason).toBe("It is in June.");
  // It may be rated still.
  await pool.query(rated);
  await forgetOldWords(pool);
  expect((await pool.query(kept)).rows[0].rating_reason).toBe(null);
  expect(rows[1]).toMatchObject({ question: QUESTION, text: expect.stringContaining("14 May") });
  expect(await count("answer_source", "quote <> ''")).toBe(1);

  const place = memoryPlace("general", old.question);
  const again = { key: "test:old", place, userId: "ada", messageId: old.question };
  await stage.chat.send({ kind: "regenerate_wanted", ...again });
  await quiet(stage);
  expect(replyText(stage.chat.replies[0])).toContain("14 May 2027");
});
