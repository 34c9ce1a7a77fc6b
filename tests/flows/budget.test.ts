import { expect, test } from "vitest";
import { workspacesToFill } from "../../src/ingest/fill.ts";
import { replyText } from "../support/memory.ts";
import { ask, endOf, quiet, run, type Stage, setStage, share } from "../support/stage.ts";

const PLAN = "# Plan\n\nThe launch of the Heron is on 14 May 2027.";
const NOTE = "by words alone for now";

const stage = setStage();

/** As if so much of the day's dollar had gone to reading. */
async function spendOnReading(microusd: number): Promise<void> {
  await stage.database.pool.query(
    `insert into spend (workspace_id, day, microusd, reading_microusd)
     select id, (now() at time zone 'UTC')::date, $1, $1 from workspace
     on conflict (workspace_id, day) do update
        set microusd = excluded.microusd, reading_microusd = excluded.reading_microusd`,
    [microusd],
  );
}

/** What the upkeep does each minute. */
async function askForVectors({ database, queue }: Stage): Promise<void> {
  const client = await database.pool.connect();
  for (const workspaceId of await workspacesToFill(database.pool)) {
    await queue.send(client, "vectors", { kind: "vectors_wanted", workspaceId });
  }
  client.release();
}

test("a file read while reading's budget is used up is found by words, and by meaning once there is money again", async () => {
  await run(stage, { key: false });
  expect(await share(stage, "notes.md", "# Notes\n\nHerons wade.")).toMatchObject({ note: null });
  await spendOnReading(500_000);
  stage.bedrock.requests.length = 0;
  expect(await share(stage, "plan.md", PLAN)).toMatchObject({ kind: "searchable", note: NOTE });
  expect(stage.bedrock.requests).toEqual([]);
  const reply = await ask(stage, "When is the launch of the Heron?");
  expect(replyText(reply)).toContain("14 May");

  await askForVectors(stage);
  await quiet(stage);
  expect(await workspacesToFill(stage.database.pool)).toHaveLength(1);

  await stage.database.pool.query("delete from spend");
  const fileId = stage.chat.marks.at(-1)?.fileId ?? "";
  await askForVectors(stage);
  await quiet(stage);
  expect(await workspacesToFill(stage.database.pool)).toEqual([]);
  expect(await endOf(stage, fileId)).toMatchObject({ note: null });
});

test("reading is paid for: what was set aside for the vectors is settled with what they took", async () => {
  await run(stage);
  await share(stage, "plan.md", PLAN);
  const { rows } = await stage.database.pool.query(
    `select c.purpose, c.settled, c.tokens_in > 0 as counted, c.microusd = s.microusd as same,
            s.microusd = s.reading_microusd as reading
       from cost c join spend s using (workspace_id)`,
  );
  expect(rows).toEqual([
    { purpose: "index", settled: true, counted: true, same: true, reading: true },
  ]);
});
