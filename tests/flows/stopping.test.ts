/** What people can do about an answer that is being written, and about questions that wait behind it. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Mention } from "../../src/events.ts";
import { memoryPlace, replyText } from "../support/memory.ts";
import { answered, footer, lastPrompt, quiet, run, setStage, share } from "../support/stage.ts";
import { until } from "../support/until.ts";

const PLAN = "The launch of the Heron is on 14 May 2027. Its captain is Mira Oduya.\n";
const STOPPED = "Stopped, as asked.";
const NOTHING = "Nothing is being written here right now.";

const stage = setStage();
let events = 0;

beforeEach(async () => {
  await run(stage, { embedder: false });
  await share(stage, "plan.md", PLAN);
});

const replyTo = ({ messageId }: { messageId: string }) =>
  stage.chat.replies.find(({ question }) => question === messageId);

interface From {
  user?: string;
  thread?: string;
}

/** Somebody's question, whose answer is shown in part and then goes no further. */
async function stuck(from: From = {}): Promise<Mention> {
  const asked = stage.openrouter.requests.length;
  stage.openrouter.script("test/first", "content_then_stall");
  const event = await stage.chat.ask({ text: "When is the launch of the Heron?", ...from });
  await until(() => stage.openrouter.requests.length > asked && replyText(replyTo(event)) !== "");
  return event;
}

/** A question that waits for its turn in the thread. */
async function waiting(text: string, from: From): Promise<Mention> {
  const event = await stage.chat.ask({ text, ...from });
  const sql = `select from queue.job where state = 'retry' and data ->> 'key' = $1`;
  await until(async () => (await stage.database.pool.query(sql, [event.key])).rowCount === 1);
  return event;
}

async function stopped(event: Mention): Promise<void> {
  await answered(stage, event.key);
  const reply = await until(() => replyTo(event)?.finished && replyTo(event));
  expect(footer(reply)).toContain(STOPPED);
}

function types(text: string, user: string, thread: string | null = null) {
  events += 1;
  const typed = { kind: "typed", text, key: `memory:typed:stop:${events}` } as const;
  return stage.chat.command({ ...typed, place: memoryPlace("general", thread), userId: user });
}

function happens(kind: "message_deleted" | "stopped", { place, messageId }: Mention, user = "ada") {
  events += 1;
  const key = `test:stopping:${events}`;
  return stage.chat.send({ kind, key, place, messageId, userId: user });
}

function edited({ place, messageId, userId }: Mention, text: string) {
  events += 1;
  const key = `test:stopping:${events}`;
  return stage.chat.send({ kind: "message_changed", key, place, messageId, userId, text });
}

async function answers(): Promise<{ state: string; question: string }[]> {
  return (await stage.database.pool.query("select state, question from answer order by id")).rows;
}

describe("the word “stop”", () => {
  test("in a mention stops the thread's answer at once, with a sign and no words", async () => {
    const event = await stuck({ thread: "T1" });
    const stop = await stage.chat.ask({ text: "Stop!", thread: "T1" });
    await stopped(event);
    await quiet(stage);
    expect(stage.chat.nods).toEqual([stop.messageId]);
    expect(replyTo(stop)).toBeUndefined();
    expect(await answers()).toHaveLength(1);
  });

  test("needs no mention in the thread, from who asked", async () => {
    const event = await stuck({ user: "ben", thread: "T1" });
    const said = { text: "stop", thread: "T1" };
    // An admin says it to somebody, and not to Docent.
    await stage.chat.say({ ...said, user: "ada" });
    await stage.chat.say({ ...said, user: "ben", toOthers: true });
    await stage.chat.say({ ...said, text: "stop it, Anna", user: "ben" });
    expect(await answers()).toMatchObject([{ state: "answering" }]);
    await stage.chat.say({ ...said, user: "ben" });
    await stopped(event);
    await quiet(stage);
    expect(stage.chat.replies).toHaveLength(1);
  });

  test("without a thread, stops what the asker has asked anywhere in the channel", async () => {
    const [ada, ben] = [await stuck({ thread: "T1" }), await stuck({ user: "ben", thread: "T2" })];
    await stage.chat.ask({ text: "stop", user: "ben" });
    await stopped(ben);
    expect(await types("stop", "ben")).toEqual({ done: false, text: NOTHING });
    expect(await types("stop", "ada")).toEqual({ done: true, text: "" });
    await stopped(ada);
  });

  test("stops another's answer for a moderator or an admin alone", async () => {
    const event = await stuck({ user: "ben", thread: "T1" });
    expect(await types("stop", "guest", "T1")).toEqual({ done: false, text: NOTHING });
    expect(await types("stop", "ada")).toEqual({ done: false, text: NOTHING });
    expect(await types("stop", "ada", "T1")).toEqual({ done: true, text: "" });
    await stopped(event);
  });

  test("says so where there is nothing to stop, and is no question", async () => {
    const stop = await stage.chat.ask({ text: "stop" });
    await answered(stage, stop.key);
    await quiet(stage);
    expect(replyText(replyTo(stop))).toBe(NOTHING);
    expect(stage.openrouter.requests).toEqual([]);
  });

  test("gets words where the platform has no signs", async () => {
    stage.chat.adapter.nod = async () => false;
    const event = await stuck({ thread: "T1" });
    const stop = await stage.chat.ask({ text: "stop", thread: "T1" });
    await stopped(event);
    await answered(stage, stop.key);
    expect(replyText(replyTo(stop))).toBe(NOTHING);
  });

  test("stops a private answer for its asker, of which nobody else is told", async () => {
    stage.openrouter.script("test/first", "content_then_stall");
    const onlyFor = { handle: "sealed", untilMs: Date.now() + 60_000 };
    const event = await stage.chat.ask({ text: "When is the launch?", user: "ben", onlyFor });
    await until(() => stage.openrouter.requests.length === 1);
    const thread = event.place.threadId;
    expect(await types("stop", "ada", thread)).toMatchObject({ text: NOTHING });
    expect(await types("stop", "ben", thread)).toMatchObject({ done: true });
    await stopped(event);
  });
});

