/** What a question gets when no model answers it, or none may be asked: never silence, and never half an answer. */
import { expect, test } from "vitest";
import { replyText } from "../support/memory.ts";
import { ask, citations, footer, MODELS, quiet, run, setStage, share } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = setStage();

const PLAN = "# Plan\n\nThe launch of the Heron is on 14 May 2027, in Lisbon.";
const QUESTION = "When is the launch of the Heron?";
const LAUNCH = "The launch of the Heron is on 14 May 2027";

async function start(wanted: Parameters<typeof run>[1] = {}): Promise<void> {
  await run(stage, { embedder: false, ...wanted });
  await share(stage, "plan.md", PLAN);
}

/** As if the time had come for whatever is to be done later. */
async function later(): Promise<void> {
  await stage.database.pool.query(
    "update queue.job set start_after = now() where state in ('created', 'retry')",
  );
}

async function isPostponed(): Promise<boolean> {
  const { rowCount } = await stage.database.pool.query(
    "select from queue.job where state = 'retry' and start_after > now() and name = 'event'",
  );
  return rowCount === 1;
}

test("when no model answers, the passages stand there and one more try is made by itself, in place", async () => {
  await start();
  for (const model of MODELS) stage.openrouter.script(model, "unavailable");
  const reply = await ask(stage, QUESTION);
  expect(replyText(reply)).toContain("I will try once more by myself within a minute");
  expect(replyText(reply)).toContain(LAUNCH);
  expect(citations(reply)).toHaveLength(1);
  // While none of them is up again, the one more try is not spent.
  await later();
  await until(async () => (await isPostponed()) || undefined);
  await stage.database.pool.query("update model_health set state = 'ready', cooling_until = null");
  await later();
  const again = await until(() => {
    const [only] = stage.chat.replies;
    return only && footer(only).includes("Answered by") ? only : undefined;
  });
  expect(replyText(again)).toMatch(
    /^The launch of the Heron is on 14 May 2027, in Lisbon\. \[1\]$/,
  );
  await quiet(stage);
  expect(stage.chat.replies).toHaveLength(1);
  const { rows } = await stage.database.pool.query("select state, retried from answer");
  expect(rows).toEqual([{ state: "done", retried: true }]);
});

test("a second failure is the last word, and says to ask again", async () => {
  await start();
  for (const model of MODELS) stage.openrouter.always(model, "unavailable");
  await ask(stage, QUESTION);
  const asked = stage.openrouter.requests.length;
  // Nobody waits for it any longer than that.
  await stage.database.pool.query(
    "update answer set answered_at = answered_at - interval '11 minutes'",
  );
  await later();
  const again = await until(() => {
    const text = replyText(stage.chat.replies[0]);
    return text.includes("Please ask again in a few minutes") ? text : undefined;
  });
  expect(again).toContain(LAUNCH);
  // It insisted on the models that rest.
  expect(stage.openrouter.requests.length).toBeGreaterThanOrEqual(asked + MODELS.length);
  await quiet(stage);
  const { rows } = await stage.database.pool.query("select state, version from answer");
  expect(rows).toEqual([{ state: "failed", version: 2 }]);
});

test("an answer that breaks off and finds no other model takes its half back", async () => {
  await start();
  stage.openrouter.script(MODELS[0] ?? "", "content_then_cut");
  stage.openrouter.script(MODELS[1] ?? "", "unavailable");
  const reply = await ask(stage, QUESTION);
  expect(replyText(reply)).not.toContain("The half");
  expect(replyText(reply)).toContain("None of my models answered just now");
});

test("models that are all gone are not waited for", async () => {
  await start();
  for (const model of MODELS) stage.openrouter.always(model, "no_endpoints");
  const reply = await ask(stage, QUESTION);
  expect(replyText(reply)).toContain("whoever runs me needs to choose others");
  const { rows } = await stage.database.pool.query("select retried from answer");
  expect(rows).toEqual([{ retried: false }]);
});

test("models that decline are said to have declined", async () => {
  await start();
  for (const model of MODELS) stage.openrouter.always(model, "forbidden");
  expect(replyText(await ask(stage, QUESTION))).toContain("None of my models would answer this.");
});

