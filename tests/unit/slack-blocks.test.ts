import { describe, expect, test } from "vitest";
import { body, word } from "../../adapters/slack/show/body.ts";
import { buttons, menuFor } from "../../adapters/slack/show/buttons.ts";
import { decodeTarget, encodeTarget } from "../../adapters/slack/show/target.ts";
import { askView, reasonView } from "../../adapters/slack/show/views.ts";
import { type Block, checked, elementsOf, viewIn } from "../support/slack-blocks.ts";

const TARGET = {
  channelId: "C0123456789",
  threadId: "1700000000.000001",
  questionId: "1700000000.000002",
  askerId: "U0123456789",
};

/** As Slack takes them, or not. */
const taken = (blocks: unknown[]) => checked(JSON.parse(JSON.stringify(blocks)) as Block[]);

describe("what stands under an answer", () => {
  const under = taken(buttons(TARGET, menuFor(TARGET.channelId, true)));

  test("is taken by Slack, and each block says which answer it is of", () => {
    expect(under.map(({ type }) => type)).toEqual(["context_actions", "actions"]);
    for (const { block_id } of under) expect(decodeTarget(block_id ?? "")).toEqual(TARGET);
  });

  test("is read aloud as words", () => {
    const [rating] = under.flatMap(elementsOf);
    expect(rating).toMatchObject({
      positive_button: { accessibility_label: "This answer helped", value: "up" },
      negative_button: { accessibility_label: "This answer did not help", value: "down" },
    });
  });

  test.each([
    { channelId: "C1", hidden: true, offers: "private regenerate sources mute" },
    { channelId: "C1", hidden: false, offers: "private regenerate mute" },
    { channelId: "D1", hidden: true, offers: "regenerate sources" },
    { channelId: "D1", hidden: false, offers: "regenerate sources" },
  ])("offers in $channelId, with hidden sources $hidden: $offers", (given) => {
    expect(menuFor(given.channelId, given.hidden).join(" ")).toBe(given.offers);
  });
});

test.each(["", "rate:", "C1|1.1|1.2", "C1|1.1|1.2|U1|x", "C1|<!here>|1.2|U1", "a:b:C1|1.1|1.2|U1"])(
  "%o is no target",
  (text) => {
    expect(decodeTarget(text)).toBeNull();
  },
);

test("a target comes back as it was, and is short", () => {
  expect(decodeTarget(encodeTarget(TARGET))).toEqual(TARGET);
  expect(encodeTarget(TARGET).length).toBeLessThanOrEqual(150);
});

describe("forms", () => {
  test("who says why an answer was bad is told who reads it, and need not say anything", () => {
    const view = viewIn(JSON.stringify(reasonView(TARGET)));
    expect(view.blocks[0]).toMatchObject({ type: "input", optional: true });
    expect(JSON.stringify(view.blocks)).toMatch(/this workspace's admins can read it/);
    expect(decodeTarget(view.private_metadata ?? "")).toEqual(TARGET);
  });

  test("who asks about a message is told that the answer is not private", () => {
    const view = viewIn(JSON.stringify(askView(TARGET)));
    expect(view.blocks[0]).toMatchObject({ type: "input", optional: false });
    expect(JSON.stringify(view.blocks)).toMatch(/in the message's thread, where everybody here/);
  });
});

describe("a message", () => {
  test("has its words for notifications and screen readers, without marks and links", () => {
    const markdown =
      "**Twelve** [1].\n\n[1] [a\\_b.pdf, page 2](https://acme.slack.com/x)\n> “Ducks”";
    const { text, blocks } = body(markdown);
    expect(text).toBe("Twelve [1].\n\n[1] a_b.pdf, page 2\n“Ducks”");
    expect(taken(blocks)).toMatchObject([{ type: "markdown", text: markdown }]);
  });

  test("never has more words than Slack takes in an edit", () => {
    expect(body("<".repeat(9_000)).text.length).toBeLessThanOrEqual(4_000);
  });

  test("of plain words pings nobody, and links nothing but this workspace's messages", () => {
    const own = "https://acme.slack.com/archives/C1/p1?thread_ts=1.1&cid=C1";
    const said = word(
      `<!channel> a&b\n${own}\nhttps://evil.example/archives/C1 x`,
      "https://acme.slack.com/",
    );
    expect(said.text).toBe(
      `&lt;\u200B!channel&gt; a&amp;b\n<${own.replace("&", "&amp;")}>\n\`https://evil.example/archives/C1\` x`,
    );
    expect(word(own).text).not.toContain("<");
  });
});
