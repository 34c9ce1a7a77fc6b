import { describe, expect, test } from "vitest";
import {
  CHUNK_SIZE_TARGET,
  type Chunk,
  chunkBlocks,
  chunkIndented,
} from "../../src/ingest/chunk.ts";
import { linesOf } from "../../src/ingest/chunking/lines.ts";
import { sizeOf } from "../../src/ingest/chunking/size.ts";
import { csvRows } from "../../src/ingest/extract/csv-rows.ts";
import { markdownOf } from "../../src/ingest/extract/html.ts";
import { jsonLines } from "../../src/ingest/extract/json-lines.ts";
import { jsonTokens } from "../../src/ingest/extract/json-tokens.ts";
import { tableBlocks } from "../../src/ingest/extract/table.ts";

/** In pieces that end anywhere, as files come. */
function* pieces(text: string, length = 7): Generator<string> {
  for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length);
}

function code(text: string): Chunk[] {
  return [...chunkIndented(linesOf([text]))];
}

function json(text: string): string {
  return Array.from(jsonLines(jsonTokens(pieces(text))), (line) => line.text)
    .join("\n")
    .trim();
}

function table(text: string): Chunk[] {
  const blocks = tableBlocks(csvRows(pieces(text, 200_001)), CHUNK_SIZE_TARGET);
  return [...chunkBlocks(blocks, { counts: "rows", outline: [] })];
}

function page(text: string): string {
  return [...markdownOf(pieces(text))]
    .join("")
    .replace(/\n{2,}/g, "\n\n")
    .trim();
}

