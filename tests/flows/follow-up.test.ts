import { beforeEach, describe, expect, test } from "vitest";
import { ServiceError } from "../../src/errors.ts";
import type { Said } from "../../src/events.ts";
import { memoryPlace, replyText } from "../support/memory.ts";
import { answered, ask, lastPrompt, quiet, run, setStage, share } from "../support/stage.ts";

const PLAN = "The launch of the Heron is on 14 May 2027. Its captain is Mira Oduya.\n";

const stage = setStage();

/** A thread in which Ada asked, and Docent answered. */
async function askedThread(): Promise<string> {
  stage.openrouter.always("test/first", { kind: "answer", text: "On 14 May 2027 [1]." });
  const { question } = await ask(stage, "When is the launch of the Heron?", { thread: "T1" });
  expect(question).toBeTruthy();
  return "T1";
}

/** Somebody writes there; resolves when it has been dealt with. */
async function say(text: string, more: { user?: string; toOthers?: boolean } = {}): Promise<Said> {
  const said = await stage.chat.say({ text, thread: "T1", ...more });
  await quiet(stage);
  return said;
}

function replyTo({ messageId }: { messageId: string }) {
  return stage.chat.replies.find(({ question }) => question === messageId);
}

async function countOf(sql: string): Promise<number> {
  const { rows } = await stage.database.pool.query(`select count(*)::int as n from ${sql}`);
  return Number(rows[0]?.n);
}

beforeEach(async () => {
  await run(stage);
  await share(stage, "plan.md", PLAN);
});

describe("a follow-up without a mention", () => {
  test("by the same person is answered, with what the thread was about", async () => {
    await askedThread();
    stage.openrouter.always("test/first", { kind: "answer", text: "Mira Oduya [1]." });
    const said = await stage.chat.say({ text: "and who is its captain", thread: "T1" });
    await answered(stage, said.key);
    expect(replyText(replyTo(said))).toContain("Mira Oduya");
    expect(lastPrompt(stage)).toContain("When is the launch of the Heron?");
    expect(lastPrompt(stage)).toContain("and who is its captain");
  });

  test("that is delivered twice is answered once", async () => {
    await askedThread();
    const said = await say("which page?");
    await stage.chat.redeliver();
    await quiet(stage);
    expect(stage.chat.replies.filter(({ question }) => question === said.messageId)).toHaveLength(
      1,
    );
    expect(await countOf("answer")).toBe(2);
  });

  test("that asks nothing is left alone", async () => {
    await askedThread();
    await say("ok, I'll send it to Ben");
    expect(stage.chat.replies).toHaveLength(1);
    expect(stage.chat.nods).toEqual([]);
  });

  test("to others is left alone, however much it asks", async () => {
    await askedThread();
    await say("which page?", { toOthers: true });
    expect(stage.chat.replies).toHaveLength(1);
  });

  test("of thanks gets a nod and no words", async () => {
    await askedThread();
    const said = await say("Thanks a lot!");
    expect(stage.chat.nods).toEqual([said.messageId]);
    expect(stage.chat.replies).toHaveLength(1);
  });
});

describe("once a second person writes in the thread", () => {
  test("Docent is quiet, to both of them, thanks and questions", async () => {
    await askedThread();
    await say("which page?", { user: "ben" });
    await say("and who is its captain?");
    await say("thanks!");
    expect(stage.chat.replies).toHaveLength(1);
    expect(stage.chat.nods).toEqual([]);
  });

  test("a mention is answered, and nothing after it", async () => {
    await askedThread();
    await say("I like it", { user: "ben" });
    await ask(stage, "Who is its captain?", { thread: "T1" });
    await say("which page?");
    expect(stage.chat.replies).toHaveLength(2);
  });
});

describe("quiet", () => {
  test("is kept in a muted thread, where a mention is still answered", async () => {
    await askedThread();
    const place = memoryPlace("general", "T1");
    await stage.chat.command({ kind: "mute", place, userId: "ada", muted: true });
    await say("which page?");
    await say("thanks");
    expect(stage.chat.replies).toHaveLength(1);
    expect(stage.chat.nods).toEqual([]);
    await ask(stage, "Who is its captain?", { thread: "T1" });
    expect(stage.chat.replies).toHaveLength(2);
    await stage.chat.command({ kind: "mute", place, userId: "ada", muted: false });
    await say("which page?");
    expect(stage.chat.replies).toHaveLength(3);
  });

  test("is kept where the platform does not say who wrote in the thread", async () => {
    await askedThread();
    stage.chat.adapter.voices = () => Promise.reject(new ServiceError("test", "away"));
    await say("which page?");
    expect(stage.chat.replies).toHaveLength(1);
    expect(await countOf("queue.job where state in ('retry', 'failed')")).toBe(0);
  });

  test("what is said in a thread without an answer of ours is not even stored", async () => {
    const before = await countOf("queue.job");
    const said = await stage.chat.say({ text: "which page?", thread: "T9" });
    expect(await countOf(`event where key = '${said.key}'`)).toBe(0);
    expect(await countOf("queue.job")).toBe(before);
  });

  test("so is what is said where the only answer was for one person alone", async () => {
    await askedThread();
    await stage.database.pool.query("update answer set private = true");
    const said = await say("which page?");
    expect(await countOf(`event where key = '${said.key}'`)).toBe(0);
  });
});

test("an answer that was begun is finished, though somebody else has written meanwhile", async () => {
  await askedThread();
  const said = await say("which page?");
  await stage.chat.say({ text: "hello", thread: "T1", user: "ben" });
  await stage.database.pool.query(
    "update answer set state = 'answering', text = null where event_key = $1",
    [said.key],
  );
  await stage.database.pool.query("delete from event where key = $1", [said.key]);
  await stage.chat.send(said);
  await quiet(stage);
  const begun = `answer where event_key = '${said.key}' and state = 'done'`;
  expect(await countOf(begun)).toBe(1);
});
