/** Whoever is braked is braked by every way in; and what brakes them destroys nothing. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Incoming, Mention } from "../../src/events.ts";
import { memoryPlace, replyText } from "../support/memory.ts";
import { answered, quiet, run, setStage, share } from "../support/stage.ts";
import { until } from "../support/until.ts";

const PLAN = "The launch of the Heron is on 14 May 2027.\n";
const QUESTION = "When is the launch of the Heron?";

const stage = setStage();
let events = 0;

beforeEach(async () => {
  await run(stage, { embedder: false });
  await share(stage, "plan.md", PLAN);
});

const replyTo = ({ messageId }: { messageId: string }) =>
  stage.chat.replies.find(({ question }) => question === messageId);

async function asks(user: string, text = QUESTION, channel = "general"): Promise<Mention> {
  const event = await stage.chat.ask({ text, user, channel });
  await answered(stage, event.key);
  return event;
}

function types(text: string, userId = "ada", channel = "general") {
  events += 1;
  const typed = { kind: "typed", text, key: `brakes:typed:${events}` } as const;
  return stage.chat.command({ ...typed, place: memoryPlace(channel, null), userId });
}

type Pressed =
  | { kind: "regenerate_wanted"; messageId: string }
  | { kind: "rated"; messageId: string; rating: "up" | "down"; reason: string }
  | { kind: "backfill_accepted" };

async function presses(pressed: Pressed, userId: string): Promise<void> {
  events += 1;
  const place = memoryPlace("general", null);
  const event: Incoming = { ...pressed, key: `brakes:pressed:${events}`, place, userId };
  await stage.chat.send(event);
  await quiet(stage);
}

async function versions(): Promise<{ version: number; rating: number | null }[]> {
  return (await stage.database.pool.query("select version, rating from answer order by id")).rows;
}

describe.each([
  ["blocked", "block <@ben>"],
  ["in a paused workspace", "pause"],
])("whoever is %s", (_how, braking) => {
  test("keeps the answers that they have, and rates none", async () => {
    const event = await asks("ben");
    await types(braking);
    const { messageId } = event;
    await presses({ kind: "regenerate_wanted", messageId }, "ben");
    await presses({ kind: "rated", messageId, rating: "down", reason: "spam" }, "ben");
    expect(replyText(replyTo(event))).toContain("14 May");
    expect(await versions()).toEqual([{ version: 1, rating: null }]);
  });

  test("has nothing read that was shared before", async () => {
    await stage.chat.send({
      ...{ kind: "joined", key: "brakes:joined", userId: "ben" },
      place: memoryPlace("general", null),
    });
    await quiet(stage);
    await types(braking);
    stage.chat.notes.length = 0;
    await presses({ kind: "backfill_accepted" }, "ben");
    expect(stage.chat.notes).toMatchObject([
      { text: expect.stringMatching(/paused|take anything/) },
    ]);
  });
});

test("whoever is blocked has no files of others read", async () => {
  await types("block <@ben>");
  const content = Buffer.from("The captain of the Heron is Mira Oduya.");
  const file = stage.chat.shareUnheard({ name: "crew.md", content, handedOver: true });
  await stage.chat.send({ ...file, handedOverBy: "ben" });
  const mark = await until(() => stage.chat.marks.find(({ fileId }) => fileId === file.fileId));
  expect(mark.state).toMatchObject({ kind: "unread" });
});

describe("whoever is blocked and speaks commands", () => {
  test.each(["models", "help", "pause", "files"])(
    "is not answered for all to read: %s",
    async (text) => {
      await types("block <@ben>");
      const event = await asks("ben", text);
      await quiet(stage);
      expect(replyText(replyTo(event))).toBe("");
    },
  );

  test("is still heard where it is about themselves", async () => {
    await types("block <@ben>");
    const event = await asks("ben", "me off");
    await quiet(stage);
    expect(replyText(replyTo(event))).toBe("");
    expect(stage.chat.notes).toMatchObject([{ userId: "ben", text: /read nothing/ }]);
  });
});

describe("where answers go to the asker alone", () => {
  test("a spoken command is one still, and told to them alone", async () => {
    await types("channel private");
    const event = await asks("ada", "channel thread");
    expect(replyTo(event)?.onlyFor).toBe("ada");
    expect(replyText(replyTo(event))).toContain("in a thread");
    expect(replyTo(await asks("ada"))?.onlyFor).toBe(null);
  });

  test("an answer that is asked for anew is private from then on", async () => {
    const event = await asks("ada");
    await types("channel private");
    await presses({ kind: "regenerate_wanted", messageId: event.messageId }, "ada");
    const { rows } = await stage.database.pool.query("select private from answer");
    expect(rows).toEqual([{ private: true }]);
  });
});

test("what an admin may is asked while nothing waits for it in the database", async () => {
  const event = await asks("ben");
  const { standing } = stage.chat.adapter;
  stage.chat.adapter.standing = async (place, userId) => {
    await stage.database.pool.query("update answer set private = private");
    return await standing(place, userId);
  };
  await presses({ kind: "regenerate_wanted", messageId: event.messageId }, "ada");
  expect(await versions()).toMatchObject([{ version: 2 }]);
});