describe("a question that waits behind an answer", () => {
  const CAPTAIN = "Who is the captain of the Heron?";

  test("is dropped with it, when both are by who says stop", async () => {
    const first = await stuck({ thread: "T1" });
    const second = await waiting(CAPTAIN, { thread: "T1" });
    const others = await waiting("Is the launch in May?", { user: "ben", thread: "T1" });
    const asked = stage.openrouter.requests.length;
    await stage.chat.ask({ text: "stop", thread: "T1" });
    await stopped(first);
    await answered(stage, others.key);
    await quiet(stage);
    expect(replyTo(second)).toBeUndefined();
    expect(replyText(replyTo(others))).toContain("14 May 2027");
    expect(stage.openrouter.requests).toHaveLength(asked + 1);
    expect((await answers()).map(({ state }) => state)).toEqual(["done", "done", "done"]);
  });

  test("is the one that was edited", async () => {
    const first = await stuck({ thread: "T1" });
    const second = await waiting("Is the launch in May?", { thread: "T1" });
    await edited({ ...second, userId: "ben" }, "Is it somebody else's?");
    await edited(second, CAPTAIN);
    await until(async () => (await answers()).some(({ question }) => question === CAPTAIN));
    await happens("stopped", first);
    await answered(stage, second.key);
    await quiet(stage);
    expect(lastPrompt(stage)).toContain(CAPTAIN);
    expect(lastPrompt(stage)).not.toMatch(/in May|somebody else's/);
    expect(stage.chat.replies).toHaveLength(2);
    expect(stage.openrouter.requests).toHaveLength(2);
  });

  test("is gone when it was deleted, also where nobody has looked at it yet", async () => {
    const first = await stuck({ thread: "T1" });
    const second = await waiting(CAPTAIN, { thread: "T1" });
    const { rows } = await stage.database.pool.query(
      `update queue.job set start_after = now() + interval '1 hour'
        where data ->> 'key' = $1 returning id`,
      [second.key],
    );
    expect(rows).toHaveLength(1);
    await stage.database.pool.query("delete from answer where event_key = $1", [second.key]);
    await happens("message_deleted", second);
    await happens("stopped", first);
    await stopped(first);
    await quiet(stage);
    expect(replyTo(second)).toBeUndefined();
    expect(await answers()).toHaveLength(1);
  });
});

test("an answer that has only just been begun with is stopped a moment later", async () => {
  const { readers } = stage.chat.adapter;
  const asking = Promise.withResolvers<void>();
  const event = await new Promise<Mention>((resolve) => {
    stage.chat.adapter.readers = async (place) => {
      await asking.promise;
      return await readers(place);
    };
    resolve(stage.chat.ask({ text: "When is the launch of the Heron?", thread: "T1" }));
  });
  const active = "select from queue.job where state = 'active' and data ->> 'key' = $1";
  await until(async () => (await stage.database.pool.query(active, [event.key])).rowCount === 1);
  stage.openrouter.script("test/first", "content_then_stall");
  await happens("stopped", event);
  expect((await types("stop", "ada", "T1")).text).toMatch(/^I have only just begun/);
  asking.resolve();
  await stopped(event);
});

describe("a question that has only just been begun with", () => {
  /** Its answer can be begun with once the returned function was called. */
  async function begun(): Promise<{ event: Mention; go(): void }> {
    const { readers } = stage.chat.adapter;
    const asking = Promise.withResolvers<void>();
    stage.chat.adapter.readers = async (place) => {
      await asking.promise;
      return await readers(place);
    };
    const event = await stage.chat.ask({ text: "Is the launch in May?", thread: "T1" });
    const active = "select from queue.job where state = 'active' and data ->> 'key' = $1";
    await until(async () => (await stage.database.pool.query(active, [event.key])).rowCount === 1);
    return { event, go: asking.resolve };
  }

  /** The job that is about it was looked at, and waits or is done. */
  async function lookedAt(kind: string): Promise<void> {
    const sql = `select from queue.job where data ->> 'kind' = $1 and state in ('retry', 'completed')`;
    await until(async () => (await stage.database.pool.query(sql, [kind])).rowCount === 1);
  }

  test("is answered as it was edited", async () => {
    const { event, go } = await begun();
    await edited(event, "Who is the captain of the Heron?");
    await lookedAt("message_changed");
    go();
    await answered(stage, event.key);
    await quiet(stage);
    expect(lastPrompt(stage)).toContain("captain of the Heron?");
    expect(stage.chat.replies).toHaveLength(1);
  });

  test("leaves no answer when it is deleted", async () => {
    const { event, go } = await begun();
    await happens("message_deleted", event);
    await lookedAt("message_deleted");
    go();
    await quiet(stage);
    expect(stage.chat.replies).toEqual([]);
    expect(await answers()).toEqual([]);
  });
});

test("a question that is deleted while it is answered leaves nothing of the answer", async () => {
  const event = await stuck({ thread: "T1" });
  await happens("message_deleted", event);
  await quiet(stage);
  expect(stage.chat.replies).toEqual([]);
  expect(await answers()).toEqual([]);
});
