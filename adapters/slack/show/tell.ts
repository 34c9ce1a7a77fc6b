import type { types } from "@slack/bolt";
import type { Note } from "../../../src/chat.ts";
import type { Place } from "../../../src/events.ts";
import { errorCode, reasonOf, type Slack } from "../client.ts";
import { MANNERS, NO_PREVIEW } from "./body.ts";
import { plainText } from "./buttons.ts";
import { literal } from "./clean.ts";
import { ACTIONS } from "./target.ts";

const BUTTON_CHARS_MAX = 75;
const TEXT_CHARS_MAX = 3_000;

/** See `Adapter.tell`. */
export async function tell(slack: Slack, place: Place, userId: string, note: Note): Promise<void> {
  const { channelId: channel, threadId } = place;
  const thread = threadId === null ? {} : { thread_ts: threadId };
  const message = { channel, ...noteBody(channel, note), ...thread, ...MANNERS };
  const { chat } = slack.write;
  try {
    // In a direct message nobody else is there.
    if (channel.startsWith("D")) await chat.postMessage({ ...message, ...NO_PREVIEW });
    else await chat.postEphemeral({ ...message, user: userId });
  } catch (error) {
    slack.log.warn({ channelId: channel, reason: reasonOf(error) }, "a note could not be told");
  }
}

function noteBody(channelId: string, { text, offer }: Note) {
  const said = literal(text).slice(0, TEXT_CHARS_MAX);
  if (!offer) return { text: said };
  const blocks: types.KnownBlock[] = [
    { type: "section", text: { type: "mrkdwn", text: said, verbatim: true } },
    {
      type: "actions",
      elements: [
        {
          type: "button",
          action_id: ACTIONS.backfill,
          text: plainText(offer.label.slice(0, BUTTON_CHARS_MAX)),
          value: channelId,
        },
      ],
    },
  ];
  return { text: said, blocks };
}

/** See `Adapter.nod`. */
export async function nod(slack: Slack, place: Place, messageId: string): Promise<void> {
  const message = { channel: place.channelId, timestamp: messageId };
  try {
    await slack.read.reactions.add({ ...message, name: "thumbsup" });
  } catch (error) {
    const code = errorCode(error);
    if (code !== "already_reacted") slack.log.debug({ code }, "a sign of thanks did not work");
  }
}
