import { expect, test } from "vitest";
import { ensurePlace } from "../../src/db/places.ts";
import { createGaps } from "../../src/gaps.ts";
import { memoryPlace } from "../support/memory.ts";
import { ask, quiet, run, setStage, share } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = setStage();
const HERE = { platform: "memory", workspaceId: "W1" };
const PUBLIC = {
  visibility: "public" as const,
  channelName: "general",
  outsiders: false,
  alsoReadable: [],
};

function gaps() {
  return createGaps({ db: stage.database.pool, queue: stage.queue });
}

async function threads() {
  const gap = await gaps().gap(HERE);
  return gap?.threads.map(({ channelId, threadId }) => `${channelId} ${threadId}`);
}

test("where nothing was ever handed in, there is no gap, and to say so makes no workspace", async () => {
  expect(await gaps().gap(HERE)).toBeNull();
  await gaps().caughtUp(HERE, 1_000);
  expect(await gaps().gap(HERE)).toBeNull();
  await ensurePlace(stage.database.pool, memoryPlace("general"), PUBLIC);
  expect(await gaps().gap(HERE)).toBeNull();
});

test("what was handed in only ever grows", async () => {
  await ensurePlace(stage.database.pool, memoryPlace("general"), PUBLIC);
  await gaps().caughtUp(HERE, 1_700_000_000_123);
  await gaps().caughtUp(HERE, 1_600_000_000_000);
  expect(await gaps().gap(HERE)).toEqual({
    sinceMs: 1_700_000_000_123,
    threads: [],
    channels: ["general"],
  });
  expect(await gaps().gap({ ...HERE, workspaceId: "W2" })).toBeNull();
});

test("threads with answers or files of the last days are to be read back, newest first", async () => {
  await run(stage);
  await share(stage, "plan.md", "The launch of the Heron is on 14 May 2027.\n", "leads");
  const first = await ask(stage, "Hello!", { channel: "leads" });
  const second = await ask(stage, "Hello!");
  await ask(stage, "Hello!", { onlyFor: { handle: "sealed", untilMs: Date.now() + 60_000 } });
  await gaps().caughtUp(HERE, Date.now());
  expect(await threads()).toEqual([`general ${second.question}`, `leads ${first.question}`]);

  await stage.database.pool.query("update share set shared_at = now() - interval '2 days'");
  expect(await threads()).toHaveLength(3);
  await stage.database.pool.query("update channel set gone_at = now() where name = 'leads'");
  expect(await threads()).toEqual([`general ${second.question}`]);
  await stage.database.pool.query("update answer set asked_at = now() - interval '8 days'");
  expect(await threads()).toEqual([]);
});

test("of very many threads, the newest 500 are told", async () => {
  const ids = await ensurePlace(stage.database.pool, memoryPlace("general"), PUBLIC);
  await stage.database.pool.query(
    `insert into answer (workspace_id, channel_id, event_key, thread_id, question_id, asker_id,
                         question, asked_at)
     select $1, $2, n, n, n, 'ada', '', now() - n * interval '1 second'
       from generate_series(1, 501) n`,
    [ids.workspaceId, ids.channelId],
  );
  await gaps().caughtUp(HERE, Date.now());
  const told = await threads();
  expect(told).toHaveLength(500);
  expect(told?.[0]).toBe("general 1");
});

const MIDNIGHT_MS = Date.UTC(2027, 4, 14);
const MINUTE_MS = 60_000;

async function names(): Promise<string[]> {
  const { rows } = await stage.database.pool.query<{ name: string }>(
    "select name from share order by name",
  );
  return rows.map(({ name }) => name);
}

function shareLost(name: string) {
  const content = Buffer.from("The code name is Bittern.\n");
  return stage.chat.share({ name, content, channel: "general" });
}

test.each([
  ["while nobody listened are swept out after the gap", MIDNIGHT_MS + 60 * MINUTE_MS, 10],
  ["while somebody listened are swept out at the day's end", MIDNIGHT_MS - 1.5 * MINUTE_MS, 1],
])("files that were deleted unheard %s, and only those", async (_when, startMs, laterMinutes) => {
  await run(stage);
  await share(stage, "kept.md", "The launch of the Heron is on 14 May 2027.\n");
  const lost = await shareLost("lost.md");
  await quiet(stage);
  stage.chat.removeUnheard(lost.fileId);
  await gaps().caughtUp(HERE, startMs);
  await gaps().caughtUp(HERE, startMs + MINUTE_MS);
  await quiet(stage);
  expect(await names()).toEqual(["kept.md", "lost.md"]);
  await gaps().caughtUp(HERE, startMs + (1 + laterMinutes) * MINUTE_MS);
  await until(async () => (await names()).length === 1 || undefined);
  expect(await names()).toEqual(["kept.md"]);
});

test("many of them are asked about one portion after another, and what happens goes before", async () => {
  await run(stage);
  const asked: number[] = [];
  const { gone } = stage.chat.adapter;
  stage.chat.adapter.gone = async (files, signal) => {
    asked.push(files.length);
    return await gone(files, signal);
  };
  const lost = await Promise.all(
    Array.from({ length: 30 }, (_, index) => shareLost(`lost ${index}.md`)),
  );
  await quiet(stage);
  for (const { fileId } of lost) stage.chat.removeUnheard(fileId);
  await gaps().caughtUp(HERE, MIDNIGHT_MS);
  await gaps().caughtUp(HERE, MIDNIGHT_MS + 10 * MINUTE_MS);
  await until(async () => (await names()).length === 0 || undefined);
  await quiet(stage);
  expect(asked).toEqual([25, 5]);
});

test("what is read back was no follow-up where the first answer in its thread came later", async () => {
  await run(stage);
  const { question } = await ask(stage, "Hello!");
  const place = { ...memoryPlace("general"), threadId: question };
  const said = { kind: "said" as const, place, userId: "ada", fileIds: [], toOthers: true };
  const hear = (messageId: string, saidAtMs?: number) =>
    stage.chat.send({
      ...{ ...said, messageId, key: messageId, text: "How many?" },
      ...(saidAtMs !== undefined && { saidAtMs }),
    });
  await hear("live");
  await hear("before", Date.now() - 10 * MINUTE_MS);
  await hear("since", Date.now() + MINUTE_MS);
  const { rows } = await stage.database.pool.query(
    "select key from event where key in ('live', 'before', 'since') order by key",
  );
  expect(rows.map(({ key }) => key)).toEqual(["live", "since"]);
});
