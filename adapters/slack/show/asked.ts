import type { ReplyPart } from "../../../src/chat.ts";
import type { Mention } from "../../../src/events.ts";
import { reasonOf, type Slack } from "../client.ts";
import { keyOf } from "../place.ts";

const SOMEBODY = "Somebody";

/** Does the question stand in a message, where whoever reads the answer sees it? A form leaves none. */
export function isSeen({ key, place, messageId }: Mention): boolean {
  return key.startsWith(keyOf(place.workspaceId, place.channelId, messageId));
}

/** A person's name as others see it: a mention would call them. */
export async function nameOf(slack: Slack, userId: string): Promise<string> {
  try {
    const { user } = await slack.read.users.info({ user: userId });
    return user?.profile?.display_name || user?.real_name || user?.name || SOMEBODY;
  } catch (error) {
    slack.log.info({ reason: reasonOf(error) }, "who asked is not named");
    return SOMEBODY;
  }
}

/** The reply with this above it, also where it begins anew. */
export async function* below(
  heading: string,
  parts: AsyncIterable<ReplyPart>,
): AsyncGenerator<ReplyPart> {
  let isSaid = false;
  for await (const part of parts) {
    if (part.kind === "restart") isSaid = false;
    else if (part.kind !== "status" && !isSaid) {
      isSaid = true;
      yield { kind: "text", text: heading };
    }
    yield part;
  }
}
