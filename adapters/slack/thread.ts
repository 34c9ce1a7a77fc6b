import type { Mention } from "../../src/events.ts";
import { errorCode, type Slack } from "./client.ts";

const STATUS_WAIT_MS = 1_000;
const THREAD_MESSAGES_MAX = 200;

/** One message of ours in a thread at a time: what Slack offers for it. Failures are Slack's own errors. */
export interface Thread {
  /** What Slack shows beside the bot's name until it posts. Best effort. */
  status(text: string): void;
  /** Begins a streamed message. @returns its id */
  start(text: string): Promise<string>;
  append(id: string, text: string): Promise<void>;
  /** Ends a stream, or makes sure that a message is none. Best effort: it ends by itself after five minutes. */
  stop(id: string): Promise<void>;
  update(id: string, text: string): Promise<void>;
  /** Posts a whole message. @returns its id */
  say(text: string): Promise<string>;
  /** Best effort. */
  remove(id: string): Promise<void>;
  /** Ids of our own messages in the thread since the question, oldest first. */
  own(): Promise<string[]>;
}

export function threadOf(slack: Slack, to: Mention): Thread {
  const { chat, assistant } = slack.write;
  const channel = to.place.channelId;
  const thread_ts = to.place.threadId ?? to.messageId;
  const quietly = async (call: Promise<unknown>, what: string) => {
    await call.catch((error: unknown) => {
      slack.log.debug({ code: errorCode(error), channelId: channel }, `${what} did not work`);
    });
  };
  let told: Promise<void> = Promise.resolve();
  return {
    status: (text) => {
      const call = { channel_id: channel, thread_ts, status: text };
      told = told.then(() => quietly(assistant.threads.setStatus(call), "a status"));
    },
    start: async (markdown_text) => {
      // A status that arrives after the message would stay there.
      await Promise.race([told, wait(STATUS_WAIT_MS)]);
      const recipient = {
        recipient_team_id: to.place.workspaceId,
        recipient_user_id: to.userId,
      };
      const { ts } = await chat.startStream({ channel, thread_ts, ...recipient, markdown_text });
      return idOf(ts);
    },
    append: async (ts, markdown_text) => {
      await chat.appendStream({ channel, ts, markdown_text });
    },
    stop: (ts) => quietly(chat.stopStream({ channel, ts }), "ending a stream"),
    update: async (ts, markdown_text) => {
      await chat.update({ channel, ts, markdown_text, parse: "none", link_names: false });
    },
    say: async (markdown_text) => {
      const manners = { parse: "none", link_names: false } as const;
      const unfurls = { unfurl_links: false, unfurl_media: false };
      const message = { channel, thread_ts, markdown_text, ...manners, ...unfurls };
      const { ts } = await chat.postMessage(message);
      return idOf(ts);
    },
    remove: (ts) => quietly(chat.delete({ channel, ts }), "deleting a message"),
    own: async () => {
      const { botUserId } = await slack.identity();
      const since = { ts: thread_ts, oldest: to.messageId, limit: THREAD_MESSAGES_MAX };
      const { messages = [] } = await slack.read.conversations.replies({ channel, ...since });
      return messages.flatMap(({ ts, user }) => (ts && user === botUserId ? [ts] : []));
    },
  };
}

/** See `Adapter.retract`. */
export async function retract(
  slack: Slack,
  channel: string,
  messageIds: readonly string[],
): Promise<void> {
  for (const ts of messageIds) {
    await slack.write.chat.delete({ channel, ts }).catch((error: unknown) => {
      slack.log.debug({ code: errorCode(error), channelId: channel }, "a message stays");
    });
  }
}

function idOf(ts: string | undefined): string {
  if (ts === undefined) throw new Error("Slack posted a message and did not say which");
  return ts;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
