import type { types } from "@slack/bolt";
import type { Command, Inbox } from "../../../src/chat.ts";
import { createMemory } from "../../shared/memory.ts";
import { reasonOf, type Slack } from "../client.ts";
import type { HomeOpened } from "../events/events.ts";
import { sections } from "./body.ts";
import { plainText } from "./buttons.ts";
import { literal, literalWithLinks } from "./clean.ts";

/** Whoever goes back and forth sees the page that was made last. */
const SHOWN_EVERY_MS = 60_000;
const PEOPLE_MAX = 1_000;
const SECTIONS_MAX = 3;

const HEADERS = {
  status: "How I am",
  files: "The newest files that you can ask me about",
  help: "What I can do",
};
const SMALL_PRINT =
  "Type these words after /docent, in any channel. Only you see this page. What I read and keep, and who gets it: " +
  "/docent privacy";

/** What stands on the page, in plain words. */
export type HomeWords = Record<keyof typeof HEADERS, string>;

export function homeView({ status, files, help }: HomeWords, workspaceUrl: string): types.HomeView {
  return {
    type: "home",
    blocks: [
      ...part(HEADERS.status, literal(status)),
      ...part(HEADERS.files, literalWithLinks(files, workspaceUrl, "Open")),
      ...part(HEADERS.help, literal(help)),
      { type: "divider" },
      { type: "context", elements: [plainText(SMALL_PRINT)] },
    ],
  };
}

function part(header: string, said: string): types.KnownBlock[] {
  return [{ type: "header", text: plainText(header) }, ...sections(said, SECTIONS_MAX)];
}

/** The Home tabs of the people of all workspaces. */
export interface Homes {
  /** Best effort: it never throws. */
  show(slack: Slack, opened: HomeOpened): Promise<void>;
}

export function createHomes(inbox: Pick<Inbox, "command">): Homes {
  const shown = createMemory<void>({ keptMs: SHOWN_EVERY_MS, entriesMax: PEOPLE_MAX });
  return {
    show: async (slack, opened) => {
      const { place, userId } = opened;
      try {
        await shown.get(`${place.workspaceId} ${userId}`, () => publish(slack, inbox, opened));
      } catch (error) {
        slack.log.warn({ reason: reasonOf(error) }, "a Home tab could not be shown");
      }
    },
  };
}

async function publish(
  slack: Slack,
  inbox: Pick<Inbox, "command">,
  { key, place, userId }: HomeOpened,
): Promise<void> {
  const by = { place, userId };
  const told = async (command: Command) => (await inbox.command(command)).text;
  const [{ workspaceUrl }, status, files, help] = await Promise.all([
    slack.identity(),
    told({ ...by, kind: "status" }),
    told({ ...by, kind: "my_files" }),
    told({ ...by, kind: "typed", text: "help", key }),
  ]);
  const view = homeView({ status, files, help }, workspaceUrl);
  await slack.read.views.publish({ user_id: userId, view });
}
