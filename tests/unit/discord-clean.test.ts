import { describe, expect, test } from "vitest";
import { escaped, inline } from "../../adapters/discord/show/clean.ts";
import { piecesOf } from "../../adapters/discord/show/pieces.ts";
import { smallPrint, sources } from "../../adapters/discord/show/sources.ts";
import type { Citation } from "../../src/chat.ts";
import { linksIn, pingsIn, seeded } from "../support/discord-markdown.ts";

const URL = "https://evil.example/?q=secret";

function shown(markdown: string): string {
  return piecesOf([{ own: false, markdown }]).join("\n");
}

describe("text that others wrote", () => {
  test.each([
    "Hello <@123>, <@!123>, <@&5> and <#77>",
    "@everyone @here @Everyone",
    "<:duck:123> <a:duck:123> </docent ask:99> <t:1618953630:R> <id:guide>",
    "join discord.gg/abc or https://discord.gg/abc",
    "```\n<@123> @everyone\n```",
    "`<@123>` \\<@123> \\@everyone",
    "| a | b |\n|---|---|\n| <@123> | @here |",
  ])("calls nobody: %s", (text) => {
    expect(pingsIn(text)).not.toEqual([]);
    expect(pingsIn(shown(text))).toEqual([]);
  });

  test.each([
    ["a masked link", `[the report](${URL}) ![](${URL})`],
    ["a bare one, in brackets or not", `${URL}, <${URL}> and x${URL}.`],
    ["a masked link that begins before code", `[a \`](${URL}) b`],
    ["one that goes into a fence", `[a\n\`\`\`\n](${URL})\n\`\`\``],
    ["emphasis that ends in code", `*a \`b*\` ${URL} \``],
    ["emphasis that ends in a fence", `*a\n\`\`\`\nb* ${URL}\n\`\`\``],
    ["a backtick that is not closed", `a \` b \`\` ${URL} \``],
    ["spans that touch", `\`a\`\`b\`${URL}\`\`c`],
    ["a backslash before it", `\\${URL} \\\`${URL}\\\``],
    ["a fence in the middle of a line", `Use \`\`\` as in ${URL}`],
    ["a longer fence with a shorter one in it", `\`\`\`\`\n\`\`\`\n${URL}\n\`\`\`\``],
    ["a fence of tildes", `~~~\n\`\`\`\n~~~\n${URL}`],
    ["an empty fence", `\`\`\`\n\n\`\`\`\n${URL}\n\`\`\`\nx\n\`\`\``],
    ["a fence in a list", `- \`\`\`js\n  ${URL}\n  \`\`\`\n${URL}`],
    ["a very long word", `${"(".repeat(3_000)}${URL}${"a".repeat(3_000)}`],
    ["a long word of backticks", `${"a`".repeat(3_000)} ${URL}`],
  ])("makes no link: %s", (_what, text) => {
    for (const piece of piecesOf([{ own: false, markdown: text }])) {
      expect(linksIn(piece)).toEqual([]);
    }
  });

  const PARTS = [
    ..."` `` ``` ~~~ * _ ** __ *** ~~ || \\ [ ] ( ) < > | # -".split(" "),
    ...["\n", "\n\n", " ", "a", "word ", "- ", "> ", "|---|\n", "js\n"],
    ...[URL, `[x](${URL})`, `](${URL})`, `<${URL}>`, "<@1>", "@everyone", "<:x:1>"],
  ];

  test("has neither link nor ping, whatever it is put together of", () => {
    const random = seeded(7);
    for (let round = 0; round < 4_000; round += 1) {
      const length = 1 + Math.floor(random() * 30);
      const some = Array.from({ length }, () => PARTS[Math.floor(random() * PARTS.length)] ?? "");
      const text = some.join("");
      for (const piece of piecesOf([{ own: false, markdown: text }], 300)) {
        expect([text, linksIn(piece), pingsIn(piece)]).toEqual([text, [], []]);
      }
    }
  });

  test("can't slip through in two deltas: what is shown is always cleaned as a whole", () => {
    const text = `ask <@123> or @everyone, see [this](${URL}) and \`code\``;
    for (let at = 1; at < text.length; at += 1) {
      const piece = shown(text.slice(0, at));
      expect([linksIn(piece), pingsIn(piece)]).toEqual([[], []]);
    }
  });

  test.each([
    "If a < b, **then** `x[1]` holds [2]. *Nice*, ~~not~~ __so__.",
    "```js\nconst a = `x` || 1; // https://a.example\n```",
    "# Title\n- one\n  - two\n1. three\n> quoted",
  ])("stays as it is where it is harmless: %s", (text) => {
    expect(shown(text)).toBe(text);
  });

  test("shows what would be markup by chance as it was written", () => {
    expect(inline("2 * 3 = my_var || C:\\x")).toBe("2 \\* 3 = my\\_var \\|\\| C:\\\\x");
  });

  test("has links that can be read and copied, and live ones to this guild's messages alone", () => {
    const [ours, theirs] = [7, 8].map((id) => `https://discord.com/channels/${id}/1/2`);
    expect(inline(`See ${ours}.`)).toBe(`See \`${ours}\`.`);
    expect(inline(`See ${ours} and ${theirs}.`, "7")).toBe(`See ${ours} and \`${theirs}\`.`);
  });

  test("is short and on one line as a name", () => {
    expect(escaped("a_b\n*c* <@1> https://x", 12)).toBe("a\\_b \\*c\\* \\<\u200B@1>…");
    expect(escaped("ab\u{1F986}", 3)).toBe("ab…");
  });
});

describe("sources", () => {
  const citation: Citation = {
    number: 1,
    file: {
      place: { platform: "discord", workspaceId: "7", channelId: "8", threadId: "9" },
      messageId: "9",
      fileId: "10",
      userId: "11",
    },
    fileName: "plan_[draft].pdf",
    locator: { page: 12 },
    where: "page 12",
    quote: "Ducks *swim*\n<@123> see https://evil.example",
    position: 3,
    permalink: "https://discord.com/channels/7/8/9",
    sharedAtMs: Date.UTC(2026, 10, 3),
    official: true,
  };

  test("are a link with the place in the file, in words what it is, and a line of the source", () => {
    const said = sources([citation]);
    expect(said).toBe(
      "**Sources**\n\n[1] [plan\\_\\[draft\\].pdf, page 12](https://discord.com/channels/7/8/9)" +
        " · official · shared 3 Nov 2026" +
        "\n> “Ducks \\*swim\\* \\<\u200B@123> see https:\u200B//evil.example”",
    );
    expect(linksIn(said)).toHaveLength(1);
  });

  test("are three, and the rest by a button", () => {
    const four = [1, 2, 3, 4].map((number) => ({ ...citation, number, fileName: `${number}.pdf` }));
    expect(sources(four)).toMatch(/3\.pdf.*\n\n-# 1 more under “All sources”\.$/s);
    expect(sources(four)).not.toContain("4.pdf");
    expect(sources(four, 4)).toContain("4.pdf");
    expect(sources([])).toBe("");
  });

  test.each([null, "http://evil.example", "javascript:alert(1)"])("no link to %s", (permalink) => {
    expect(linksIn(sources([{ ...citation, permalink }]))).toEqual([]);
  });

  test("small print is one line", () => {
    expect(smallPrint("by a_model\n<@1>")).toBe("-# by a\\_model \\<\u200B@1>");
  });
});
