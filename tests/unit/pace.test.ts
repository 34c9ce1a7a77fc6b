import { describe, expect, test } from "vitest";
import { paced } from "../../adapters/shared/pace.ts";
import { split } from "../../adapters/shared/split.ts";
import type { ReplyPart } from "../../src/chat.ts";

const NEVER_MS = 3_600_000;
const signal = new AbortController().signal;

async function collected(reply: AsyncIterable<ReplyPart>): Promise<ReplyPart[]> {
  const parts: ReplyPart[] = [];
  for await (const part of reply) parts.push(part);
  return parts;
}

async function* reply(...parts: ReplyPart[]): AsyncGenerator<ReplyPart> {
  yield* parts;
}

const text = (words: string): ReplyPart => ({ kind: "text", text: words });

describe("pace", () => {
  const slow = { everyMs: NEVER_MS, charsMin: 200 };

  test("text is gathered until something else comes", async () => {
    const parts = paced(
      reply({ kind: "status", text: "Reading" }, text("a"), text("b"), {
        kind: "footer",
        text: "end",
      }),
      slow,
      signal,
    );
    expect(await collected(parts)).toEqual([
      { kind: "status", text: "Reading" },
      text("ab"),
      { kind: "footer", text: "end" },
    ]);
  });

  test("a restart drops the text that was not shown", async () => {
    const parts = paced(
      reply(text("wrong"), { kind: "restart", note: "again" }, text("right")),
      slow,
      signal,
    );
    expect(await collected(parts)).toEqual([{ kind: "restart", note: "again" }, text("right")]);
  });

  test("a source that falls silent does not keep text back", async () => {
    async function* silent(): AsyncGenerator<ReplyPart> {
      yield text("half");
      await new Promise(() => undefined);
    }
    const parts = paced(silent(), { everyMs: 10, charsMin: 200 }, signal);
    expect(await parts.next()).toEqual({ done: false, value: text("half") });
  });

  test("a failure comes after all that came before it", async () => {
    async function* failing(): AsyncGenerator<ReplyPart> {
      yield text("half");
      throw new Error("broken");
    }
    const parts = paced(failing(), slow, signal);
    expect(await parts.next()).toEqual({ done: false, value: text("half") });
    await expect(parts.next()).rejects.toThrow("broken");
  });

  test("an aborted reply ends with the reason", async () => {
    const stop = new AbortController();
    async function* silent(): AsyncGenerator<ReplyPart> {
      stop.abort(new Error("enough"));
      yield text("half");
      await new Promise(() => undefined);
    }
    await expect(collected(paced(silent(), slow, stop.signal))).rejects.toThrow("enough");
  });
});

describe("split", () => {
  test.each([
    ["one two three four", 10, ["one two ", "three four"]],
    ["First one.\n\nSecond one.", 16, ["First one.\n\n", "Second one."]],
    ["aaaaaaaaaaaa", 5, ["aaaaa", "aaaaa", "aa"]],
    ["aaaa\u{1F986}b", 5, ["aaaa", "\u{1F986}b"]],
    ["", 5, []],
  ])("%j in pieces of %i", (whole, charsMax, pieces) => {
    expect(split(whole, charsMax)).toEqual(pieces);
  });
});
