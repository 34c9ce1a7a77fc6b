import { expect, test } from "vitest";
import { memoryPlace, replyText } from "../support/memory.ts";
import {
  answered,
  ask,
  citations,
  footer,
  lastPrompt,
  MODELS,
  quiet,
  run,
  setStage,
  share,
} from "../support/stage.ts";

const PLAN = "The launch of the Heron is on 14 May 2027.\n";
const QUESTION = "When is the launch of the Heron?";

const stage = setStage();

function inPrivate() {
  return { handle: "sealed", untilMs: Date.now() + 60_000 };
}

async function answers(): Promise<{ private: boolean; state: string; version: number }[]> {
  const { rows } = await stage.database.pool.query(
    "select private, state, version from answer order by id",
  );
  return rows;
}

test("a question in private is answered from all that its asker can read, for them alone", async () => {
  await run(stage);
  await share(stage, "plan.md", PLAN, "leads");
  const reply = await ask(stage, QUESTION, { user: "ben", onlyFor: inPrivate() });
  expect(reply.onlyFor).toBe("ben");
  expect(citations(reply)[0]).toMatchObject({ fileName: "plan.md" });
  expect(footer(reply)).toMatch(/^I looked in what you can read\./);
  expect(await answers()).toEqual([{ private: true, state: "done", version: 1 }]);
});

test("it finds nothing that its asker can't read, not even in the place where they ask", async () => {
  await run(stage);
  await share(stage, "plan.md", PLAN, "leads");
  const reply = await ask(stage, QUESTION, {
    channel: "leads",
    user: "guest",
    onlyFor: inPrivate(),
  });
  expect(replyText(reply)).toMatch(
    /^I found nothing about that .* I looked in what you can read\./,
  );
  expect(citations(reply)).toEqual([]);
});

test("nothing of the thread goes into it, and nothing of it into the thread", async () => {
  await run(stage);
  await share(stage, "plan.md", PLAN);
  const first = await ask(stage, `${QUESTION} In public.`);
  const thread = { thread: first.question };
  await ask(stage, `${QUESTION} In private.`, { ...thread, onlyFor: inPrivate() });
  expect(lastPrompt(stage)).not.toContain("In public.");
  await ask(stage, `${QUESTION} Once more.`, thread);
  expect(lastPrompt(stage)).toContain("In public.");
  expect(lastPrompt(stage)).not.toContain("In private.");
});

test("where nothing can be shown to its asker any more, it ends without a word", async () => {
  await run(stage);
  await share(stage, "plan.md", PLAN);
  const event = await stage.chat.ask({ text: QUESTION, onlyFor: { handle: "sealed", untilMs: 1 } });
  await answered(stage, event.key);
  await quiet(stage);
  expect(stage.chat.replies).toEqual([]);
  expect(stage.openrouter.requests).toEqual([]);
  expect(await answers()).toMatchObject([{ state: "failed" }]);
});

test("it is not given anew, however its question is edited or wanted again", async () => {
  await run(stage);
  await share(stage, "plan.md", PLAN);
  const { question: messageId } = await ask(stage, QUESTION, { onlyFor: inPrivate() });
  const event = { place: memoryPlace("general", messageId), userId: "ada", messageId };
  await stage.chat.send({ kind: "regenerate_wanted", key: "test:1", ...event });
  await stage.chat.send({
    kind: "message_changed",
    key: "test:2",
    ...event,
    text: "And the Osprey?",
  });
  await quiet(stage);
  expect(await answers()).toMatchObject([{ version: 1 }]);
});

test("that a budget is used up is said to the thread, though one of them was told in private", async () => {
  await run(stage, { budgets: { dayMicrousd: 1 }, embedder: false });
  await share(stage, "plan.md", PLAN);
  const thread = "M1";
  const own = await ask(stage, QUESTION, { thread, onlyFor: inPrivate() });
  expect(footer(own)).toContain("budget");
  const all = await ask(stage, QUESTION, { thread, user: "ben" });
  expect(footer(all)).toContain("budget");
});

test("when all models fail, it promises no second try, since nobody could show it", async () => {
  await run(stage);
  await share(stage, "plan.md", PLAN);
  for (const model of MODELS) stage.openrouter.always(model, "unavailable");
  const reply = await ask(stage, QUESTION, { onlyFor: inPrivate() });
  expect(replyText(reply)).toMatch(/^None of my models answered just now\. Please ask again/);
});
