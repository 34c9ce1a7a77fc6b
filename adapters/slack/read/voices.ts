import { ServiceError } from "../../../src/errors.ts";
import type { Place } from "../../../src/events.ts";
import { failure, type Slack } from "../client.ts";

const PAGE = 200;
// A thread of more messages has more than one voice.
const PAGES_MAX = 3;

/** See `Adapter.voices`. */
export async function voices(slack: Slack, place: Place): Promise<string[]> {
  const { botUserId } = await slack.identity();
  const heard = new Set<string>();
  let cursor: string | undefined;
  for (let count = 0; count < PAGES_MAX; count += 1) {
    const page = await repliesIn(slack, place, cursor);
    for (const { user, bot_id } of page.messages ?? []) {
      if (user && !bot_id && user !== botUserId) heard.add(user);
    }
    cursor = page.response_metadata?.next_cursor;
    if (!cursor) return [...heard];
  }
  throw new ServiceError("slack", "the thread is too long to look through", { retryable: false });
}

async function repliesIn(slack: Slack, place: Place, cursor: string | undefined) {
  const thread = { channel: place.channelId, ts: place.threadId ?? "", limit: PAGE };
  try {
    return await slack.read.conversations.replies({ ...thread, ...(cursor && { cursor }) });
  } catch (error) {
    throw failure(error);
  }
}
