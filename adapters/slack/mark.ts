import type { FileState } from "../../src/chat.ts";
import type { SharedFile } from "../../src/events.ts";
import { literal } from "./clean.ts";
import { errorCode, reasonOf, type Slack } from "./client.ts";

/** One reaction when a file is done; a failure's reason goes to its sharer alone. Best effort. */
export async function mark(slack: Slack, file: SharedFile, state: FileState): Promise<void> {
  try {
    if (state.kind === "searchable") await react(slack, file, "white_check_mark");
    if (state.kind !== "failed") return;
    await react(slack, file, "warning");
    await tellSharer(slack, file, state.reason);
  } catch (error) {
    slack.log.warn(
      { fileId: file.fileId, reason: reasonOf(error) },
      "what became of a file could not be shown",
    );
  }
}

async function react(slack: Slack, file: SharedFile, name: string): Promise<void> {
  const message = { channel: file.place.channelId, timestamp: file.messageId };
  try {
    await slack.read.reactions.add({ ...message, name });
  } catch (error) {
    // A message with several files is marked once.
    if (errorCode(error) !== "already_reacted") throw error;
  }
}

async function tellSharer(slack: Slack, file: SharedFile, reason: string): Promise<void> {
  const { channelId, threadId } = file.place;
  const isReply = threadId !== null && threadId !== file.messageId;
  await slack.write.chat.postEphemeral({
    channel: channelId,
    user: file.userId,
    text: literal(reason),
    parse: "none",
    link_names: false,
    ...(isReply && { thread_ts: threadId }),
  });
}