test("with a bad key the asker is told honestly, and the next question asks no model in vain", async () => {
  await start();
  stage.openrouter.script(MODELS[0] ?? "", "unauthorized");
  expect(replyText(await ask(stage, QUESTION))).toContain("check my OpenRouter key");
  const asked = stage.openrouter.requests.length;
  expect(replyText(await ask(stage, QUESTION))).toContain("check my OpenRouter key");
  expect(stage.openrouter.requests).toHaveLength(asked);
});

test("a model that rests is named under the answer of the next one", async () => {
  await start();
  stage.openrouter.script(MODELS[0] ?? "", "rate_limited");
  expect(footer(await ask(stage, QUESTION))).toContain(
    "Answered by test/second, because test/first has too many requests.",
  );
  expect(footer(await ask(stage, QUESTION))).toContain("because test/first has too many requests.");
  const first = stage.openrouter.requests.filter(({ body }) => body.model === "test/first");
  expect(first).toHaveLength(1);
});

test("at the cap of the budget words still work, and why is said once a thread", async () => {
  await start({ budgets: { dayMicrousd: 1 } });
  const reply = await ask(stage, QUESTION, { thread: "T1" });
  expect(replyText(reply)).toContain(LAUNCH);
  expect(footer(reply)).toMatch(/Today's budget for models is used up.*renews at 00:00 UTC/);
  const second = await ask(stage, QUESTION, { thread: "T1" });
  expect(replyText(second)).toContain(LAUNCH);
  expect(footer(second)).not.toContain("budget");
  expect(footer(await ask(stage, QUESTION, { thread: "T2" }))).toContain("budget");
  expect(stage.openrouter.requests).toEqual([]);
});

test("where nothing may be spent, it is not said that this will change", async () => {
  await start({ budgets: { dayMicrousd: 0 } });
  const note = footer(await ask(stage, QUESTION));
  expect(note).toContain("No money may be spent on models here");
  expect(note).not.toContain("renews");
});

test("what meaning alone has found comes after what has the question's words, and with a doubt", async () => {
  await run(stage, { key: false });
  await share(stage, "plan.md", PLAN);
  const DOUBT = "Hardly a word of your question is in what follows";
  expect(replyText(await ask(stage, QUESTION))).not.toContain(DOUBT);
  const strange = replyText(await ask(stage, "Quanto costa il biglietto del treno?"));
  expect(strange.startsWith(DOUBT)).toBe(true);
  expect(strange).toContain(`\n\n- “${LAUNCH}`);
  await share(stage, "dogs.md", "Dogs may sleep here.");
  const both = replyText(await ask(stage, "May a dog come too?"));
  expect(both).toMatch(/^- “Dogs may sleep here.” \[1\]\n\nHardly [^\n]*\n\n- “The launch.*\[2\]$/);
  const event = await stage.chat.share({ name: "a.md", content: Buffer.from("It rained.") });
  const own = await ask(stage, "Quanto costa?", { fileIds: [event.fileId] });
  expect(replyText(own)).toMatch(/^- “It rained.” \[1\]\n\nHardly/);
});

test("one person's questions of a day have a cap, also when asked all at once, and others' are not touched", async () => {
  await start({ limits: { questionsPerDay: 2 } });
  const texts = await Promise.all([1, 2, 3, 4].map(() => ask(stage, QUESTION, { user: "ada" })));
  const capped = texts.filter((reply) =>
    footer(reply).includes("You have asked me 2 questions today"),
  );
  expect(capped).toHaveLength(2);
  expect(stage.openrouter.requests).toHaveLength(2);
  expect(footer(await ask(stage, QUESTION, { user: "ben" }))).toContain("Answered by test/first");
});

test("what an answer took is written down with it, and in the workspace's spending", async () => {
  await start();
  await ask(stage, QUESTION);
  await quiet(stage);
  const { rows } = await stage.database.pool.query(
    `select a.cost_microusd as answer, c.microusd as cost, c.settled, c.user_id, s.microusd as spend
       from answer a join cost c using (workspace_id) join spend s using (workspace_id)
      where c.purpose = 'answer'`,
  );
  const cost = rows[0]?.answer;
  expect(cost).toBeGreaterThan(0);
  expect(rows).toEqual([{ answer: cost, cost, settled: true, user_id: "ada", spend: cost }]);
});
