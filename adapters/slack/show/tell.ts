import type { types } from "@slack/bolt";
import type { Note } from "../../../src/chat.ts";
import type { Place } from "../../../src/events.ts";
import { split } from "../../shared/split.ts";
import { errorCode, reasonOf, type Slack } from "../client.ts";
import { type Body, MANNERS, NO_PREVIEW, sections } from "./body.ts";
import { plainText } from "./buttons.ts";
import { literalWithLinks } from "./clean.ts";
import { ACTIONS } from "./target.ts";

const BUTTON_CHARS_MAX = 75;
const PIECE_CHARS_MAX = 2_500;
const PIECES_MAX = 5;
/** What is escaped takes more characters than were written. */
const SECTIONS_MAX = 4;

/** See `Adapter.tell`. */
export async function tell(
  slack: Slack,
  place: Place,
  userId: string,
  note: Note,
): Promise<boolean> {
  const { channelId: channel, threadId } = place;
  const thread = threadId === null ? {} : { thread_ts: threadId };
  try {
    const { workspaceUrl } = await slack.identity();
    for (const said of pieces(channel, note, workspaceUrl)) {
      await say(slack, { channel, ...said, ...thread, ...MANNERS }, userId);
    }
    return true;
  } catch (error) {
    slack.log.warn({ channelId: channel, reason: reasonOf(error) }, "a note could not be told");
    return false;
  }
}

/** See `Adapter.announce`. */
export async function announce(slack: Slack, place: Place, note: Note): Promise<boolean> {
  const { channelId: channel, threadId } = place;
  const thread = threadId === null ? {} : { thread_ts: threadId };
  const { workspaceUrl } = await slack.identity();
  for (const said of pieces(channel, note, workspaceUrl)) {
    const message = { channel, ...said, ...thread, ...MANNERS, ...NO_PREVIEW };
    const post = () => slack.write.chat.postMessage(message);
    await slack.turns.take({ method: "post", channelId: channel }, post);
  }
  return true;
}

async function say({ turns, write: { chat } }: Slack, said: Said, user: string): Promise<void> {
  const { channel: channelId } = said;
  // In a direct message nobody else is there.
  const message = { ...said, ...NO_PREVIEW };
  const post = () => chat.postMessage(message);
  if (channelId.startsWith("D")) await turns.take({ method: "post", channelId }, post);
  else await chat.postEphemeral({ ...said, user });
}

type Said = Body & typeof MANNERS & { channel: string; thread_ts?: string };

/** Cut before it is escaped, so that no link is cut. What is offered stands under the last. */
function pieces(channelId: string, { text, offer }: Note, workspaceUrl: string): Body[] {
  const all = split(text, PIECE_CHARS_MAX);
  const shown = all.slice(0, PIECES_MAX).map((piece) => literalWithLinks(piece, workspaceUrl));
  const bodies = shown.map((said): Body => ({ text: said }));
  const last = bodies.at(-1);
  if (last && all.length > PIECES_MAX) last.text += "…";
  // Slack tells nobody of bans: there is one thing to offer.
  if (last && offer?.kind === "backfill")
    last.blocks = [...sections(last.text, SECTIONS_MAX), button(channelId, offer)];
  return bodies;
}

function button(value: string, { label }: NonNullable<Note["offer"]>): types.ActionsBlock {
  const text = plainText(label.slice(0, BUTTON_CHARS_MAX));
  const element = { type: "button", action_id: ACTIONS.backfill, text, value } as const;
  return { type: "actions", elements: [element] };
}

/** See `Adapter.nod`. */
export async function nod(slack: Slack, place: Place, messageId: string): Promise<boolean> {
  const message = { channel: place.channelId, timestamp: messageId };
  try {
    await slack.read.reactions.add({ ...message, name: "thumbsup" });
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === "already_reacted") return true;
    slack.log.debug({ code }, "a sign of thanks did not work");
    return false;
  }
}
