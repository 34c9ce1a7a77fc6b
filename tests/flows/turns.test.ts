import { expect, test } from "vitest";
import { memoryPlace, replyText } from "../support/memory.ts";
import { answered, ask, run, setStage, share } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = setStage();

test("questions of one thread are answered in their order, and other threads don't wait", async () => {
  await run(stage, { embedder: false });
  await share(stage, "plan.md", "The launch of the Heron is on 14 May 2027.\n");
  stage.openrouter.script("test/first", { kind: "broken", after: "text", by: "stall" });
  const first = await stage.chat.ask({ text: "When is the launch?", user: "ada", thread: "T1" });
  await until(() => stage.openrouter.requests.length === 1 || undefined);
  const second = await stage.chat.ask({ text: "Is the launch in May?", user: "ben", thread: "T1" });
  const isWaiting = "select from answer where event_key = $1 and state = 'answering'";
  await until(async () => {
    return (await stage.database.pool.query(isWaiting, [second.key])).rowCount || undefined;
  });
  const elsewhere = await ask(stage, "When is the launch of the Heron?", { thread: "T2" });
  expect(replyText(elsewhere)).toContain("14 May 2027");
  expect(stage.openrouter.requests).toHaveLength(2);
  await stage.chat.send({
    kind: "stopped",
    key: "stop-1",
    place: { ...memoryPlace("general"), threadId: "T1" },
    userId: "ada",
    messageId: first.messageId,
  });
  await answered(stage, second.key);
  const answers = stage.chat.replies.find(({ question }) => question === second.messageId);
  expect(replyText(answers)).toContain("14 May 2027");
});
