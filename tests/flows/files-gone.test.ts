/** Files go with what shared them, where the platform says no more than that this is gone. */
import { expect, test } from "vitest";
import type { FileShared, Incoming } from "../../src/events.ts";
import { memoryPlace } from "../support/memory.ts";
import { endOf, quiet, run, setStage } from "../support/stage.ts";

const stage = setStage();

/** Each in a message of its own: in a thread, or where it begins one itself. */
async function shared(...threads: (string | null)[]): Promise<FileShared[]> {
  const events: FileShared[] = [];
  for (const [index, threadId] of threads.entries()) {
    const content = Buffer.from(`Plan number ${index}.\n`);
    const made = stage.chat.shareUnheard({ name: `plan-${index}.md`, content });
    const event = threadId === null ? made : { ...made, place: memoryPlace("general", threadId) };
    await stage.chat.send(event);
    await endOf(stage, event.fileId);
    events.push(event);
  }
  return events;
}

async function happens(event: Incoming): Promise<string[]> {
  await stage.chat.send(event);
  await quiet(stage);
  const { rows } = await stage.database.pool.query<{ id: string }>(
    "select file_id as id from share order by id",
  );
  return rows.map(({ id }) => id);
}

const base = { place: memoryPlace("general"), userId: "ada" };

test("with a message that is deleted", async () => {
  await run(stage);
  const [one, two] = await shared(null, null);
  const messageId = one?.messageId ?? "";
  const left = await happens({ kind: "message_deleted", key: "test:1", ...base, messageId });
  expect(left).toEqual([two?.fileId]);
});

test("with an edit that takes them out of their message, and no others", async () => {
  await run(stage);
  const [one, two] = await shared(null, null);
  const messageId = one?.messageId ?? "";
  const edited = { kind: "message_changed", ...base, messageId, text: "" } as const;
  const kept = await happens({ ...edited, key: "test:1", fileIds: [one?.fileId ?? ""] });
  expect(kept).toEqual([one?.fileId, two?.fileId]);
  expect(await happens({ ...edited, key: "test:2" })).toEqual(kept);
  expect(await happens({ ...edited, key: "test:3", fileIds: [] })).toEqual([two?.fileId]);
});

test("with a thread that is deleted, but for the message that it hung on", async () => {
  await run(stage);
  const [root] = await shared(null);
  const threadId = root?.messageId ?? "";
  await shared(threadId);
  const place = memoryPlace("general", threadId);
  const left = await happens({ kind: "channel_gone", key: "test:1", ...base, place });
  expect(left).toEqual([root?.fileId]);
});
