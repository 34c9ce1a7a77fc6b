import { describe, expect, test } from "vitest";
import { homeOpened } from "../../adapters/slack/events/events.ts";
import { homeView } from "../../adapters/slack/show/home.ts";
import { seen, type View, viewIn } from "../support/slack-blocks.ts";

const OURS = "https://acme.slack.com/";
const WORDS = { status: "All is well.", files: "None yet.", help: "ask QUESTION – ask" };

/** The page as Slack takes it. @throws what Slack refuses */
function page(words: Partial<typeof WORDS>): View {
  return viewIn(JSON.stringify(homeView({ ...WORDS, ...words }, OURS)));
}

function text(view: View): string {
  return seen({ text: "", blocks: view.blocks });
}

describe("the Home tab", () => {
  test("tells how Docent is, the files, what it can do, and where privacy is told", () => {
    const shown = text(page({}));
    const order = ["How I am", "All is well.", "None yet.", "What I can do", "ask QUESTION"];
    const at = [...order, "Only you see this page", "/docent privacy"].map((word) =>
      shown.indexOf(word),
    );
    expect(at).not.toContain(-1);
    expect(at).toEqual([...at].sort((a, b) => a - b));
  });

  test("links files to this workspace's messages, and nothing else", () => {
    const link = `${OURS}archives/C1/p1?thread_ts=1.1&cid=C1`;
    const shown = text(
      page({ files: `a.pdf · ${link}\nb.pdf · https://evil.example/archives/C1` }),
    );
    expect(shown).toContain(`a.pdf · <${link.replace("&", "&amp;")}|Open>\n`);
    expect(shown).toContain("`https://evil.example/archives/C1`");
  });

  test.each(["status", "files", "help"])("pings nobody, whatever its %s says", (which) => {
    const shown = text(page({ [which]: "<!channel> <@U1> @here <https://evil.example|x>" }));
    expect(shown).not.toMatch(/<[!@h]|@here/);
  });

  test("takes twenty files of the longest names, and cuts none in its link", () => {
    const line = `${"&".repeat(80)} · #${"c".repeat(80)} · 14 Jan 2027 · ${OURS}archives/C1/p1`;
    const { blocks } = page({ files: Array(20).fill(line).join("\n") });
    expect(blocks.length).toBeLessThanOrEqual(100);
    const shown = seen({ text: "", blocks });
    expect(shown.match(/<https/g)?.length).toBeGreaterThan(10);
    expect(shown.match(/<https/g)).toHaveLength(shown.match(/p1\|Open>/g)?.length ?? 0);
  });
});

describe("a home that is opened", () => {
  const event = { type: "app_home_opened", user: "U1", channel: "D1", tab: "home" };
  const opened = (more: object) =>
    homeOpened({ event_id: "Ev1", team_id: "T1", event: { ...event, ...more } });

  test("says who looks at it", () => {
    const place = { platform: "slack", workspaceId: "T1", channelId: "D1", threadId: null };
    expect(opened({})).toEqual({ key: "slack:T1:Ev1", place, userId: "U1" });
  });

  test.each([{ tab: "messages" }, { tab: undefined }, { channel: undefined }, { type: "message" }])(
    "is none with %o",
    (more) => {
      expect(opened(more)).toBeNull();
    },
  );
});
