import { describe, expect, test } from "vitest";
import { type Chunk, chunkText, type Source } from "../../src/ingest/chunk.ts";
import { sizeOf } from "../../src/ingest/chunking/size.ts";

const SIZE_MAX = 2048;

function chunks(text: string, source: Partial<Source> = {}): Chunk[] {
  return [...chunkText([text], { syntax: "markdown", counts: "lines", outline: [], ...source })];
}

function sentences(count: number): string {
  return Array.from({ length: count }, (_, at) => `Sentence ${at} says a little more.`).join(" ");
}

describe("a chunk says where it stands", () => {
  test("the headings above a passage are its path, and siblings replace each other", () => {
    const body = sentences(30);
    const found = chunks(`# Guide\n\n## Setup\n\n${body}\n\n## **Use** ##\n\n${body}`);
    expect(found.map((chunk) => chunk.locator.headings)).toEqual([
      ["Guide", "Setup"],
      ["Guide", "Use"],
    ]);
  });

  test("its lines are the lines of the file, also for parts of a long table or fence", () => {
    const rows = Array.from({ length: 200 }, (_, at) => `| row ${at} | ${at * 7} |`);
    const code = Array.from({ length: 200 }, (_, at) => `const value${at} = ${at};`);
    const table = ["| name | number |", "| --- | ---: |", ...rows];
    const text = ["# One", "", ...table, "", "Words between.", "", "```ts", ...code, "```"];
    for (const { text: part, locator } of chunks(text.join("\n"))) {
      const [first, last] = locator.lines ?? [0, 0];
      const source = text.slice(first - 1, last).filter((line) => line !== "");
      expect(part.split("\n").at(-1)).toBe(part.endsWith("```") ? "```" : source.at(-1));
      expect(source.every((line) => part.includes(line))).toBe(true);
    }
  });

  test("an endless line is one line, and its words stay whole", () => {
    const found = chunks(`first\n${"whole ".repeat(30_000)}\nlast`);
    expect(found.every(({ text }) => /^(first\s+)?(whole\s+)*whole(\s+last)?$/.test(text))).toBe(
      true,
    );
    expect(found[1]?.locator.lines).toEqual([2, 2]);
    expect(found.at(-1)?.locator.lines?.[1]).toBe(3);
  });

  test("a PDF's passage names its page, and headings reach over to the next page", () => {
    const outline: Source["outline"] = [];
    chunks("# Risks\n\nText.", { counts: null, page: 1, outline });
    const [second] = chunks("More.", { counts: null, page: 2, pageLabel: "ii", outline });
    expect(second?.locator).toEqual({ page: 2, pageLabel: "ii", headings: ["Risks"] });
  });
});

describe("a chunk can be understood by itself", () => {
  test("every part of a table repeats its header, even a very wide one in short", () => {
    const wide = Array.from({ length: 60 }, (_, at) => `a rather long column name ${at}`);
    for (const header of [["name", "number"], wide]) {
      const rows = Array.from(
        { length: 150 },
        (_, at) => `| ${header.map(() => at).join(" | ")} |`,
      );
      const rule = `|${header.map(() => "---").join("|")}|`;
      const found = chunks([`| ${header.join(" | ")} |`, rule, ...rows].join("\n"));
      expect(found.length).toBeGreaterThan(1);
      const [start, below] = found.map((chunk) => chunk.text.split("\n"))[1] ?? [];
      expect(start).toMatch(header === wide ? /^\|a r/ : /^\| name \| number \|/);
      expect(below).toMatch(/^\|(---\|)+$/);
    }
  });

  test("a code block that is cut is closed and opened again", () => {
    const code = Array.from({ length: 300 }, (_, at) => `  call(${at});`).join("\n");
    for (const { text } of chunks(`~~~js\n${code}\n~~~`))
      expect(text).toMatch(/^~~~js\n[^~]*\n~~~$/);
  });

  test("a heading is never the end of a full chunk", () => {
    const found = chunks(`${sentences(40)}\n\n## Next\n\n${sentences(40)}`);
    expect(found.some((chunk) => chunk.text.endsWith("## Next"))).toBe(false);
  });

  test("long prose is cut between sentences, hard line breaks or not", () => {
    const prose = sentences(400).replaceAll(" a ", "\na ");
    for (const { text } of chunks(prose)) {
      expect(text).toMatch(/^Sentence/);
      expect(text).toMatch(/\.$/);
    }
  });

  test("tiny neighbours are one chunk, and a little text is one chunk", () => {
    expect(chunks("# A\n\nOne.\n\n# B\n\nTwo.\n\n# C\n\nThree.")).toHaveLength(1);
  });
});

describe("whatever comes, the chunks can be stored and embedded", () => {
  const hostile: [what: string, text: string][] = [
    ["one endless line", "x".repeat(200_000)],
    ["Chinese without a stop", "文".repeat(50_000)],
    ["Thai", "ภาษาไทย".repeat(5_000)],
    ["emoji", "👩‍👩‍👧‍👦".repeat(10_000)],
    ["combining marks", "e\u0301\u0302\u0303".repeat(20_000)],
    ["50,000 quotes", ">".repeat(50_000)],
    ["a table of one endless row", `|a|\n|-|\n|${"b|".repeat(40_000)}`],
    ["a fence that never ends", `\`\`\`${"y".repeat(5_000)}\n${"z\n".repeat(40_000)}`],
    ["headings only", "# h\n".repeat(5_000)],
    ["an endless heading", `# ${"word ".repeat(20_000)}`],
    ["deep lists", Array.from({ length: 500 }, (_, at) => `${" ".repeat(at)}- i`).join("\n")],
  ];

  test.each(hostile)(
    "%s: no chunk is too big, none is empty, none halves a character",
    (_, text) => {
      const found = chunks(text);
      expect(found.length).toBeGreaterThan(0);
      for (const chunk of found) {
        expect(sizeOf(chunk.text)).toBeLessThanOrEqual(SIZE_MAX);
        expect(chunk.text.trim()).not.toBe("");
        expect(chunk.text.isWellFormed()).toBe(true);
      }
    },
  );

  test("NUL, other controls, halves of characters and embedded files are taken out", () => {
    const image = `![logo](data:image/png;base64,${"QUJD".repeat(30_000)})`;
    const [chunk, ...more] = chunks(`be\u0000fore \ud800 \u0007${image} after`);
    expect(chunk?.text).toBe("before \ufffd ![logo]() after");
    expect(more).toEqual([]);
  });

  test("nothing but spaces is no chunk", () => {
    expect(chunks(" \n\t\n\u00a0\n```\n\n```\n")).toEqual([]);
  });

  test("every word of the text is in a chunk, in order", () => {
    const text = `${sentences(200)}\n\n- ${sentences(90)}\n- b\n\n${"w ".repeat(3_000)}`;
    const words = (of: string): string[] => of.split(/\s+/).filter((word) => word !== "");
    expect(
      words(
        chunks(text)
          .map((chunk) => chunk.text)
          .join("\n"),
      ),
    ).toEqual(words(text));
  });

  test("the same text gives the same chunks, however it arrives", () => {
    const text = `# A\r\n\r\n${sentences(120)}\r\n\r\n| a |\r\n|---|\r\n${"| b |\r\n".repeat(400)}`;
    const pieces = Array.from({ length: text.length / 7 + 1 }, (_, at) =>
      text.slice(at * 7, at * 7 + 7),
    );
    const source: Source = { syntax: "markdown", counts: "lines", outline: [] };
    expect([...chunkText(pieces, source)]).toEqual(chunks(text));
  });
});
