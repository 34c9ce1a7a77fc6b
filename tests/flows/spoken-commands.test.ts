/** Commands that are put as a mention, since threads have no slash commands; and answers for who wants them whole. */
import { expect, test } from "vitest";
import { replyText } from "../support/memory.ts";
import { ask, run, setStage, share } from "../support/stage.ts";

const stage = setStage();
const PLAN = "# Plan\n\nThe launch of the Heron is on 14 May 2027, in Lisbon.";

async function start(): Promise<void> {
  await run(stage, { embedder: false });
  await share(stage, "plan.md", PLAN);
}

test("a mention that is a command is done, and its answer stands in the thread", async () => {
  await start();
  const text = replyText(await ask(stage, "models", { user: "ada" }));
  expect(text).toContain("1 first: not asked yet");
  // An admin asked, but everybody reads it, a guest among them.
  expect(text).not.toMatch(/\$|Key:|Files:/);
  expect(stage.openrouter.requests).toEqual([]);
});

test("what a command says about the asker goes to the asker alone", async () => {
  await start();
  const reply = await ask(stage, "usage", { user: "ben" });
  expect(replyText(reply)).not.toMatch(/\d/);
  expect(stage.chat.notes).toMatchObject([{ userId: "ben" }]);
});

test("what can't be told alone is not said to have been", async () => {
  await start();
  stage.chat.adapter.tell = async () => false;
  const reply = await ask(stage, "usage", { user: "ben" });
  expect(replyText(reply)).toBe("That is for you alone, and I can't tell you alone here.");
});

test("words that only begin like a command are a question", async () => {
  await start();
  const reply = await ask(stage, "models of the Heron: when is the launch?");
  expect(replyText(reply)).toContain("14 May 2027");
});

test("who wants answers whole gets them in one piece", async () => {
  await start();
  const texts = (parts: { kind: string }[]) => parts.filter(({ kind }) => kind === "text").length;
  const place = { platform: "memory", workspaceId: "W1", channelId: "general", threadId: null };
  const typed = { kind: "typed", place, userId: "ada", key: "k1" } as const;
  expect(await stage.chat.command({ ...typed, text: "me streaming off" })).toMatchObject({
    done: true,
  });
  stage.openrouter.script("test/first", "content_then_cut");
  const whole = await ask(stage, "When is the launch of the Heron?", { user: "ada" });
  expect(replyText(whole)).toMatch(/^The launch of the Heron is on 14 May 2027/);
  expect(whole.parts.some(({ kind }) => kind === "restart")).toBe(false);
  expect(texts(whole.parts)).toBeGreaterThan(0);
});
