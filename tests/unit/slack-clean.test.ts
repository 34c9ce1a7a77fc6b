import { describe, expect, test } from "vitest";
import {
  createCleaner,
  literal,
  literalWithLinks,
  smallPrint,
  sources,
} from "../../adapters/slack/show/clean.ts";
import type { Citation } from "../../src/chat.ts";

// What would ping somebody or open a link, wherever it is shown as text.
const DANGEROUS =
  /<[!@#]|&lt;[!@#]|<[a-z]+:|@(?:channel|here|everyone)|\]\(|(?<!`|[\w+.-])(?:https?:\/\/|www\.)/i;

const HOSTILE = [
  "Hello <!channel> and <!here|everyone>, <@U123> in <#C123|general>, ask <!subteam^S1>!",
  "see <https://evil.example/?q=secret|the report> or <mailto:a@b.example|mail>",
  "[the report](https://evil.example/?q=secret) ![](https://evil.example/p.png)",
  "bare https://evil.example/?q=secret, and www.evil.example too.",
  "&lt;!channel&gt; &#60;!here> &#x3C;@U123>",
  "@channel @here @Everyone",
];

function cleaned(pieces: string[]): string {
  const cleaner = createCleaner();
  return pieces.map((piece) => cleaner.push(piece)).join("") + cleaner.end();
}

describe("text that others wrote", () => {
  test.each(HOSTILE)("nobody is pinged and no link is made: %s", (text) => {
    expect(text).toMatch(DANGEROUS);
    expect(cleaned([text])).not.toMatch(DANGEROUS);
  });

  test.each(HOSTILE)("nor when it comes in pieces, however cut: %s", (text) => {
    for (let at = 1; at < text.length; at += 1) {
      expect(cleaned([text.slice(0, at), text.slice(at)])).not.toMatch(DANGEROUS);
    }
    expect(cleaned([...text])).not.toMatch(DANGEROUS);
  });

  test("plain words, code and comparisons stay as they are", () => {
    const text = "If a < b, **then** `x[1]` holds [2].\n```\ncurl --help ~/x\n```\n漢字。";
    expect(cleaned([text])).toBe(text);
    expect(cleaned([...text])).toBe(text);
  });

  test("a link can still be read and copied", () => {
    expect(cleaned(["See https://example.com/a?b=1, please."])).toBe(
      "See `https://example.com/a?b=1`, please.",
    );
    const shown = "Run `npm i` or `curl https://a.example`: `https://b.example`.";
    expect(cleaned(["Run `npm i` or `curl https://a.example`: https://b.example."])).toBe(shown);
    expect(cleaned(["```\nx\n```\n\nhttps://b.example"])).toMatch(/`https:\/\/b.example`$/);
  });

  const link = "[the report](https://evil.example) or www.evil.example";
  const CODE = [
    ["a fence in the middle of a line", `Use \`\`\` as in ${link}`],
    ["two of them", `Use \`\`\` or \`\`\`\` as in ${link}`],
    ["a longer fence with a shorter one in it", `\`\`\`\`\n\`\`\`\n${link}\n\`\`\`\``],
    ["a fence of tildes", `~~~\n${link}\n~~~`],
    ["a fence of tildes that is not closed", `~~~\ncode\n\n${link}`],
    ["a fence that is not closed", `\`\`\`\ncode\n\n${link}`],
    ["tildes within a fence", `\`\`\`\n~~~\n\`\`\`\n${link}`],
    ["one backtick before", `a \` b ${link} \``],
    ["two backticks before", `a \`\` b \` ${link}`],
    ["backticks beside it", "`https://evil.example`` and `a`https://evil.example"],
    ["a fence right after it", "https://evil.example```"],
    ["a backslash before it", "\\https://evil.example \\`https://evil.example\\`"],
  ] as const;
  const LIVE = /:\/\/|www\.|\]\(/i;

  test.each(CODE)("nothing is a link, whatever is taken for code: %s", (_what, text) => {
    expect(cleaned([text])).not.toMatch(LIVE);
    for (let at = 1; at < text.length; at += 1) {
      expect(cleaned([text.slice(0, at), text.slice(at)])).not.toMatch(LIVE);
    }
    expect(cleaned([...text])).not.toMatch(LIVE);
  });

  test("nothing is a link in the longest of words either", () => {
    const url = "https://evil.example/";
    for (const text of [`${"(".repeat(1_994)}${url}${"a".repeat(2_000)}`, url.padEnd(2_500, "a")]) {
      expect(cleaned([...text])).not.toMatch(DANGEROUS);
      expect(cleaned([text.slice(0, 1_990), text.slice(1_990)])).not.toMatch(DANGEROUS);
    }
  });

  test("a message of this workspace stays linked, and what stands around it is one text", () => {
    const ours = "https://acme.slack.com/archives/C1/p1";
    expect(literalWithLinks(`a \` ${ours} https://b.example`, "https://acme.slack.com/")).toBe(
      `a \` <${ours}> https:\u200B//b.example`,
    );
  });

  test("a plain message has no markup of others", () => {
    expect(literal("<!channel> a & b")).toBe("&lt;\u200B!channel&gt; a &amp; b");
  });

  test("small print is one line", () => {
    expect(smallPrint("by a_model\n<!here>")).toBe("\n\n_by a\\_model <\u200B!here>_");
  });
});

describe("sources", () => {
  const citation: Citation = {
    number: 1,
    file: {
      place: { platform: "slack", workspaceId: "T1", channelId: "C1", threadId: "1.1" },
      messageId: "1.1",
      fileId: "F1",
      userId: "U1",
    },
    fileName: "plan_[draft].pdf",
    locator: { page: 12 },
    where: "page 12",
    quote: "Ducks *swim*\n<!channel> see https://evil.example",
    position: 3,
    permalink: "https://acme.slack.com/archives/C1/p1?thread_ts=1.1&cid=C1",
    sharedAtMs: 0,
  };

  test("a link with the place in the file, and a line of the source", () => {
    expect(sources([citation])).toBe(
      "\n\n**Sources**\n\n[1] [plan\\_\\[draft\\].pdf, page 12]" +
        "(https://acme.slack.com/archives/C1/p1?thread_ts=1.1&cid=C1)" +
        "\n> “Ducks \\*swim\\* <\u200B!channel> see https:\u200B//evil.example”",
    );
  });

  test.each([null, "http://evil.example", "javascript:alert(1)"])("no link to %s", (permalink) => {
    expect(sources([{ ...citation, permalink }])).not.toContain("](");
  });

  test("none, no heading", () => {
    expect(sources([])).toBe("");
  });
});