describe("source code", () => {
  const method = (at: number): string =>
    `  step${at}() {\n${"    this.advance(1, 2, 3);\n".repeat(20)}  }`;
  const source = `import x\n\nclass Walker {\n${Array.from({ length: 9 }, (_, at) => method(at)).join("\n\n")}\n}\n`;

  test("is cut before a definition, and each part knows what it stands inside of", () => {
    const chunks = code(source);
    expect(chunks.length).toBeGreaterThan(3);
    for (const { text, locator } of chunks.slice(1)) {
      expect(text).toMatch(/^ {2}step\d\(\) \{/);
      expect(locator.headings).toEqual(["class Walker"]);
    }
  });

  test("keeps its lines, and no line is lost or too long", () => {
    const long = `${source}\n${"minified(); ".repeat(2000)}\n\nlast line`;
    const chunks = code(long);
    expect(chunks.every(({ text }) => sizeOf(text) <= 2048)).toBe(true);
    const letters = (text: string): string => text.replace(/\s+/g, "");
    expect(letters(chunks.map(({ text }) => text).join(""))).toBe(letters(long));
    for (const { text, locator } of chunks.slice(0, 3)) {
      const [first, last] = locator.lines ?? [0, 0];
      expect(text).toBe(
        long
          .split("\n")
          .slice(first - 1, last)
          .join("\n"),
      );
    }
  });
});

describe("JSON", () => {
  test.each([
    ['{"a":{"b":[1,2,{"c":"x"}]},"d":null}', "a:\n  b: 1, 2\n    - c: x\nd: null"],
    ['[{"id":1,"on":true},{"id":2}]', "- id: 1\n  on: true\n- id: 2"],
    ['{"id":1}\n{"id":2}', "id: 1\n\nid: 2"],
    [`{"caf\\u00e9":"two\\nlines","q":"say \\"hi\\""}`, 'café: two\n  lines\nq: say "hi"'],
    ['{"empty":[],"none":{},"":""}', "empty:\nnone:\n:"],
    [`{"image":"${"iVBORw0KGgo".repeat(200)}"}`, "image: (a file packed into this one)"],
    ["{unquoted: 1, 'x': [1,]}", "unquoted: 1\n'x': 1"],
    ['{"cut": [1, "of', "cut: 1, of"],
  ])("%s becomes text with keys", (text, expected) => {
    expect(json(text)).toBe(expected);
  });

  test("a part of a long one has the keys above it, and the lines of the file", () => {
    const users = Array.from({ length: 200 }, (_, id) => ({ id, name: `user ${id}` }));
    const lines = jsonLines(jsonTokens([JSON.stringify({ people: { users } }, null, 1)]));
    const last = [...chunkIndented(lines)].at(-1);
    expect(last?.locator.headings).toEqual(["people", "users"]);
    expect(last?.locator.lines?.[1]).toBeGreaterThan(790);
  });

  test("a million levels, or a text of millions of letters, is refused and not tried", () => {
    expect(() => json("[".repeat(1_000_000))).toThrow(/levels deep/);
    expect(() => json(`["${"two words ".repeat(300_000)}"]`)).toThrow(/2,000,000 letters/);
  });
});

describe("a table", () => {
  test.each([
    [",", "name,price\ntea,3\n"],
    [";", "name;price\r\ntea;3"],
    ["tab", "name\tprice\rtea\t3\r"],
    ["pipe, quoted", '"name"|"price"\n"tea"|3'],
  ])("is read whatever stands between its cells: %s", (_, text) => {
    expect(table(text)).toEqual([
      { text: "| name | price |\n|---|---|\n| tea | 3 |", locator: { rows: [2, 2] } },
    ]);
  });

  test("has its header on every part, and each part knows its rows, blank ones counted", () => {
    const rows = Array.from({ length: 400 }, (_, at) => `item ${at + 2},"a ""b"" | c"`);
    rows[5] = "";
    const chunks = table(["name,note", ...rows].join("\n"));
    expect(chunks.length).toBeGreaterThan(4);
    for (const { text, locator } of chunks) {
      const [first, last] = locator.rows ?? [0, 0];
      expect(text).toMatch(/^\| name \| note \|\n\|---\|---\|\n/);
      expect(text).toContain(`\n| item ${first} | a "b" \\| c |`);
      expect(text.split("\n").at(-1)).toContain(`| item ${last} |`);
      expect(sizeOf(text)).toBeLessThanOrEqual(2048);
    }
    expect(chunks.at(-1)?.locator.rows?.[1]).toBe(401);
  });

  test("with very many columns names every cell instead", () => {
    const header = Array.from({ length: 90 }, (_, at) => `measurement ${at}`);
    const cells = header.map((_, at) => (at % 2 === 0 ? `v${at}` : ""));
    const [first] = table(`${header.join(",")}\n${cells.join(",")}\n`);
    expect(first?.text).toMatch(/^measurement 0: v0; measurement 2: v2; /);
    expect(first?.locator.rows).toEqual([2, 2]);
  });

  test("may begin with a title, and a stray quote spoils no more than its row", () => {
    const [title] = table("Prices of May\n\nname,price\ntea,3\ncake,4");
    expect(title?.text).toBe(
      "Prices of May\n\n| name | price |\n|---|---|\n| tea | 3 |\n| cake | 4 |",
    );
    for (const length of [100, 90_000]) {
      const rows = Array.from({ length }, (_, at) => `row ${at},20`).join("\n");
      const all = table(`name,size\nscreen,"24 inch\n${rows}`);
      expect(all[0]?.text).toContain('| screen | "24 inch |');
      expect(all.at(-1)?.locator.rows?.[1]).toBe(length + 2);
    }
  });

  test("of one endless row is refused", () => {
    expect(() => table("x".repeat(3_000_000))).toThrow(/longer than 500,000 letters/);
  });
});

describe("a web page", () => {
  test.each([
    [
      "<title>T</title><h2>Head <b>line</b></h2><p>One&amp;two<br>three",
      "# T\n\n## Head line\n\nOne&two\nthree",
    ],
    ["<ul><li>a<ol><li>b<li>c</ol><li><a href=x>d</a></ul>", "- a\n  1. b\n  2. c\n- d"],
    ["a<script>bad()</script><style>p{}</style><noscript>no</noscript>b", "ab"],
    ["<pre>x\n  y</pre>", "```\nx\n  y\n```"],
    [
      "<table><tr><th rowspan=2>a<th>b|c<tr><td>d<tr><td colspan=2>e</table>",
      "| a | b\\|c |\n|---|---|\n|  | d |\n| e |  |",
    ],
    [
      "<table><tr><td>Menu<td><table><tr><td>x<td>y</table>after</table>",
      "Menu\n\n| x | y |\n|---|---|\n\nafter",
    ],
  ])("%s becomes Markdown", (html, expected) => {
    expect(page(html)).toBe(expected);
  });

  test("is read down to a depth, and what is nothing but depth is refused", () => {
    expect(page(`<p>first</p>${"<div>".repeat(9_000)}deep`)).toBe("first");
    expect(() => page("<table><tr><td>".repeat(5_000))).toThrow(/each other without end/);
  });

  test("that only asks for a password is told from one that also does", () => {
    const form = "<form>Password <input type=password></form>";
    expect(() => page(form)).toThrow(/sign-in page/);
    expect(page(form + "<p>A long article. ".repeat(200))).toContain("article");
  });
});
