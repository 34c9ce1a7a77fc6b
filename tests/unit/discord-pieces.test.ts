import { describe, expect, test } from "vitest";
import { piecesOf } from "../../adapters/discord/show/pieces.ts";
import { seeded } from "../support/discord-markdown.ts";

function pieces(markdown: string, charsMax?: number): string[] {
  return piecesOf([{ own: false, markdown }], charsMax);
}

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join("\n");
}

describe("messages of an answer", () => {
  test("a short text is one message, no text is none", () => {
    expect(pieces("Twelve.\n\nDucks.")).toEqual(["Twelve.\n\nDucks."]);
    expect(pieces(" \n")).toEqual([]);
  });

  test("paragraphs stay whole where they fit", () => {
    const [a, b] = ["a ".repeat(600).trim(), "b ".repeat(600).trim()];
    expect(pieces(`${a}\n\n${b}`)).toEqual([a, b]);
  });

  test("a fence that goes on is closed, and opened again in its language", () => {
    const all = pieces(
      `Look:\n\`\`\`python\n${lines(200, (at) => `print(${at})  # line`)}\n\`\`\``,
    );
    expect(all.length).toBeGreaterThan(1);
    for (const piece of all) expect(piece).toMatch(/^(?:Look:\n)?```python\n[^`]+\n```$/);
  });

  test("a fence that is still being written is closed", () => {
    expect(pieces("```js\nlet a")).toEqual(["```js\nlet a\n```"]);
    expect(pieces("Yes:\n```js\n")).toEqual(["Yes:"]);
  });

  test("a list is cut between its items", () => {
    const all = pieces(lines(60, (at) => `- item ${at} ${"word ".repeat(8)}\n  more of ${at}`));
    for (const piece of all) expect(piece).toMatch(/^- item .*more of \d+$/s);
  });

  test("a narrow table is code with columns", () => {
    expect(pieces("| Name | Age |\n|:--|--:|\n| Ana | 3 |\n| **Ben** | \\| |")).toEqual([
      "```\nName | Age\n-----|----\nAna  | 3\nBen  | |\n```",
    ]);
  });

  test("a long table has its header above each part", () => {
    const rows = lines(150, (at) => `| row ${at} | a value of ${at} |`);
    const all = pieces(`| Name | Value |\n|---|---|\n${rows}`);
    expect(all.length).toBeGreaterThan(1);
    for (const piece of all) expect(piece).toMatch(/^```\nName +\| Value\n-+\|-+\nrow .*\n```$/s);
  });

  test("a wide table is a list of what its cells say", () => {
    const long = "a very long value that makes the table as wide as no phone is";
    expect(pieces(`| Name | Note |\n|---|---|\n| Ana | ${long} |\n| Ben | |`)).toEqual([
      `- Name: Ana\n  Note: ${long}\n- Name: Ben`,
    ]);
  });

  test("a quote that is too long goes on as a quote", () => {
    for (const piece of pieces(`> ${"word ".repeat(900)}`)) expect(piece).toMatch(/^> word/);
  });

  test("text that is added changes the last messages alone", () => {
    const words = Array.from({ length: 2_500 }, (_, at) => `word${at}`);
    const half = pieces(words.slice(0, 1_800).join(" "));
    expect(pieces(words.join(" ")).slice(0, half.length - 1)).toEqual(half.slice(0, -1));
  });

  test("our own lines stay as they are", () => {
    const own = { own: true, markdown: "[a](https://discord.com/x)\n> “b”" };
    expect(piecesOf([{ own: false, markdown: "Text." }, own])).toEqual([
      "Text.\n\n[a](https://discord.com/x)\n> “b”",
    ]);
  });
});

/** A text of all kinds of blocks, each word once, and the words in their order. */
function composed(random: () => number): { text: string; words: string[] } {
  const words: string[] = [];
  const some = (max: number) => 1 + Math.floor(random() * max);
  const word = () => {
    words.push(`w${words.length}${"\u{1F986}".repeat(random() < 0.05 ? some(40) : 0)}x`);
    return words.at(-1) ?? "";
  };
  const said = (max: number) => Array.from({ length: some(max) }, word).join(" ");
  const rows = (count: number) => lines(count, () => `| ${said(3)} | ${said(12)} |`);
  const makers = [
    () => said(400),
    () => `\`\`\`js\n${lines(some(80), () => said(12))}\n\`\`\``,
    () => lines(some(40), () => `- ${said(20)}\n  **${word()}** \`${word()}\``),
    () => `| ${word()} | ${word()} |\n|---|---|\n${rows(some(30))}`,
    () => `${"#".repeat(some(6))} ${said(5)}`,
    () => `> ${said(200)}`,
  ];
  const make = () => makers[Math.floor(random() * makers.length)]?.() ?? "";
  return { text: Array.from({ length: some(8) }, make).join("\n\n"), words };
}

test("whatever a text is made of, its messages hold all its words, and each is well formed", () => {
  const random = seeded(11);
  for (let round = 0; round < 300; round += 1) {
    const { text, words } = composed(random);
    const all = pieces(text);
    for (const piece of all) {
      expect(piece.length).toBeLessThanOrEqual(2_000);
      expect(piece.isWellFormed()).toBe(true);
      expect((piece.match(/^```/gm) ?? []).length % 2).toBe(0);
      for (const line of piece
        .split(/^```[\s\S]*?^```$/m)
        .join("")
        .split("\n")) {
        expect((line.match(/`/g) ?? []).length % 2).toBe(0);
      }
    }
    const found = [...new Set(all.join("\n").match(/w\d+\u{1F986}*x/gu))];
    expect(found.filter((one) => words.includes(one)).length).toBe(words.length);
  }
});
