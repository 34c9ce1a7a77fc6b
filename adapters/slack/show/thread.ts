import type { types } from "@slack/bolt";
import type { Mention, Place } from "../../../src/events.ts";
import { errorCode, reasonOf, type Slack } from "../client.ts";
import { body, MANNERS, NO_PREVIEW } from "./body.ts";

const STATUS_WAIT_MS = 1_000;
const THREAD_MESSAGES_MAX = 200;
/** As Slack's own ids of messages look. */
const MESSAGE_ID = /^\d+\.\d+$/;

/** One message of ours in a thread at a time: what Slack offers for it. Failures are Slack's own errors. */
export interface Thread {
  nowMs(): number;
  /** What Slack shows beside the bot's name until it posts. Best effort. */
  status(text: string): void;
  /** Begins a streamed message. @returns its id; null when Slack takes no more streams now */
  start(text: string): Promise<string | null>;
  append(id: string, text: string): Promise<void>;
  /** Ends a stream with what stands under it. */
  complete(id: string, under: types.KnownBlock[]): Promise<void>;
  /** Ends a stream at once. Best effort: it ends by itself after five minutes. */
  stop(id: string): Promise<void>;
  /** Also of a message that is a stream still. */
  update(id: string, text: string, under?: types.KnownBlock[]): Promise<void>;
  /** Best effort, and only if Slack takes it at once. */
  refresh(id: string, text: string): Promise<void>;
  /** Posts a whole message. @returns its id */
  say(text: string, under?: types.KnownBlock[]): Promise<string>;
  /** Best effort. */
  remove(id: string): Promise<void>;
  /** Ids of our own messages in the thread since the question, oldest first. */
  own(): Promise<string[]>;
}

/** @param signal ends the waiting for Slack's limits */
export function threadOf(slack: Slack, to: Mention, signal: AbortSignal): Thread {
  const { turns, write } = slack;
  const { chat, assistant } = write;
  const channel = to.place.channelId;
  const thread_ts = to.place.threadId ?? to.messageId;
  let told: Promise<void> = Promise.resolve();
  // A status that arrives after the message would stay there.
  const statusIsTold = () => Promise.race([told, wait(STATUS_WAIT_MS)]);
  const quietly = async (call: Promise<unknown>, what: string) => {
    await call.catch((error: unknown) => {
      slack.log.debug({ code: errorCode(error), channelId: channel }, `${what} did not work`);
    });
  };
  const complete = async (ts: string, under: types.KnownBlock[]) => {
    const blocks = under.length > 0 ? { blocks: under } : {};
    const turn = { method: "stopStream", signal } as const;
    await turns.take(turn, () => chat.stopStream({ channel, ts, ...blocks }));
  };
  const edited = (ts: string, text: string, under: types.KnownBlock[] = []) =>
    chat.update({ channel, ts, ...body(text, under), ...MANNERS });
  return {
    nowMs: () => turns.clock.nowMs(),
    status: (text) => {
      const call = { channel_id: channel, thread_ts, status: text };
      told = told.then(() => quietly(assistant.threads.setStatus(call), "a status"));
    },
    start: async (markdown_text) => {
      await statusIsTold();
      const recipient = { recipient_team_id: to.place.workspaceId, recipient_user_id: to.userId };
      const stream = { channel, thread_ts, ...recipient, markdown_text };
      const started = await turns.tryTake("startStream", () => chat.startStream(stream));
      return started && idOf(started.ts);
    },
    append: async (ts, markdown_text) => {
      const turn = { method: "appendStream", signal } as const;
      await turns.take(turn, () => chat.appendStream({ channel, ts, markdown_text }));
    },
    complete,
    stop: (ts) => quietly(chat.stopStream({ channel, ts }), "ending a stream"),
    update: async (ts, text, under) => {
      const update = () => turns.take({ method: "update", signal }, () => edited(ts, text, under));
      await update().catch(async (error: unknown) => {
        if (errorCode(error) !== "streaming_state_conflict") throw error;
        await quietly(complete(ts, []), "ending a stream");
        await update();
      });
    },
    refresh: (ts, text) =>
      quietly(
        turns.tryTake("update", () => edited(ts, text)),
        "an edit",
      ),
    say: async (text, under) => {
      await statusIsTold();
      const message = { channel, thread_ts, ...body(text, under), ...MANNERS, ...NO_PREVIEW };
      const turn = { method: "post", channelId: channel, signal } as const;
      const { ts } = await turns.take(turn, () => chat.postMessage(message));
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

/** See `Adapter.retract`: what somebody wrote after the answer may be about it, so then it stays. */
export async function retract(
  slack: Slack,
  place: Place,
  messageIds: readonly string[],
): Promise<void> {
  const { channelId: channel } = place;
  // What one person alone saw has no id of Slack's, and can't be taken back.
  const ids = messageIds.filter((id) => MESSAGE_ID.test(id));
  const [first] = ids;
  if (first === undefined) return;
  try {
    if (!(await isLast(slack, place, first))) return;
    for (const ts of ids) await takeBack(slack, channel, ts);
  } catch (error) {
    slack.log.info({ reason: reasonOf(error), channelId: channel }, "an answer stays");
  }
}

/** Has nobody but bots written in the thread since then? What can't be looked through says no. */
async function isLast(
  slack: Slack,
  { channelId: channel, threadId }: Place,
  since: string,
): Promise<boolean> {
  if (threadId === null) return false;
  const { botUserId } = await slack.identity();
  const after = { channel, ts: threadId, oldest: since, limit: THREAD_MESSAGES_MAX };
  const { messages = [], has_more } = await slack.read.conversations.replies(after);
  // The thread's first message comes along whatever was asked for.
  const isByPerson = messages.some(
    ({ ts, user, bot_id }) => Number(ts) > Number(since) && !bot_id && user !== botUserId,
  );
  return !isByPerson && !has_more;
}

async function takeBack(slack: Slack, channel: string, ts: string): Promise<void> {
  await slack.write.chat.delete({ channel, ts }).catch((error: unknown) => {
    slack.log.debug({ code: errorCode(error), channelId: channel }, "a message stays");
  });
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
