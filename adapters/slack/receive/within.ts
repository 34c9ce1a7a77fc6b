import { errorCode, reasonOf, type Slack } from "../client.ts";
import { inTime } from "../in-time.ts";

/** Is Docent in this conversation? Null: Slack does not say, or not in time. */
export async function isWithin(slack: Slack, channelId: string): Promise<boolean | null> {
  return await inTime(membership(slack, channelId), null);
}

async function membership(slack: Slack, channelId: string): Promise<boolean | null> {
  try {
    const { channel } = await slack.read.conversations.info({ channel: channelId });
    // Direct messages between other people Slack does not know of here; of Docent's own it names no members.
    return Boolean(channel?.is_member || channel?.is_im || channel?.is_mpim);
  } catch (error) {
    if (errorCode(error) === "channel_not_found") return false;
    const reason = reasonOf(error);
    slack.log.info({ channelId, reason }, "Slack does not say whether Docent is in a channel");
    return null;
  }
}
