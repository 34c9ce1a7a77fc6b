/** What becomes of files in Slack without a message that says so: read again, or gone, whatever fails meanwhile. */
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { createSlack } from "../../adapters/slack/slack.ts";
import type { Adapter } from "../../src/chat.ts";
import { NOT_LISTED } from "../support/outsiders.ts";
import { type LoopbackSlack, startSlack } from "../support/slack.ts";
import { APP_TOKEN, BOT_TOKEN } from "../support/slack-world.ts";
import { run, setStage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = setStage();
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function opened(): Promise<LoopbackSlack> {
  const slack = await startSlack();
  const log = pino({ level: "silent" });
  const hosts = { apiUrl: slack.apiUrl, fileHosts: [slack.host], people: NOT_LISTED };
  const { adapter } = createSlack({ botToken: BOT_TOKEN, appToken: APP_TOKEN, ...hosts, log });
  // The stage's chat is Slack here, whose connection outlives a worker.
  let listening: Promise<void> | null = null;
  const listen: Adapter["listen"] = (inbox) => (listening ??= adapter.listen(inbox));
  Object.assign(stage.chat.adapter, adapter, { listen });
  closing.push(async () => {
    await adapter.close();
    await slack.close();
  });
  await run(stage, { key: false });
  return slack;
}

async function share(slack: LoopbackSlack, channel: string, name: string): Promise<string> {
  const files = [{ name, content: Buffer.from("five ducks"), mode: "snippet" }];
  const { fileIds } = await slack.say({ channel, user: "U1", text: "", files });
  await until(async () => (await shares()).includes(name));
  return fileIds[0] ?? "";
}

async function shares(): Promise<string[]> {
  const { rows } = await stage.database.pool.query<{ name: string }>(
    "select name from share where content_id is not null order by name, channel_id",
  );
  return rows.map(({ name }) => name);
}

async function texts(): Promise<string[]> {
  const { rows } = await stage.database.pool.query<{ text: string }>(
    `select k.text from chunk k join content c on c.id = k.content_id
      where c.state = 'searchable' order by k.text`,
  );
  return rows.map(({ text }) => text.trim());
}

test("a file that changed while Slack did not answer is read again later, by whichever process", async () => {
  const slack = await opened();
  const fileId = await share(slack, "C1", "ducks.txt");
  slack.fail("files.info", ...Array.from({ length: 3 }, () => ({ status: 503 })));
  await slack.change(fileId, Buffer.from("six ducks"));
  const { pool } = stage.database;
  const failed = "select from queue.job where name = 'event' and state = 'retry'";
  await until(async () => (await pool.query(failed)).rowCount === 1);
  await stage.worker?.close(0);
  await pool.query("update queue.job set start_after = now() where state = 'retry'");
  await run(stage, { key: false });
  await until(async () => (await texts()).includes("six ducks"));
  expect(await texts()).toEqual(["six ducks"]);
});

test("a deleted file goes from all its channels, though Slack names none", async () => {
  const slack = await opened();
  const fileId = await share(slack, "C1", "ducks.txt");
  await share(slack, "C1", "kept.txt");
  const file = slack.world.files.get(fileId);
  if (!file) throw new Error("no file");
  file.channels.push("C2");
  const ts = slack.world.nextTs();
  const flags = { streaming: false, stopped: false, unfurls: false, reactions: [] };
  const again = { channel: "C2", ts, threadTs: null, userId: "U1", text: "", fileIds: [fileId] };
  slack.world.messages.push({ ...again, ...flags });
  // Slack tells of the second share by the file alone.
  const event = { file_id: fileId, user_id: "U1", channel_id: "C2", event_ts: ts };
  await slack.deliver({ type: "file_shared", ...event });
  await until(async () => (await shares()).length === 3);
  file.deleted = true;
  await slack.deliver({ type: "file_deleted", file_id: fileId, event_ts: slack.world.nextTs() });
  await until(async () => (await shares()).length === 1);
  expect(await shares()).toEqual(["kept.txt"]);
});
